package config_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slipway-dev/slipway/internal/config"
	"github.com/slipway-dev/slipway/internal/expect"
)

// TestNotFinite: an answer may have what JSON has not, a request may not.
func TestNotFinite(t *testing.T) {
	top := t.TempDir()
	write(t, top, "Dockerfile", "FROM scratch\n")
	mkdir(t, filepath.Join(top, "smoke"))
	write(t, top, "smoke/a.yaml", "request: {json: 1}\nexpect: {answer: [.nan, .NaN, -.INF, .inf, -0, -0.0, 9007199254740993, 1e400]}\n")
	c, problems := config.Load(top, top)
	if len(problems) > 0 {
		t.Fatalf("problems:\n%s", show(problems))
	}
	const want = `[NaN,NaN,-Infinity,Infinity,-0,-0.0,9007199254740993,1e400]`
	if got := string(c.Smoke.Cases[0].Expect.Answer); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestFileBounds: what the cases send fits into memory, whatever lies in the repository.
func TestFileBounds(t *testing.T) {
	top := t.TempDir()
	write(t, top, "Dockerfile", "FROM scratch\n")
	mkdir(t, filepath.Join(top, "smoke"))
	for file, size := range map[string]int64{"large": 1<<24 + 1, "full": 1 << 24} {
		write(t, top, file, "")
		if err := os.Truncate(filepath.Join(top, file), size); err != nil {
			t.Fatal(err)
		}
	}
	write(t, top, "smoke/a.yaml", "request: {file: large}\n")
	for _, name := range []string{"b", "c", "d"} {
		write(t, top, "smoke/"+name+".yaml", "request: {file: full}\n")
	}
	for _, name := range []string{"g", "h", "i"} {
		write(t, top, "smoke/"+name+".json", `{"request": {"json": "`+strings.Repeat("a", 6<<20)+`"}}`)
	}
	_, problems := config.Load(top, top)
	const want = "smoke/a.yaml:1:17: request.file: \"large\" is too large: 16.0 MiB, at most 16 MiB are read\n" +
		"smoke/d.yaml:1:17: request.file: the files of all cases are more than 32 MiB: send fewer or smaller ones\n" +
		"smoke/i.json:1:22: request.json: the json of all cases is more than 16 MiB: send less of it, or files\n"
	if got := show(problems); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// FuzzCase: no case takes more than a moment, panics, or comes through with
// what it says of itself left out.
func FuzzCase(f *testing.F) {
	for _, pattern := range []string{"testdata/*/*/smoke/*.yaml", "testdata/*/*/smoke/*.json", "testdata/*/*/cases/*"} {
		seeds, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, seed := range seeds {
			content, err := os.ReadFile(seed)
			if err != nil || len(content) > 10_000 {
				continue // a directory
			}
			f.Add(string(content), strings.HasSuffix(seed, ".json"), "http")
		}
	}
	f.Add("request: {command: [a], json: [1]}\nexpect: {exit: 1, paths: {$..a: {atol: 1}}, answer: {a: [.inf]}}", false, "exec")
	f.Add("request: {form: {a: [{file: smoke/a.yaml}, {base64: AA==}, b]}}\nexpect: {schema: smoke/a.yaml}", false, "auto")
	dir := f.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "smoke"), 0o755); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, content string, asJSON bool, protocol string) {
		file := map[bool]string{false: "smoke/a.yaml", true: "smoke/a.json"}[asJSON]
		setting, err := json.Marshal(map[string]any{"smoke": map[string]string{"protocol": protocol}})
		if err != nil {
			t.Fatal(err)
		}
		write(t, dir, "slipway.yaml", string(setting))
		write(t, dir, file, content)
		defer func() { _ = os.Remove(filepath.Join(dir, file)) }()
		started := time.Now()
		c, problems := config.LoadSmoke(dir, dir, "")
		if took := time.Since(started); took > 5*time.Second {
			t.Errorf("took %s", took)
		}
		for _, p := range problems {
			if p.Message == "" || strings.ContainsAny(p.Message, "\n\r") {
				t.Errorf("message is not a line: %q", p.Message)
			}
		}
		if len(problems) > 0 {
			return
		}
		if len(c.Smoke.Cases) != 1 {
			t.Fatalf("the case is gone: %q", content)
		}
		got := c.Smoke.Cases[0]
		if raw := got.Request.JSON; len(raw) > 0 && !json.Valid(raw) {
			t.Errorf("not JSON: %s", raw)
		}
		if mistakes := expect.Check(got.Expect); len(mistakes) > 0 {
			t.Errorf("not reported: %v", mistakes)
		}
	})
}
