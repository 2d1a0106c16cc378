'use strict'
// Serve the digit reader over HTTP: GET /healthz and POST /predict.

const http = require('node:http')
const { isImage, predict } = require('./forest.js')

const MAX_BYTES = 64 * 1024

function answer(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

function answerImage(response, text) {
  let body
  try {
    body = JSON.parse(text)
  } catch (error) {
    return answer(response, 400, { error: 'the body is not JSON' })
  }
  if (!isImage(body && body.image)) {
    return answer(response, 400, { error: 'image: 8 rows of 8 numbers from 0 to 16 are needed' })
  }
  const probabilities = predict(body.image)
  answer(response, 200, { digit: probabilities.indexOf(Math.max(...probabilities)), probabilities })
}

const server = http.createServer((request, response) => {
  if (request.method === 'GET' && request.url === '/healthz') {
    return answer(response, 200, { status: 'ok' })
  }
  if (request.method !== 'POST' || request.url !== '/predict') {
    return answer(response, 404, { error: 'there are GET /healthz and POST /predict' })
  }
  const chunks = []
  let length = 0
  request.on('data', chunk => {
    length += chunk.length
    if (length <= MAX_BYTES) chunks.push(chunk)
  })
  request.on('end', () => {
    if (length > MAX_BYTES) return answer(response, 413, { error: `the body is larger than ${MAX_BYTES} bytes` })
    answerImage(response, Buffer.concat(chunks).toString())
  })
})

server.listen(Number(process.env.PORT || 3000))
process.on('SIGTERM', () => server.close(() => process.exit(0)))
