package smoke

import (
	"fmt"
	"strconv"
	"time"

	"github.com/slipway-dev/slipway/internal/config"
	"github.com/slipway-dev/slipway/internal/result"
)

// budgets holds what was measured against its bounds, in the order of slipway.yaml's documentation.
func budgets(b config.Budgets, r *result.Smoke, image *result.Image) []result.Budget {
	var out []result.Budget
	add := func(name, unit string, limit float64, got *float64, missing string) {
		if limit == 0 {
			return
		}
		budget := result.Budget{Name: name, Unit: unit, Limit: limit, Got: got, Status: result.StagePassed}
		switch {
		case got == nil:
			budget.Status, budget.Reason = result.StageSkipped, missing
		case *got > limit:
			budget.Status, budget.Reason = result.StageFailed, over(name, unit, limit, *got)
		}
		out = append(out, budget)
	}
	add("startup", "ms", millis(b.Startup), r.StartupMS, "the server was not started here")
	percentile := func(of func(*result.Latency) *float64) *float64 {
		if r.Load == nil || r.LatencyMS == nil || r.Load.Answered == 0 {
			return nil
		}
		return of(r.LatencyMS)
	}
	noLoad := "no request of the load was answered"
	if r.Load == nil {
		noLoad = "no load was sent"
	}
	add("p50", "ms", millis(b.P50), percentile(func(l *result.Latency) *float64 { return &l.P50 }), noLoad)
	add("p95", "ms", millis(b.P95), percentile(func(l *result.Latency) *float64 { return &l.P95 }), noLoad)
	add("p99", "ms", millis(b.P99), percentile(func(l *result.Latency) *float64 { return &l.P99 }), noLoad)
	add("memory", "bytes", float64(b.Memory), float(r.MemoryPeakBytes), "the memory could not be read")
	var size *int64
	if image != nil && len(image.Platforms) > 0 {
		size = &image.Platforms[0].Size
	}
	add("image", "bytes", float64(b.Image), float(size), "there is no image")
	return out
}

// broken is the first budget that is over, said with by how much; empty when none is.
func broken(budgets []result.Budget) (reason, remedy string) {
	for _, b := range budgets {
		if b.Status == result.StageFailed {
			return b.Reason, "make it smaller or quicker, or raise smoke.budgets." + b.Name
		}
	}
	return "", ""
}

func over(name, unit string, limit, got float64) string {
	return fmt.Sprintf("%s is %s, %s (%.0f %%) over its budget of %s", name, amount(unit, got), amount(unit, got-limit), (got-limit)/limit*100, amount(unit, limit))
}

// amount is exact enough to tell a broken budget from a kept one.
func amount(unit string, x float64) string {
	if unit == "ms" {
		return strconv.FormatFloat(x, 'f', 1, 64) + " ms"
	}
	return strconv.FormatFloat(x/(1<<20), 'f', 1, 64) + " MiB"
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func float(n *int64) *float64 {
	if n == nil {
		return nil
	}
	f := float64(*n)
	return &f
}
