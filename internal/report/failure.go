package report

import (
	"strings"

	"github.com/slipway-dev/slipway/internal/result"
)

// notChecked lists everything that green does not cover.
func notChecked(r result.Result, d detail) string {
	if len(r.Unverified) == 0 {
		return ""
	}
	var reasons []string
	for i, u := range r.Unverified {
		if i >= max(1, d.items) {
			reasons = append(reasons, more(i, len(r.Unverified)))
			break
		}
		reasons = append(reasons, text(u, d.runes))
	}
	return "Not checked: " + strings.Join(reasons, "; ") + "."
}

// failure says what went wrong, where, and what to do. What the headline says is not said again.
func failure(r result.Result, d detail) string {
	e := r.Error
	if e == nil {
		return ""
	}
	var lines []string
	said := ""
	switch what := strings.TrimSpace(e.What); {
	case what == "" || saysCause(r):
	case strings.Contains(what, "\n"): // a tool's own words keep their lines
		said = "What went wrong:\n\n" + fence(tail(what, max(10, d.lines)), d)
	default:
		lines = append(lines, "- what went wrong: "+text(what, d.runes))
	}
	if e.Where != "" {
		lines = append(lines, "- where: "+text(e.Where, d.runes))
	}
	if e.Remedy != "" {
		lines = append(lines, "- what to do: "+text(e.Remedy, d.runes))
	}
	return strings.TrimSpace(said + "\n\n" + strings.Join(lines, "\n"))
}

// problems are the mistakes in the configuration, each with its place.
func problems(r result.Result, d detail) string {
	if d.items == 0 || len(r.Problems) == 0 {
		return ""
	}
	lines := make([]string, 0, len(r.Problems))
	for i, p := range r.Problems {
		if i >= d.items {
			lines = append(lines, "- "+more(i, len(r.Problems)))
			break
		}
		line := "- "
		if at := place(p.File, p.Line, p.Column); at != "" {
			line += code(at, d.runes) + ": "
		} else {
			line += "the configuration: " // a line never begins with a foreign string
		}
		lines = append(lines, line+text(p.Message, d.runes))
	}
	return strings.Join(lines, "\n")
}

// warnings are what did not stop the run.
func warnings(r result.Result, d detail) string {
	if d.items == 0 || len(r.Warnings) == 0 {
		return ""
	}
	lines := make([]string, 0, len(r.Warnings))
	for i, w := range r.Warnings {
		if i >= d.items {
			lines = append(lines, "- "+more(i, len(r.Warnings)))
			break
		}
		lines = append(lines, "- ⚠️ "+text(w, d.runes))
	}
	return strings.Join(lines, "\n")
}
