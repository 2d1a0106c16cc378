package config

import (
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/slipway-dev/slipway/internal/protocol"
)

// lookedFor is said where there is no model.
const lookedFor = "slipway looks for slipway.yaml, a Dockerfile, the files of a model server (cog.yaml, bentofile.yaml, model-settings.json, MLmodel), or a file of Python packages (requirements.txt, uv.lock, pylock.toml, pyproject.toml) or app.py (a python build, which needs serve.command in slipway.yaml)"

// The defaults that no file decides.
const (
	defaultPython       = "3.11"
	defaultPort         = 8080
	defaultReadyTimeout = 60 * time.Second
	defaultTestTimeout  = 10 * time.Minute
)

var (
	testRequirements = []string{"requirements-test.txt", "requirements-dev.txt"}
	namesPytest      = regexp.MustCompile(`(?mi)^\s*pytest\s*($|[\[=<>!~;@#\\ ])`)
	namesUvicorn     = regexp.MustCompile(`(?mi)^\s*(?:name = |dependencies = \[)?["']?(uvicorn|fastapi)\s*($|[\[=<>!~;@#\\ "'])`)
)

// complete fills in what slipway.yaml does not say.
func (l *loader) complete() {
	l.completeModel()
	if !l.completeBuild() {
		return
	}
	l.completeTest()
	l.completeSmoke()
	l.completeLimits()
	l.completeTrain()
	if len(l.cfg.Gates) > 0 && l.cfg.Metrics == "" && !l.has("metrics") {
		l.completeMetrics()
	}
	p := &l.cfg.Publish
	p.PullRequest = or(p.PullRequest, "tag")
	p.Unverified = or(p.Unverified, "refuse")
}

func (l *loader) completeModel() {
	if l.cfg.Model == "" && !l.has("model") {
		l.cfg.Model = validName(path.Base(filepath.ToSlash(l.dir)))
		l.detected("model", l.cfg.Model, "the directory's name")
	}
}

func (l *loader) detected(field, value, why string) {
	l.cfg.Detected = append(l.cfg.Detected, Detection{Field: field, Value: oneLine(value), Why: oneLine(why)})
}

// completeBuild decides between the two ways to build, and is false when there is nothing to build.
func (l *loader) completeBuild() bool {
	b := &l.cfg.Build
	if len(b.Platforms) == 0 {
		b.Platforms = []string{DefaultPlatform}
	}
	python := l.has("build.python") || l.has("build.base")
	if python && l.has("build.dockerfile") {
		key := "build.python"
		if !l.has(key) {
			key = "build.base"
		}
		l.keyProblemf(key, "conflicts with build.dockerfile, whose FROM decides it: remove one of the two")
		return true
	}
	if l.has("build.python") && l.has("build.base") {
		l.keyProblemf("build.base", "conflicts with build.python, which stands for python:VERSION-slim: remove one of the two")
	}
	if !python && !l.has("build.dockerfile") && l.exists("Dockerfile") {
		if message := l.check("Dockerfile", aFile); message != "" {
			l.keyProblemf("build.dockerfile", "%s", message)
		}
		b.Dockerfile = "Dockerfile"
		l.detected("build.dockerfile", b.Dockerfile, "Dockerfile is here")
	}
	if b.Dockerfile != "" || l.has("build.dockerfile") {
		l.only([]string{"build.requirements", "build.files", "build.user"},
			"has no effect on a Dockerfile build: remove it, or set build.python to build without the Dockerfile")
		l.onlyLocalWeights()
		l.completeDockerfile()
		read := readDockerfile(l.text(b.Dockerfile), b.Target, b.Args)
		image := read.made()
		b.From, b.Steps = image.Ref, read.steps
		if len(l.cfg.Serve.Command) > 0 {
			image.Command = l.cfg.Serve.Command
		}
		l.chooseServer(image, false)
		l.warnPorts(image.Ports)
		return true
	}
	l.only([]string{"build.target", "build.args", "build.secrets", "build.cache-from", "build.cache-to"}, "belongs to a Dockerfile build, and there is no Dockerfile: remove it, or set build.dockerfile")
	if b.Context != "" && b.Context != "." {
		l.keyProblemf("build.context", "belongs to a Dockerfile build, and there is no Dockerfile: remove it, or set build.dockerfile")
	}
	return l.completePython(python)
}

func (l *loader) only(keys []string, message string) {
	for _, key := range keys {
		if l.has(key) {
			l.keyProblemf(key, "%s", message)
		}
	}
}

func (l *loader) completePython(said bool) bool {
	b := &l.cfg.Build
	l.chooseServer(protocol.Image{Ref: b.Base, Command: l.cfg.Serve.Command}, true)
	if !said && l.server == nil && !l.namesPackages() && !l.has("build.requirements") && !l.exists("app.py") && !l.has("serve.command") {
		where := l.rel
		if l.start.line > 0 {
			where = l.file
		}
		l.nothing = true
		l.problems.add(where, l.start.line, l.start.col, "nothing to build is here: "+lookedFor)
		return false
	}
	if !l.has("build.requirements") {
		l.completeRequirements()
	}
	if f := l.server; f != nil && f.weights != "" && !l.has("weights") {
		l.cfg.Weights = []Weight{{Path: f.weights, Field: "weights"}}
		l.detected("weights", f.weights, "the files of "+f.name+" are there")
	}
	if !said {
		l.completeVersion()
	}
	if b.Base == "" && b.Python != "" {
		b.Base = "python:" + b.Python + "-slim"
	}
	l.completeServe(!l.has("build.base"))
	l.warnCog()
	return true
}

func (l *loader) completeVersion() {
	b := &l.cfg.Build
	b.Python = defaultPython
	why := "no other version is named"
	if f := l.server; f != nil && pythonName.MatchString(f.python) {
		b.Python, why = f.python, "the files of "+f.name+" name it"
	} else if v := strings.TrimSpace(l.text(".python-version")); pythonName.MatchString(v) {
		b.Python, why = v, ".python-version names it"
	}
	l.detected("build.python", b.Python, why)
}

// mlmodel finds a model that MLflow saved, here or one directory down
// (https://mlflow.org/docs/latest/ml/model/#storage-format).
func (l *loader) mlmodel() (string, bool) {
	for _, pattern := range []string{"MLmodel", "*/MLmodel"} {
		if found := l.glob(pattern); len(found) > 0 {
			return found[0], true
		}
	}
	return "", false
}

// completeTest finds the model's tests. pytest must be named somewhere:
// without it in the image, every run would fail for a reason nobody chose.
func (l *loader) completeTest() {
	t := &l.cfg.Test
	if !l.has("test.timeout") {
		t.Timeout = defaultTestTimeout
	}
	tests := "tests/"
	if !l.exists("tests") {
		tests = ""
		if found := l.glob("test_*.py"); len(found) > 0 {
			tests = found[0]
		}
	}
	if tests == "" && !l.has("test.command") {
		return
	}
	if !l.has("test.requirements") {
		for _, name := range testRequirements {
			if l.exists(name) && l.check(name, aFile) == "" {
				t.Requirements = name
				l.detected("test.requirements", name, name+" is here")
				break
			}
		}
	}
	if l.has("test.command") {
		return
	}
	for _, file := range []string{t.Requirements, l.cfg.Build.Requirements, "requirements.txt"} {
		if namesPytest.MatchString(l.text(file)) {
			t.Command = []string{"python", "-m", "pytest", "-q"}
			l.detected("test.command", strings.Join(t.Command, " "), tests+" is here and "+file+" names pytest")
			return
		}
	}
	l.detected("test.command", "", tests+" is here, but no requirements file names pytest")
}

func (l *loader) completeSmoke() {
	s := &l.cfg.Smoke
	if l.spoken.Value == "" { // the image is not built from here
		l.chooseServer(protocol.Image{Command: l.cfg.Serve.Command}, false)
	}
	if !l.has("smoke.protocol") || s.Protocol == "auto" {
		s.Protocol = l.spoken.Value
		l.detected("smoke.protocol", s.Protocol, l.spoken.Why)
	}
	if f := l.server; f != nil && f.protocol == s.Protocol {
		if f.model != "" && !l.has("smoke.model") {
			s.Model = f.model
			l.detected("smoke.model", s.Model, f.why)
			l.warnModels()
		}
		if strings.HasPrefix(f.ready, "/") && !l.has("smoke.ready.path") {
			s.ReadyPath = f.ready
			l.detected("smoke.ready.path", s.ReadyPath, f.why)
		}
	}
	if !l.has("smoke.ready.timeout") {
		s.Timeout = defaultReadyTimeout
	}
	if !l.has("smoke.cases") {
		for _, ext := range []string{"yaml", "yml", "json"} {
			l.cases = append(l.cases, casePattern{pattern: "smoke/*." + ext})
		}
	}
}

func (l *loader) completeMetrics() {
	const usual = "metrics.json"
	if message := l.check(usual, aFile); message != "" {
		l.keyProblemf("metrics", "is missing, and gates judge what it holds: name the JSON file that training writes, such as `metrics: %s`", usual)
		return
	}
	l.cfg.Metrics = usual
	l.detected("metrics", usual, usual+" is here")
}

// text is the content of a small file in the repository, or nothing.
func (l *loader) text(p string) string {
	if p == "" || l.check(p, aFile) != "" {
		return ""
	}
	content, f := readText(filepath.Join(l.dir, filepath.FromSlash(p)), maxConfigBytes)
	if f != nil {
		return ""
	}
	return content
}
