package source

import (
	"regexp"
	"strings"
)

// rule is one line of a .gitignore file (https://git-scm.com/docs/gitignore#_pattern_format).
type rule struct {
	match   *regexp.Regexp // of the path relative to the .gitignore's directory
	negated bool           // the line begins with !
	dirOnly bool           // the line ends with /
}

// ignoreFile is one .gitignore with the directory it is in.
type ignoreFile struct {
	dir   string // relative to the root, "" for the root
	rules []rule
}

// parseIgnore reads the lines of a .gitignore. Lines that git can make nothing of match nothing.
func parseIgnore(dir, content string) ignoreFile {
	f := ignoreFile{dir: dir}
	content = strings.TrimPrefix(content, "\ufeff")
	for line := range strings.SplitSeq(content, "\n") {
		if r, ok := parseRule(strings.TrimSuffix(line, "\r")); ok {
			f.rules = append(f.rules, r)
		}
	}
	return f
}

func parseRule(line string) (rule, bool) {
	var r rule
	if strings.HasPrefix(line, "#") {
		return r, false
	}
	line = trimSpaces(line)
	if after, ok := strings.CutPrefix(line, "!"); ok {
		r.negated, line = true, after
	}
	if after, ok := strings.CutSuffix(line, "/"); ok {
		r.dirOnly, line = true, after
	}
	if line == "" {
		return r, false
	}
	anchored := strings.Contains(line, "/")
	line = strings.TrimPrefix(line, "/")
	expr, ok := translate(line)
	if !ok {
		return r, false
	}
	if !anchored {
		expr = "(?:.*/)?" + expr
	}
	var err error
	r.match, err = regexp.Compile(`^(?s:` + expr + `)$`)
	return r, err == nil
}

// trimSpaces drops trailing spaces, except those that a backslash quotes.
func trimSpaces(line string) string {
	end := len(line)
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case '\\':
			i++
			end = min(i+1, len(line))
		case ' ':
		default:
			end = i + 1
		}
	}
	if strings.TrimLeft(line, " ") == "" {
		return ""
	}
	return line[:end]
}

// translate makes a regular expression of a pattern without its leading slash.
func translate(p string) (string, bool) {
	var b strings.Builder
	// git compares what precedes the first wildcard by itself and cuts it off,
	// so that the ** of foo**/bar counts as leading, against its documentation
	// (match_pathname in git's dir.c).
	first := strings.IndexAny(p, `*?[\`)
	for i := 0; i < len(p); {
		switch c := p[i]; c {
		case '*':
			end := i
			for end < len(p) && p[end] == '*' {
				end++
			}
			starts := i == 0 || i == first || p[i-1] == '/'
			switch {
			case end-i >= 2 && starts && end < len(p) && p[end] == '/': // any number of directories
				b.WriteString("(?:.*/)?")
				end++
			case end-i >= 2 && starts && end == len(p): // everything below
				b.WriteString(".*")
			default:
				b.WriteString("[^/]*")
			}
			i = end
		case '?':
			b.WriteString("[^/]")
			i++
		case '[':
			class, length, ok := bracket(p[i:])
			if !ok {
				return "", false
			}
			b.WriteString(class)
			i += length
		case '\\':
			if i+1 == len(p) {
				return "", false // git: a pattern that ends in a backslash never matches
			}
			b.WriteString(regexp.QuoteMeta(p[i+1 : i+2]))
			i += 2
		default:
			b.WriteString(regexp.QuoteMeta(p[i : i+1]))
			i++
		}
	}
	return b.String(), true
}

// bracket translates a class such as [a-z], [!a-z] or [[:digit:]_], and says how long it is.
func bracket(p string) (class string, length int, ok bool) {
	i := 1
	var b strings.Builder
	b.WriteByte('[')
	if i < len(p) && (p[i] == '!' || p[i] == '^') {
		b.WriteString("^/") // no class matches the separator
		i++
	}
	for first := true; i < len(p); first = false {
		switch c := p[i]; {
		case c == ']' && !first:
			b.WriteByte(']')
			return b.String(), i + 1, true
		case c == '[' && strings.HasPrefix(p[i:], "[:"):
			end := strings.Index(p[i:], ":]")
			if end < 0 {
				return "", 0, false
			}
			b.WriteString(p[i : i+end+2])
			i += end + 2
		case c == '\\':
			if i+1 == len(p) {
				return "", 0, false
			}
			b.WriteString(regexp.QuoteMeta(p[i+1 : i+2]))
			i += 2
		case c == '-' && !first && i+1 < len(p) && p[i+1] != ']':
			b.WriteByte('-')
			i++
		default:
			b.WriteString(escapeInClass(c))
			i++
		}
	}
	return "", 0, false
}

func escapeInClass(c byte) string {
	if c == '-' || c == ']' || c == '[' || c == '^' || c == '\\' {
		return `\` + string(rune(c))
	}
	return string([]byte{c})
}

// ignored is git's verdict on one path whose parents are not ignored: the last
// line that matches decides, and a deeper .gitignore comes after those above it.
func ignored(files []ignoreFile, p string, isDir bool) bool {
	for i := len(files) - 1; i >= 0; i-- {
		rel := p
		if files[i].dir != "" {
			var below bool
			if rel, below = strings.CutPrefix(p, files[i].dir+"/"); !below {
				continue
			}
		}
		rules := files[i].rules
		for j := len(rules) - 1; j >= 0; j-- {
			if (!rules[j].dirOnly || isDir) && rules[j].match.MatchString(rel) {
				return !rules[j].negated
			}
		}
	}
	return false
}
