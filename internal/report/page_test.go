package report_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"

	"github.com/slipway-dev/slipway/internal/report"
	"github.com/slipway-dev/slipway/internal/result"
)

// page reads what GitHub reads, footnotes included: a definition would swallow the paragraph below it.
var page = goldmark.New(goldmark.WithExtensions(extension.GFM, extension.Footnote))

// pages are all that is written as Markdown.
var pages = map[string]func(result.Result) string{
	"report":  report.Markdown,
	"comment": func(r result.Result) string { return report.Comment(r, marker) },
	"summary": report.Summary,
}

// TestShape: a page has the same headings, lists, tables and blocks whatever its strings say.
func TestShape(t *testing.T) {
	for _, status := range []result.Status{result.Passed, result.Failed, result.Errored, result.Invalid, result.Cancelled} {
		for name, write := range pages {
			want := shape(write(filled("word", status)))
			for _, attack := range attacks {
				if strings.ContainsAny(attack, "\n\r\u2028") {
					continue // lines of its own are lines of its own
				}
				for _, s := range []string{attack + " word", "word " + attack} {
					if diff := cmp.Diff(want, shape(write(filled(s, status)))); diff != "" {
						t.Errorf("%s of a %s run with %q everywhere has another shape (-want +got):\n%s", name, status, s, diff)
					}
				}
			}
		}
	}
}

// shape lists the blocks of a page in order, each with its depth.
func shape(markdown string) []string {
	var blocks []string
	depth := 0
	_ = ast.Walk(page.Parser().Parse(text.NewReader([]byte(markdown))), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch {
		case n.Type() == ast.TypeInline:
			return ast.WalkSkipChildren, nil
		case !entering:
			depth--
			return ast.WalkContinue, nil
		}
		depth++
		blocks = append(blocks, fmt.Sprintf("%d %s", depth, n.Kind()))
		return ast.WalkContinue, nil
	})
	return blocks
}

// TestNothingStaysOpen: a fence or an HTML comment that is not closed swallows what stands below the page.
func TestNothingStaysOpen(t *testing.T) {
	const below = "below the page"
	check := func(name, markdown string) {
		t.Helper()
		source := []byte(markdown + "\n" + below + "\n")
		last := page.Parser().Parse(text.NewReader(source)).LastChild()
		if last.Kind() != ast.KindParagraph || strings.TrimSpace(string(last.Lines().Value(source))) != below {
			t.Errorf("%s: a %s is open at the end", name, last.Kind())
		}
	}
	for kind, write := range pages {
		for name, r := range results(t) {
			check(kind+" of "+name, write(r))
		}
		for _, attack := range attacks {
			for _, s := range []string{attack, strings.Repeat(attack+"\n", 70), strings.Repeat(attack, 50)} {
				check(fmt.Sprintf("%s with %.40q everywhere", kind, s), write(filled(s, result.Failed)))
			}
		}
	}
}

// TestRunnerCommands: the end of a run goes to the runner's log too. The runner
// takes "::" for a command at the start of a line, spaces aside, and "##[" anywhere
// (https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs).
func TestRunnerCommands(t *testing.T) {
	command := regexp.MustCompile(`(?m)^\s*::|##\[`)
	for _, attack := range []string{"::error::x", "::set-output name=digest::x", "##[error]x", "a ##[error]x", "#\x00#[error]x", ":\x1b[0m:error::x"} {
		for _, s := range []string{attack, strings.Repeat("long ", 17) + attack, strings.Repeat(attack+" ", 40), attack + "\n  " + attack} {
			for _, color := range []bool{false, true} {
				got := report.Terminal(filled(s, result.Failed), color)
				if at := command.FindStringIndex(got); at != nil {
					t.Errorf("with %.60q everywhere the runner would obey %q", s, got[at[0]:min(len(got), at[1]+20)])
				}
			}
		}
	}
}
