package main

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/slipway-dev/slipway/internal/reporting"
	"github.com/slipway-dev/slipway/internal/result"
)

// inputs are the step's inputs, checked.
type inputs struct {
	model      string
	image      string
	tags       []string
	platforms  []string
	fresh      bool
	publish    string // auto, true or false
	username   string
	password   string
	token      string
	comment    reporting.Mode
	commentID  string
	timeout    time.Duration // 0: the pipeline's own
	workingDir string
	out        string
	engine     string
}

// input is one input of action.yml and what becomes of its value. A composite
// action gets no INPUT_ variables from the runner
// (https://docs.github.com/en/actions/reference/workflows-and-actions/metadata-syntax#inputs),
// so action.yml hands each over as variable(name); a test compares the two.
type input struct {
	name string
	read func(in *inputs, value string) error
}

var table = []input{
	{"model", text(func(in *inputs) *string { return &in.model })},
	{"image", func(in *inputs, v string) error { in.image = image(v); return nil }},
	{"tags", func(in *inputs, v string) error { in.tags = list(v); return nil }},
	{"fresh", func(in *inputs, v string) (err error) { in.fresh, err = boolean(v); return err }},
	{"platforms", func(in *inputs, v string) error { in.platforms = list(v); return nil }},
	{"publish", func(in *inputs, v string) (err error) { in.publish, err = publish(v); return err }},
	{"registry-username", text(func(in *inputs) *string { return &in.username })},
	{"registry-password", text(func(in *inputs) *string { return &in.password })},
	{"github-token", text(func(in *inputs) *string { return &in.token })},
	{"comment", func(in *inputs, v string) (err error) { in.comment, err = mode(v); return err }},
	{"comment-id", func(in *inputs, v string) (err error) { in.commentID, err = commentID(v); return err }},
	{"timeout", func(in *inputs, v string) (err error) { in.timeout, err = timeout(v); return err }},
	{"working-directory", text(func(in *inputs) *string { return &in.workingDir })},
	{"out", text(func(in *inputs) *string { return &in.out })},
	{"engine", text(func(in *inputs) *string { return &in.engine })},
}

// variable is the environment variable that carries an input.
func variable(name string) string {
	return "ACTION_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// readInputs reads all inputs and finds all that is wrong with them. An input
// that is not set and one that is empty cannot be told apart
// (https://github.com/actions/runner/issues/924): both mean the default.
func readInputs(getenv func(string) string) (inputs, []result.Problem) {
	var in inputs
	var problems []result.Problem
	for _, i := range table {
		if err := i.read(&in, strings.TrimSpace(getenv(variable(i.name)))); err != nil {
			problems = append(problems, result.Problem{Message: fmt.Sprintf("input %s: %v", i.name, err)})
		}
	}
	if in.password != "" && in.username == "" {
		problems = append(problems, result.Problem{Message: "input registry-username: missing, though registry-password is given; ${{ github.actor }} is right for ghcr.io"})
	}
	if in.password != "" && in.image == "" {
		// Else the login would go to whatever registry the checked-out slipway.yaml names.
		problems = append(problems, result.Problem{Message: "input image: missing, though registry-password is given: the login is for the registry that image names"})
	}
	if in.model == "" {
		in.model = "."
	}
	return in, problems
}

func text(field func(*inputs) *string) func(*inputs, string) error {
	return func(in *inputs, v string) error { *field(in) = v; return nil }
}

// image writes a repository in lower case, as registries want it and
// ${{ github.repository }} often is not; docker/metadata-action does the same.
func image(v string) string {
	if strings.HasPrefix(v, "oci:") { // a directory
		return v
	}
	return strings.ToLower(v)
}

// list splits at new lines and commas, as the list inputs of docker's actions do.
func list(v string) []string {
	var out []string
	for _, part := range strings.FieldsFunc(v, func(r rune) bool { return r == '\n' || r == '\r' || r == ',' }) {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// publish takes the booleans of YAML 1.2 and auto.
func publish(v string) (string, error) {
	switch v {
	case "", "auto", "Auto", "AUTO":
		return "auto", nil
	case "true", "True", "TRUE":
		return "true", nil
	case "false", "False", "FALSE":
		return "false", nil
	}
	return "", fmt.Errorf("%q is none of auto, true, false", v)
}

// boolean takes those of YAML 1.2; nothing is false.
func boolean(v string) (bool, error) {
	switch v {
	case "", "false", "False", "FALSE":
		return false, nil
	case "true", "True", "TRUE":
		return true, nil
	}
	return false, fmt.Errorf("%q is none of true, false", v)
}

func mode(v string) (reporting.Mode, error) {
	if v == "" {
		return reporting.Always, nil
	}
	return reporting.ParseMode(v)
}

var commentIDForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$`)

func commentID(v string) (string, error) {
	if v != "" && !commentIDForm.MatchString(v) {
		return "", fmt.Errorf("%q is no id: use letters, digits, dots, dashes, underscores and slashes, at most 100", v)
	}
	return v, nil
}

func timeout(v string) (time.Duration, error) {
	if v == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(v)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%q is no duration; write it as in 90s, 30m or 1h30m", v)
	}
	return d, nil
}

// place is where the model lies and where the result goes.
type place struct {
	workspace string
	dir       string // working directory of the pipeline, absolute
	out       string // absolute
	model     string // the model's directory relative to the workspace, with slashes: what annotations need
}

// locate finds the directories, which must lie in the workspace: what a
// workflow passes on from an event must not reach the rest of the machine.
func locate(in inputs, workspace string) (place, []result.Problem) {
	var problems []result.Problem
	within := func(name, path string) string {
		rel, err := filepath.Rel(real(workspace), real(path))
		if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
			problems = append(problems, result.Problem{Message: fmt.Sprintf("input %s: %s lies outside the workspace, %s", name, path, workspace)})
		}
		return filepath.ToSlash(rel)
	}
	p := place{workspace: workspace, dir: from(workspace, in.workingDir)}
	within("working-directory", p.dir)
	model := from(p.dir, in.model)
	p.model = within("model", model)
	p.out = from(p.dir, in.out)
	if in.out == "" {
		p.out = filepath.Join(p.dir, "dist", filepath.Base(model))
	}
	return p, problems
}

// from is path as seen from dir.
func from(dir, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(dir, path)
}

// real follows symbolic links as far as the path exists.
func real(path string) string {
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		return resolved
	}
	parent := filepath.Dir(path)
	if parent == path {
		return path
	}
	return filepath.Join(real(parent), filepath.Base(path))
}
