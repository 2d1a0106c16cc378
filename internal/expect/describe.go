package expect

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// clipLen is how much of a long literal or text a sentence quotes, in bytes.
const clipLen = 80

// describe names a value with its type, for a sentence about two types.
func describe(v *value) string {
	switch v.kind {
	case null:
		return "null"
	case boolean, binary:
		return v.lit
	case number:
		return "the number " + clip(v.lit)
	case nonFinite:
		return v.lit + " (which is not JSON)"
	case text:
		return "the text " + plain(v)
	case array:
		return "an array of " + plural(len(v.items), "item")
	default:
		return "an object with " + plural(len(v.items), "member")
	}
}

// plain is a scalar as JSON writes it, clipped.
func plain(v *value) string {
	switch v.kind {
	case text:
		return strconv.Quote(clip(v.lit))
	case null:
		return "null"
	}
	return clip(v.lit)
}

func clip(s string) string {
	if len(s) <= clipLen {
		return s
	}
	return cut(s, 0, clipLen) + "…"
}

// around quotes what stands near an offset of a text.
func around(s string, offset int) string {
	from, to := max(0, offset-20), min(len(s), offset+40)
	quoted := strconv.Quote(cut(s, from, to))
	if from > 0 {
		quoted = "…" + quoted
	}
	if to < len(s) {
		quoted += "…"
	}
	return quoted
}

// cut is s[from:to] without broken characters at its ends.
func cut(s string, from, to int) string {
	for from < to && !utf8.RuneStart(s[from]) {
		from++
	}
	for to > from && to < len(s) && !utf8.RuneStart(s[to]) {
		to--
	}
	return s[from:to]
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// names lists keys with the verb that agrees with their number.
func names(keys []string, one, many string) string {
	const most = 5
	var quoted []string
	for _, key := range keys[:min(len(keys), most)] {
		quoted = append(quoted, strconv.Quote(clip(key)))
	}
	list := strings.Join(quoted, ", ")
	if len(keys) > most {
		list += fmt.Sprintf(" and %d more", len(keys)-most)
	}
	if len(keys) == 1 {
		return list + " " + one
	}
	return list + " " + many
}
