//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway-dev/slipway/internal/result"
)

// TestServers ships a model for each real server, and for what is no Python or no server.
func TestServers(t *testing.T) {
	for _, test := range []struct {
		model, protocol string
		tests           int // that are counted; a command that is no pytest tells nothing but how it ended
		cases           int
		configured      bool // with a slipway.yaml
	}{
		{"digits-mlserver", "oip-v2", 2, 3, false},
		{"diabetes-bentoml", "bentoml", 2, 3, false},
		{"cancer-cog", "cog", 2, 3, false},
		{"embeddings", "openai", 2, 3, true},
		{"magika", "http", 4, 7, true},
		{"digits-node", "http", 0, 3, true},
		{"wine-go", "http", 0, 2, true},
		{"iris-exec", "exec", 2, 3, true},
	} {
		t.Run(test.model, func(t *testing.T) {
			if _, err := os.Stat(filepath.Join(root, model(test.model), "slipway.yaml")); (err == nil) != test.configured {
				t.Errorf("slipway.yaml: %v", err)
			}
			to := repository(t)
			o := ship(t, model(test.model), "--publish", to)
			o.wantStatus(t, result.Passed)
			if !o.Verified {
				t.Errorf("not verified: %v", o.Unverified)
			}
			if got := o.stage(t, "test").Status; got != result.StagePassed {
				t.Errorf("the test stage is %s", got)
			}
			if test.tests > 0 && (o.Tests == nil || o.Tests.Passed != test.tests) {
				t.Errorf("tests: %+v, want %d", o.Tests, test.tests)
			}
			if o.Smoke == nil || o.Smoke.Protocol != test.protocol || len(o.Smoke.Cases) != test.cases || o.Smoke.MemoryPeakBytes == nil {
				t.Fatalf("smoke: %+v, want %d cases of %s", o.Smoke, test.cases, test.protocol)
			}
			if server := test.protocol != "exec"; (o.Smoke.StartupMS != nil) != server {
				t.Errorf("ready after %v ms", o.Smoke.StartupMS)
			}
			wantManifest(t, to, "dev", o.Image.Digest)
		})
	}
}

// TestCogFails: Cog answers a prediction that failed with status 200, which is no answer all the same.
func TestCogFails(t *testing.T) {
	dir := copyModel(t, "cancer-cog")
	write(t, filepath.Join(dir, "smoke", "impossible.yaml"), `request:
  json: {radius: 20.29, texture: 14.34, smoothness: 0.1003, concavity: 0.198, worst_radius: 2}
expect:
  status: 200
`)
	to := repository(t)
	o := ship(t, dir, "--publish", to)
	o.wantStatus(t, result.Failed)
	for _, c := range o.Smoke.Cases {
		if failed := c.Status != result.StagePassed; failed != (c.Name == "impossible") {
			t.Errorf("case %s is %s: %s", c.Name, c.Status, c.Reason)
		}
		if c.Name == "impossible" && !strings.Contains(c.Reason, "worst_radius is less than radius") {
			t.Errorf("the reason is %q", c.Reason)
		}
	}
	if status, _ := get(t, to, "dev"); status != 404 {
		t.Errorf("the registry answers %d for the tag of a failed model, want 404", status)
	}
}
