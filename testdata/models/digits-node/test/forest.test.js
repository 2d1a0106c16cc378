'use strict'
// The forest on images that it was not trained with.

const assert = require('node:assert/strict')
const test = require('node:test')

const { isImage, predict } = require('../forest.js')
const heldOut = require('./held-out.json').map(([digit, pixels]) =>
  [digit, Array.from({ length: 8 }, (_, row) => pixels.slice(8 * row, 8 * row + 8))])

test('accuracy on held-out images', () => {
  const right = heldOut.filter(([digit, image]) => {
    const probabilities = predict(image)
    return probabilities.indexOf(Math.max(...probabilities)) === digit
  }).length
  assert.ok(right >= 90, `${right} of ${heldOut.length} read correctly`)
})

test('probabilities add up', () => {
  const sum = predict(heldOut[0][1]).reduce((a, b) => a + b)
  assert.ok(Math.abs(sum - 1) < 1e-3)
})

test('what is not an image is refused', () => {
  const square = (size, pixel) => new Array(size).fill(new Array(size).fill(pixel))
  for (const value of [undefined, null, [], [[]], square(7, 0), square(8, 17), square(8, '0')]) {
    assert.equal(isImage(value), false)
  }
})
