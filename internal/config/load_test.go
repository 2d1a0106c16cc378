package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slipway-dev/slipway/internal/config"
	"github.com/slipway-dev/slipway/internal/result"
	"github.com/slipway-dev/slipway/internal/testkit"
)

// TestProblems: each directory of testdata/err is a model with something wrong,
// and NAME.out beside it is all that is said about it. A new directory is a new test.
func TestProblems(t *testing.T) {
	for _, dir := range directories(t, "testdata/err") {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			_, problems := config.Load(dir, filepath.Dir(dir))
			if len(problems) == 0 {
				t.Error("no problem was found")
			}
			for _, p := range problems {
				if strings.ContainsAny(p.Message, "\n\r\t") {
					t.Errorf("message is more than a line: %q", p.Message)
				}
			}
			testkit.Golden(t, dir+".out", show(problems))
		})
	}
}

// TestLoad: each directory of testdata/ok is a model, and NAME.json beside it
// the configuration that comes of it.
func TestLoad(t *testing.T) {
	for _, dir := range directories(t, "testdata/ok") {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			c, problems := config.Load(dir, filepath.Dir(dir))
			if len(problems) > 0 {
				t.Errorf("problems:\n%s", show(problems))
			}
			testkit.Golden(t, dir+".json", dump(t, c))
		})
	}
}

// TestLoadSmoke: cases for an image that is not built from here need nothing but themselves.
func TestLoadSmoke(t *testing.T) {
	for _, dir := range directories(t, "testdata/smoke") {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			c, problems := config.LoadSmoke(dir, filepath.Dir(dir), "")
			if len(problems) > 0 {
				t.Errorf("problems:\n%s", show(problems))
			}
			testkit.Golden(t, dir+".json", dump(t, c))
		})
	}
	c, problems := config.LoadSmoke(t.TempDir(), "", "")
	if len(problems) > 0 || len(c.Smoke.Cases) > 0 || c.Smoke.Timeout == 0 {
		t.Errorf("an empty directory: %+v\n%s", c.Smoke, show(problems))
	}
	_, problems = config.LoadSmoke(filepath.Join(t.TempDir(), "missing"), "", "")
	if len(problems) != 1 {
		t.Errorf("a directory that does not exist:\n%s", show(problems))
	}
}

// TestLoadCheck: cases can be checked where there is nothing to build.
func TestLoadCheck(t *testing.T) {
	for _, dir := range directories(t, "testdata/check") {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			c, problems := config.LoadCheck(dir, filepath.Dir(dir))
			testkit.Golden(t, dir+".out", show(problems)+fmt.Sprintf("cases: %d, protocol: %s\n", len(c.Smoke.Cases), c.Smoke.Protocol))
		})
	}
}

// TestModels: the models that this repository ships with load without a problem.
func TestModels(t *testing.T) {
	top, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(top, "testdata/models/*/slipway.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no models found: %v", err)
	}
	for _, file := range files {
		if _, problems := config.Load(filepath.Dir(file), top); len(problems) > 0 {
			t.Errorf("%s", show(problems))
		}
	}
}

func TestModelDirectory(t *testing.T) {
	top := t.TempDir()
	write(t, top, "afile", "x")
	mkdir(t, filepath.Join(top, "empty"))
	outside := t.TempDir()
	write(t, outside, "Dockerfile", "FROM scratch\n")
	link(t, outside, filepath.Join(top, "escape"))
	for _, test := range []struct{ dir, want string }{
		{"missing", "missing: the model directory does not exist\n"},
		{"afile", "afile: a file, where the model directory is expected: name the directory that holds it\n"},
		{"empty", "empty: the model directory is empty: slipway looks for slipway.yaml, a Dockerfile, the files of a model server (cog.yaml, bentofile.yaml, model-settings.json, MLmodel), or a file of Python packages (requirements.txt, uv.lock, pylock.toml, pyproject.toml) or app.py (a python build, which needs serve.command in slipway.yaml)\n"},
		{"escape", "escape: the model directory is outside of the repository \"TOP\"\n"},
	} {
		_, problems := config.Load(filepath.Join(top, test.dir), top)
		if got := strings.ReplaceAll(show(problems), top, "TOP"); got != test.want {
			t.Errorf("%s: got %q, want %q", test.dir, got, test.want)
		}
	}
}

// TestLinks: a link is followed inside the repository, and refused when it leaves it.
func TestLinks(t *testing.T) {
	outside := t.TempDir()
	write(t, outside, "slipway.yaml", "schema: 1\n")
	write(t, outside, "secret.txt", "x\n")
	top := t.TempDir()
	model := filepath.Join(top, "models", "m")
	mkdir(t, model)
	write(t, top, "requirements-all.txt", "flask==3.0.0\n")
	link(t, "../../requirements-all.txt", filepath.Join(model, "requirements.txt"))
	write(t, model, "slipway.yaml", "serve: {command: [python, app.py]}\n")
	if _, problems := config.Load(model, top); len(problems) > 0 {
		t.Errorf("a link inside the repository:\n%s", show(problems))
	}

	mkdir(t, filepath.Join(model, "smoke"))
	link(t, filepath.Join(outside, "secret.txt"), filepath.Join(model, "smoke", "a.yaml"))
	link(t, filepath.Join(outside, "secret.txt"), filepath.Join(model, "w.bin"))
	write(t, model, "slipway.yaml", "weights: [w.bin]\nserve: {command: [python, app.py]}\n")
	_, problems := config.Load(model, top)
	want := "models/m/slipway.yaml:1:11: weights[0]: \"w.bin\" is a link that leaves the repository\n" +
		"models/m/smoke/a.yaml: \"smoke/a.yaml\" is a link that leaves the repository\n"
	if got := show(problems); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}

	if err := os.Remove(filepath.Join(model, "slipway.yaml")); err != nil {
		t.Fatal(err)
	}
	link(t, filepath.Join(outside, "slipway.yaml"), filepath.Join(model, "slipway.yaml"))
	_, problems = config.Load(model, top)
	want = "models/m/slipway.yaml: \"slipway.yaml\" is a link that leaves the repository\n"
	if got := show(problems); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestHostileFiles: no content of slipway.yaml takes more than a moment, or more than a line to refuse.
func TestHostileFiles(t *testing.T) {
	bomb := "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c <= 'z'; c++ {
		bomb += fmt.Sprintf("%c: &%c [%s]\n", c, c, strings.Repeat(fmt.Sprintf("*%c,", c-1), 10))
	}
	for _, test := range []struct{ name, content, want string }{
		{"empty", "", "m/slipway.yaml:1:1: the file is empty: begin with `schema: 1`, or remove it and let everything be detected\n"},
		{"comments", "# model: x\n", "m/slipway.yaml:1:1: holds only comments: begin with `schema: 1`, or remove it and let everything be detected\n"},
		{"nul", "model: a\nx\x00y\n", "m/slipway.yaml:2:2: is not UTF-8 text: it looks like a binary file, or one in another encoding\n"},
		{"latin1", "model: caf\xe9\n", "m/slipway.yaml:1:11: is not UTF-8 text: it looks like a binary file, or one in another encoding\n"},
		{"utf16", "\xff\xfem\x00o\x00d\x00", "m/slipway.yaml:1:1: is not UTF-8 text: it looks like a binary file, or one in another encoding\n"},
		{"two megabytes", strings.Repeat("# hello\n", 1<<18), "m/slipway.yaml: is too large: 2.0 MiB, at most 1 MiB are read\n"},
		{"deep", strings.Repeat("[", 15_000), "m/slipway.yaml:1:101: nested more than 100 levels deep\n"},
		{"dashes", strings.Repeat("- ", 500_000), "m/slipway.yaml:1:201: nested more than 100 levels deep\n"},
		{"keys", strings.Repeat("a: b\n", 200_000), "m/slipway.yaml: holds too much for YAML: write data of this size as JSON\n"},
		{"fewer keys", strings.Repeat("a: b\n", 10_000), "m/slipway.yaml:5001:2: holds too much for YAML: write data of this size as JSON\n"},
		{"empty entries", strings.Repeat("-\n", 100_000), "m/slipway.yaml: holds too much for YAML: write data of this size as JSON\n"},
		{"question marks", strings.Repeat("? a\n", 5_000), "m/slipway.yaml:1:1: keys written with ? are not supported: write key: value\n"},
		{"aliases of aliases", bomb, "m/slipway.yaml:6:32: more than 1048576 values once aliases are followed\n"},
		{"alias to itself", "model: &a [*a]\n", "m/slipway.yaml:1:12: *a refers to nothing: no &a stands above it\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			top := t.TempDir()
			mkdir(t, filepath.Join(top, "m"))
			write(t, top, "m/slipway.yaml", test.content)
			started := time.Now()
			_, problems := config.Load(filepath.Join(top, "m"), top)
			if took := time.Since(started); took > 5*time.Second {
				t.Errorf("took %s", took)
			}
			if got := show(problems); got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

// TestLargeFile: 100 MB are refused by their size alone.
func TestLargeFile(t *testing.T) {
	top := t.TempDir()
	file := filepath.Join(top, "slipway.yaml")
	write(t, top, "slipway.yaml", "")
	if err := os.Truncate(file, 100_000_000); err != nil {
		t.Fatal(err)
	}
	started := time.Now()
	_, problems := config.Load(top, top)
	if got, want := show(problems), "slipway.yaml: is too large: 95.4 MiB, at most 1 MiB are read\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if took := time.Since(started); took > 200*time.Millisecond {
		t.Errorf("took %s: the file was read", took)
	}
}

// TestManyProblems: the list ends, and says how many more there were.
func TestManyProblems(t *testing.T) {
	top := t.TempDir()
	write(t, top, "slipway.yaml", "{gates: ["+strings.Repeat("1, ", 500)+"]}\n")
	_, problems := config.Load(top, top)
	if len(problems) != 101 || !strings.Contains(problems[100].Message, "more problems") {
		t.Errorf("got %d problems, the last %v", len(problems), problems[len(problems)-1])
	}
}

func FuzzLoad(f *testing.F) {
	seeds, err := filepath.Glob("testdata/*/*/slipway.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range seeds {
		content, err := os.ReadFile(seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(content), "request: {json: [1, 0x1F, .5]}\n", `{"request": {"text": "a"}}`)
	}
	f.Add("a: &a [*a, <<: *a]\n? x\n: y\n--- |\n x\n...\n", "request: {json: &a {b: *a}}\nexpect: {answer: .nan}", `{"request": {"json": 1e400}, "request": }`)
	f.Add("serve: {command: [a]}\n", "request: {json: {a: &x [1.5, -0x1, \"\\u00e9\"], b: *x}, text: |\n  a\n}\n", "{\"request\": {\"json\": [\"\\ud83d\", 1e5]}}")
	dir := f.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "smoke"), 0o755); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, slipway, yaml, js string) {
		write(t, dir, "slipway.yaml", slipway)
		write(t, dir, "smoke/a.yaml", yaml)
		write(t, dir, "smoke/b.json", js)
		c, problems := config.Load(dir, dir)
		for _, p := range problems {
			if p.Message == "" || strings.ContainsAny(p.Message, "\n\r") {
				t.Errorf("message is not a line: %q", p.Message)
			}
		}
		if len(problems) > 0 {
			return
		}
		for _, c := range c.Smoke.Cases {
			if raw := c.Request.JSON; len(raw) > 0 && !json.Valid(raw) {
				t.Errorf("%s: not JSON: %s", c.File, raw)
			}
		}
	})
}

// show writes problems as a terminal does.
func show(problems []result.Problem) string {
	var b strings.Builder
	for _, p := range problems {
		b.WriteString(p.File)
		if p.Line > 0 {
			fmt.Fprintf(&b, ":%d:%d", p.Line, p.Column)
		}
		fmt.Fprintf(&b, ": %s\n", p.Message)
	}
	return b.String()
}

func dump(t *testing.T, c config.Config) string {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(c); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func directories(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		if e.IsDir() {
			full, err := filepath.Abs(filepath.Join(dir, e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, full)
		}
	}
	return out
}

func write(t *testing.T, dir, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func mkdir(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
}

func link(t *testing.T, target, name string) {
	t.Helper()
	if err := os.Symlink(target, name); err != nil {
		t.Fatal(err)
	}
}
