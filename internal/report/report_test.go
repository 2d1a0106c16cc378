package report_test

import (
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/slipway-dev/slipway/internal/report"
	"github.com/slipway-dev/slipway/internal/result"
	"github.com/slipway-dev/slipway/internal/testkit"
)

var marker = report.Marker{ID: "iris", Run: "12345678", Attempt: 1, SHA: "0123abc" + strings.Repeat("d", 33)}

// results reads every case: a result in testdata, with what is made of it beside it.
func results(t testing.TB) map[string]result.Result {
	t.Helper()
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases in testdata: %v", err)
	}
	all := map[string]result.Result{}
	for _, file := range files {
		r, err := result.Read(file)
		if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimSuffix(file, ".json")] = r
	}
	return all
}

func TestReaders(t *testing.T) {
	for name, r := range results(t) {
		t.Run(filepath.Base(name), func(t *testing.T) {
			testkit.Golden(t, name+".report.md", report.Markdown(r))
			testkit.Golden(t, name+".comment.md", report.Comment(r, marker))
			testkit.Golden(t, name+".terminal.txt", report.Terminal(r, false))
		})
	}
}

func TestTerminalWidth(t *testing.T) {
	for name, r := range results(t) {
		for _, line := range strings.Split(report.Terminal(r, false), "\n") {
			copied := r.Image != nil && r.Image.Repository != "" && strings.Contains(line, strings.TrimSpace(r.Image.Repository[:min(8, len(r.Image.Repository))]))
			if n := utf8.RuneCountInString(line); n > 100 && !copied {
				t.Errorf("%s: a line has %d columns: %s", name, n, line)
			}
		}
	}
}

func TestTerminalColor(t *testing.T) {
	for name, r := range results(t) {
		if strings.Contains(report.Terminal(r, false), "\x1b") {
			t.Errorf("%s: escape codes though none were asked for", name)
		}
		first, _, _ := strings.Cut(report.Terminal(r, true), "\n")
		if !strings.HasPrefix(first, "\x1b[1;3") || !strings.HasSuffix(first, "\x1b[0m") {
			t.Errorf("%s: the verdict is not coloured: %q", name, first)
		}
	}
}
