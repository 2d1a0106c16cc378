package report

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/slipway-dev/slipway/internal/result"
)

// columns is how wide expected and got are together: what a comment shows
// without scrolling, and a terminal without breaking.
const columns = 96

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

// sideBySide shows expected and got in two columns: everything, or some rows
// from shortly before the first line that differs. A "|" stands between lines
// that are not equal, as in diff -y; which of them are out of tolerance the reason says.
func sideBySide(c result.Case, d detail) []string {
	if c.Expected == "" && c.Got == "" {
		return nil
	}
	want, got := valueLines(c.Expected), valueLines(c.Got)
	from, to := around(want, got, d.lines)
	width := len("expected")
	for i := from; i < to; i++ {
		width = max(width, utf8.RuneCountInString(lineAt(want, i)), utf8.RuneCountInString(lineAt(got, i)))
	}
	width = min(width, (columns-3)/2)
	rows := []string{pad("expected", width) + "   got"}
	if from > 0 {
		rows = append(rows, "… "+count(from, "line")+" before")
	}
	for i := from; i < to; i++ {
		left, right := wrap(lineAt(want, i), width), wrap(lineAt(got, i), width)
		for k := range max(len(left), len(right)) {
			if d.lines < len(rows) { // one line can be as long as a book
				return append(rows, "…")
			}
			between := "   "
			if lineAt(left, k) != lineAt(right, k) {
				between = " | "
			}
			rows = append(rows, strings.TrimRight(pad(lineAt(left, k), width)+between+lineAt(right, k), " "))
		}
	}
	if n := max(len(want), len(got)); to < n {
		rows = append(rows, "… "+count(n-to, "line")+" more")
	}
	return rows
}

// around picks the lines to show when there is no room for all: a line of
// context, the first that differs, and a few after it.
func around(want, got []string, room int) (from, to int) {
	n := max(len(want), len(got))
	const most = 4
	if n <= min(room, most) || room == complete.lines {
		return 0, n
	}
	first := 0
	for first < n-1 && lineAt(want, first) == lineAt(got, first) {
		first++
	}
	from = max(0, min(first-1, n-most))
	return from, min(n, from+most)
}

func valueLines(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(strings.TrimRight(clean(s), "\n"), "\n")
}

func lineAt(lines []string, i int) string {
	if i >= len(lines) {
		return ""
	}
	return lines[i]
}

// wrap breaks a line into pieces of width characters: after a space when there
// is one in the second half, so that numbers stay whole, else anywhere.
func wrap(s string, width int) []string {
	runes := []rune(s)
	var out []string
	for len(runes) > width {
		at := width
		for k := width; k > width/2; k-- {
			if runes[k-1] == ' ' {
				at = k
				break
			}
		}
		out = append(out, string(runes[:at]))
		runes = runes[at:]
	}
	return append(out, string(runes))
}

func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(s)))
}
