//go:build e2e

package e2e

import (
	"strings"
	"testing"

	"github.com/slipway-dev/slipway/internal/result"
)

// TestSmokeImage asks an image that is in a registry, with its cases and
// without any: then the request is made of what the server says it takes.
func TestSmokeImage(t *testing.T) {
	to := repository(t)
	shipped := ship(t, model("iris"), "--publish", to)
	shipped.wantStatus(t, result.Passed)

	o := do(t, nil, "smoke", shipped.Image.Reference, model("iris"))
	o.wantStatus(t, result.Passed)
	if !o.Verified || o.Image.Digest != shipped.Image.Digest || !o.Image.Platforms[0].Tested || len(o.Smoke.Cases) != len(shipped.Smoke.Cases) {
		t.Errorf("verified %v (%v), digest %s, cases %+v", o.Verified, o.Unverified, o.Image.Digest, o.Smoke.Cases)
	}

	bare := do(t, nil, "smoke", to+":dev", t.TempDir())
	bare.wantStatus(t, result.Passed)
	if bare.Verified || len(bare.Smoke.Cases) != 1 || !strings.Contains(bare.Smoke.Cases[0].From, "/openapi.json") {
		t.Errorf("verified %v (%v), cases %+v", bare.Verified, bare.Unverified, bare.Smoke.Cases)
	}

	here := ship(t, model("iris"))
	here.wantStatus(t, result.Passed)
	local := do(t, nil, "smoke", here.Image.Repository, model("iris"))
	local.wantStatus(t, result.Passed)
	if !local.Verified || local.Image.Digest != shipped.Image.Digest {
		t.Errorf("from a directory: verified %v (%v), digest %s", local.Verified, local.Unverified, local.Image.Digest)
	}

	gone := do(t, nil, "smoke", to+":gone", model("iris"))
	gone.wantStatus(t, result.Errored)
}
