package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/slipway-dev/slipway/internal/config"
)

var documents = []string{"../README.md", "../docs/training.md", "../docs/configuration.md", "../docs/dockerfile.md", "../docs/cases.md", "../docs/protocols.md"}

var fence = regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$")

// blocks are the fenced texts of a language in the documents.
func blocks(t *testing.T, language string) []string {
	t.Helper()
	var out []string
	for _, document := range documents {
		data, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range fence.FindAllStringSubmatch(string(data), -1) {
			if m[1] == language {
				out = append(out, m[2])
			}
		}
	}
	if len(out) == 0 {
		t.Fatalf("no %s in %v", language, documents)
	}
	return out
}

var (
	// ofProtocol is how the documents begin a case that is not of http.
	ofProtocol = regexp.MustCompile(`^# smoke\.protocol is (\S+)\n`)
	// besideFile is how they begin a slipway.yaml that leaves the rest to the model's files.
	besideFile = regexp.MustCompile(`^# slipway\.yaml, beside (\S+)\n`)
)

// TestDocumentedYAML: what people paste is valid. A case may be shown without its request.
func TestDocumentedYAML(t *testing.T) {
	const served, asked = "schema: 1\nserve: {command: [python, app.py]}\n", "request: {json: {input: []}}\n"
	for _, block := range blocks(t, "yaml") {
		spoken, beside := ofProtocol.FindStringSubmatch(block), besideFile.FindStringSubmatch(block)
		switch {
		case strings.HasPrefix(block, "schema:"):
			checkModel(t, "app.py", block, asked)
		case beside != nil:
			checkModel(t, beside[1], block, asked)
		case strings.HasPrefix(block, "request:"):
			checkModel(t, "app.py", served, block)
		case strings.HasPrefix(block, "expect:"):
			checkModel(t, "app.py", served, asked+block)
		case spoken != nil:
			checkModel(t, "app.py", served+"smoke: {protocol: "+spoken[1]+"}\n", block)
		case strings.HasPrefix(block, "name:"):
			checkWorkflow(t, block)
		default:
			t.Errorf("no test knows what this is:\n%s", block)
		}
	}
}

// servers are files of which a documented model has one.
var servers = map[string]string{
	"app.py": "", "predict.py": "", "Dockerfile": "FROM scratch\n", "model/MLmodel": "flavors: {python_function: {loader_module: mlflow.sklearn}}\n",
}

func checkModel(t *testing.T, server, configuration, example string) {
	t.Helper()
	dir := t.TempDir()
	files := map[string]string{
		"slipway.yaml": configuration, "smoke/example.yaml": example, "src/model.py": "",
		"requirements.txt": "mlflow\n", "requirements-test.txt": "pytest\n", "tests/test_app.py": "",
		"weights/model.joblib": "x", "metrics.json": "{}",
		"train.py": "", "data/a.csv": "", "requirements-train.txt": "lightgbm\n",
		"smoke/files/cat.png": "x", "smoke/files/answer.schema.json": "{}",
		server: servers[server],
	}
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if _, problems := config.Load(dir, dir); len(problems) > 0 {
		t.Errorf("%v in\n%s\n%s", problems, configuration, example)
	}
}

// checkWorkflow has actionlint read a workflow; the model's own action is not there to be looked at.
func checkWorkflow(t *testing.T, workflow string) {
	t.Helper()
	cmd := exec.Command("go", "tool", "-modfile=tools/actionlint/go.mod", "actionlint", "-")
	cmd.Dir = ".."
	cmd.Stdin = strings.NewReader(workflow)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("actionlint: %v\n%s", err, out)
	}
}

// TestDocumentedCommands: each command line is one that exists. What ships a
// model is run end to end; here its flags are parsed.
func TestDocumentedCommands(t *testing.T) {
	makefile, err := os.ReadFile("../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range blocks(t, "sh") {
		for line := range strings.Lines(block) {
			command, _, _ := strings.Cut(line, "#")
			words := strings.Fields(strings.TrimPrefix(command, "dagger run "))
			switch {
			case len(words) == 2 && words[0] == "make":
				if !bytes.Contains(makefile, []byte("\n"+words[1]+":")) {
					t.Errorf("there is no target for %q", command)
				}
			case len(words) > 3 && strings.Join(words[:3], " ") == "go run ./pipeline":
				documented(t, words[3:])
			default:
				t.Errorf("no test knows %q", line)
			}
		}
	}
}

// documented runs check and plan on a model of this repository, and parses the flags of anything else.
func documented(t *testing.T, args []string) {
	t.Helper()
	var output bytes.Buffer
	p := program{take: func(string) string { return "" }, getenv: func(k string) string { return map[string]string{"HOME": t.TempDir()}[k] }, stdout: &output, stderr: &output}
	for n, a := range args {
		args[n] = strings.Replace(a, "models/iris", "../testdata/models/iris", 1)
	}
	switch args[0] {
	case "check":
		p.args = args
	case "plan":
		p.args = append(args, "--offline")
	default:
		p.args = append(args, "--help")
	}
	if code := p.main(t.Context()); code != 0 {
		t.Errorf("slipway %s ends with %d:\n%s", strings.Join(args, " "), code, output.String())
	}
}
