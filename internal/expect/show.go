package expect

import (
	"fmt"
	"strconv"
	"strings"
)

const (
	// shown is how much of a value a verdict holds, in bytes. It goes into
	// result.json, a report and a comment.
	shown = 4096
	// lineLen is where a row of numbers is broken.
	lineLen = 100
	// maxIndent keeps the output of deep nesting linear in its size.
	maxIndent = 20
)

// show writes a value for a reader: members and nested arrays on lines of
// their own, rows of scalars together. It is capped around focus.
func show(v *value, focus path, offset int) string {
	if v.kind == text && offset == 0 {
		return ends(v.lit)
	}
	if v.kind == text {
		return window(v.lit, min(offset, len(v.lit)))
	}
	p := printer{line: 0, mark: 0}
	p.value(v, 0, focus, true)
	return window(p.out.String(), p.mark)
}

type printer struct {
	out  strings.Builder
	line int // where the current line begins
	mark int // where the focus is
}

func (p *printer) newline(depth int) {
	p.out.WriteByte('\n')
	p.line = p.out.Len()
	p.out.WriteString(strings.Repeat("  ", min(depth, maxIndent)))
}

// value writes v. When inFocus, v lies on the way to the focus, and rest leads on from it.
func (p *printer) value(v *value, depth int, rest path, inFocus bool) {
	if inFocus {
		p.mark = p.out.Len() // the deepest value on the way is the last to say so
	}
	switch {
	case v.kind == text:
		p.out.WriteString(quote(v.lit))
	case v.kind == null:
		p.out.WriteString("null")
	case v.kind == array && len(v.items) == 0:
		p.out.WriteString("[]")
	case v.kind == object && len(v.items) == 0:
		p.out.WriteString("{}")
	case v.kind == array:
		p.array(v, depth, rest, inFocus)
	case v.kind == object:
		p.object(v, depth, rest, inFocus)
	default:
		p.out.WriteString(v.lit)
	}
}

func (p *printer) array(v *value, depth int, rest path, inFocus bool) {
	flat := true
	for i := range v.items {
		flat = flat && v.items[i].kind < array
	}
	p.out.WriteByte('[')
	for i := range v.items {
		if i > 0 {
			p.out.WriteByte(',')
		}
		switch {
		case !flat:
			p.newline(depth + 1)
		case p.out.Len()-p.line > lineLen:
			p.newline(depth + 1)
		case i > 0:
			p.out.WriteByte(' ')
		}
		next := inFocus && len(rest) > 0 && rest[0].index == i
		p.value(&v.items[i], depth+1, tail(rest, next), next)
	}
	if !flat {
		p.newline(depth)
	}
	p.out.WriteByte(']')
}

func (p *printer) object(v *value, depth int, rest path, inFocus bool) {
	p.out.WriteByte('{')
	for i, key := range v.keys {
		if i > 0 {
			p.out.WriteByte(',')
		}
		p.newline(depth + 1)
		p.out.WriteString(quote(key) + ": ")
		next := inFocus && len(rest) > 0 && rest[0].index < 0 && rest[0].key == key
		p.value(&v.items[i], depth+1, tail(rest, next), next)
	}
	p.newline(depth)
	p.out.WriteByte('}')
}

func tail(rest path, next bool) path {
	if next {
		return rest[1:]
	}
	return nil
}

// quote keeps what is readable as it is: é and 漢, not \u00e9.
func quote(s string) string { return strconv.Quote(s) }

// ends are the beginning and the end of a text: a traceback says last what is wrong.
func ends(s string) string {
	if len(s) <= shown {
		return window(s, 0)
	}
	head, tail := cut(s, 0, shown/2), cut(s, len(s)-shown/2, len(s))
	return strings.ToValidUTF8(fmt.Sprintf("%s\n… %d bytes …\n%s", head, len(s)-len(head)-len(tail), tail), "�")
}

// window is at most about shown bytes of s around mark, with a note of what was left out.
func window(s string, mark int) string {
	if len(s) <= shown {
		return strings.ToValidUTF8(s, "�")
	}
	from := max(0, min(mark-shown/2, len(s)-shown))
	to := min(len(s), from+shown)
	out := strings.ToValidUTF8(cut(s, from, to), "�")
	if from > 0 {
		out = fmt.Sprintf("… %d bytes before\n", from) + out
	}
	if to < len(s) {
		out += fmt.Sprintf("\n… %d bytes more", len(s)-to)
	}
	return out
}
