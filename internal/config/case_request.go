package config

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/slipway-dev/slipway/internal/protocol"
)

var (
	methods = []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}
	// bodies are the keys of which a request has one at most.
	bodies = []string{"json", "text", "file", "binary", "form"}
	// headerName is a token (https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2).
	headerName = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")
)

func (r *caseReader) request(n *node, path string) {
	q := &r.into.Request
	before := len(r.problems.list)
	r.object(n, path, []field{
		{"json", func(n *node, path string) { q.JSON = r.json(n, path) }},
		{"text", func(n *node, path string) { q.Text = r.text(n, path) }},
		{"file", func(n *node, path string) { q.Binary = r.sent(n, path, "") }},
		{"binary", func(n *node, path string) { q.Binary = r.binary(n, path) }},
		{"form", func(n *node, path string) { q.Form = r.form(n, path) }},
		{"method", func(n *node, path string) { q.Method = r.choice(n, path, methods) }},
		{"path", func(n *node, path string) { q.Path = r.urlPath(n, path) }},
		{"headers", func(n *node, path string) { q.Headers = r.headers(n, path) }},
		{"timeout", func(n *node, path string) { q.TimeoutMS = r.duration(n, path).Milliseconds() }},
		{"command", func(n *node, path string) { q.Command = r.command(n, path, "[python, predict.py]") }},
		{"args", func(n *node, path string) { q.Args = r.arguments(n, path, "[--top, \"3\"]") }},
	})
	r.oneBody(path)
	r.sound = len(r.problems.list) == before
}

// json reads a body of JSON, which is in the probe's memory all the time.
func (r *caseReader) json(n *node, path string) json.RawMessage {
	v := r.value(n, path)
	if r.model.json += len(v); r.model.json > maxBodiesBytes {
		r.problemf(n, "%s: the json of all cases is more than %d MiB: send less of it, or files", path, maxBodiesBytes>>20)
	}
	return v
}

// oneBody reports every body after the first that is written.
func (r *caseReader) oneBody(path string) {
	var written []pair
	for _, key := range bodies {
		if p, ok := r.keys[join(path, key)]; ok {
			written = append(written, p)
		}
	}
	slices.SortFunc(written, func(a, b pair) int {
		return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.col, b.col))
	})
	for i, p := range written {
		if i > 0 {
			r.keyProblemf(join(path, p.key), "a request has one body, and %s on line %d is one: keep one of them", written[0].key, written[0].line)
		}
	}
}

// text reads a string that may be empty.
func (r *caseReader) text(n *node, path string) *string {
	if n.kind != text {
		r.wrong(n, path, "a string")
		return nil
	}
	return &n.value
}

// form reads the fields of a form, in the order of the file. A list is a field
// that is sent several times.
func (r *caseReader) form(n *node, path string) []protocol.Field {
	if n.kind != object || len(n.pairs) == 0 {
		r.wrong(n, path, "a mapping such as {title: a cat, image: {file: cat.png}}")
		return nil
	}
	var out []protocol.Field
	for _, p := range r.unique(n, path) {
		full := join(path, p.key)
		values := []*node{p.value}
		if p.value.kind == list {
			values = p.value.items
		}
		if p.key == "" {
			r.problems.add(r.file, p.line, p.col, path+": a field of a form has a name")
		}
		for i, v := range values {
			at := full
			if p.value.kind == list {
				at = fmt.Sprintf("%s[%d]", full, i)
			}
			out = append(out, r.formField(p.key, v, at))
		}
	}
	return out
}

func (r *caseReader) formField(name string, n *node, path string) protocol.Field {
	switch {
	case n.kind == object:
		return protocol.Field{Name: name, File: r.content(n, path)}
	case n.kind == text && n.value == "":
		return protocol.Field{Name: name}
	}
	return protocol.Field{Name: name, Value: r.word(n, path, "a value, or a file such as {file: cat.png}")}
}

func (r *caseReader) headers(n *node, path string) map[string]string {
	if n.kind != object {
		r.wrong(n, path, "a mapping such as {Accept: application/json}")
		return nil
	}
	out := map[string]string{}
	for _, p := range r.unique(n, path) {
		if !headerName.MatchString(p.key) {
			r.problems.add(r.file, p.line, p.col, fmt.Sprintf("%s: %s cannot be the name of a header", path, quote(p.key)))
			continue
		}
		v := r.word(p.value, join(path, p.key), "a value such as application/json")
		if strings.ContainsFunc(v, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }) {
			r.problemf(p.value, "%s: a header is one line of text", join(path, p.key))
		}
		out[p.key] = v
	}
	return out
}
