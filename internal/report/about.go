package report

import (
	"regexp"
	"strings"

	"github.com/slipway-dev/slipway/internal/result"
)

// about says what was checked: commit, platforms, run.
func about(r result.Result, d detail) string {
	var parts []string
	if r.Commit == "" {
		parts = append(parts, "no commit")
	} else {
		parts = append(parts, code(short(r.Commit), d.runes))
	}
	if r.Image != nil {
		for i, p := range r.Image.Platforms {
			if i >= max(1, d.items) {
				parts = append(parts, "…")
				break
			}
			parts = append(parts, text(p.Platform, d.runes))
		}
	}
	if r.Event != "" {
		parts = append(parts, text(r.Event, d.runes))
	}
	if link := runLink(r.Run); link != "" {
		parts = append(parts, link)
	}
	return strings.Join(parts, " · ")
}

// runURL is the only kind of address that is ever made a link.
var runURL = regexp.MustCompile(`^https?://[A-Za-z0-9.:-]+/[A-Za-z0-9._-]+/[A-Za-z0-9._-]+/actions/runs/[0-9]+(/attempts/[0-9]+)?$`)

func runLink(run result.Run) string {
	if !runURL.MatchString(run.URL) {
		return ""
	}
	return "[run](" + run.URL + ")"
}

// footer says where and when.
func footer(r result.Result, d detail) string {
	var parts []string
	if r.Run.DurationMS > 0 {
		parts = append(parts, milliseconds(&r.Run.DurationMS))
	}
	if r.Host.OS != "" {
		host := r.Host.OS + "/" + r.Host.Arch
		if r.Host.Cores > 0 {
			host += ", " + count(r.Host.Cores, "core")
		}
		if r.Host.CPU != "" {
			host += ", " + r.Host.CPU
		}
		parts = append(parts, text(host, d.runes))
	}
	if !r.Run.Started.IsZero() {
		parts = append(parts, r.Run.Started.UTC().Format("2006-01-02 15:04 UTC"))
	}
	if len(parts) == 0 {
		return ""
	}
	return "Took " + strings.Join(parts, " · ")
}

// short is a commit or digest as people say it; the full one is never far.
func short(id string) string {
	_, hex, ok := strings.Cut(id, ":")
	if !ok {
		return first(id, 7)
	}
	return first(hex, 12)
}

func first(s string, n int) string { return string([]rune(s)[:min(n, len([]rune(s)))]) }
