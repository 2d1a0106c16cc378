package report

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/slipway-dev/slipway/internal/result"
)

const (
	// columns is how wide expected and got are together: what a comment shows
	// without scrolling, and a terminal without breaking.
	columns = 95
	// between is what stands between lines that are equal, and as wide as what
	// stands between others.
	between = "   "
	// lastRows is how many rows are left of the end of what is too long: an
	// error says there what was raised.
	lastRows = 3
	// fewRows are shown whether they differ or not.
	fewRows = 12
)

// sideBySide shows expected and got in two columns: all of what is short, else
// the lines that differ with one before and after. A "|" stands between lines
// that are not equal, as in diff -y; which of them are out of tolerance the
// reason says.
func sideBySide(c result.Case, d detail) []string {
	want, got := valueLines(c.Expected), valueLines(c.Got)
	all := max(len(want), len(got))
	if all == 0 {
		return nil
	}
	rows := inColumns(want, got, slices.Repeat([]bool{true}, all))
	if len(rows) > min(d.lines, fewRows) {
		rows = inColumns(want, got, differing(want, got))
	}
	if len(rows) <= d.lines {
		return rows
	}
	// One line can be as long as a book.
	return slices.Concat(rows[:max(1, d.lines-1-lastRows)], []string{"… " + count(len(rows)-d.lines+1, "row")}, rows[len(rows)-lastRows:])
}

func inColumns(want, got []string, shown []bool) []string {
	left, right := len("expected"), len("got")
	for i, show := range shown {
		if show {
			left = max(left, utf8.RuneCountInString(lineAt(want, i)))
			right = max(right, utf8.RuneCountInString(lineAt(got, i)))
		}
	}
	// Each has half of the room, and what the other leaves of its own.
	const room = columns - len(between)
	left = min(left, max(room/2, room-right))
	right = room - left // as wide as left where both are long: then equal lines break alike
	rows := []string{pad("expected", left) + between + "got"}
	hidden := 0
	for i, show := range shown {
		if !show {
			hidden++
			if i == len(shown)-1 || shown[i+1] {
				rows = append(rows, "… "+count(hidden, "equal line"))
				hidden = 0
			}
			continue
		}
		rows = append(rows, beside(lineAt(want, i), lineAt(got, i), left, right)...)
	}
	return rows
}

// differing marks the lines that are not equal, with those next to them. A
// line that would be left out alone is not, and nor is any where all are equal.
func differing(want, got []string) []bool {
	shown := make([]bool, max(len(want), len(got)))
	if slices.Equal(want, got) {
		return slices.Repeat([]bool{true}, len(shown))
	}
	for i := range shown {
		if lineAt(want, i) != lineAt(got, i) {
			for k := max(0, i-1); k <= min(i+1, len(shown)-1); k++ {
				shown[k] = true
			}
		}
	}
	for i := range shown {
		if (i == 0 || shown[i-1]) && (i == len(shown)-1 || shown[i+1]) {
			shown[i] = true
		}
	}
	return shown
}

// beside is a line of both, broken to the widths of their columns.
func beside(want, got string, left, right int) []string {
	var rows []string
	l, r := wrap(want, left), wrap(got, right)
	for k := range max(len(l), len(r)) {
		bar := between
		if lineAt(l, k) != lineAt(r, k) && want != got {
			bar = " | "
		}
		rows = append(rows, strings.TrimRight(pad(lineAt(l, k), left)+bar+lineAt(r, k), " "))
	}
	return rows
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
