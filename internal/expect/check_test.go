package expect

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/slipway-dev/slipway/internal/testkit"
)

// TestCheck runs testdata/mistakes/*.txtar: an expectation and what is wrong
// with it; -update writes that. An expectation that is wrong never passes.
func TestCheck(t *testing.T) {
	files, err := filepath.Glob("testdata/mistakes/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var e Expectation
			decode(t, archive.Files[0].Data, &e)
			var out strings.Builder
			mistakes := Check(e)
			for _, m := range mistakes {
				fmt.Fprintf(&out, "%s: %s\n", m.Key, m.Message)
			}
			archive.Files[1].Data = []byte(out.String())
			testkit.Golden(t, file, txtar.Format(archive))
			if v := Judge(e, Answer{Status: 200, JSON: []byte("[1]")}); len(mistakes) > 0 && v.Passed {
				t.Error("passed though it is wrong")
			}
		})
	}
}
