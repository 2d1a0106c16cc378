package report

import (
	"fmt"
	"sort"
	"strconv"
	"strings"

	"github.com/slipway-dev/slipway/internal/result"
)

var stageSymbols = map[result.StageStatus]string{
	result.StagePassed: "✅", result.StageFailed: "❌", result.StageErrored: "⚠️", result.StageSkipped: "⏭️",
}

// stages lists all stages: also what was not run, and why.
func stages(r result.Result, d detail) string {
	if d.items == 0 || len(r.Stages) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("| stage | | took | |\n|---|---|---|---|")
	for _, s := range r.Stages[:min(len(r.Stages), d.items)] {
		took := milliseconds(s.DurationMS)
		if s.Status == result.StageSkipped {
			took = "–" // there was nothing to measure
		}
		fmt.Fprintf(&b, "\n| %s | %s %s | %s | %s |", text(s.Name, d.runes), stageSymbols[s.Status], text(string(s.Status), d.runes), took, text(firstLine(s.Reason), d.runes))
	}
	return b.String()
}

// firstLine is what a stage says; the output of a tool may follow it, and stands at the top of the page.
func firstLine(s string) string {
	line, rest, _ := strings.Cut(strings.TrimSpace(s), "\n")
	if rest != "" {
		line += " …"
	}
	return line
}

// gates lists the metrics: those with a gate first, then the others.
func gates(r result.Result, d detail) string {
	if d.items == 0 || len(r.Gates)+len(r.Metrics) == 0 {
		return ""
	}
	rows := []string{"| metric | value | gate | |", "|---|---|---|---|"}
	gated := map[string]bool{}
	for _, g := range r.Gates[:min(len(r.Gates), d.items)] {
		gated[g.Metric] = true
		rows = append(rows, fmt.Sprintf("| %s | %s | %s | %s %s |", text(g.Metric, d.runes), number(g.Value), bounds(g), stageSymbols[g.Status], text(string(g.Status), d.runes)))
	}
	var rest []string
	for m := range r.Metrics {
		if !gated[m] {
			rest = append(rest, m)
		}
	}
	sort.Strings(rest)
	for _, m := range rest[:min(len(rest), d.items)] {
		v := r.Metrics[m]
		rows = append(rows, fmt.Sprintf("| %s | %s | | |", text(m, d.runes), number(&v)))
	}
	return strings.Join(rows, "\n")
}

func bounds(g result.Gate) string {
	var parts []string
	if g.Min != nil {
		parts = append(parts, "at least "+number(g.Min))
	}
	if g.Max != nil {
		parts = append(parts, "at most "+number(g.Max))
	}
	return strings.Join(parts, ", ")
}

func number(n *float64) string {
	if n == nil {
		return missing
	}
	return strconv.FormatFloat(*n, 'g', -1, 64)
}
