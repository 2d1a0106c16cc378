package config

import (
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/slipway-dev/slipway/internal/expect"
)

// maxCases bounds a run: each case is a request, one after the other.
const maxCases = 1000

var (
	methods = []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}
	// headerName is a token (https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2).
	headerName = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")
)

// casePattern is a pattern for case files. One that was written must match
// something; a default has no place in a file, and need not.
type casePattern struct {
	pattern string
	written *node
}

// patterns reads smoke.cases: one pattern, or a list of them.
func (l *loader) patterns(n *node, path string) {
	add := func(n *node, path string) string {
		p := l.pattern(n, path)
		if p != "" {
			l.cases = append(l.cases, casePattern{pattern: p, written: n})
		}
		return p
	}
	if n.kind == list {
		l.words(n, path, "", add)
		return
	}
	if n.kind != text {
		l.wrong(n, path, "a pattern such as smoke/*.yaml, or a list of them")
		return
	}
	add(n, path)
}

// readCases reads every case file, in the order of their names.
func (l *loader) readCases() []Case {
	var files []string
	for _, p := range l.cases {
		// The pattern is valid and a directory that cannot be listed holds no case.
		found, _ := doublestar.Glob(os.DirFS(l.dir), path.Clean(p.pattern), doublestar.WithFilesOnly())
		found = slices.DeleteFunc(found, func(f string) bool { return f == File })
		if len(found) == 0 && p.written != nil {
			l.problemf(p.written, "smoke.cases: no file matches %s", quote(p.pattern))
		}
		files = append(files, found...)
	}
	slices.Sort(files)
	files = slices.Compact(files)
	if len(files) > maxCases {
		l.keyProblemf("smoke.cases", "%d files match, at most %d are asked", len(files), maxCases)
		return nil
	}
	var cases []Case
	named := map[string]string{}
	for _, file := range files {
		c := l.readCase(file)
		if other, ok := named[c.Name]; ok {
			l.problems.add(path.Join(l.rel, file), 0, 0, fmt.Sprintf("%s has the same name: name one of them differently, the report tells cases apart by it", other))
		}
		named[c.Name] = file
		cases = append(cases, c)
	}
	return cases
}

func (l *loader) readCase(file string) Case {
	ext := path.Ext(file)
	c := Case{Name: strings.TrimSuffix(path.Base(file), ext), File: file}
	c.Request.Name = c.Name
	r := &caseReader{
		reader: reader{file: path.Join(l.rel, file), problems: l.problems, keys: map[string]pair{}, start: pair{line: 1, col: 1}},
		into:   &c,
	}
	read, most := readYAML, int64(maxYAMLCaseBytes)
	switch ext {
	case ".yaml", ".yml":
	case ".json":
		read, most = readJSON, maxJSONCaseBytes
	default:
		r.problems.add(r.file, 0, 0, "is no case: a case is a .yaml, .yml or .json file (smoke.cases matches it)")
		return c
	}
	if message := l.check(file, aFile); message != "" {
		r.problems.add(r.file, 0, 0, message)
		return c
	}
	content, f := readText(filepath.Join(l.dir, filepath.FromSlash(file)), most)
	var n *node
	if f == nil {
		n, f = read(content)
	}
	switch {
	case f != nil:
		r.problems.add(r.file, f.line, f.col, f.message)
	case n == nil:
		r.problems.add(r.file, 1, 1, "the file is empty: a case has a request and what is expected of the answer")
	default:
		r.read(n)
	}
	return c
}

// caseReader reads one case file.
type caseReader struct {
	reader
	into *Case
}

func (r *caseReader) read(n *node) {
	r.object(n, "", []field{
		{"request", r.request},
		{"expect", r.expect},
	})
	if n.kind == object && !r.has("request") {
		r.keyProblemf("request", "is missing: what to send, such as request: {json: [[5.1, 3.5, 1.4, 0.2]]}")
	}
}

func (r *caseReader) request(n *node, path string) {
	q := &r.into.Request
	r.object(n, path, []field{
		{"json", func(n *node, path string) { q.JSON = r.value(n, path) }},
		{"text", func(n *node, path string) {
			if n.kind != text {
				r.wrong(n, path, "a string")
				return
			}
			q.Text = &n.value
		}},
		{"method", func(n *node, path string) { q.Method = r.choice(n, path, methods) }},
		{"path", func(n *node, path string) { q.Path = r.urlPath(n, path) }},
		{"headers", func(n *node, path string) { q.Headers = r.headers(n, path) }},
		{"timeout", func(n *node, path string) { q.TimeoutMS = r.duration(n, path).Milliseconds() }},
	})
	if r.has(path+".json") && r.has(path+".text") {
		r.keyProblemf(path+".text", "a request has one body: remove json or text")
	}
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

func (r *caseReader) expect(n *node, path string) {
	e := &r.into.Expect
	r.object(n, path, []field{
		{"answer", func(n *node, path string) { e.Answer = r.value(n, path) }},
		{"tolerance", func(n *node, path string) { e.Tolerance = r.tolerance(n, path) }},
		{"status", func(n *node, path string) {
			if status := r.whole(n, path, 100, 599, "200"); status != 0 {
				e.Status = &status
			}
		}},
	})
	if r.has(path+".tolerance") && !r.has(path+".answer") {
		r.keyProblemf(path+".tolerance", "there is no answer to compare: add %s.answer", path)
	}
}

func (r *caseReader) tolerance(n *node, path string) *expect.Tolerance {
	t := expect.Default
	bound := func(into *float64) func(n *node, path string) {
		return func(n *node, path string) {
			v := r.real(n, path, "1.0e-6")
			if v == nil {
				return
			}
			if *v < 0 {
				r.problemf(n, "%s: a difference has no sign: write it without the minus", path)
			}
			*into = *v
		}
	}
	r.object(n, path, []field{{"rtol", bound(&t.Rtol)}, {"atol", bound(&t.Atol)}})
	if n.kind == object && len(n.pairs) == 0 {
		r.problemf(n, "%s: expected rtol, atol or both", path)
	}
	return &t
}

// value reads any JSON value, exactly as it was written.
func (r *caseReader) value(n *node, path string) json.RawMessage {
	if n.kind == null && n.value == "" {
		r.wrong(n, path, "a value (null for JSON's null)")
		return nil
	}
	r.duplicates(n, path)
	return encode(n, func(n *node, message string) { r.problemf(n, "%s: %s", path, message) })
}

// duplicates reports keys that occur twice in one object, at any depth.
func (r *caseReader) duplicates(n *node, path string) {
	for _, item := range n.items {
		r.duplicates(item, path)
	}
	if n.kind != object {
		return
	}
	for _, p := range r.unique(n, path) {
		r.duplicates(p.value, path)
	}
}
