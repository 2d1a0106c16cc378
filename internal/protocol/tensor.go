package protocol

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// maxRank bounds how deep arrays are nested; NumPy allows 64 dimensions.
const maxRank = 64

// tensor is a JSON value as values in row-major order. They stay as they are
// written: no number goes through a float64.
type tensor struct {
	shape  []int
	values [][]byte
}

// parseTensor reads a value, or arrays nested evenly. Objects are values.
func parseTensor(data []byte) (tensor, error) {
	if !isJSON(data) {
		return tensor{}, errors.New("it is not JSON")
	}
	var t tensor
	var open []int // how many items each array that is open has so far
	item := func() {
		if len(open) > 0 {
			open[len(open)-1]++
		}
	}
	rank := -1
	for i := 0; i < len(data); {
		switch c := data[i]; {
		case c == '[':
			item()
			open = append(open, 0)
			i++
			if len(open) > maxRank {
				return tensor{}, fmt.Errorf("its arrays are nested more than %d deep", maxRank)
			}
			if len(open) > len(t.shape) {
				t.shape = append(t.shape, -1)
			}
		case c == ']':
			depth, length := len(open)-1, open[len(open)-1]
			open = open[:depth]
			i++
			if known := t.shape[depth]; known >= 0 && known != length {
				return tensor{}, fmt.Errorf("its arrays are not of the same length: %d and %d items", known, length)
			}
			t.shape[depth] = length
		case strings.IndexByte(" \t\r\n,", c) >= 0:
			i++
		default:
			item()
			end := afterValue(data, i)
			t.values = append(t.values, data[i:end])
			i = end
			if rank >= 0 && rank != len(open) {
				return tensor{}, errors.New("it has values and arrays side by side")
			}
			rank = len(open)
		}
	}
	if rank >= 0 && rank != len(t.shape) {
		return tensor{}, errors.New("it has values and arrays side by side")
	}
	return t, nil
}

// afterValue is where a value that begins at i and is no array has ended, in valid JSON.
func afterValue(data []byte, i int) int {
	for depth := 0; i < len(data); {
		switch c := data[i]; {
		case c == '"':
			i = afterString(data, i)
		case c == '{' || c == '[':
			depth++
			i++
		case depth > 0 && (c == '}' || c == ']'):
			depth--
			i++
		case depth > 0 || strings.IndexByte(betweenValues, c) < 0:
			i++
			continue // inside a number or a word
		default:
			return i
		}
		if depth == 0 {
			return i
		}
	}
	return i
}

// size is the number of values that a shape has room for; ok is false when
// there are more than limit, or a dimension is negative.
func size(shape []int, limit int) (n int, ok bool) {
	if len(shape) > maxRank || slices.ContainsFunc(shape, func(d int) bool { return d < 0 }) {
		return 0, false
	}
	if slices.Contains(shape, 0) {
		return 0, true
	}
	n = 1
	for _, d := range shape {
		if d > limit/n {
			return 0, false
		}
		n *= d
	}
	return n, true
}

// appendNested writes the values as arrays nested to their shape.
func appendNested(out []byte, shape []int, values [][]byte) []byte {
	switch {
	case len(shape) == 0:
		return append(out, values[0]...)
	case len(values) == 0:
		return append(out, "[]"...)
	}
	out = append(out, '[')
	step := len(values) / shape[0]
	for i := range shape[0] {
		if i > 0 {
			out = append(out, ", "...)
		}
		out = appendNested(out, shape[1:], values[i*step:(i+1)*step])
	}
	return append(out, ']')
}

// datatype is what the values are, in the words of the Open Inference
// Protocol; ok is false when they are of several kinds, null or objects.
func datatype(values [][]byte) (name string, ok bool) {
	for _, v := range values {
		kind := datatypeOf(v)
		switch {
		case kind == "":
			return "", false
		case name == "" || name == kind:
			name = kind
		case (name == "INT64" && kind == "FP64") || (name == "FP64" && kind == "INT64"):
			name = "FP64"
		default:
			return "", false
		}
	}
	if name == "" {
		name = "FP64"
	}
	return name, true
}

func datatypeOf(value []byte) string {
	switch c := value[0]; {
	case c == '"':
		return "BYTES"
	case c == 't' || c == 'f':
		return "BOOL"
	case c == 'n' || c == '{':
		return ""
	case !isInt64(value):
		return "FP64"
	}
	return "INT64"
}

func isInt64(value []byte) bool {
	_, err := strconv.ParseInt(string(value), 10, 64)
	return err == nil
}
