package protocol

import (
	"bytes"
	"encoding/json"
	"strings"
)

// isJSON is true for JSON, and for what Python's json module writes for
// numbers that JSON has no words for (NaN, Infinity, -Infinity).
func isJSON(data []byte) bool { return json.Valid(data) || json.Valid(mask(data)) }

// nonFinite are the words, each with a number of the same length.
var nonFinite = map[string]string{"NaN": "1e0", "Infinity": "10000000", "-Infinity": "-10000000"}

// mask replaces bare NaN and Infinity by numbers of the same length. What is
// then valid JSON was valid but for them, and offsets in it hold for data too.
func mask(data []byte) []byte {
	if !bytes.Contains(data, []byte("NaN")) && !bytes.Contains(data, []byte("Infinity")) {
		return data
	}
	out := bytes.Clone(data)
	for i := 0; i < len(out); {
		switch {
		case out[i] == '"':
			i = afterString(out, i)
		case strings.IndexByte(betweenValues, out[i]) >= 0:
			i++
		default:
			end := i
			for end < len(out) && out[end] != '"' && strings.IndexByte(betweenValues, out[end]) < 0 {
				end++
			}
			copy(out[i:end], nonFinite[string(out[i:end])])
			i = end
		}
	}
	return out
}

const betweenValues = " \t\r\n[]{},:"

// afterString is where a string that begins at i has ended.
func afterString(data []byte, i int) int {
	for i++; i < len(data); i++ {
		switch data[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return i
}

// entry is a member of a JSON object, or an item of an array (without name),
// its value as it is written.
type entry struct {
	name  string
	value []byte
}

// entries are the members of a JSON object in their order; nil for what is no object.
func entries(data []byte) []entry { return elements(data, '{') }

// items are the values of a JSON array; nil for what is no array.
func items(data []byte) []entry { return elements(data, '[') }

// elements are what an object or array holds; not nil when data begins as open does.
func elements(data []byte, open json.Delim) []entry {
	masked := mask(data)
	if !json.Valid(masked) {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(masked))
	if t, err := dec.Token(); err != nil || t != open {
		return nil
	}
	found := []entry{}
	for dec.More() {
		var e entry
		if open == '{' {
			key, err := dec.Token()
			if err != nil {
				return nil
			}
			e.name, _ = key.(string)
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return nil
		}
		end := dec.InputOffset()
		e.value = data[end-int64(len(raw)) : end]
		found = append(found, e)
	}
	return found
}

// member returns the value of one member of a JSON object as it is written.
// Of members with the same name the last counts, as in encoding/json.
func member(data []byte, name string) (value []byte, ok bool) {
	for _, e := range entries(data) {
		if e.name == name {
			value, ok = e.value, true
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
