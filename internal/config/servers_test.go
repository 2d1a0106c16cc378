package config_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/slipway-dev/slipway/internal/config"
	"github.com/slipway-dev/slipway/internal/testkit"
)

// TestServers: each testdata/servers/NAME.txtar holds the files of a model, and
// NAME.out what is found in them. A new file is a new test.
func TestServers(t *testing.T) {
	files, err := filepath.Glob("testdata/servers/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no models found: %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		t.Run(name, func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			dir := filepath.Join(t.TempDir(), "m")
			for _, f := range archive.Files {
				mkdir(t, filepath.Join(dir, filepath.Dir(f.Name)))
				write(t, dir, f.Name, string(f.Data))
			}
			c, problems := config.Load(dir, filepath.Dir(dir))
			testkit.Golden(t, strings.TrimSuffix(file, ".txtar")+".out", show(problems)+served(c))
		})
	}
}

// served is what a configuration says of the server, and why.
func served(c config.Config) string {
	var b strings.Builder
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%s: %s\n", name, value)
		}
	}
	line("base", c.Build.Base)
	line("requirements", c.Build.Requirements)
	line("command", strings.Join(c.Serve.Command, " "))
	if c.Serve.Port > 0 {
		line("port", fmt.Sprint(c.Serve.Port))
	}
	for _, name := range slices.Sorted(maps.Keys(c.Serve.Env)) {
		line("env", name+"="+c.Serve.Env[name])
	}
	line("protocol", c.Smoke.Protocol)
	line("model", c.Smoke.Model)
	line("ready", c.Smoke.ReadyPath)
	for _, d := range c.Detected {
		if d.Field != "model" {
			fmt.Fprintf(&b, "\t%s = %s (%s)\n", d.Field, d.Value, d.Why)
		}
	}
	for _, w := range c.Warnings {
		line("warning", w)
	}
	return b.String()
}

// FuzzServers: no content of somebody else's file breaks a run that says
// itself what it starts, or takes more than a moment.
func FuzzServers(f *testing.F) {
	names := []string{
		"cog.yaml", "bentofile.yaml", "pyproject.toml", "service.py", "bento.yaml", "config.yaml", "model-settings.json",
		"settings.json", "MLmodel", "python_env.yaml", "config.pbtxt", "config.properties", "Dockerfile",
	}
	files, err := filepath.Glob("testdata/servers/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, seed := range archive.Files {
			if i := slices.Index(names, filepath.Base(seed.Name)); i >= 0 {
				f.Add(uint8(i), string(seed.Data), true)
				f.Add(uint8(i), string(seed.Data), false)
			}
		}
	}
	dir := f.TempDir()
	for _, below := range []string{"1", "model"} {
		if err := os.Mkdir(filepath.Join(dir, below), 0o755); err != nil {
			f.Fatal(err)
		}
	}
	for name, content := range map[string]string{"model/model.py": "", "requirements.txt": "a==1\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			f.Fatal(err)
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, content string, own bool) {
		name := names[int(which)%len(names)]
		said := "schema: 1\n"
		if own {
			said = "serve: {command: [./own], port: 9000}\n"
		}
		write(t, dir, "slipway.yaml", said)
		write(t, dir, name, content)
		defer func() {
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}()
		started := time.Now()
		c, problems := config.Load(dir, dir)
		if took := time.Since(started); took > 5*time.Second {
			t.Errorf("took %s", took)
		}
		if own && len(problems) > 0 {
			t.Errorf("%s stops the run:\n%s", name, show(problems))
		}
		for _, p := range problems {
			if p.Message == "" || strings.ContainsFunc(p.Message, unicode.IsControl) {
				t.Errorf("message is not a line: %q", p.Message)
			}
		}
		for _, d := range c.Detected {
			if strings.ContainsFunc(d.Value+d.Why, unicode.IsControl) {
				t.Errorf("not a line: %q", d)
			}
		}
		for _, w := range c.Warnings {
			if strings.ContainsFunc(w, unicode.IsControl) {
				t.Errorf("not a line: %q", w)
			}
		}
		if c.Smoke.Protocol == "" {
			t.Error("no protocol")
		}
	})
}
