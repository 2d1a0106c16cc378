package protocol

import (
	"bytes"
	"encoding/json"
)

// isJSON is true for JSON, and for what Python's json module writes for
// numbers that JSON has no words for (NaN, Infinity, -Infinity).
func isJSON(data []byte) bool { return json.Valid(data) || json.Valid(mask(data)) }

// mask replaces bare NaN and Infinity by numbers of the same length. What is
// then valid JSON was valid but for them, and offsets in it hold for data too.
func mask(data []byte) []byte {
	if !bytes.Contains(data, []byte("NaN")) && !bytes.Contains(data, []byte("Infinity")) {
		return data
	}
	out := bytes.Clone(data)
	quoted := false
	for i := 0; i < len(out); i++ {
		switch {
		case quoted && out[i] == '\\':
			i++
		case out[i] == '"':
			quoted = !quoted
		case quoted:
		case bytes.HasPrefix(out[i:], []byte("NaN")) && !follows(out, i, '-'):
			i += copy(out[i:], "1e0") - 1
		case bytes.HasPrefix(out[i:], []byte("Infinity")):
			i += copy(out[i:], "10000000") - 1
		}
	}
	return out
}

// follows is true when c stands right before out[i]: -NaN is no token of anybody's.
func follows(out []byte, i int, c byte) bool { return i > 0 && out[i-1] == c }

// member returns the value of one member of a JSON object as it is written.
// Of members with the same name the last counts, as in encoding/json.
func member(data []byte, name string) (value []byte, ok bool) {
	masked := mask(data)
	if !json.Valid(masked) {
		return nil, false
	}
	dec := json.NewDecoder(bytes.NewReader(masked))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, false
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, false
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return nil, false
		}
		if key == name {
			end := dec.InputOffset()
			value, ok = data[end-int64(len(raw)):end], true
		}
	}
	return value, ok
}

// hasAny is true for a JSON object that has one of the members.
func hasAny(data []byte, names ...string) bool {
	var object map[string]json.RawMessage
	if json.Unmarshal(mask(data), &object) != nil {
		return false
	}
	for _, name := range names {
		if _, ok := object[name]; ok {
			return true
		}
	}
	return false
}
