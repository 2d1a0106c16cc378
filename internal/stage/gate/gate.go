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

// Run reads the metrics and records each gate. A metric that is missing does not pass its gate.
func (Stage) Run(_ context.Context, run *stage.Run) (stage.Outcome, error) {
	p := run.Plan
	if why := p.Skipped("gate"); why != "" {
		return stage.Skip("%s", why)
	}
	data, err := os.ReadFile(filepath.Join(p.Dir, p.Metrics))
	if err != nil {
		return stage.Outcome{}, fmt.Errorf("reading the metrics: %w", err)
	}
	if run.Result.Metrics, err = parse(data); err != nil {
		return stage.Fail(fmt.Sprintf("%s is not an object of numbers: %v", p.Metrics, err), "write it as {\"accuracy\": 0.95}")
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

// parse takes the numbers at the top level of the file; other values are allowed there and ignored.
func parse(data []byte) (map[string]float64, error) {
	var all map[string]any
	if err := json.Unmarshal(data, &all); err != nil {
		return nil, err
	}
	numbers := map[string]float64{}
	for k, v := range all {
		if n, ok := v.(float64); ok {
			numbers[k] = n
		}
	}
	return numbers, nil
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
