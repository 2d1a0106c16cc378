//go:build e2e

package e2e

import (
	"path/filepath"
	"testing"

	"github.com/slipway-dev/slipway/internal/result"
)

// TestStrangers ships models that look like nobody's here: a Node.js server
// from a Dockerfile with an entrypoint, an own user and no configuration at
// all, and a Python one with unlocked requirements, an own user and no tests.
// Both pass, neither is verified, and so neither gets a tag.
func TestStrangers(t *testing.T) {
	for _, name := range []string{"node", "numpy"} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(root, "e2e", "testdata", name)
			to := repository(t)
			o := ship(t, dir, "--publish", to)
			o.wantStatus(t, result.Passed)
			if o.Verified || len(o.Unverified) != 1 || o.Image.Reference != "" {
				t.Errorf("verified %v, because %v; published as %q", o.Verified, o.Unverified, o.Image.Reference)
			}
			if status, _ := get(t, to, "dev"); status != 404 {
				t.Errorf("the registry answers %d for the tag of a model that was not verified", status)
			}
			// A directory is the user's own disk: it gets the image.
			here := ship(t, dir)
			here.wantStatus(t, result.Passed)
			if here.Image.Reference == "" {
				t.Errorf("nothing is in the directory: %s", here.stage(t, "publish").Reason)
			}
		})
	}
}
