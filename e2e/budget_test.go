//go:build e2e

package e2e

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway-dev/slipway/internal/result"
)

// TestBudgets: a load is measured, budgets that are kept are listed, and one
// that is broken fails the model by how much, before a tag.
func TestBudgets(t *testing.T) {
	dir := copyModel(t, "wine-go")
	config := filepath.Join(dir, "slipway.yaml")
	appendTo(t, config, "smoke:\n  load: {requests: 200, concurrency: 4}\n  budgets: {startup: 30s, p95: 2s, memory: 1GiB, image: 1GB}\n")
	kept := ship(t, dir, "--publish", repository(t))
	kept.wantStatus(t, result.Passed)
	s := kept.Smoke
	if s.Load == nil || s.Load.Answered != 200 || len(s.Load.Errors) != 0 || s.ThroughputRPS == nil || *s.ThroughputRPS <= 0 || s.LatencyMS.P99 < s.LatencyMS.P50 {
		t.Errorf("load: %+v, latency %+v", s.Load, s.LatencyMS)
	}
	if len(s.Budgets) != 4 {
		t.Errorf("budgets: %+v", s.Budgets)
	}
	for _, b := range s.Budgets {
		if b.Status != result.StagePassed || b.Got == nil || *b.Got <= 0 {
			t.Errorf("budget: %+v", b)
		}
	}

	write(t, config, strings.Replace(readText(t, config), "image: 1GB", "image: 100kB", 1))
	to := repository(t)
	broken := ship(t, dir, "--publish", to)
	broken.wantStatus(t, result.Failed)
	if !strings.Contains(broken.report(t), "over its budget of 100.0 kB") {
		t.Errorf("the report does not say by how much:\n%s", broken.report(t))
	}
	if status, _ := get(t, to, "dev"); status != 404 {
		t.Errorf("the registry answers %d for the tag of a model over its budget", status)
	}
}
