// Package expect judges what was observed against what was recorded. It is
// pure: the same observation and expectation give the same verdict anywhere.
package expect
