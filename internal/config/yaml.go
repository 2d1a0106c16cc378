package config

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// tooMuch is said of YAML that would take its parser too long.
const tooMuch = "holds too much for YAML: write data of this size as JSON"

// readYAML turns YAML into nodes. A document without content is nil.
func readYAML(content string) (*node, *fault) {
	content = strings.TrimPrefix(content, "\ufeff")
	marks := 0
	for i := range len(content) {
		if strings.IndexByte(yamlMarks, content[i]) >= 0 {
			marks++
		}
	}
	if marks > maxYAMLMarks {
		return nil, faultf(0, 0, "%s", tooMuch)
	}
	body, f := parseYAML(content)
	if f != nil || body == nil {
		return nil, f
	}
	c := converter{anchors: map[string]*node{}}
	n := c.node(body, 0)
	return n, c.fault
}

// parseYAML is the parser's work. A parser that panics over a file says the
// same to its author as one that returns an error.
func parseYAML(content string) (body ast.Node, f *fault) {
	defer func() {
		if p := recover(); p != nil {
			body, f = nil, faultf(1, 1, "not valid YAML: %s", oneLine(fmt.Sprint(p)))
		}
	}()
	tokens := lexer.Tokenize(content)
	if f := bounded(tokens); f != nil {
		return nil, f
	}
	// Two equal keys are found when the mapping is converted, where all of
	// them can be told and not only the first.
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, syntaxFault(err, content)
	}
	for _, doc := range file.Docs {
		if _, ok := doc.Body.(*ast.DirectiveNode); ok || doc.Body == nil {
			continue
		}
		if body != nil {
			line, col := place(doc.Body)
			return nil, faultf(line, col, "a second document begins here, one is expected: remove the --- line or the part below it")
		}
		body = doc.Body
	}
	return body, nil
}

// bounded refuses, before the parser sees it, what would cost the parser a
// stack or an hour: it recurses once a level, and once a key.
func bounded(tokens token.Tokens) *fault {
	var columns []int // of the block collections that are open
	flow, keys := 0, 0
	for i, tk := range tokens {
		column := tk.Position.Column
		switch tk.Type {
		case token.SequenceStartType, token.MappingStartType:
			flow++
		case token.SequenceEndType, token.MappingEndType:
			flow = max(flow-1, 0)
		case token.MappingKeyType:
			return faultf(tk.Position.Line, column, "keys written with ? are not supported: write key: value")
		case token.SequenceEntryType, token.MappingValueType:
			if flow > 0 {
				continue
			}
			if tk.Type == token.MappingValueType {
				keys++
				if i > 0 {
					column = tokens[i-1].Position.Column
				}
			}
			for len(columns) > 0 && columns[len(columns)-1] >= column {
				columns = columns[:len(columns)-1]
			}
			columns = append(columns, column)
		}
		if flow+len(columns) > maxDepth {
			return faultf(tk.Position.Line, tk.Position.Column, "nested more than %d levels deep", maxDepth)
		}
		if keys > maxBlockKeys {
			return faultf(tk.Position.Line, tk.Position.Column, "%s", tooMuch)
		}
	}
	return nil
}

// syntaxFault is the parser's error in one line, with advice where the parser has none.
func syntaxFault(err error, content string) *fault {
	var e yaml.Error
	if !errors.As(err, &e) {
		return faultf(1, 1, "not valid YAML: %s", oneLine(err.Error()))
	}
	line, col := 1, 1
	if tk := e.GetToken(); tk != nil && tk.Position != nil {
		line, col = max(tk.Position.Line, 1), max(tk.Position.Column, 1)
	}
	lines := strings.Split(content, "\n")
	if line <= len(lines) {
		written := lines[line-1]
		indent := written[:len(written)-len(strings.TrimLeft(written, " \t"))]
		if tab := strings.IndexByte(indent, '\t'); tab >= 0 {
			return faultf(line, tab+1, "not valid YAML: a tab indents this line: use spaces")
		}
	}
	return faultf(line, col, "not valid YAML: %s", oneLine(e.GetMessage()))
}

// converter turns syntax into nodes, and follows aliases within bounds.
type converter struct {
	anchors map[string]*node
	nodes   int
	fault   *fault // the first
}

func (c *converter) fail(n ast.Node, format string, args ...any) *node {
	if c.fault == nil {
		line, col := place(n)
		c.fault = faultf(line, col, format, args...)
	}
	return &node{}
}

func (c *converter) node(n ast.Node, depth int) *node {
	if c.fault != nil {
		return &node{}
	}
	if c.nodes++; c.nodes > maxNodes {
		return c.fail(n, "more than %d values", maxNodes)
	}
	// Tags and anchors are levels that the check of the tokens did not count.
	if depth > 2*maxDepth {
		return c.fail(n, "nested more than %d levels deep", maxDepth)
	}
	line, col := place(n)
	out := &node{line: line, col: col}
	switch v := n.(type) {
	case *ast.MappingNode:
		out.kind = object
		for _, p := range v.Values {
			c.pair(out, p, depth)
		}
	case *ast.MappingValueNode:
		out.kind = object
		c.pair(out, v, depth)
	case *ast.SequenceNode:
		out.kind = list
		for _, item := range v.Values {
			out.items = append(out.items, c.node(item, depth+1))
		}
	case *ast.AnchorNode:
		// The name holds from here on, not inside its own value: a node cannot hold itself.
		value := c.node(v.Value, depth+1)
		c.anchors[v.Name.GetToken().Value] = value
		return value
	case *ast.AliasNode:
		return c.alias(v, out)
	case *ast.LiteralNode:
		out.kind, out.value = text, v.Value.Value
	case *ast.StringNode:
		out.value = v.Value
		out.kind = text
		if tk := v.GetToken(); tk.Type == token.StringType {
			out.kind = plain(v.Value) // the parser makes 1e400 a text, for want of a float that holds it
		}
	case *ast.NullNode:
		out.kind = null
		if v.GetToken().Type != token.ImplicitNullType {
			out.value = v.GetToken().Value // "key:" alone says nothing, "key: null" says null
		}
	case *ast.BoolNode:
		out.kind, out.value = boolean, v.GetToken().Value
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		out.kind, out.value = number, n.GetToken().Value
	case *ast.TagNode:
		return c.fail(n, "the tag %s is not supported: remove it", quote(v.Start.Value))
	default:
		return c.fail(n, "%s is not supported here", n.Type())
	}
	return out
}

func (c *converter) pair(out *node, p *ast.MappingValueNode, depth int) {
	if p.Key.IsMergeKey() {
		c.fail(p.Key, "merge keys (<<) are not supported: write the keys out")
		return
	}
	line, col := place(p.Key)
	switch p.Key.(type) {
	case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NullNode:
	default:
		c.fail(p.Key, "a key is expected to be a name")
		return
	}
	key := p.Key.GetToken().Value
	out.pairs = append(out.pairs, pair{key: key, line: line, col: col, value: c.node(p.Value, depth+1)})
}

func (c *converter) alias(v *ast.AliasNode, at *node) *node {
	name := v.Value.GetToken().Value
	target, ok := c.anchors[name]
	if !ok {
		return c.fail(v, "*%s refers to nothing: no &%s stands above it", clip(name), clip(name))
	}
	// A few lines of aliases to aliases stand for billions of values: count
	// them as if they had been written out.
	c.nodes += size(target, maxNodes-c.nodes)
	if c.nodes > maxNodes {
		return c.fail(v, "more than %d values once aliases are followed", maxNodes)
	}
	placed := *target
	placed.line, placed.col = at.line, at.col
	return &placed
}

// size counts the values in n, and stops soon after limit.
func size(n *node, limit int) int {
	total := 1
	for _, item := range n.items {
		if total > limit {
			return total
		}
		total += size(item, limit-total)
	}
	for _, p := range n.pairs {
		if total > limit {
			return total
		}
		total += size(p.value, limit-total)
	}
	return total
}

// plain resolves an unquoted scalar that the parser calls a text.
func plain(s string) kind {
	if jsonNumber.MatchString(s) {
		return number
	}
	return text
}

// place is where a node begins. The parser gives a mapping the place of its
// first colon; a person begins to read it at its first key.
func place(n ast.Node) (line, col int) {
	switch v := n.(type) {
	case *ast.MappingNode:
		if !v.IsFlowStyle && len(v.Values) > 0 {
			n = v.Values[0].Key
		}
	case *ast.MappingValueNode:
		n = v.Key
	}
	if n == nil {
		return 1, 1
	}
	tk := n.GetToken()
	if tk == nil || tk.Position == nil {
		return 1, 1
	}
	return max(tk.Position.Line, 1), max(tk.Position.Column, 1)
}
