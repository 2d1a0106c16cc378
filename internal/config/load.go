package config

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/slipway-dev/slipway/internal/result"
)

// loader reads one model's configuration.
type loader struct {
	reader
	cfg      Config
	dir, top string // the model directory and the repository's top: absolute, without links
	rel      string // dir relative to top, with slashes
	empty    bool   // there is nothing in dir
	nothing  bool   // there is nothing to build in dir
	cases    []casePattern
	sent     int       // bytes of the files that the cases send
	json     int       // bytes of the JSON that they send
	server   *found    // that the model's files tell of, when it is the one that is started
	spoken   Detection // the protocol, with its reason
	parsed   map[string]parsed
	made     wants    // of weights and metrics: training may make them
	outputs  []string // the keys of train.outputs, in their order
}

// Load reads the configuration of the model in dir, an absolute path, and
// fills in what the model's files tell. root is the top of the repository:
// nothing in the configuration may point outside of it, by name or by link;
// empty means that dir is all there is.
//
// It returns all problems at once, their files relative to root. With
// problems, the configuration is incomplete and not to be used.
func Load(dir, root string) (Config, []result.Problem) {
	l, problems := load(dir, root)
	return l.cfg, problems
}

// LoadCheck is Load, or LoadSmoke where there is nothing to build but cases are.
func LoadCheck(dir, root string) (Config, []result.Problem) {
	l, problems := load(dir, root)
	if l.nothing {
		if c, others := LoadSmoke(dir, root, ""); len(c.Smoke.Cases) > 0 {
			return c, others
		}
	}
	return l.cfg, problems
}

func load(dir, root string) (*loader, []result.Problem) {
	l := newLoader()
	switch {
	case !l.locate(dir, root):
	case l.empty:
		l.problems.add(l.rel, 0, 0, "the model directory is empty: "+lookedFor)
	case l.load():
		l.complete()
		l.cfg.Smoke.Cases = l.readCases()
	}
	return l, l.problems.sorted(path.Join(l.rel, File))
}

// LoadSmoke is Load for an image that is not built from here, or a server that
// runs elsewhere: only what smoke needs is completed, and an empty directory
// is fine. A protocol that is named wins over slipway.yaml and what the files tell.
func LoadSmoke(dir, root, protocol string) (Config, []result.Problem) {
	l := newLoader()
	if l.locate(dir, root) && l.load() {
		if protocol != "" {
			l.cfg.Smoke.Protocol = "auto"
			l.spoken = Detection{Value: protocol, Why: "it was asked for"}
		}
		l.completeModel()
		l.completeSmoke()
		l.completeLimits()
		l.cfg.Smoke.Cases = l.readCases()
	}
	return l.cfg, l.problems.sorted(path.Join(l.rel, File))
}

func newLoader() *loader {
	return &loader{reader: reader{problems: &problems{}, keys: map[string]pair{}}, parsed: map[string]parsed{}}
}

// locate finds the two directories, and is false when there is no model to load.
func (l *loader) locate(dir, root string) bool {
	shown := filepath.ToSlash(dir)
	if rel, err := filepath.Rel(or(root, dir), dir); err == nil && filepath.IsLocal(rel) {
		shown = filepath.ToSlash(rel)
	}
	fail := func(message string) bool {
		l.problems.add(shown, 0, 0, message)
		return false
	}
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fail("the model directory does not exist")
	case err != nil:
		return fail("the model directory cannot be read: " + cause(err))
	case !info.IsDir():
		return fail("a file, where the model directory is expected: name the directory that holds it")
	}
	if l.dir, err = filepath.EvalSymlinks(dir); err != nil {
		return fail("the model directory cannot be read: " + cause(err))
	}
	if l.top, err = filepath.EvalSymlinks(or(root, dir)); err != nil {
		return fail("the repository cannot be read: " + cause(err))
	}
	if !within(l.top, l.dir) {
		return fail("the model directory is outside of the repository " + quote(root))
	}
	rel, err := filepath.Rel(l.top, l.dir)
	if err != nil {
		return fail("the model directory cannot be found in the repository: " + oneLine(err.Error()))
	}
	l.rel = filepath.ToSlash(rel)
	l.file = path.Join(l.rel, File)
	entries, err := os.ReadDir(l.dir)
	if err != nil {
		return fail("the model directory cannot be read: " + cause(err))
	}
	l.empty = len(entries) == 0
	return true
}

// load reads slipway.yaml when there is one, and is false when it is of no use.
func (l *loader) load() bool {
	l.cfg.Schema = 1
	file := filepath.Join(l.dir, File)
	if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
		return l.parse(file)
	}
	if misnamed := l.misnamed(); misnamed != "" {
		l.problems.add(path.Join(l.rel, misnamed), 0, 0, "not read under this name: rename it to "+File)
		return false
	}
	return true
}

// misnamed is a file that was surely meant to be slipway.yaml.
func (l *loader) misnamed() string {
	for _, name := range []string{"slipway.yml", "Slipway.yaml", ".slipway.yaml"} {
		if l.exists(name) {
			return name
		}
	}
	return ""
}

// parse reads slipway.yaml, and is false when nothing could be made of it.
func (l *loader) parse(file string) bool {
	if message := l.check(File, aFile); message != "" {
		l.problems.add(l.file, 0, 0, message)
		return false
	}
	content, f := readText(file, maxConfigBytes)
	var n *node
	if f == nil {
		n, f = readYAML(content)
	}
	if f != nil {
		l.problems.add(l.file, f.line, f.col, f.message)
		return false
	}
	if n == nil {
		what := "holds only comments"
		if content == "" {
			what = "the file is empty"
		}
		l.problems.add(l.file, 1, 1, what+": begin with `schema: 1`, or remove it and let everything be detected")
		return false
	}
	l.start = pair{line: 1, col: 1}
	l.root(n)
	return n.kind == object
}
