package config

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/slipway-dev/slipway/internal/result"
)

// maxProblems bounds what is told of one model: whoever sees a hundred
// problems has one problem, such as the wrong file.
const maxProblems = 100

// problems collects what is wrong, over all files of one model.
type problems struct {
	list []result.Problem
	more int
}

func (p *problems) add(file string, line, col int, message string) {
	if len(p.list) == maxProblems {
		p.more++
		return
	}
	p.list = append(p.list, result.Problem{File: file, Line: line, Column: col, Message: message})
}

// merge takes over what was found elsewhere.
func (p *problems) merge(other *problems) {
	for _, found := range other.list {
		p.add(found.File, found.Line, found.Column, found.Message)
	}
	p.more += other.more
}

// sorted returns the problems in the order in which a person meets them:
// those of the file named first, then file by file, from top to bottom.
func (p *problems) sorted(first string) []result.Problem {
	slices.SortStableFunc(p.list, func(a, b result.Problem) int {
		if a.File != b.File && (a.File == first || b.File == first) {
			if a.File == first {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	if p.more > 0 {
		p.list = append(p.list, result.Problem{File: first, Message: fmt.Sprintf("… and %d more problems", p.more)})
	}
	return p.list
}

// quote shows something that a user wrote: on one line, and not all of it when it is long.
func quote(s string) string { return strconv.Quote(clip(s)) }

func clip(s string) string {
	const most = 60 // characters
	if runes := []rune(s[:min(len(s), 4*most)]); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}

// oneLine makes a message of somebody else's fit for a list of problems.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if runes := []rune(s); len(runes) > 200 {
		return string(runes[:200]) + "…"
	}
	return s
}

// choices is a list of valid words for a message.
func choices(words []string) string { return strings.Join(words, ", ") }

// meant is "; did you mean X?" for the choice that is nearest to a word, or
// nothing when none is near.
func meant(word string, valid []string) string {
	if len(word) < 3 {
		return ""
	}
	best, nearest := "", 1+max(1, len(word)/3)
	for _, v := range valid {
		if d := distance(fold(word), fold(v)); d < nearest {
			best, nearest = v, d
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + best + "?"
}

// fold makes pull_request and Pull-Request the same.
func fold(s string) string { return strings.ReplaceAll(strings.ToLower(s), "_", "-") }

// distance is the number of letters to add, drop, change or swap to make b of a.
// https://en.wikipedia.org/wiki/Damerau%E2%80%93Levenshtein_distance#Optimal_string_alignment_distance
func distance(a, b string) int {
	if len(a) > 40 || len(b) > 40 {
		return 40 // nobody mistypes a word that long into one of ours
	}
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}
