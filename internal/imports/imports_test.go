// Package imports holds the walls between the rooms, as a test.
package imports

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/slipway-dev/slipway/"

// rows are the rooms from the bottom up. A room may import rooms of rows
// before its own, never of its own row or after it.
var rows = [][]string{
	{"internal/content"},
	{"internal/result", "internal/event", "internal/protocol", "internal/expect", "internal/layer", "internal/inventory", "internal/secret"},
	{"internal/config", "internal/lock", "internal/source", "internal/report", "internal/client", "internal/confine", "internal/attest"},
	{"internal/plan", "internal/record", "internal/probe", "internal/reporting"},
	{"internal/stage"},
	{"internal/stage/deps", "internal/stage/image", "internal/stage/suite", "internal/stage/smoke", "internal/stage/gate", "internal/stage/attach", "internal/stage/publish", "internal/stage/reproduce", "internal/stage/train", "internal/verify"},
	{"internal/engine", "internal/registry", "internal/github", "internal/fetch"},
	{"pipeline", "cmd/action", "cmd/probe"},
}

// only names the rooms through which a library is used, because everything it
// changes must be felt in one place.
var only = map[string]string{
	"dagger.io/dagger": "internal/engine",
	"github.com/google/go-containerregistry/pkg/v1/remote": "internal/registry",
	"github.com/google/go-containerregistry/pkg/v1/mutate": "internal/registry",
	"github.com/google/go-github/v60/github":               "internal/github",
	"github.com/sethvargo/go-githubactions":                "internal/github",
}

type pkg struct {
	ImportPath string
	Imports    []string
}

func TestImports(t *testing.T) {
	for _, p := range list(t) {
		from := strings.TrimPrefix(p.ImportPath, module)
		row := rowOf(from)
		if row < 0 && !outside(from) {
			t.Errorf("%s is in no row of this table: give it its place", from)
		}
		for _, imported := range p.Imports {
			if room := only[imported]; room != "" && room != from {
				t.Errorf("%s imports %s: only %s may", from, imported, room)
			}
			to, ours := strings.CutPrefix(imported, module)
			if !ours || row < 0 {
				continue
			}
			if outside(to) {
				t.Errorf("%s imports %s, which is for tests", from, to)
			} else if rowOf(to) >= row {
				t.Errorf("%s (row %d) imports %s (row %d): only rows before its own", from, row+1, to, rowOf(to)+1)
			}
		}
	}
}

// outside is code that is not in the product: tests and their helpers.
func outside(room string) bool {
	return strings.HasPrefix(room, "internal/testkit") || room == "internal/imports" || room == "e2e" || strings.HasPrefix(room, "testdata") || strings.HasPrefix(room, "tools")
}

func rowOf(room string) int {
	return slices.IndexFunc(rows, func(row []string) bool { return slices.Contains(row, room) })
}

func list(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", "./...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("listing the packages: %v", err)
	}
	var packages []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}
