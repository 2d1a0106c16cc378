package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"regexp"
	"strings"
	"unicode/utf8"
)

// jsonNumber is the grammar of https://www.rfc-editor.org/rfc/rfc8259#section-6.
var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// readJSON turns JSON into nodes. A file without content is nil.
func readJSON(content string) (*node, *fault) {
	if strings.TrimSpace(content) == "" {
		return nil, nil
	}
	r := &jsonReader{content: content, decoder: json.NewDecoder(strings.NewReader(content)), line: 1, col: 1}
	r.decoder.UseNumber()
	n, f := r.value(0)
	if f != nil {
		return nil, f
	}
	line, col := r.place()
	if _, err := r.decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, faultf(line, col, "not valid JSON: something follows the end of the document")
	}
	return n, nil
}

type jsonReader struct {
	content string
	decoder *json.Decoder
	nodes   int
	// The place of content[:at], kept so that finding places stays linear.
	at, line, col int
}

// place is where the next token begins.
func (r *jsonReader) place() (line, col int) {
	offset := int(r.decoder.InputOffset())
	for offset < len(r.content) && strings.IndexByte(" \t\r\n,:", r.content[offset]) >= 0 {
		offset++
	}
	return r.advance(offset)
}

func (r *jsonReader) advance(offset int) (line, col int) {
	offset = min(offset, len(r.content))
	if offset < r.at {
		return r.line, r.col
	}
	passed := r.content[r.at:offset]
	r.at = offset
	if n := strings.Count(passed, "\n"); n > 0 {
		r.line += n
		r.col = 1
		passed = passed[strings.LastIndexByte(passed, '\n')+1:]
	}
	r.col += utf8.RuneCountInString(passed)
	return r.line, r.col
}

func (r *jsonReader) fail(err error) *fault {
	var syntax *json.SyntaxError
	line, col := r.place()
	if errors.As(err, &syntax) && syntax.Offset > 0 {
		line, col = r.advance(int(syntax.Offset) - 1)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		line, col = r.advance(len(r.content))
		return faultf(line, col, "not valid JSON: the file ends too early")
	}
	return faultf(line, col, "not valid JSON: %s", oneLine(err.Error()))
}

func (r *jsonReader) value(depth int) (*node, *fault) {
	line, col := r.place()
	if depth > maxDepth {
		return nil, faultf(line, col, "nested more than %d levels deep", maxDepth)
	}
	if r.nodes++; r.nodes > maxNodes {
		return nil, faultf(line, col, "more than %d values", maxNodes)
	}
	tk, err := r.decoder.Token()
	if err != nil {
		return nil, r.fail(err)
	}
	n := &node{line: line, col: col}
	switch v := tk.(type) {
	case nil:
		n.kind, n.value = null, "null"
	case bool:
		n.kind, n.value = boolean, fmt.Sprint(v)
	case json.Number:
		n.kind, n.value = number, v.String()
	case string:
		n.kind, n.value = text, v
	case json.Delim:
		if v == '{' {
			n.kind = object
		} else {
			n.kind = list
		}
		return n, r.children(n, depth)
	}
	return n, nil
}

func (r *jsonReader) children(n *node, depth int) *fault {
	for r.decoder.More() {
		p := pair{}
		if n.kind == object {
			p.line, p.col = r.place()
			tk, err := r.decoder.Token()
			if err != nil {
				return r.fail(err)
			}
			p.key, _ = tk.(string) // the decoder takes nothing else for a key
		}
		v, f := r.value(depth + 1)
		if f != nil {
			return f
		}
		if n.kind == list {
			n.items = append(n.items, v)
			continue
		}
		p.value = v
		n.pairs = append(n.pairs, p)
	}
	if _, err := r.decoder.Token(); err != nil { // the closing bracket
		return r.fail(err)
	}
	return nil
}

// encode writes a node as JSON, numbers as they were written and keys in the
// order of the file. literal says how a number is written; bad is called for
// each that cannot be.
func encode(n *node, literal func(string) (string, bool), bad func(n *node, message string)) json.RawMessage {
	var b strings.Builder
	writeJSON(&b, n, literal, bad)
	return json.RawMessage(b.String())
}

func writeJSON(b *strings.Builder, n *node, literal func(string) (string, bool), bad func(*node, string)) {
	switch n.kind {
	case null:
		b.WriteString("null")
	case boolean:
		b.WriteString(strings.ToLower(n.value)) // YAML also knows True and TRUE
	case number:
		written, ok := literal(n.value)
		if !ok {
			bad(n, fmt.Sprintf("%s is no JSON number: write it like 1, -0.5 or 1.0e-3, or in quotes when it is a string", quote(n.value)))
			written = "0"
		}
		b.WriteString(written)
	case text:
		writeString(b, n.value)
	case list:
		b.WriteByte('[')
		for i, item := range n.items {
			if i > 0 {
				b.WriteByte(',')
			}
			writeJSON(b, item, literal, bad)
		}
		b.WriteByte(']')
	case object:
		b.WriteByte('{')
		for i, p := range n.pairs {
			if i > 0 {
				b.WriteByte(',')
			}
			writeString(b, p.key)
			b.WriteByte(':')
			writeJSON(b, p.value, literal, bad)
		}
		b.WriteByte('}')
	}
}

// writeString quotes a string. The encoder's HTML escapes are off: what is
// sent must be what was written.
func writeString(b *strings.Builder, s string) {
	var quoted strings.Builder
	e := json.NewEncoder(&quoted)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string to a buffer: cannot fail
	b.WriteString(strings.TrimSuffix(quoted.String(), "\n"))
}

// numberLiteral is the JSON form of a YAML number, without going through a
// float. Forms that YAML 1.1 and 1.2 read differently (012, 1_000) have none,
// and neither have .inf and .nan.
func numberLiteral(s string) (string, bool) {
	if jsonNumber.MatchString(s) {
		return s, true
	}
	sign, digits := "", strings.TrimPrefix(s, "+")
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	if strings.HasPrefix(digits, "0x") || strings.HasPrefix(digits, "0o") {
		if i, ok := new(big.Int).SetString(digits, 0); ok && !strings.Contains(digits, "_") {
			return sign + i.String(), true
		}
		return "", false
	}
	if strings.HasPrefix(digits, ".") {
		digits = "0" + digits
	}
	whole, exponent := digits, ""
	if i := strings.IndexAny(digits, "eE"); i >= 0 {
		whole, exponent = digits[:i], digits[i:]
	}
	if strings.HasSuffix(whole, ".") {
		whole += "0" // 5. is a float, and stays one: expect compares integers exactly
	}
	literal := sign + whole + exponent
	return literal, jsonNumber.MatchString(literal)
}
