// Package gate holds the model's metrics against the thresholds that were set for them.
package gate

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/slipway-dev/slipway/internal/config"
	"github.com/slipway-dev/slipway/internal/result"
	"github.com/slipway-dev/slipway/internal/stage"
)

// Stage judges the metrics file.
type Stage struct{}

// Run reads the metrics, which are told even where no gate is set, and records
// each gate. A metric that is missing does not pass its gate.
func (Stage) Run(_ context.Context, run *stage.Run) (stage.Outcome, error) {
	p := run.Plan
	skipped := p.Skipped("gate")
	if p.Metrics == "" && skipped != "" {
		return stage.Skip("%s", skipped)
	}
	data, err := read(run)
	if err != nil {
		return stage.Outcome{}, fmt.Errorf("reading the metrics: %w", err)
	}
	metrics, err := parse(data)
	switch {
	case err != nil && skipped != "":
		run.Result.Warnings = append(run.Result.Warnings, fmt.Sprintf("%s is not an object of numbers: %v", p.Metrics, err))
	case err != nil:
		return stage.Fail(fmt.Sprintf("%s is not an object of numbers: %v", p.Metrics, err), "write it as {\"accuracy\": 0.95}")
	}
	run.Result.Metrics = metrics
	if skipped != "" {
		return stage.Skip("%s", skipped)
	}
	var broken []string
	for _, g := range p.Gates {
		record, why := judge(g, run.Result.Metrics)
		run.Result.Gates = append(run.Result.Gates, record)
		if why != "" {
			broken = append(broken, why)
		}
	}
	if len(broken) > 0 {
		return stage.Fail(strings.Join(broken, "; "), "train a better model, or correct the gate in slipway.yaml or the metrics file")
	}
	return stage.Pass()
}

// read is the metrics file that training wrote, else the one beside the model.
func read(run *stage.Run) ([]byte, error) {
	if run.Trained != nil && run.Trained.Metrics != nil {
		return run.Trained.Metrics, nil
	}
	return os.ReadFile(filepath.Join(run.Plan.Dir, run.Plan.Metrics))
}

// parse takes the numbers of the file, those in objects by their path, such as
// test.accuracy; other values are allowed there and ignored.
func parse(data []byte) (map[string]float64, error) {
	var all map[string]any
	if err := json.Unmarshal(data, &all); err != nil {
		return nil, err
	}
	numbers := map[string]float64{}
	collect(numbers, "", all)
	return numbers, nil
}

// collect gives the numbers of an object their paths. Where "a.b" is a key and
// a path at once, the key is meant: it is the nearer one.
func collect(numbers map[string]float64, path string, object map[string]any) {
	for k, v := range object {
		if inner, ok := v.(map[string]any); ok {
			collect(numbers, path+k+".", inner)
		}
	}
	for k, v := range object {
		if n, ok := v.(float64); ok {
			numbers[path+k] = n
		}
	}
}

func judge(g config.Gate, metrics map[string]float64) (result.Gate, string) {
	record := result.Gate{Metric: g.Metric, Min: g.Min, Max: g.Max, Status: result.StageFailed}
	v, ok := metrics[g.Metric]
	if !ok {
		return record, g.Metric + " is not in the metrics file"
	}
	record.Value = &v
	switch {
	case g.Min != nil && v < *g.Min:
		return record, fmt.Sprintf("%s is %v, %.4g below the gate of %v", g.Metric, v, *g.Min-v, *g.Min)
	case g.Max != nil && v > *g.Max:
		return record, fmt.Sprintf("%s is %v, %.4g above the gate of %v", g.Metric, v, v-*g.Max, *g.Max)
	}
	record.Status = result.StagePassed
	return record, ""
}
