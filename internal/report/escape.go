package report

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// This file is the one place where foreign strings become harmless. A result
// may come from a fork, and a comment is written with the base repository's
// token: nothing in it may mention a person, refer to an issue, load an image,
// link anywhere or break out of its place.

// terminalCodes are ANSI escape sequences: CSI, OSC and other strings, and the
// two-character rest (ECMA-48, 5.3–5.6).
var terminalCodes = regexp.MustCompile("\x1b\\[[0-?]*[ -/]*[@-~]|\x1b[\\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\\\)?|\x1b[ -/]*[0-~]?")

// clean removes what a page or a terminal would act on rather than show:
// terminal codes, control and format characters, among them those that turn
// the direction of writing (https://trojansource.codes). Of a progress line
// that was drawn over and over, the last drawing stays.
func clean(s string) string {
	s = terminalCodes.ReplaceAllString(strings.ToValidUTF8(s, "\uFFFD"), "")
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		line = strings.TrimRight(line, "\r")
		lines[i] = line[strings.LastIndexByte(line, '\r')+1:]
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', ' ' <= r && r <= '~': // nearly all of them, without a look at tables
			return r
		case r == '\t', r == '\u2028', r == '\u2029', r == '\u0085':
			return ' '
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co):
			return -1
		}
		return r
	}, strings.Join(lines, "\n"))
}

// oneLine is clean, on one line and n characters long at most.
func oneLine(s string, n int) string {
	// A megabyte is not cleaned to show a line of it. Enough is left for
	// codes and spaces among the characters that stay.
	if n < len(s)/32 {
		s = s[:32*n]
	}
	return clip(strings.Join(strings.Fields(clean(s)), " "), n)
}

// ends keeps the start of a line and more of its end, n characters in all: a
// log says at the end of an endless line what was raised.
func ends(s string, n int) string {
	runes := []rune(s)
	if len(runes) <= n {
		return s
	}
	return string(runes[:n/3]) + " … " + string(runes[len(runes)-(n-n/3):])
}

// clip cuts after n characters.
func clip(s string, n int) string {
	if len(s) <= n || utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n]) + "…"
}

// apart stands behind characters that GitHub would make a reference of. It
// does so in the finished page, where neither a backslash nor an entity helps
// (https://github.com/github/markup/issues/1168); a zero-width space does.
const apart = "\u200b"

var (
	markup = strings.NewReplacer(
		"@", "@"+apart, "#", `\#`+apart, "://", ":"+apart+"//",
		`\`, `\\`, "`", "\\`", "*", `\*`, "~", `\~`, "!", `\!`,
		"[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;", "&", "&amp;",
		"|", "&#124;", // a backslash would do in text, but not in every table
		"$", "&#36;", // GitHub's formulas
	)
	issue   = regexp.MustCompile(`(?i)\b(gh-)(\d)`) // GH-123 is as good as #123
	quoted  = regexp.MustCompile("`[^`|]+`")
	website = regexp.MustCompile(`(?i)\b(www)(\.)`)   // made a link without a scheme
	lineNo  = regexp.MustCompile(`(:1(?:00|234))(:)`) // "app.py:100: error" would have an emoji in it
)

// text is a foreign string as a run of plain text, in a paragraph or a table
// cell. It must not begin a line: there "- " or "1." would make a list. What
// it quotes in backticks stays code, when it is clear what it quotes.
func text(s string, n int) string {
	s = oneLine(s, n)
	if strings.Count(s, "`")%2 != 0 || strings.Contains(s, "``") {
		return plain(s)
	}
	var b strings.Builder
	for end := 0; ; {
		at := quoted.FindStringIndex(s[end:])
		if at == nil {
			return b.String() + plain(s[end:])
		}
		b.WriteString(plain(s[end:end+at[0]]) + s[end+at[0]:end+at[1]])
		end += at[1]
	}
}

// plain takes the meaning from every character that has one in Markdown.
func plain(s string) string {
	s = markup.Replace(s)
	s = issue.ReplaceAllString(s, "${1}"+apart+"${2}")
	s = website.ReplaceAllString(s, "${1}"+apart+"${2}")
	s = lineNo.ReplaceAllString(s, "${1}"+apart+"${2}")
	return underscores(s)
}

// underscores escapes "_" except inside a word, where it means nothing: names of tests are full of it.
func underscores(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if s[i] == '_' && (i == 0 || i == len(s)-1 || !alphanumeric(s[i-1]) || !alphanumeric(s[i+1])) {
			b.WriteByte('\\')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func alphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// code is a foreign string as a code span, in a paragraph. GitHub makes no
// references there, so that it can be copied as it is. Not for tables: no
// escape for "|" inside a code span is understood everywhere.
func code(s string, n int) string {
	s = oneLine(s, n)
	if s == "" {
		return "(empty)"
	}
	ticks := strings.Repeat("`", longestRun(s, '`')+1)
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		s = " " + s + " " // taken off again by the reader
	}
	return ticks + s + ticks
}

// fence is a foreign string as a block of code, with a fence that nothing in it can close.
func fence(s string, d detail) string {
	lines := strings.Split(strings.TrimRight(clean(s), "\n "), "\n")
	for i := range lines {
		lines[i] = ends(strings.TrimRight(lines[i], " "), d.runes)
	}
	ticks := strings.Repeat("`", max(3, longestRun(s, '`')+1))
	return ticks + "text\n" + strings.Join(lines, "\n") + "\n" + ticks
}

// tail is the last n lines.
func tail(s string, n int) string {
	lines := strings.Split(strings.TrimRight(s, "\r\n "), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

func longestRun(s string, c byte) int {
	longest, run := 0, 0
	for i := range len(s) {
		if s[i] != c {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}
