'use strict'
// A random forest that scikit-learn trained: see train.py for the shape of forest.json.

const FOREST = require('./forest.json')

/** Say whether a value is 8 rows of 8 numbers from 0 (paper) to 16 (ink). */
function isImage(value) {
  return Array.isArray(value) && value.length === 8 && value.every(row =>
    Array.isArray(row) && row.length === 8 && row.every(pixel => typeof pixel === 'number' && pixel >= 0 && pixel <= 16))
}

/** Return the probability of each digit. */
function predict(image) {
  const pixels = image.flat()
  const sums = new Array(10).fill(0)
  for (const tree of FOREST) {
    let node = tree[0]
    while (node.length === 4) {
      const [pixel, bound, left, right] = node
      node = tree[pixels[pixel] <= bound ? left : right]
    }
    node.forEach((probability, digit) => { sums[digit] += probability })
  }
  return sums.map(sum => sum / FOREST.length)
}

module.exports = { isImage, predict }
