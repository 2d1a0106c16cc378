package expect

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// kind is what a JSON value is.
type kind int

const (
	null kind = iota
	boolean
	number
	nonFinite // NaN, Infinity, -Infinity: no JSON, but Python's json module and TensorFlow Serving write them
	text
	binary // no JSON and no text: lit says what it is
	array
	object
)

// value is a JSON value. Numbers keep their literal: 2^53+1 must not become
// 2^53, nor 1e400 infinity, before they are compared.
type value struct {
	kind  kind
	lit   string  // number and nonFinite: as written; boolean: "true" or "false"; text: decoded; binary: in words
	items []value // array: items; object: values, in the order of keys
	keys  []string
	index map[string]int // object: position by key
}

// get returns the member of an object.
func (v *value) get(key string) (*value, bool) {
	i, ok := v.index[key]
	if !ok {
		return nil, false
	}
	return &v.items[i], true
}

// maxDepth is encoding/json's own limit.
const maxDepth = 10000

// parse reads one JSON document, and the non-finite tokens that are none.
func parse(data []byte) (value, error) {
	p := parser{data: data}
	return p.document()
}

type parser struct {
	data     []byte
	at       int
	repeated []string // names that members of one object share, each once
}

func (p *parser) document() (value, error) {
	v, err := p.value(0)
	if err != nil {
		return value{}, err
	}
	if p.space(); p.at < len(p.data) {
		return value{}, p.unexpected()
	}
	return v, nil
}

func (p *parser) space() {
	for p.at < len(p.data) && strings.IndexByte(" \t\r\n", p.data[p.at]) >= 0 {
		p.at++
	}
}

// peek is the next byte after white space, 0 at the end.
func (p *parser) peek() byte {
	p.space()
	if p.at == len(p.data) {
		return 0
	}
	return p.data[p.at]
}

func (p *parser) unexpected() error {
	if p.at >= len(p.data) {
		return fmt.Errorf("it ends after %d bytes in the middle of a value", len(p.data))
	}
	r, _ := utf8.DecodeRune(p.data[p.at:])
	return fmt.Errorf("unexpected %q at byte %d", r, p.at)
}

func (p *parser) value(depth int) (value, error) {
	if depth > maxDepth {
		return value{}, fmt.Errorf("it is nested more than %d deep", maxDepth)
	}
	switch c := p.peek(); {
	case c == '{':
		return p.object(depth)
	case c == '[':
		return p.array(depth)
	case c == '"':
		s, err := p.string()
		return value{kind: text, lit: s}, err
	case c == '-' && p.at+1 < len(p.data) && p.data[p.at+1] == 'I':
		return p.word("-Infinity", nonFinite)
	case c == '-' || '0' <= c && c <= '9':
		return p.number()
	case c == 't':
		return p.word("true", boolean)
	case c == 'f':
		return p.word("false", boolean)
	case c == 'n':
		return p.word("null", null)
	case c == 'N':
		return p.word("NaN", nonFinite)
	case c == 'I':
		return p.word("Infinity", nonFinite)
	}
	return value{}, p.unexpected()
}

func (p *parser) word(w string, k kind) (value, error) {
	for i := range len(w) {
		if p.at == len(p.data) || p.data[p.at] != w[i] {
			return value{}, p.unexpected()
		}
		p.at++
	}
	return value{kind: k, lit: w}, nil
}

// number follows https://www.rfc-editor.org/rfc/rfc8259#section-6.
func (p *parser) number() (value, error) {
	start := p.at
	p.skip("-")
	switch {
	case p.skip("0"):
	case p.digits():
	default:
		return value{}, p.unexpected()
	}
	if p.skip(".") && !p.digits() {
		return value{}, p.unexpected()
	}
	if p.skip("eE") {
		p.skip("+-")
		if !p.digits() {
			return value{}, p.unexpected()
		}
	}
	return value{kind: number, lit: string(p.data[start:p.at])}, nil
}

// skip passes one byte when it is one of set.
func (p *parser) skip(set string) bool {
	if p.at < len(p.data) && strings.IndexByte(set, p.data[p.at]) >= 0 {
		p.at++
		return true
	}
	return false
}

func (p *parser) digits() bool {
	start := p.at
	for p.at < len(p.data) && '0' <= p.data[p.at] && p.data[p.at] <= '9' {
		p.at++
	}
	return p.at > start
}

// string finds the end of a string and lets encoding/json undo its escapes.
func (p *parser) string() (string, error) {
	start := p.at
	for p.at++; p.at < len(p.data); p.at++ {
		switch c := p.data[p.at]; {
		case c == '\\':
			p.at++
		case c < ' ':
			return "", p.unexpected()
		case c == '"':
			p.at++
			var s string
			if err := json.Unmarshal(p.data[start:p.at], &s); err != nil {
				return "", fmt.Errorf("the string at byte %d is not valid: %w", start, err)
			}
			return s, nil
		}
	}
	p.at = len(p.data)
	return "", p.unexpected()
}

func (p *parser) array(depth int) (value, error) {
	v := value{kind: array}
	p.at++
	if p.peek() == ']' {
		p.at++
		return v, nil
	}
	for {
		item, err := p.value(depth + 1)
		if err != nil {
			return v, err
		}
		v.items = append(v.items, item)
		switch p.peek() {
		case ',':
			p.at++
		case ']':
			p.at++
			return v, nil
		default:
			return v, p.unexpected()
		}
	}
}

// maxRepeated is how many names are noted: an answer may be made of nothing else.
const maxRepeated = 10

func (p *parser) repeat(key string) {
	if len(p.repeated) < maxRepeated && !slices.Contains(p.repeated, key) {
		p.repeated = append(p.repeated, key)
	}
}

// object lets the last of members with the same name count, as most readers do.
func (p *parser) object(depth int) (value, error) {
	v := value{kind: object, index: map[string]int{}}
	p.at++
	if p.peek() == '}' {
		p.at++
		return v, nil
	}
	for {
		if p.peek() != '"' {
			return v, p.unexpected()
		}
		key, err := p.string()
		if err != nil {
			return v, err
		}
		if p.peek() != ':' {
			return v, p.unexpected()
		}
		p.at++
		item, err := p.value(depth + 1)
		if err != nil {
			return v, err
		}
		if i, ok := v.index[key]; ok {
			v.items[i] = item
			p.repeat(key)
		} else {
			v.index[key] = len(v.items)
			v.keys, v.items = append(v.keys, key), append(v.items, item)
		}
		switch p.peek() {
		case ',':
			p.at++
		case '}':
			p.at++
			return v, nil
		default:
			return v, p.unexpected()
		}
	}
}
