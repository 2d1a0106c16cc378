package report

import (
	"unicode/utf16"
	"unicode/utf8"

	"github.com/slipway-dev/slipway/internal/result"
)

// maxComment is what a comment may have, in characters and in UTF-16 units.
// GitHub refuses 65,537 "characters" and does not say which kind it counts
// (422 "Body is too long (maximum is 65536 characters)").
const maxComment = 65_000

// maxSummary is what a job summary may have, in bytes: a little under the limit of 1 MiB for a step
// (https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#adding-a-job-summary).
const maxSummary = 1_000_000

// levels say less and less. A text that is too long is written again with the
// next one, so that nothing is cut inside a table, a fence or <details>: first
// logs and long answers are shortened, then lists, and at the end only verdict,
// numbers and error are left, which always fit.
var levels = []detail{
	{items: 50, lines: 60, runes: 4000},
	{items: 20, lines: 30, runes: 1000},
	{items: 10, lines: 15, runes: 400},
	{items: 3, lines: 12, runes: 200},
	{items: 0, lines: 0, runes: 200},
}

// Comment is the comment on the pull request; its first line is the marker.
//
// r may be a fork's; m must not be: it comes from the run that writes the comment.
func Comment(r result.Result, m Marker) string {
	return fit(levels, func(d detail) string { return comment(r, m, d) }, func(s string) bool {
		return utf8.RuneCountInString(s) <= maxComment && len(utf16.Encode([]rune(s))) <= maxComment
	})
}

// Summary is the report as a job summary.
func Summary(r result.Result) string {
	return fit(append([]detail{complete, {items: 500, lines: 200, runes: 4000}}, levels...),
		func(d detail) string { return markdown(r, d) },
		func(s string) bool { return len(s) <= maxSummary })
}

// fit gives the most detailed text that fits.
func fit(levels []detail, write func(detail) string, fits func(string) bool) string {
	var s string
	for _, d := range levels {
		if s = write(d); fits(s) {
			break
		}
	}
	return s
}

func comment(r result.Result, m Marker, d detail) string {
	blocks := []string{
		m.String() + "\n### " + headline(r, d),
		about(r, d), table(r, d), pull(r, d), notChecked(r, d), failure(r, d), problems(r, d),
	}
	for _, s := range []section{
		{"Failed tests", failedTests},
		{"Predictions that are not as expected", failedCases},
		{"Load", load},
		{"Budgets", budgets},
		{"Training", training},
		{"Gates", gates},
		{"Warnings", warnings},
		{"Stages", stages},
		{"Image", imageAndRun},
	} {
		blocks = append(blocks, fold(s, r, d))
	}
	for _, s := range logs {
		blocks = append(blocks, fold(s, r, d))
	}
	return join(append(blocks, footer(r, d)))
}

// pull is the one thing to copy.
func pull(r result.Result, d detail) string {
	if !published(r) || inDirectory(r) {
		return ""
	}
	return code("docker pull "+word(r.Image.Reference), max(d.runes, 400))
}

func imageAndRun(r result.Result, d detail) string {
	i, run := image(r, d), howToRun(r, d)
	if i == "" || run == "" {
		return i + run
	}
	return i + "\n\n" + run
}
