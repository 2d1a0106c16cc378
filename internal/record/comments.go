package record

import (
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// document is a case in YAML as lines.
type document struct {
	text     []string
	comments map[int]string // by line, each from its # on
	end      int            // the line behind its last
}

func comments(tokens token.Tokens) map[int]string {
	found := map[int]string{}
	for _, t := range tokens {
		if t.Type == token.CommentType {
			found[t.Position.Line-1] = "#" + strings.TrimRight(t.Value, " \t\r")
		}
	}
	return found
}

// alone is true for a line that holds a comment and nothing else.
func (d document) alone(at int) bool {
	return d.comments[at] != "" && strings.HasPrefix(strings.TrimSpace(d.text[at]), "#")
}

// above is the line where the comments directly above a member begin.
func (d document) above(at int) int {
	for at > 0 && d.alone(at-1) {
		at--
	}
	return at
}

// isMark is true for the comment that record itself writes.
func isMark(comment string) bool {
	return strings.HasPrefix(strings.TrimSpace(comment), strings.TrimRight(mark, ", "))
}

// remarks are what stands around a member's value: a person wrote it, and it stays.
type remarks struct {
	before []string // lines
	behind string   // the comment on the member's first line
	after  []string // lines
}

// member is what stands around the value of a member that begins on a line,
// within what belongs to it. Comments between the lines of the value come first.
func (d document) member(from, at, to int) remarks {
	r := remarks{behind: d.comments[at]}
	last := to - 1
	for last > at && (d.alone(last) || strings.TrimSpace(d.text[last]) == "") {
		last--
	}
	for n := from; n <= last; n++ {
		switch {
		case d.comments[n] == "" || n == at || isMark(d.comments[n]):
		case n < at:
			r.before = append(r.before, d.text[n])
		default:
			r.before = append(r.before, indentOf(d.text[at])+d.comments[n])
		}
	}
	r.after = d.text[last+1 : to]
	return r
}

func indentOf(line string) string {
	return line[:len(line)-len(strings.TrimLeft(line, " "))]
}

// ofMembers are comments by the member that they stand at.
type ofMembers struct {
	above  map[*ast.MappingValueNode][]string
	behind map[*ast.MappingValueNode]string
}

// ofFlow are the comments in and behind a mapping in braces, which is the value
// of p; those that are no member's are p's own.
func (d document) ofFlow(p *ast.MappingValueNode, inner []*ast.MappingValueNode, end int) ofMembers {
	c := ofMembers{map[*ast.MappingValueNode][]string{}, map[*ast.MappingValueNode]string{}}
	closing := line(p)
	if m, ok := p.Value.(*ast.MappingNode); ok && m.End != nil {
		closing = m.End.Position.Line - 1
	}
	for n := line(p); n < end; n++ {
		comment := d.comments[n]
		if comment == "" || isMark(comment) {
			continue
		}
		next := slices.IndexFunc(inner, func(m *ast.MappingValueNode) bool { return line(m) > n })
		if next < 0 {
			next = len(inner)
		}
		of := p
		if d.alone(n) {
			if next < len(inner) {
				of = inner[next]
			}
			c.above[of] = append(c.above[of], comment)
			continue
		}
		if next > 0 && n < closing {
			of = inner[next-1]
		}
		c.behind[of] = strings.TrimSpace(c.behind[of] + " " + comment)
	}
	return c
}

// behind puts a comment behind a line.
func behind(line, comment string) string {
	if comment == "" {
		return line
	}
	return line + "  " + comment
}
