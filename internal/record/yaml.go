package record

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"

	"github.com/slipway-dev/slipway/internal/expect"
)

// recording is what goes into a case in YAML, at an indentation.
type recording struct {
	answer    []string // its lines, the mark first
	tolerance string   // its line; empty: none is recorded
	indent    int
	own       bool // the tolerance that is there stays
}

func newRecording(e expect.Expectation, indent int, own bool) (recording, error) {
	r := recording{indent: indent, own: own}
	if t := tolerant(e); t != "" {
		r.tolerance = r.pad(t)
	}
	var err error
	r.answer, err = layOut(e, indent)
	return r, err
}

func (r recording) pad(line string) string { return strings.Repeat(" ", r.indent) + line }

// all are the lines where there was no answer before.
func (r recording) all() []string {
	if r.tolerance == "" {
		return r.answer
	}
	return append(r.answer, r.tolerance)
}

// over are the lines in place of an old answer that had this comment behind it.
func (r recording) over(comment string) []string {
	switch {
	case comment == "":
		return r.answer
	case len(r.answer) > 2: // on several lines there is no place behind it
		return append([]string{r.pad(comment)}, r.answer...)
	}
	return []string{r.answer[0], behind(r.answer[1], comment)}
}

// replaces is true for a member that has a new value, or none any more.
func (r recording) replaces(p *ast.MappingValueNode) bool {
	return key(p) == "answer" || key(p) == "tolerance" && !r.own
}

// yamlCase rewrites a case in YAML line by line, so that comments, quotes and
// order stay what their author made them.
func yamlCase(content []byte, e expect.Expectation, own bool) ([]byte, error) {
	d, root, err := parse(string(content))
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(root, func(p *ast.MappingValueNode) bool { return key(p) == "expect" })
	if at < 0 {
		r, err := newRecording(e, 2, own)
		if err != nil {
			return nil, err
		}
		return join(d.text[:d.end], []string{"expect:"}, r.all(), d.text[d.end:]), nil
	}
	end := d.end
	if at+1 < len(root) {
		end = d.above(line(root[at+1]))
	}
	for end > 0 && (strings.TrimSpace(d.text[end-1]) == "" || strings.HasPrefix(d.text[end-1], "#")) {
		end-- // what follows belongs to the file, not to expect
	}
	inner := pairs(root[at].Value)
	mapping, _ := root[at].Value.(*ast.MappingNode)
	flow := inner == nil || mapping != nil && mapping.IsFlowStyle
	indent := 2
	if !flow {
		indent = inner[0].Key.GetToken().Position.Column - 1
	}
	r, err := newRecording(e, indent, own)
	if err != nil {
		return nil, err
	}
	if flow {
		return join(d.text[:line(root[at])], d.unfolded(root[at], inner, end, r), d.text[end:]), nil
	}
	begin := d.above(line(inner[0]))
	return join(d.text[:begin], d.replaced(inner, begin, end, r), d.text[end:]), nil
}

// replaced puts the new answer where the old one was, or first.
func (d document) replaced(inner []*ast.MappingValueNode, from, end int, r recording) []string {
	has := func(name string) bool {
		return slices.ContainsFunc(inner, func(p *ast.MappingValueNode) bool { return key(p) == name })
	}
	var out []string
	if !has("answer") {
		out = append(out, r.answer...)
	}
	if r.tolerance != "" && !has("tolerance") && !has("answer") {
		out = append(out, r.tolerance)
	}
	for i, pair := range inner {
		to := end
		if i+1 < len(inner) {
			to = d.above(line(inner[i+1]))
		}
		old := d.member(from, line(pair), to)
		switch {
		case !r.replaces(pair):
			out = append(out, d.text[from:to]...)
		case key(pair) == "answer":
			out = append(append(out, old.before...), r.over(old.behind)...)
			if r.tolerance != "" && !has("tolerance") {
				out = append(out, r.tolerance)
			}
			out = append(out, old.after...)
		default:
			out = append(out, old.before...)
			if r.tolerance != "" {
				out = append(out, behind(r.tolerance, old.behind))
			} else if old.behind != "" {
				out = append(out, r.pad(old.behind))
			}
			out = append(out, old.after...)
		}
		from = to
	}
	return out
}

// unfolded writes `expect: {status: 200}` as a block, to have a place for the answer.
func (d document) unfolded(p *ast.MappingValueNode, inner []*ast.MappingValueNode, end int, r recording) []string {
	c := d.ofFlow(p, inner, end)
	out := []string{behind("expect:", c.behind[p])}
	var last []string // the comments of what is replaced
	of := map[string]string{}
	for _, pair := range inner {
		if r.replaces(pair) {
			last, of[key(pair)] = append(last, c.above[pair]...), c.behind[pair]
			continue
		}
		for _, comment := range c.above[pair] {
			out = append(out, r.pad(comment))
		}
		out = append(out, behind(r.pad(key(pair)+": "+strings.TrimSpace(pair.Value.String())), c.behind[pair]))
	}
	if of["tolerance"] != "" && r.tolerance == "" {
		last = append(last, of["tolerance"])
	}
	for _, comment := range append(last, c.above[p]...) {
		out = append(out, r.pad(comment))
	}
	out = append(out, r.over(of["answer"])...)
	if r.tolerance != "" {
		out = append(out, behind(r.tolerance, of["tolerance"]))
	}
	return out
}

// endOfDocument is a line on which a YAML document ends, wherever it stands.
var endOfDocument = regexp.MustCompile(`^(\.\.\.|---)(\s|$)`)

// parse takes a case apart. Its members are those of the first document with any.
func parse(content string) (document, []*ast.MappingValueNode, error) {
	tokens := lexer.Tokenize(content)
	file, err := parser.Parse(tokens, 0)
	if err != nil {
		return document{}, nil, errors.New("it is not valid YAML")
	}
	var root []*ast.MappingValueNode
	for _, doc := range file.Docs {
		if mapping, ok := doc.Body.(*ast.MappingNode); ok && mapping.IsFlowStyle {
			return document{}, nil, errors.New("it stands in braces, where an answer has no place")
		}
		if root == nil && doc.Body != nil {
			root = pairs(doc.Body)
		}
	}
	if root == nil {
		return document{}, nil, errors.New("it is no mapping")
	}
	d := document{text: strings.Split(strings.TrimRight(content, "\n"), "\n"), comments: comments(tokens)}
	d.end = len(d.text)
	if n := slices.IndexFunc(d.text[line(root[0]):], endOfDocument.MatchString); n > 0 {
		d.end = line(root[0]) + n
	}
	return d, root, nil
}

// pairs are the members of a mapping; nil when the node is none. A mapping of
// one member is that member itself in this AST.
func pairs(n ast.Node) []*ast.MappingValueNode {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}
	}
	return nil
}

func key(p *ast.MappingValueNode) string { return p.Key.GetToken().Value }

// line is the index of the line that a member begins on.
func line(p *ast.MappingValueNode) int { return p.Key.GetToken().Position.Line - 1 }

func join(parts ...[]string) []byte {
	return []byte(strings.TrimRight(strings.Join(slices.Concat(parts...), "\n"), "\n") + "\n")
}
