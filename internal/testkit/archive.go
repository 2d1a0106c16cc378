package testkit

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// Archives runs a test for each txtar archive that pattern matches: a new case
// is a new file. What run makes of an archive's files must be the content of
// its file out; -update writes that.
func Archives(t *testing.T, pattern, out string, run func(t *testing.T, name string, files map[string][]byte) string) {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatalf("no case is %s: %v", pattern, err)
	}
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".txtar")
		t.Run(name, func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			files := map[string][]byte{}
			for _, f := range archive.Files {
				files[f.Name] = f.Data
			}
			for i := range archive.Files {
				if f := &archive.Files[i]; f.Name == out {
					f.Data = []byte(run(t, name, files))
				}
			}
			if _, ok := files[out]; !ok {
				t.Fatalf("the case has no file %s", out)
			}
			Golden(t, path, txtar.Format(archive))
		})
	}
}
