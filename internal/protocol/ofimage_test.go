package protocol

import (
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/slipway-dev/slipway/internal/testkit"
)

// TestOfImage runs every testdata/ofimage/*.txtar; -update writes "out".
func TestOfImage(t *testing.T) {
	paths, err := filepath.Glob("testdata/ofimage/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var image Image
			unmarshal(t, archive.Files[0].Data, &image)
			name, why := OfImage(image)
			if _, err := For(name); err != nil {
				t.Error(err)
			}
			archive.Files[1].Data = []byte(name + ": " + why + "\n")
			testkit.Golden(t, path, txtar.Format(archive))
		})
	}
}
