package source

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// purpose is what a file is for.
type purpose int

const (
	code purpose = iota
	tests
	smoke
	meta
	leftOut // build.files does not name it
)

// never are names that are nobody's source: what tools leave behind, and what
// would differ from machine to machine. They are left out wherever they are,
// whether git ignores them or not.
var never = map[string]bool{
	".git": true, ".hg": true, ".svn": true, ".DS_Store": true,
	"__pycache__": true, ".pytest_cache": true, ".mypy_cache": true, ".ruff_cache": true, ".ipynb_checkpoints": true,
	".venv": true, "venv": true, ".tox": true, ".nox": true, "node_modules": true,
}

// Never are the same as patterns, which match at any depth.
func Never() []string {
	patterns := []string{"**/*.pyc"}
	for name := range never {
		patterns = append(patterns, "**/"+name)
	}
	slices.Sort(patterns)
	return patterns
}

// neverIn is never, and the results of our own runs: dist/ at the top of the
// model, and where this run is told to write.
func (o Options) neverIn(rel string) bool {
	base := path.Base(rel)
	return never[base] || strings.HasSuffix(base, ".pyc") || rel == "dist" || slices.Contains(o.Leave, rel)
}

// ours are the files that every run leaves together, wherever it was told to.
var ours = []string{"engine.log", "report.md", "result.json"}

// withoutResults leaves out what an earlier run wrote into this directory: its
// three files where all of them are, or all of an image layout.
func withoutResults(entries []fs.DirEntry) []fs.DirEntry {
	has := func(name string) bool {
		return slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == name })
	}
	if has("oci-layout") && has("index.json") {
		return nil
	}
	for _, name := range ours {
		if !has(name) {
			return entries
		}
	}
	return slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return slices.Contains(ours, e.Name()) })
}

// The purposes that a name alone decides, as patterns relative to the model directory.
var (
	testPatterns = []string{
		"tests/**", "test/**", "**/test_*.py", "**/*_test.py", "**/conftest.py",
		// What configures the test run and nothing else; pyproject.toml and setup.cfg can be read by code.
		"pytest.ini", ".pytest.ini", "tox.ini", ".coveragerc",
	}
	smokePatterns = []string{"smoke/**"}
	// metaPatterns are files that a server does not read. They are kept out of
	// the code layer so that a corrected README or a raised bound in
	// slipway.yaml gives the same image, with the same digest, that was already
	// tested; requirements are in the image as the packages they name.
	metaPatterns = []string{
		"slipway.yaml", "slipway.lock", "uv.lock", "pylock{,.*}.toml", "{poetry,Pipfile}.lock", "{README,readme,Readme}*",
		"requirements*.{txt,in,lock}", "{dev,test}-requirements.{txt,in}", "**/requirements/*.{txt,in}",
		"{Dockerfile,Containerfile}*", ".dockerignore", "**/.gitignore", "**/.gitattributes",
		".github/**", ".gitlab-ci.yml", ".pre-commit-config.yaml", ".python-version",
	}
)

// purposeOf decides what a file that git does not ignore is for.
func purposeOf(p string, o Options) purpose {
	for _, pattern := range o.Files {
		if path.Clean(pattern) == p {
			return code // named by itself
		}
	}
	for _, c := range o.Cases {
		if c == p {
			return smoke
		}
	}
	switch {
	case matchesAny(metaPatterns, p):
		return meta
	case matchesAny(smokePatterns, p):
		return smoke
	case matchesAny(testPatterns, p):
		return tests
	case len(o.Files) > 0 && !wanted(o.Files, p):
		return leftOut
	}
	return code
}

func matchesAny(patterns []string, p string) bool {
	for _, pattern := range patterns {
		if doublestar.MatchUnvalidated(pattern, p) {
			return true
		}
	}
	return false
}

// wanted is true when a pattern matches the file or a directory it is in: src and src/ mean all of src.
func wanted(patterns []string, p string) bool {
	for _, pattern := range patterns {
		if matches(pattern, p) {
			return true
		}
	}
	return false
}

func matches(pattern, p string) bool {
	pattern = path.Clean(pattern)
	return pattern == "." || doublestar.MatchUnvalidated(pattern, p) || doublestar.MatchUnvalidated(pattern+"/**", p)
}
