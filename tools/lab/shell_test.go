package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The wrapper is run: a program that prints its environment stands where dagger is, in a directory with a difficult name.
func TestDaggerWrapper(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "it's a $HOME")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	cli, wrapper := filepath.Join(dir, "dagger"), filepath.Join(dir, "wrapper")
	show := "#!/bin/sh\necho \"$_EXPERIMENTAL_DAGGER_RUNNER_HOST|$DO_NOT_TRACK|$1|$2\"\n"
	if err := os.WriteFile(cli, []byte(show), 0o755); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		give runner
		env  []string
		want string
	}{
		{"native", runner{Engine: "unix:///e.sock", CLI: cli}, nil, "unix:///e.sock|1|run|a b\n"},
		{"another engine is named", runner{Engine: "unix:///e.sock", CLI: cli}, []string{"_EXPERIMENTAL_DAGGER_RUNNER_HOST=unix:///other"}, "unix:///other|1|run|a b\n"},
		{"under Docker", runner{CLI: cli}, nil, "|1|run|a b\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if err := os.WriteFile(wrapper, []byte(daggerWrapper(test.give)), 0o755); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(wrapper, "run", "a b")
			cmd.Env = append([]string{"PATH=/usr/bin:/bin"}, test.env...)
			out, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, string(out)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestEnvironmentCanBeEvaluated(t *testing.T) {
	script := environment(layout{Home: "/a b"}, runner{Engine: "unix:///e.sock", CLI: "/a b/bin/dagger"})
	out, err := exec.Command("/bin/sh", "-c", script+`echo "$PATH|$_EXPERIMENTAL_DAGGER_RUNNER_HOST|$_EXPERIMENTAL_DAGGER_CLI_BIN"`).Output()
	if err != nil {
		t.Fatal(err)
	}
	if got := string(out); !strings.HasPrefix(got, "/a b/path:") || !strings.HasSuffix(got, "|unix:///e.sock|/a b/bin/dagger\n") {
		t.Errorf("got %q", got)
	}
}
