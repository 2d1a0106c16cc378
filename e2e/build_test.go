//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/slipway-dev/slipway/internal/result"
)

// TestBuild: what `make build` makes ships a model by itself, without source or Go beside it.
func TestBuild(t *testing.T) {
	clone := filepath.Join(t.TempDir(), "clone")
	for _, args := range [][]string{
		{"git", "clone", "--quiet", root, clone},
		{"make", "-C", clone, "build"},
	} {
		if out, err := command(t, nil, args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	for _, arch := range []string{"amd64", "arm64"} {
		const most = 12_000_000
		info, err := os.Stat(filepath.Join(clone, "pipeline", "probes", "linux-"+arch))
		if err != nil || info.Size() > most {
			t.Errorf("the probe for %s has more than %d bytes, or there is none: %v, %v", arch, most, info, err)
		}
	}
	out := t.TempDir()
	cmd := command(t, []string{"PATH=/usr/bin:/bin"}, filepath.Join(clone, "bin", "slipway"), filepath.Join(root, "e2e", "testdata", "numpy"), "--out", out)
	output, err := cmd.CombinedOutput()
	o := read(t, out, exitCode(t, err), string(output))
	o.wantStatus(t, result.Passed)
	if o.Smoke == nil || len(o.Smoke.Cases) != 1 {
		t.Errorf("smoke: %+v", o.Smoke)
	}
}
