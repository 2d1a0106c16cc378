// Package report puts a result into words: the report, the comment on the pull
// request, the job summary and the end of a run at a terminal. Each section is
// a file; the same sections serve all readers.
//
// A result may come from a fork, and most strings in it come from the model:
// names, messages, logs, predictions. Everything passes through escape.go.
package report

import (
	"fmt"
	"math"
	"strings"

	"github.com/slipway-dev/slipway/internal/result"
)

// detail bounds how much is told, for readers with a limit.
type detail struct {
	items int // of each list; 0 leaves lists out
	lines int // of each log or value, from the end or around the difference
	runes int // of each message or line
}

// complete leaves nothing out: what the result holds is bounded already.
var complete = detail{items: math.MaxInt, lines: math.MaxInt, runes: math.MaxInt}

// section is a part of the report that stands on its own. Its body is empty
// when there is nothing to say; then its title is not shown either.
type section struct {
	title string
	body  func(result.Result, detail) string
}

// Markdown is report.md: everything that the result tells, for a person.
func Markdown(r result.Result) string { return markdown(r, complete) }

func markdown(r result.Result, d detail) string {
	blocks := []string{"# " + headline(r, d), about(r, d), table(r, d), notChecked(r, d), failure(r, d)}
	for _, s := range []section{
		{"Problems", problems},
		{"Failed tests", failedTests},
		{"Predictions", cases},
		{"Load", load},
		{"Budgets", budgets},
		{"Stages", stages},
		{"Training", training},
		{"Gates", gates},
		{"Image", image},
		{"How to pull and run it", howToRun},
		{"Warnings", warnings},
	} {
		if body := s.body(r, d); body != "" {
			blocks = append(blocks, "## "+s.title, body)
		}
	}
	for _, s := range logs {
		blocks = append(blocks, fold(s, r, d))
	}
	return join(append(blocks, footer(r, d)))
}

// fold puts a section behind its title. Titles are ours: inside <summary>
// nothing would be escaped.
func fold(s section, r result.Result, d detail) string {
	body := s.body(r, d)
	if body == "" {
		return ""
	}
	// The empty lines make GitHub read the body as Markdown (https://github.github.com/gfm/#html-blocks).
	return "<details><summary>" + s.title + "</summary>\n\n" + body + "\n\n</details>"
}

// join puts an empty line between blocks and leaves empty ones out.
func join(blocks []string) string {
	var b strings.Builder
	for _, block := range blocks {
		if block == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteString("\n\n")
		}
		b.WriteString(block)
	}
	b.WriteByte('\n')
	return b.String()
}

// more says how much of a list is not shown; empty when all of it is.
func more(shown, all int) string {
	if all <= shown {
		return ""
	}
	return fmt.Sprintf("… and %d more: the report lists them.", all-shown)
}
