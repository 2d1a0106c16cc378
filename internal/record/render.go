package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// width is where lines of a case file are broken.
const width = 100

// quote writes a string as JSON, which is also YAML. HTML's characters stay as they are.
func quote(s string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string to a buffer: cannot fail
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// node is a JSON value with its members in their order.
type node struct {
	text  string // of a scalar, as it will be written
	open  string // "[" or "{"; empty for a scalar
	items []node
	keys  []string
}

// read takes JSON apart. Numbers keep their digits.
func read(data []byte) (node, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	n, err := readValue(d)
	if err != nil {
		return node{}, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return node{}, errors.New("more than one value")
	}
	return n, nil
}

func readValue(d *json.Decoder) (node, error) {
	token, err := d.Token()
	if err != nil {
		return node{}, err
	}
	switch t := token.(type) {
	case nil:
		return node{text: "null"}, nil
	case bool:
		if t {
			return node{text: "true"}, nil
		}
		return node{text: "false"}, nil
	case json.Number:
		return node{text: number(t.String())}, nil
	case string:
		return node{text: string(quote(t))}, nil
	}
	n := node{open: token.(json.Delim).String()}
	for d.More() {
		if n.open == "{" {
			key, err := d.Token()
			if err != nil {
				return node{}, err
			}
			n.keys = append(n.keys, string(quote(key.(string))))
		}
		item, err := readValue(d)
		if err != nil {
			return node{}, err
		}
		n.items = append(n.items, item)
	}
	_, err = d.Token() // the closing bracket
	return n, err
}

// number gives an exponent a point before it: YAML 1.1 takes 1e-7 for a text.
func number(s string) string {
	if at := strings.IndexAny(s, "eE"); at >= 0 && !strings.Contains(s[:at], ".") {
		return s[:at] + ".0" + s[at:]
	}
	return s
}

// line is the node on one line.
func (n node) line() string {
	if n.open == "" {
		return n.text
	}
	parts := make([]string, len(n.items))
	for i, item := range n.items {
		parts[i] = item.line()
		if n.open == "{" {
			parts[i] = n.keys[i] + ": " + parts[i]
		}
	}
	return n.open + strings.Join(parts, ", ") + n.close()
}

func (n node) close() string {
	if n.open == "{" {
		return "}"
	}
	return "]"
}

// write lays the node out: on one line where it fits between the columns used
// and width, else with its items below each other, indented by indent; small
// ones share a line. The closing bracket stands behind the last item, because
// in YAML it may not stand in the column of the key.
func (n node) write(b *strings.Builder, used, indent int) {
	line := n.line()
	if n.open == "" || len(n.items) == 0 || used+utf8.RuneCountInString(line) <= width {
		b.WriteString(line)
		return
	}
	b.WriteString(n.open)
	at := width // as if the line was full: the first item begins one
	for i, item := range n.items {
		key := ""
		if n.open == "{" {
			key = n.keys[i] + ": "
		}
		short := key + item.line()
		if i > 0 {
			b.WriteByte(',')
		}
		if size := utf8.RuneCountInString(short); item.open == "" && at+2+size < width {
			b.WriteString(" " + short)
			at += 2 + size
			continue
		}
		b.WriteString("\n" + strings.Repeat(" ", indent) + key)
		item.write(b, indent+utf8.RuneCountInString(key)+1, indent+2)
		at = width
		if item.open == "" {
			at = indent + utf8.RuneCountInString(short)
		}
	}
	b.WriteString(n.close())
}
