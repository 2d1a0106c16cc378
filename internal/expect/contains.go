package expect

import (
	"encoding/json"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
)

// maxContains is how many texts or items can be looked for: each is compared
// with every item of an answer.
const maxContains = 100

func prepareContains(e Expectation) (*matcher, []Mistake) {
	if e.Contains == nil {
		return nil, nil
	}
	switch n := len(e.Contains); {
	case n == 0:
		return nil, mistake("contains", "is empty: list the texts or items that must be there")
	case n > maxContains:
		return nil, mistake("contains", "has %d texts or items, at most %d are looked for", n, maxContains)
	}
	var wanted []*value
	var lines []string
	var mistakes []Mistake
	for i, item := range e.Contains {
		v, wrong := document(fmt.Sprintf("contains[%d]", i), item)
		if wrong == nil && v.kind == text && v.lit == "" {
			wrong = mistake(fmt.Sprintf("contains[%d]", i), "every text contains the empty text: write what must be there")
		}
		mistakes = append(mistakes, wrong...)
		wanted = append(wanted, v)
		lines = append(lines, compact(item))
	}
	if mistakes != nil {
		return nil, mistakes
	}
	return &matcher{expected: window("contains "+strings.Join(lines, "\ncontains "), 0), judge: func(got *value) finding {
		if got.kind != text && got.kind != array {
			return finding{reason: fmt.Sprintf("the answer is %s: only a text or an array contains something", describe(got))}
		}
		var missing []json.RawMessage
		for i, want := range wanted {
			if !contains(e, got, want) {
				missing = append(missing, e.Contains[i])
			}
		}
		if len(missing) == 0 {
			return finding{}
		}
		return finding{reason: "the answer does not contain " + enumerate(missing)}
	}}, nil
}

func contains(e Expectation, got, want *value) bool {
	if got.kind == text {
		return want.kind == text && strings.Contains(got.lit, want.lit)
	}
	c := newComparison(e.Tolerance)
	for i := range got.items {
		c.count = 0
		if c.compare(want, &got.items[i]); c.count == 0 {
			return true
		}
	}
	return false
}

// enumerate lists values of a case for a sentence.
func enumerate(items []json.RawMessage) string {
	const most = 5
	var out []string
	for _, item := range items[:min(len(items), most)] {
		out = append(out, compact(item))
	}
	list := strings.Join(out, ", ")
	if len(items) > most {
		list += fmt.Sprintf(" and %d more", len(items)-most)
	}
	return list
}

const (
	// maxPattern is the length of a pattern in bytes, and maxProgram that of
	// what it compiles to. Matching takes time with it times the answer: 1 s
	// for a text of 1 MiB that matches nowhere.
	maxPattern = 1000
	maxProgram = 200
)

func prepareMatches(e Expectation) (*matcher, []Mistake) {
	if e.Matches == "" {
		return nil, nil
	}
	if len(e.Matches) > maxPattern {
		return nil, mistake("matches", "the pattern has %d bytes, at most %d are allowed: look for less, or with several cases", len(e.Matches), maxPattern)
	}
	parsed, err := syntax.Parse(e.Matches, syntax.Perl)
	if err != nil {
		return nil, mistake("matches", "%s (the syntax is RE2's, https://github.com/google/re2/wiki/Syntax)", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	if program, err := syntax.Compile(parsed.Simplify()); err != nil || len(program.Inst) > maxProgram {
		return nil, mistake("matches", "the pattern repeats too much: use smaller counts than in {…}")
	}
	if anything(parsed.Simplify()) {
		return nil, mistake("matches", "every text matches this: write what must be there")
	}
	pattern, err := regexp.Compile(e.Matches)
	if err != nil {
		return nil, mistake("matches", "%v", err)
	}
	return &matcher{expected: "matches " + e.Matches, judge: func(got *value) finding {
		switch {
		case got.kind != text:
			return finding{reason: fmt.Sprintf("the answer is %s: only a text can match %s", describe(got), clip(e.Matches))}
		case !pattern.MatchString(got.lit):
			return finding{reason: fmt.Sprintf("the text does not match %s", clip(e.Matches))}
		}
		return finding{}
	}}, nil
}
