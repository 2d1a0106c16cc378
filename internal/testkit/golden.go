// Package testkit holds what the tests of several rooms need: golden files and
// stand-ins for outside systems that speak the real protocol. Only tests import it.
package testkit

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Every test binary that imports testkit takes the flag, so one command
// rewrites the golden files of a room: go test ./internal/config -update
var update = flag.Bool("update", false, "rewrite golden files with what the tests got")

// Golden compares got with the file at path and fails the test when they
// differ. With -update it writes the file instead, so that the change shows in
// the diff of the commit and is reviewed there.
func Golden[T ~string | ~[]byte](t testing.TB, path string, got T) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("reading the golden file: %v (go test with -update writes it)\ngot:\n%s", err, got)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("differs from %s (-want +got); go test with -update accepts it:\n%s", path, diff)
	}
}
