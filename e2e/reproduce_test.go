//go:build e2e

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway-dev/slipway/internal/result"
)

// TestReproduce builds published images again from their provenance: one whose
// packages were locked for that run alone comes out the same, and of one with
// changes that were not committed the first byte that differs is named.
func TestReproduce(t *testing.T) {
	top := filepath.Join(t.TempDir(), "models")
	dir := filepath.Join(top, "packages")
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(root, "e2e", "testdata", "packages"))); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "requirements.txt"), "iniconfig==2.0.0\n")
	commit(t, top)
	to := repository(t)
	o := ship(t, dir, "--publish", to)
	o.wantStatus(t, result.Passed)

	write(t, filepath.Join(dir, "requirements.txt"), "iniconfig==2.1.0\n") // what is in the work tree does not count
	again := do(t, nil, "reproduce", to+"@"+o.Image.Digest, top)
	again.wantStatus(t, result.Passed)
	if !strings.Contains(again.output, "identical: "+to+"@"+o.Image.Digest) || again.Image.Digest != o.Image.Digest {
		t.Errorf("it says:\n%s", again.output)
	}
	write(t, filepath.Join(dir, "requirements.txt"), "iniconfig==2.0.0\n")

	serve := filepath.Join(dir, "serve.py")
	before, err := os.ReadFile(serve)
	if err != nil {
		t.Fatal(err)
	}
	appendTo(t, serve, "# changed\n")
	changed := ship(t, dir, "--publish", to)
	changed.wantStatus(t, result.Passed)
	other := do(t, nil, "reproduce", to+"@"+changed.Image.Digest, top)
	other.wantStatus(t, result.Failed)
	if s := other.stage(t, "compare"); !strings.Contains(s.Reason, "app/serve.py has") || !strings.Contains(s.Reason, "layer ") {
		t.Errorf("after %d bytes, compare says: %s", len(before), s.Reason)
	}

	// Somewhere else there is no such commit.
	cmd := command(t, nil, slipway, "reproduce", to+"@"+o.Image.Digest, t.TempDir())
	if out, err := cmd.CombinedOutput(); exitCode(t, err) != 2 || !strings.Contains(string(out), "name a clone of its repository") {
		t.Errorf("without the repository: %v\n%s", err, out)
	}
}

// commit makes a repository of a directory, with all that is in it.
func commit(t *testing.T, dir string) {
	t.Helper()
	for _, args := range [][]string{{"init", "--quiet"}, {"add", "."}, {"-c", "user.name=e2e", "-c", "user.email=e2e@example.com", "commit", "--quiet", "--message", "all"}} {
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
}
