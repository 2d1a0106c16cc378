package expect

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
)

// prepareComparisons makes ready what an answer must be and what it must have:
// objects may have more members than a subset. They share the tolerances.
func prepareComparisons(e Expectation) ([]*matcher, []Mistake) {
	var matchers []*matcher
	var documents []*value
	var mistakes []Mistake
	tolerances := map[*value]bounds{}
	add := func(name string, data json.RawMessage, subset bool) {
		if len(data) == 0 {
			return
		}
		want, wrong := document(name, data)
		if wrong != nil {
			mistakes = append(mistakes, wrong...)
			return
		}
		if subset && want.vacant() {
			mistakes = append(mistakes, mistake(name, "it holds no value, and so nearly every answer has it: write members with what they must be, or say what it looks like with type or schema")...)
			return
		}
		documents = append(documents, want)
		matchers = append(matchers, &matcher{name: name, expected: show(want, nil, 0), judge: func(got *value) finding {
			c := newComparison(e.Tolerance)
			c.paths, c.subset = tolerances, subset
			c.compare(want, got)
			return c.found(want, got)
		}})
	}
	add("answer", e.Answer, false)
	add("subset", e.Subset, true)
	if mistakes == nil {
		mistakes = locate(e.Paths, documents, tolerances)
	}
	return matchers, append(mistakes, checkTolerances(e)...)
}

// vacant is true for objects without members, and what holds nothing but them:
// as a subset, they are in every object. An array without items is one thing only.
func (v *value) vacant() bool {
	full := func(item value) bool { return !item.vacant() }
	return v.kind == object && !slices.ContainsFunc(v.items, full) ||
		v.kind == array && len(v.items) > 0 && !slices.ContainsFunc(v.items, full)
}

// found is what a comparison of want and got came to.
func (c *comparison) found(want, got *value) finding {
	f := finding{maxAbs: c.maxAbs, maxRel: c.maxRel}
	if c.count == 0 {
		return f
	}
	f.reason, f.path, f.inside = c.reason, c.first, true
	f.expected, f.got = show(want, c.first, c.offset), show(got, c.first, c.offset)
	if c.count > 1 && c.count != c.off {
		f.reason += "; " + plural(c.count-1, "further difference")
	}
	if c.off > 1 {
		f.reason += fmt.Sprintf("; %d of %s differ, ", c.off, plural(c.numbers, "number"))
		if worst := pathTo(want, c.worst.want).String(); worst == c.first.String() {
			f.reason += "this one most"
		} else {
			f.reason += fmt.Sprintf("most of all %s: expected %s, got %s (off by %s)",
				clip(worst), clip(c.worst.want.lit), clip(c.worst.got.lit), far(c.worst.by))
		}
	}
	return f
}

// far is a difference for a sentence.
func far(by *big.Float) string {
	if by.IsInf() {
		return "more than can be said"
	}
	return short(by)
}
