//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway-dev/slipway/internal/result"
)

// TestNoPython: test packages cannot be installed into an image without Python,
// which is a mistake of the configuration and not of the surroundings.
func TestNoPython(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "node")
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(root, "e2e", "testdata", "node"))); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"requirements-test.txt": "pytest\n",
		"slipway.yaml":          "schema: 1\ntest: {command: [node, --version], requirements: requirements-test.txt}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	o := ship(t, dir)
	o.wantStatus(t, result.Invalid)
	if len(o.Problems) != 1 || o.Problems[0].File != "requirements-test.txt" {
		t.Errorf("problems are %+v", o.Problems)
	}
}

// TestDockerfileMistakes: a Dockerfile that cannot be built is the model's
// fault, and the reason is in the engine's own words.
func TestDockerfileMistakes(t *testing.T) {
	for _, test := range []struct{ name, dockerfile, reason string }{
		{"instruction", "FROM python:3.11-slim\nRUN echo $((6 * 7000001)) >&2 && exit 3\n", "42000006"},
		{"file", "FROM python:3.11-slim\nCOPY nothing.txt /\n", "nothing.txt"},
		{"syntax", "FORM python:3.11-slim\n", "FORM"},
		{"base", "FROM python:0.0-none\n", "python:0.0-none"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(test.dockerfile), 0o644); err != nil {
				t.Fatal(err)
			}
			o := ship(t, dir)
			o.wantStatus(t, result.Failed)
			if s := o.stage(t, "image"); s.Status != result.StageFailed || !strings.Contains(s.Reason, test.reason) {
				t.Errorf("image is %s: %s", s.Status, s.Reason)
			}
		})
	}
}

// TestNoSuchUser: an image whose user is not in it starts nowhere.
func TestNoSuchUser(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "Dockerfile"), "FROM python:3.11-slim\nUSER nobody-here\nCMD [\"python\", \"-m\", \"http.server\", \"8080\"]\n")
	o := ship(t, dir)
	o.wantStatus(t, result.Failed)
	if s := o.stage(t, "smoke"); s.Status != result.StageFailed || !strings.Contains(s.Reason, "unable to find user nobody-here") {
		t.Errorf("smoke is %s: %s", s.Status, s.Reason)
	}
}
