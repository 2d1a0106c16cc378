package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRunnerFileKeepsTheContract(t *testing.T) {
	tests := []struct {
		name string
		give runner
		want string
	}{
		{
			name: "native, without Docker Hub",
			give: runner{Engine: "unix:///run/e.sock", CLI: "/bin/dagger", Registry: "localhost:5000", Mirrors: map[string]string{"docker.io": "localhost:5000"}},
			want: `{
  "engine": "unix:///run/e.sock",
  "cli": "/bin/dagger",
  "registry": "localhost:5000",
  "mirrors": {
    "docker.io": "localhost:5000"
  }
}
`,
		},
		{
			name: "under Docker",
			give: runner{CLI: "/bin/dagger", Registry: "localhost:5000"},
			want: "{\n  \"cli\": \"/bin/dagger\",\n  \"registry\": \"localhost:5000\"\n}\n",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "slipway", "runner.json")
			if err := writeRunner(path, test.give); err != nil {
				t.Fatal(err)
			}
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, string(data)); diff != "" {
				t.Errorf("file (-want +got):\n%s", diff)
			}
			got, err := readRunner(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&test.give, got); diff != "" {
				t.Errorf("read back (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadRunnerWithoutFileAndWithBrokenFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "runner.json")
	if r, err := readRunner(path); r != nil || err != nil {
		t.Errorf("no file: got %v, %v; want neither", r, err)
	}
	if err := os.WriteFile(path, []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := readRunner(path); err == nil || !strings.Contains(err.Error(), "lab up") {
		t.Errorf("broken file: got %v; want an error that says what to do", err)
	}
}

func TestLayoutFollowsXDG(t *testing.T) {
	env := func(pairs ...string) func(string) string {
		return func(name string) string {
			for i := 0; i < len(pairs); i += 2 {
				if pairs[i] == name {
					return pairs[i+1]
				}
			}
			return ""
		}
	}
	tests := []struct {
		name   string
		getenv func(string) string
		want   layout
	}{
		{"home only", env("HOME", "/h"), layout{Home: "/h/.cache/slipway/lab", RunnerFile: "/h/.config/slipway/runner.json"}},
		{"both set", env("HOME", "/h", "XDG_CACHE_HOME", "/c", "XDG_CONFIG_HOME", "/x"), layout{Home: "/c/slipway/lab", RunnerFile: "/x/slipway/runner.json"}},
		{"a relative path does not count", env("HOME", "/h", "XDG_CACHE_HOME", "c"), layout{Home: "/h/.cache/slipway/lab", RunnerFile: "/h/.config/slipway/runner.json"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := newLayout(test.getenv)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	if _, err := newLayout(env()); err == nil {
		t.Error("no HOME: want an error")
	}
}
