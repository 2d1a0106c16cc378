package report

import (
	"fmt"
	"strings"

	"github.com/slipway-dev/slipway/internal/result"
)

// cases lists every case: those that passed in a table, the others with
// expected and got beside each other.
func cases(r result.Result, d detail) string {
	if r.Smoke == nil || d.items == 0 {
		return ""
	}
	var blocks []string
	if failed := failedCases(r, d); failed != "" {
		blocks = append(blocks, failed)
	}
	rows := []string{"| case | | latency | largest difference |", "|---|---|---|---|"}
	for _, c := range r.Smoke.Cases {
		if c.Status == result.StagePassed && len(rows)-2 < d.items {
			rows = append(rows, fmt.Sprintf("| %s | %s | %s | %s |", text(c.Name, d.runes), "✅ passed"+remark(c, d), duration(c.LatencyMS), difference(c.MaxAbsDiff)))
		}
	}
	if len(rows) > 2 {
		blocks = append(blocks, strings.Join(rows, "\n"))
	}
	blocks = append(blocks, circumstances(r.Smoke, d)...)
	return strings.TrimSuffix(join(blocks), "\n")
}

// remark is what a passed case has to say for itself.
func remark(c result.Case, d detail) string {
	var said []string
	if c.From != "" {
		said = append(said, "asked with "+text(c.From, d.runes)+", nothing recorded")
	}
	if c.Note != "" {
		said = append(said, text(c.Note, d.runes))
	}
	if len(said) == 0 {
		return ""
	}
	return ": " + strings.Join(said, "; ")
}

// circumstances are how the server was asked, and what it did besides.
func circumstances(s *result.Smoke, d detail) []string {
	var out []string
	if s.Protocol != "" {
		line := "Asked by the protocol " + text(s.Protocol, d.runes)
		if s.ProtocolWhy != "" {
			line += " (" + text(s.ProtocolWhy, d.runes) + ")"
		}
		out = append(out, line+".")
	}
	if s.Network == "none" {
		out = append(out, "The network was closed but for loopback.")
	}
	if s.MemoryPeakBytes != nil && s.MemorySource != nil {
		out = append(out, "It used up to "+memory(s.MemoryPeakBytes)+" of memory ("+text(*s.MemorySource, d.runes)+").")
	}
	if s.StopMS != nil {
		line := "It stopped " + duration(s.StopMS) + " after SIGTERM."
		if s.StopKilled {
			line = "It did not stop within " + duration(s.StopMS) + " after SIGTERM and was killed."
		}
		out = append(out, line)
	}
	for i, c := range s.Connections {
		if i >= d.items {
			out = append(out, more(i, len(s.Connections)))
			break
		}
		when := "while it served"
		if c.BeforeReady {
			when = "while it started"
		}
		out = append(out, "The server connected to "+code(c.Address, d.runes)+" "+when+", after "+duration(&c.AfterMS)+".")
	}
	return out
}

// failedCases are the cases that did not pass, with the first difference and both answers.
func failedCases(r result.Result, d detail) string {
	if r.Smoke == nil || d.items == 0 {
		return ""
	}
	var blocks []string
	shown, all := 0, 0
	for _, c := range r.Smoke.Cases {
		if c.Status == result.StagePassed {
			continue
		}
		if all++; shown >= d.items {
			continue
		}
		shown++
		line := "❌ " + code(c.Name, d.runes)
		if c.Reason != "" {
			line += ": " + text(c.Reason, d.runes)
		}
		blocks = append(blocks, line)
		if both := sideBySide(c, d); len(both) > 0 {
			blocks = append(blocks, fence(strings.Join(both, "\n"), complete))
		}
		if c.MaxAbsDiff != nil {
			blocks = append(blocks, "Largest difference: "+difference(c.MaxAbsDiff)+" absolute, "+difference(c.MaxRelDiff)+" relative.")
		}
	}
	return strings.TrimSuffix(join(append(blocks, more(shown, all))), "\n")
}
