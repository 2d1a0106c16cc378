package record

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/slipway-dev/slipway/internal/expect"
)

// yamlCase rewrites a case in YAML line by line, so that comments, quotes and
// order stay what their author made them.
func yamlCase(content []byte, e expect.Expectation) (out []byte, err error) {
	defer func() {
		if p := recover(); p != nil { // the parser's, over what it cannot read
			err = fmt.Errorf("it is not valid YAML: %v", p)
		}
	}()
	file, err := parser.ParseBytes(content, 0)
	if err != nil || len(file.Docs) == 0 {
		return nil, errors.New("it is not valid YAML")
	}
	root := pairs(file.Docs[0].Body)
	if root == nil {
		return nil, errors.New("it is no mapping")
	}
	text := strings.Split(strings.TrimRight(string(content), "\n"), "\n")
	at := slices.IndexFunc(root, func(p *ast.MappingValueNode) bool { return key(p) == "expect" })
	if at < 0 {
		added, err := lines(e, 2)
		if err != nil {
			return nil, err
		}
		return join(append(append(text, "expect:"), added...)), nil
	}
	end := len(text)
	if at+1 < len(root) {
		end = above(text, line(root[at+1]))
	}
	for end > 0 && (strings.TrimSpace(text[end-1]) == "" || strings.HasPrefix(text[end-1], "#")) {
		end-- // what follows belongs to the file, not to expect
	}
	inner := pairs(root[at].Value)
	if mapping, ok := root[at].Value.(*ast.MappingNode); inner == nil || ok && mapping.IsFlowStyle {
		return unfolded(text, root[at], inner, end, e)
	}
	return replaced(text, inner, end, e)
}

// unfolded writes `expect: {status: 200}` as a block, to have a place for the answer.
func unfolded(text []string, p *ast.MappingValueNode, inner []*ast.MappingValueNode, end int, e expect.Expectation) ([]byte, error) {
	block := []string{"expect:"}
	if said := behind.FindStringSubmatch(text[end-1]); said != nil {
		block[0] += "   " + said[1]
	}
	for _, pair := range inner {
		if k := key(pair); k != "answer" && k != "tolerance" {
			block = append(block, "  "+k+": "+strings.TrimSpace(pair.Value.String()))
		}
	}
	added, err := lines(e, 2)
	if err != nil {
		return nil, err
	}
	return join(slices.Concat(text[:line(p)], block, added, text[end:])), nil
}

// behind is a comment behind the end of a flow mapping.
var behind = regexp.MustCompile(`\}\s+(#.*)$`)

// replaced puts the new answer where the old one was, or first.
func replaced(text []string, inner []*ast.MappingValueNode, end int, e expect.Expectation) ([]byte, error) {
	added, err := lines(e, inner[0].Key.GetToken().Position.Column-1)
	if err != nil {
		return nil, err
	}
	var out []string
	from := above(text, line(inner[0]))
	out = append(out, text[:from]...)
	placed := false
	if !slices.ContainsFunc(inner, func(p *ast.MappingValueNode) bool { return key(p) == "answer" }) {
		out, placed = append(out, added...), true
	}
	for i, pair := range inner {
		to := end
		if i+1 < len(inner) {
			to = above(text, line(inner[i+1]))
		}
		part := text[from:to]
		from = to
		switch key(pair) {
		case "answer":
			for len(part) > 0 && strings.HasPrefix(strings.TrimSpace(part[0]), "#") { // somebody's comment
				if !strings.HasPrefix(strings.TrimSpace(part[0]), strings.TrimSpace(mark)) {
					out = append(out, part[0])
				}
				part = part[1:]
			}
			if !placed {
				out, placed = append(out, added...), true
			}
		case "tolerance":
		default:
			out = append(out, part...)
		}
	}
	return join(append(out, text[end:]...)), nil
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

// above is the line where the comments directly above a member begin.
func above(text []string, at int) int {
	for at > 0 && strings.HasPrefix(strings.TrimSpace(text[at-1]), "#") {
		at--
	}
	return at
}

func join(lines []string) []byte {
	return []byte(strings.TrimRight(strings.Join(lines, "\n"), "\n") + "\n")
}
