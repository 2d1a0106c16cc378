package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/slipway-dev/slipway/internal/expect"
	"github.com/slipway-dev/slipway/internal/protocol"
)

// maxCases bounds a run: each case is a request, one after the other.
const maxCases = 1000

// The keys that only commands have, and only servers.
var (
	ofCommands = []string{"request.command", "request.args", "expect.exit"}
	ofServers  = []string{"request.method", "request.path", "request.headers", "request.form", "expect.status", "expect.content_type"}
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
	files := l.caseFiles()
	if len(files) > maxCases {
		l.keyProblemf("smoke.cases", "%d files match, at most %d are asked", len(files), maxCases)
		return nil
	}
	read := make([]*caseReader, len(files))
	data := map[string]bool{} // what cases name
	for i, file := range files {
		read[i] = l.readCase(file)
		for _, named := range read[i].names {
			data[named] = true
		}
	}
	var cases []Case
	names := map[string]string{}
	for i, r := range read {
		// smoke/*.json also matches the smoke/input.json that a case sends.
		if !r.isCase && data[path.Clean(files[i])] {
			continue
		}
		l.problems.merge(r.problems)
		if other, ok := names[r.into.Name]; ok {
			l.problems.add(r.file, 0, 0, fmt.Sprintf("%s has the same name: name one of them differently, the report tells cases apart by it", other))
		}
		names[r.into.Name] = files[i]
		cases = append(cases, r.into)
	}
	if len(cases) == 0 && !l.has("smoke.cases") {
		cases = l.example()
	}
	return cases
}

// caseFiles are the files that the patterns match, sorted.
func (l *loader) caseFiles() []string {
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
	return slices.Compact(files)
}

func (l *loader) readCase(file string) *caseReader {
	name := strings.TrimSuffix(path.Base(file), path.Ext(file))
	r := &caseReader{
		reader: reader{file: path.Join(l.rel, file), problems: &problems{}, keys: map[string]pair{}, start: pair{line: 1, col: 1}},
		model:  l,
		into:   Case{Name: name, File: file, Request: protocol.Request{Name: name}},
	}
	n, f := l.readNodes(file)
	switch {
	case !slices.Contains(readable, path.Ext(file)):
		r.problems.add(r.file, 0, 0, "is no case: a case is a .yaml, .yml or .json file (smoke.cases matches it)")
	case f != nil:
		r.problems.add(r.file, f.line, f.col, f.message)
	case n == nil:
		r.problems.add(r.file, 1, 1, "the file is empty: a case has a request and what is expected of the answer")
	default:
		r.read(n)
	}
	return r
}

// readable are the endings of files that hold a value.
var readable = []string{".yaml", ".yml", ".json"}

// readNodes reads a YAML or JSON file of the model.
func (l *loader) readNodes(file string) (*node, *fault) {
	if !slices.Contains(readable, path.Ext(file)) {
		return nil, faultf(0, 0, "is neither YAML nor JSON by its name: valid endings: %s", choices(readable))
	}
	if message := l.check(file, aFile); message != "" {
		return nil, faultf(0, 0, "%s", message)
	}
	read, most := readYAML, int64(maxYAMLCaseBytes)
	if path.Ext(file) == ".json" {
		read, most = readJSON, maxJSONCaseBytes
	}
	content, f := readText(filepath.Join(l.dir, filepath.FromSlash(file)), most)
	if f != nil {
		return nil, f
	}
	return read(content)
}

// caseReader reads one case file.
type caseReader struct {
	reader
	model  *loader // whose files the case may name
	into   Case
	names  []string // of files that the case sends or refers to, relative to the model directory
	isCase bool     // false for a file that is surely something else
	sound  bool     // nothing is wrong with the request itself
}

func (r *caseReader) read(n *node) {
	r.isCase = n.get("request") != nil || n.get("expect") != nil
	r.object(n, "", []field{
		{"request", r.request},
		{"expect", r.expect},
	})
	if n.kind == object && !r.has("request") {
		r.keyProblemf("request", "is missing: what to send, such as request: {json: [[5.1, 3.5, 1.4, 0.2]]}")
	}
	r.fits()
	for _, m := range expect.Check(r.into.Expect) {
		r.keyProblemf(join("expect", m.Key), "%s", m.Message)
	}
}

// fits finds what the protocol, where it is known, has no use for. What only a
// running server can tell is not looked for.
func (r *caseReader) fits() {
	smoke := r.model.cfg.Smoke
	p, err := protocol.For(smoke.Protocol)
	if err != nil {
		return // auto: only the image can tell
	}
	e := &r.into.Expect
	keys, why := ofCommands, "only the protocol exec runs commands, this model's is "+smoke.Protocol
	if smoke.Protocol == protocol.Exec {
		keys, why = ofServers, "the protocol exec runs a command, and asks no server"
		e.Status, e.ContentType = nil, ""
	} else {
		e.Exit = nil
	}
	for _, key := range keys {
		if r.has(key) {
			r.keyProblemf(key, "%s: remove it", why)
			r.sound = false // what is meant cannot be known
		}
	}
	if !r.sound {
		return
	}
	_, err = p.Request(r.into.Request, protocol.Target{Model: smoke.Model, Default: r.model.cfg.Model})
	if untold := protocol.Untold(""); err != nil && !errors.As(err, &untold) {
		r.keyProblemf("request", "%s (protocol %s)", oneLine(err.Error()), smoke.Protocol)
	}
}

// value reads any JSON value, exactly as it was written.
func (r *caseReader) value(n *node, path string) json.RawMessage {
	return r.encoded(n, path, numberLiteral)
}

func (r *caseReader) encoded(n *node, path string, literal func(string) (string, bool)) json.RawMessage {
	if n.kind == null && n.value == "" {
		r.wrong(n, path, "a value (null for JSON's null)")
		return json.RawMessage("null") // so that nobody says it is missing
	}
	r.duplicates(n, path)
	return encode(n, literal, func(n *node, message string) { r.problemf(n, "%s: %s", path, message) })
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
