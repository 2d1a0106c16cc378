package source

import (
	"slices"
	"testing"
	"testing/fstest"
)

// TestResults: what an earlier run wrote into the model's directory is never code.
func TestResults(t *testing.T) {
	fsys := fstest.MapFS{}
	for _, name := range []string{
		"app.py", "result.json", "report.md", "engine.log",
		"old/result.json", "old/report.md", "old/engine.log", "old/kept.py",
		"image/oci-layout", "image/index.json", "image/blobs/sha256/00",
		"data/result.json", // alone it is the model's own
	} {
		fsys[name] = &fstest.MapFile{Data: []byte("x")}
	}
	tree, err := Scan(fsys, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := Paths(tree.Code), []string{"app.py", "data/result.json", "old/kept.py"}; !slices.Equal(got, want) {
		t.Errorf("code is %v, want %v", got, want)
	}
}
