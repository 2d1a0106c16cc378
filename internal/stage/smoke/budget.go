package smoke

import (
	"fmt"
	"strconv"
	"strings"
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

// broken says which budgets are over and by how much; empty when none is.
func broken(budgets []result.Budget) (reason, remedy string) {
	var reasons, keys []string
	for _, b := range budgets {
		if b.Status == result.StageFailed {
			reasons, keys = append(reasons, b.Reason), append(keys, "smoke.budgets."+b.Name)
		}
	}
	if len(reasons) == 0 {
		return "", ""
	}
	return strings.Join(reasons, "; "), "make it smaller or quicker, or raise " + strings.Join(keys, ", ")
}

func over(name, unit string, limit, got float64) string {
	return fmt.Sprintf("%s is %s, %s (%.0f %%) over its budget of %s", name, amount(name, unit, got), amount(name, unit, got-limit), (got-limit)/limit*100, amount(name, unit, limit))
}

// amount is exact enough to tell a broken budget from a kept one. Images are
// counted as registries do, memory as its limits are set.
func amount(name, unit string, x float64) string {
	switch {
	case unit == "ms":
		return strconv.FormatFloat(x, 'f', 1, 64) + " ms"
	case name == "image":
		return scaled(x, 1000, "B", "kB", "MB", "GB", "TB")
	}
	return scaled(x, 1024, "B", "KiB", "MiB", "GiB", "TiB")
}

func scaled(x, step float64, units ...string) string {
	i := 0
	for ; x >= step && i < len(units)-1; i++ {
		x /= step
	}
	if i == 0 {
		return strconv.FormatFloat(x, 'f', 0, 64) + " " + units[0]
	}
	return strconv.FormatFloat(x, 'f', 1, 64) + " " + units[i]
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func float(n *int64) *float64 {
	if n == nil {
		return nil
	}
	f := float64(*n)
	return &f
}
