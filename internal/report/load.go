package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/slipway-dev/slipway/internal/result"
)

// load is what came of asking the server many times, and what that does not show.
func load(r result.Result, d detail) string {
	if r.Smoke == nil || r.Smoke.Load == nil || d.items == 0 {
		return ""
	}
	l := r.Smoke.Load
	line := fmt.Sprintf("%s, %d at a time", count(l.Requests, "request"), l.Concurrency)
	if l.Warmup > 0 {
		line += fmt.Sprintf(", after %d to warm up", l.Warmup)
	}
	line += fmt.Sprintf(": %d answered", l.Answered)
	if s := perSecond(r.Smoke); s != "" {
		line += ", " + s
	}
	if n := len(l.LeftOut); n > 0 {
		line += fmt.Sprintf("; without %s that is refused", count(n, "case"))
	}
	blocks := []string{line + "."}
	if p := r.Smoke.LatencyMS; p != nil && l.Answered > 0 {
		blocks = append(blocks, strings.Join([]string{
			"| p50 | p95 | p99 | slowest |", "|---|---|---|---|",
			fmt.Sprintf("| %s | %s | %s | %s |", duration(&p.P50), duration(&p.P95), duration(&p.P99), duration(&p.Max)),
		}, "\n"))
	}
	var kinds []string
	for i, kind := range slices.Sorted(maps.Keys(l.Errors)) {
		if i >= d.items {
			break
		}
		kinds = append(kinds, fmt.Sprintf("- %d × %s", l.Errors[kind], text(kind, d.runes)))
	}
	if len(kinds) > 0 {
		blocks = append(blocks, "Not answered as when asked alone:", strings.Join(kinds, "\n"))
	}
	if l.Wrong != "" {
		blocks = append(blocks, "The first other answer: "+text(l.Wrong, d.runes))
	}
	// https://www.scylladb.com/2021/04/22/on-coordinated-omission/
	blocks = append(blocks, "Each worker waits for its answer before it asks again, so a server that stalls is asked less while it does: clients that do not wait would see longer times (coordinated omission).")
	return strings.TrimSuffix(join(blocks), "\n")
}

func perSecond(s *result.Smoke) string {
	if s.ThroughputRPS == nil {
		return ""
	}
	return digits(*s.ThroughputRPS, true) + " per second"
}

// budgets are the bounds on what was measured, broken ones first.
func budgets(r result.Result, d detail) string {
	if r.Smoke == nil || len(r.Smoke.Budgets) == 0 || d.items == 0 {
		return ""
	}
	sorted := slices.Clone(r.Smoke.Budgets)
	slices.SortStableFunc(sorted, func(a, b result.Budget) int {
		return rank(a.Status) - rank(b.Status)
	})
	rows := []string{"| budget | | measured | at most |", "|---|---|---|---|"}
	for _, b := range sorted[:min(len(sorted), d.items)] {
		said := stageSymbols[b.Status] + " " + text(string(b.Status), d.runes)
		if b.Reason != "" {
			said += ": " + text(b.Reason, d.runes)
		}
		rows = append(rows, fmt.Sprintf("| %s | %s | %s | %s |", text(b.Name, d.runes), said, amount(b, b.Got), amount(b, &b.Limit)))
	}
	return strings.Join(rows, "\n")
}

func rank(s result.StageStatus) int {
	return slices.Index([]result.StageStatus{result.StageFailed, result.StageErrored, result.StageSkipped, result.StagePassed}, s)
}

// amount shows a number in the budget's unit; one that was not measured is not 0.
func amount(b result.Budget, x *float64) string {
	switch {
	case x == nil:
		return missing
	case b.Unit == "ms":
		return duration(x)
	case b.Name == "image":
		return size(int64(*x))
	}
	n := int64(*x)
	return memory(&n)
}
