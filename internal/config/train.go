package config

import (
	"os"
	"slices"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"
)

// Train makes the weights: a command that runs in the image's dependencies.
type Train struct {
	Command []string
	// Inputs are all that the command sees of the model: files, directories and
	// patterns. Outputs are what it writes, files and directories.
	Inputs, Outputs []string
	Env             map[string]string
	Requirements    string // packages that only training needs
	Timeout         time.Duration
}

// defaultTrainTimeout is longer than any job of GitHub's should wait for a mistake, and shorter than its six hours.
const defaultTrainTimeout = 2 * time.Hour

func (l *loader) train(n *node, path string) {
	t := &Train{Timeout: defaultTrainTimeout}
	l.cfg.Train = t
	l.object(n, path, []field{
		{"command", func(n *node, path string) { t.Command = l.command(n, path, "[python, train.py]") }},
		{"inputs", func(n *node, path string) {
			t.Inputs = l.words(n, path, "a list of files, directories or patterns such as [train.py, data/]", l.input)
		}},
		{"outputs", func(n *node, path string) {
			t.Outputs = l.words(n, path, "a list of files or directories such as [weights/model.joblib, metrics.json]", l.output)
		}},
		{"env", func(n *node, path string) { t.Env = l.env(n, path) }},
		{"requirements", func(n *node, path string) {
			t.Requirements = l.path(n, path, "a path such as requirements-train.txt", aFile)
		}},
		{"timeout", func(n *node, path string) { t.Timeout = l.duration(n, path) }},
	})
}

// input reads a file, a directory, or a pattern that some file matches.
func (l *loader) input(n *node, path string) string {
	const expected = "a file, a directory or a pattern such as data/*.csv"
	if !wildcard(n.value) {
		return l.path(n, path, expected, anything)
	}
	pattern := l.pattern(n, path)
	if pattern == "" {
		return ""
	}
	if found, err := doublestar.Glob(os.DirFS(l.dir), pattern, doublestar.WithFilesOnly()); err != nil || len(found) == 0 {
		l.problemf(n, "%s: no file matches %s", path, quote(pattern))
	}
	return pattern
}

// output reads a file or a directory that training writes. Only names will do:
// what is to be there afterwards must be known before.
func (l *loader) output(n *node, path string) string {
	switch p := l.path(n, path, "a file or directory such as weights/model.joblib", notYet); {
	case wildcard(p):
		l.problemf(n, "%s: %s is a pattern: name the file, or the directory with all that is written into it", path, quote(p))
		return ""
	case p == ".":
		l.problemf(n, "%s: the model directory itself cannot be an output: name what training writes", path)
		return ""
	case p != "":
		l.keys[path] = pair{line: n.line, col: n.col}
		l.outputs = append(l.outputs, path)
		return p
	}
	return ""
}

// completeTrain checks what concerns several keys: where inputs come from and outputs go to.
func (l *loader) completeTrain() {
	t := l.cfg.Train
	if t == nil {
		return
	}
	if l.cfg.Build.Dockerfile != "" {
		l.keyProblemf("train", "runs in the dependencies of a python build, and a Dockerfile is built here: remove it, or set build.python to build without the Dockerfile")
		return
	}
	for _, key := range []string{"command", "inputs", "outputs"} {
		if !l.has("train." + key) {
			l.keyProblemf("train", "%s is missing: %s", key, map[string]string{
				"command": "what trains the model, such as [python, train.py]",
				"inputs":  "the files that training reads, its own code included; it runs again when one of them changes",
				"outputs": "the files that training writes, such as [weights/model.joblib, metrics.json]",
			}[key])
		}
	}
	if l.has("train.inputs") && len(t.Inputs) == 0 {
		l.keyProblemf("train.inputs", "name at least one file that training reads, such as train.py: it runs again when one of them changes")
	}
	const usual = "metrics.json"
	if !l.has("metrics") && slices.Contains(t.Outputs, usual) {
		l.cfg.Metrics = usual
		l.detected("metrics", usual, "training writes it")
	}
	for i, out := range t.Outputs {
		l.checkOutput(l.outputs[i], out, t.Outputs[:i])
	}
	l.checkWritten()
}

// checkOutput says what is wrong with the place of an output.
func (l *loader) checkOutput(field, out string, before []string) {
	if !l.insideModel(out) {
		return // said already
	}
	for _, other := range before {
		if below(other, out) || below(out, other) {
			l.keyProblemf(field, "%s is in the outputs already, as %s", quote(out), quote(other))
			return
		}
	}
	for _, in := range l.cfg.Train.Inputs {
		if !wildcard(in) && (below(in, out) || below(out, in)) || wildcard(in) && doublestar.MatchUnvalidated(in, out) {
			l.keyProblemf(field, "%s is an input too, by %s: training would change what decides whether it runs; write the output elsewhere, or name the inputs more closely", quote(out), quote(in))
			return
		}
	}
	if out == l.cfg.Metrics {
		return
	}
	if !slices.ContainsFunc(Local(l.cfg.Weights), func(w string) bool { return below(w, out) }) {
		l.keyProblemf(field, "%s goes nowhere: add it, or a directory that it is in, to weights, or name it as metrics", quote(out))
	}
}

// checkWritten reports weights and metrics that are neither there nor written by training.
func (l *loader) checkWritten() {
	outputs := l.cfg.Train.Outputs
	for _, w := range Local(l.cfg.Weights) {
		if !l.exists(w) && !slices.ContainsFunc(outputs, func(out string) bool { return below(w, out) || below(out, w) }) {
			l.keyProblemf("weights", "%s does not exist, and training does not write it%s", quote(w), l.nearby(w))
		}
	}
	if m := l.cfg.Metrics; m != "" && !l.exists(m) && !slices.ContainsFunc(outputs, func(out string) bool { return below(out, m) }) {
		l.keyProblemf("metrics", "%s does not exist, and training does not write it%s", quote(m), l.nearby(m))
	}
}

// below is true when p is dir or lies in it; both are clean and relative.
func below(dir, p string) bool {
	return dir == "." || p == dir || strings.HasPrefix(p, dir+"/")
}

func wildcard(p string) bool { return strings.ContainsAny(p, `*?[{\`) }
