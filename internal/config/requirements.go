package config

import (
	"fmt"
	"path"
	"regexp"
	"strings"
)

// The formats of the file that says which Python packages an image has.
const (
	FormatRequirements = "requirements" // lines for pip, with hashes or without
	FormatUV           = "uv.lock"      // with the pyproject.toml beside it
	FormatPylock       = "pylock.toml"  // https://packaging.python.org/en/latest/specifications/pylock-toml/
	FormatPyproject    = "pyproject"    // [project.dependencies] without a lock
)

// RequirementsFormat tells the format of a file by its name.
func RequirementsFormat(file string) string {
	switch name := path.Base(file); {
	case name == "uv.lock":
		return FormatUV
	case pylockName.MatchString(name):
		return FormatPylock
	case name == "pyproject.toml":
		return FormatPyproject
	}
	return FormatRequirements
}

var (
	// https://packaging.python.org/en/latest/specifications/pylock-toml/#file-name
	pylockName   = regexp.MustCompile(`^pylock(\.[^.]+)?\.toml$`)
	projectTable = regexp.MustCompile(`(?m)^\[project\]\s*$`)
	nextTable    = regexp.MustCompile(`(?m)^\[`)
	dependencies = regexp.MustCompile(`(?m)^dependencies\s*=`)
)

// lookedUp are the files that packages are looked for in, the first that is there wins.
var lookedUp = []string{"requirements.txt", "uv.lock", "pylock.toml", "pyproject.toml"}

// converted are files that packages are not installed from, with what makes one of them that they are.
var converted = []struct{ name, how string }{
	{"poetry.lock", "`poetry export --format requirements.txt --output requirements.txt` (of poetry-plugin-export) writes one that is, with hashes"},
	{"Pipfile.lock", "`pipenv requirements --hash > requirements.txt` writes one that is, with hashes"},
	{"Pipfile", "`pipenv lock && pipenv requirements --hash > requirements.txt` writes one that is, with hashes"},
	{"environment.yml", "`conda run --name ENVIRONMENT python -m pip list --format=freeze > requirements.txt` writes one that is, of the packages that PyPI has too; or keep conda with a Dockerfile"},
	{"environment.yaml", "`conda run --name ENVIRONMENT python -m pip list --format=freeze > requirements.txt` writes one that is, of the packages that PyPI has too; or keep conda with a Dockerfile"},
	{"conda-lock.yml", "`conda-lock install --name ENVIRONMENT && conda run --name ENVIRONMENT python -m pip list --format=freeze > requirements.txt` writes one that is, of the packages that PyPI has too; or keep conda with a Dockerfile"},
}

// conversion says how to make a file of its kind into one that packages are installed from.
func conversion(file string) string {
	for _, c := range converted {
		if path.Base(file) == c.name {
			return c.how
		}
	}
	return ""
}

// requirements reads build.requirements.
func (l *loader) requirements(n *node, field string) string {
	file := l.path(n, field, "a path such as requirements.txt", aFile)
	if file == "" {
		return ""
	}
	if how := conversion(file); how != "" {
		l.problemf(n, "%s: packages are not installed from %s: %s", field, quote(file), how)
		return ""
	}
	beside := func(name string) string { return path.Join(path.Dir(file), name) }
	switch RequirementsFormat(file) {
	case FormatUV:
		if message := l.check(beside("pyproject.toml"), aFile); message != "" {
			l.problemf(n, "%s: uv.lock is read together with the pyproject.toml beside it: %s", field, message)
		}
	case FormatPyproject:
		if l.exists(beside("uv.lock")) {
			file = beside("uv.lock")
		}
	}
	return file
}

// completeRequirements finds the file that names the packages.
func (l *loader) completeRequirements() {
	b := &l.cfg.Build
	if f := l.server; f != nil && f.requirements != "" {
		if file := path.Clean(f.requirements); l.check(file, aFile) == "" {
			b.Requirements = file
			l.detected("build.requirements", file, "the files of "+f.name+" name it")
			return
		}
	}
	var others []string
	for _, name := range lookedUp {
		switch {
		case !l.exists(name), name == "pyproject.toml" && (b.Requirements != "" || !hasDependencies(l.text(name))), name == "uv.lock" && !l.exists("pyproject.toml"):
		case b.Requirements == "":
			b.Requirements = name
			if message := l.check(name, aFile); message != "" {
				l.keyProblemf("build.requirements", "%s", message)
			}
			l.detected("build.requirements", name, name+" is here")
		default:
			others = append(others, name)
		}
	}
	for _, c := range converted {
		if !l.exists(c.name) {
			continue
		}
		if b.Requirements == "" || b.Requirements == "pyproject.toml" { // poetry's, which writes [project] too
			b.Requirements = ""
			l.keyProblemf("build.requirements", "%s is here, and packages are not installed from it: %s", c.name, c.how)
			return
		}
		others = append(others, c.name)
	}
	if len(others) > 0 {
		l.warn("packages are installed from %s, and %s here too: build.requirements says which is meant", b.Requirements, fmt.Sprintf("%s %s", strings.Join(others, ", "), map[bool]string{true: "is", false: "are"}[len(others) == 1]))
	}
}

// namesPackages is true when a file is here that names Python packages.
func (l *loader) namesPackages() bool {
	for _, name := range lookedUp {
		if l.exists(name) && (name != "pyproject.toml" || hasDependencies(l.text(name))) {
			return true
		}
	}
	for _, c := range converted {
		if l.exists(c.name) {
			return true
		}
	}
	return false
}

// hasDependencies is true for a pyproject.toml that names packages, and not only tools' settings.
func hasDependencies(content string) bool {
	at := projectTable.FindStringIndex(content)
	if at == nil {
		return false
	}
	table := content[at[1]:]
	if next := nextTable.FindStringIndex(table); next != nil {
		table = table[:next[0]]
	}
	return dependencies.MatchString(table)
}
