package config

import (
	"fmt"
	"math"
	paths "path"
	"strconv"
	"strings"
	"time"
)

// reader takes typed values out of one file's nodes. Each method returns the
// zero value when it reports a problem, so that reading goes on and every
// problem is told.
type reader struct {
	file     string // as problems name it
	problems *problems
	keys     map[string]pair // every known key that is set, by its path
	start    pair            // the place of what is not there: the first line of a file that exists
}

// field is one key that an object may have, and how its value is read.
type field struct {
	key  string
	read func(n *node, path string)
}

func (r *reader) problemf(n *node, format string, args ...any) {
	r.problems.add(r.file, n.line, n.col, fmt.Sprintf(format, args...))
}

// keyProblemf reports a problem with a key where the key is, or where the
// mapping is that should have it; with its directory where there is no file.
func (r *reader) keyProblemf(path, format string, args ...any) {
	at := r.start
	for p := path; p != ""; p = p[:max(strings.LastIndexAny(p, ".["), 0)] {
		if found, ok := r.keys[p]; ok {
			at = found
			break
		}
	}
	file := r.file
	if at.line == 0 {
		file = paths.Dir(file)
	}
	r.problems.add(file, at.line, at.col, path+": "+fmt.Sprintf(format, args...))
}

// has is true when the file sets the key, even to something wrong.
func (r *reader) has(path string) bool {
	_, ok := r.keys[path]
	return ok
}

// wrong reports a value of the wrong type.
func (r *reader) wrong(n *node, path, expected string) {
	r.problemf(n, "%s: expected %s, found %s", path, expected, describe(n))
}

func describe(n *node) string {
	switch n.kind {
	case null:
		return "nothing"
	case boolean:
		return n.value
	case number:
		return "the number " + clip(n.value)
	case text:
		return "the string " + quote(n.value)
	case list:
		return "a list"
	default:
		return "a mapping"
	}
}

// object reads the keys of a mapping; the fields are at the same time the list of what is valid.
func (r *reader) object(n *node, path string, fields []field) {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.key
	}
	if n.kind != object {
		r.wrong(n, or(path, "the file"), "a mapping with the keys "+choices(names))
		return
	}
	for _, p := range r.unique(n, path) {
		full := join(path, p.key)
		i := 0
		for i < len(fields) && fields[i].key != p.key {
			i++
		}
		if i == len(fields) {
			r.problems.add(r.file, p.line, p.col, fmt.Sprintf("%s: unknown key%s; valid keys: %s", oneLine(clip(full)), meant(p.key, names), choices(names)))
			continue
		}
		r.keys[full] = p
		fields[i].read(p.value, full)
	}
}

// unique returns the pairs of an object less those whose key was there before, which it reports.
func (r *reader) unique(n *node, path string) []pair {
	first := make(map[string]int, len(n.pairs))
	out := make([]pair, 0, len(n.pairs))
	for _, p := range n.pairs {
		if line, ok := first[p.key]; ok {
			r.problems.add(r.file, p.line, p.col, fmt.Sprintf("%s: duplicate key, already set on line %d", oneLine(clip(join(path, p.key))), line))
			continue
		}
		first[p.key] = p.line
		out = append(out, p)
	}
	return out
}

// str reads a string; expected says what kind, with an example.
func (r *reader) str(n *node, path, expected string) string {
	if n.kind != text {
		r.wrong(n, path, expected)
		return ""
	}
	return r.clean(n, path, expected)
}

// word reads a scalar as it was written. Commands, environments and versions
// are text whatever they look like: the port in a command needs no quotes.
func (r *reader) word(n *node, path, expected string) string {
	if n.kind != text && n.kind != number && n.kind != boolean {
		r.wrong(n, path, expected)
		return ""
	}
	return r.clean(n, path, expected)
}

func (r *reader) clean(n *node, path, expected string) string {
	if n.value == "" {
		r.wrong(n, path, expected)
		return ""
	}
	if strings.ContainsRune(n.value, 0) {
		r.problemf(n, "%s: a NUL character cannot be part of it", path)
		return ""
	}
	return n.value
}

// words reads a list of words; each reads one.
func (r *reader) words(n *node, path, expected string, each func(n *node, path string) string) []string {
	if n.kind != list {
		if n.kind == text && strings.TrimSpace(n.value) != "" {
			expected = fmt.Sprintf("a list such as [%s]", clip(strings.Join(strings.Fields(n.value), ", ")))
		}
		r.wrong(n, path, expected)
		return nil
	}
	var out []string
	for i, item := range n.items {
		if s := each(item, indexed(path, i)); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// choice reads one word of a few.
func (r *reader) choice(n *node, path string, valid []string) string {
	if n.kind == text {
		for _, v := range valid {
			if n.value == v {
				return v
			}
		}
		r.problemf(n, "%s: unknown value %s%s; valid: %s", path, quote(n.value), meant(n.value, valid), choices(valid))
		return ""
	}
	r.wrong(n, path, "one of "+choices(valid))
	return ""
}

// flag reads true or false.
func (r *reader) flag(n *node, path string) bool {
	if n.kind != boolean {
		r.wrong(n, path, "true or false")
		return false
	}
	return strings.EqualFold(n.value, "true")
}

// whole reads a whole number between two bounds, both included.
func (r *reader) whole(n *node, path string, least, most int, example string) int {
	expected := fmt.Sprintf("a whole number from %d to %d such as %s", least, most, example)
	if n.kind == text {
		if _, err := strconv.Atoi(n.value); err == nil {
			expected += ", without quotes"
		}
	}
	if n.kind != number {
		r.wrong(n, path, expected)
		return 0
	}
	i, err := strconv.Atoi(n.value)
	if err != nil || i < least || i > most {
		r.wrong(n, path, expected)
		return 0
	}
	return i
}

// real reads a finite number; nil when it is none.
func (r *reader) real(n *node, path, example string) *float64 {
	expected := "a number such as " + example
	if n.kind != number {
		r.wrong(n, path, expected)
		return nil
	}
	literal, ok := numberLiteral(n.value)
	if !ok {
		r.wrong(n, path, expected)
		return nil
	}
	f, err := strconv.ParseFloat(literal, 64)
	if err != nil || math.IsInf(f, 0) {
		r.wrong(n, path, expected)
		return nil
	}
	return &f
}

// duration reads a time with its unit; longest is an hour-scale bound that no
// step of a run has a use for.
func (r *reader) duration(n *node, path string) time.Duration {
	const longest = 24 * time.Hour
	const expected = "a duration with its unit such as 60s, 10m or 1h30m"
	if n.kind != text {
		r.wrong(n, path, expected)
		return 0
	}
	d, err := time.ParseDuration(n.value)
	switch {
	case err != nil:
		r.wrong(n, path, expected)
		return 0
	case d < time.Millisecond || d > longest:
		r.problemf(n, "%s: %s is out of range: from 1ms to 24h", path, quote(n.value))
		return 0
	}
	return d
}

// env reads environment variables.
func (r *reader) env(n *node, path string) map[string]string {
	if n.kind != object {
		r.wrong(n, path, `a mapping such as {OMP_NUM_THREADS: "1"}`)
		return nil
	}
	out := map[string]string{}
	for _, p := range r.unique(n, path) {
		full := join(path, p.key)
		if !envName.MatchString(p.key) {
			r.problems.add(r.file, p.line, p.col, fmt.Sprintf("%s: %s is no name of an environment variable: letters, digits and _ only, and no digit first", path, quote(p.key)))
			continue
		}
		if p.value.kind == text && p.value.value == "" {
			out[p.key] = ""
			continue
		}
		out[p.key] = r.word(p.value, full, `a value ("" for an empty one)`)
	}
	return out
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func indexed(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
