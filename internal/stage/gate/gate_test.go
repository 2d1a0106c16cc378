package gate

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway-dev/slipway/internal/config"
	"github.com/slipway-dev/slipway/internal/plan"
	"github.com/slipway-dev/slipway/internal/result"
	"github.com/slipway-dev/slipway/internal/stage"
)

func TestGate(t *testing.T) {
	bound := func(v float64) *float64 { return &v }
	for _, test := range []struct {
		name    string
		metrics string
		gate    config.Gate
		status  result.StageStatus
		reason  string
	}{
		{"above the minimum", `{"accuracy": 0.95}`, config.Gate{Metric: "accuracy", Min: bound(0.9)}, result.StagePassed, ""},
		{"on the minimum", `{"accuracy": 0.9}`, config.Gate{Metric: "accuracy", Min: bound(0.9)}, result.StagePassed, ""},
		{"below the minimum", `{"accuracy": 0.75}`, config.Gate{Metric: "accuracy", Min: bound(1)}, result.StageFailed, "accuracy is 0.75, 0.25 below the gate of 1"},
		{"above the maximum", `{"loss": 3}`, config.Gate{Metric: "loss", Max: bound(2)}, result.StageFailed, "loss is 3, 1 above the gate of 2"},
		{"in an object", `{"test": {"accuracy": 0.95, "by class": {"setosa": 1}}}`, config.Gate{Metric: "test.accuracy", Min: bound(0.9)}, result.StagePassed, ""},
		{"in an object, below", `{"test": {"accuracy": 0.75}}`, config.Gate{Metric: "test.accuracy", Min: bound(1)}, result.StageFailed, "test.accuracy is 0.75"},
		{"a key with a dot", `{"test": {"accuracy": 0.1}, "test.accuracy": 0.95}`, config.Gate{Metric: "test.accuracy", Min: bound(0.9)}, result.StagePassed, ""},
		{"missing", `{"loss": 3}`, config.Gate{Metric: "accuracy", Min: bound(0)}, result.StageFailed, "accuracy is not in the metrics file"},
		{"not a number", `{"accuracy": "high"}`, config.Gate{Metric: "accuracy", Min: bound(0)}, result.StageFailed, "accuracy is not in the metrics file"},
		{"not JSON", `accuracy: 1`, config.Gate{Metric: "accuracy", Min: bound(0)}, result.StageFailed, "metrics.json is not an object of numbers"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "metrics.json"), []byte(test.metrics), 0o644); err != nil {
				t.Fatal(err)
			}
			run := &stage.Run{Result: &result.Result{}, Plan: plan.Plan{Dir: dir, Metrics: "metrics.json", Gates: []config.Gate{test.gate}}}
			got, err := Stage{}.Run(t.Context(), run)
			if err != nil {
				t.Fatal(err)
			}
			if got.Status != test.status || !strings.Contains(got.Reason, test.reason) {
				t.Errorf("%s: %q; want %s: %q", got.Status, got.Reason, test.status, test.reason)
			}
		})
	}
}

// TestTrained: what training wrote is judged, not what lies beside the model.
func TestTrained(t *testing.T) {
	least := 0.9
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "metrics.json"), []byte(`{"accuracy": 1}`), 0o644); err != nil {
		t.Fatal(err)
	}
	run := &stage.Run{
		Result:  &result.Result{},
		Plan:    plan.Plan{Dir: dir, Metrics: "metrics.json", Gates: []config.Gate{{Metric: "accuracy", Min: &least}}},
		Trained: &stage.Trained{Metrics: []byte(`{"accuracy": 0.5}`)},
	}
	if got, err := (Stage{}).Run(t.Context(), run); err != nil || got.Status != result.StageFailed {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestWithoutGates: metrics are told all the same, and nothing depends on them.
func TestWithoutGates(t *testing.T) {
	for content, want := range map[string]int{`{"accuracy": 1, "n": 2}`: 2, `broken`: 0} {
		run := &stage.Run{
			Result:  &result.Result{},
			Plan:    plan.Plan{Metrics: "metrics.json", Steps: []plan.Step{{Stage: "gate", Skip: "no gates are set"}}},
			Trained: &stage.Trained{Metrics: []byte(content)},
		}
		got, err := Stage{}.Run(t.Context(), run)
		if err != nil || got.Status != result.StageSkipped || len(run.Result.Metrics) != want || len(run.Result.Warnings) > 0 != (want == 0) {
			t.Errorf("%s: %+v, %v, metrics %v, warnings %v", content, got, err, run.Result.Metrics, run.Result.Warnings)
		}
	}
}
