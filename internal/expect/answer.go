package expect

import (
	"encoding/json"
	"fmt"
	"math/big"
)

func prepareAnswer(e Expectation) (*matcher, []Mistake) {
	return prepareComparison("answer", e.Answer, e, false)
}

// prepareSubset is a comparison in which objects may have more members than is expected.
func prepareSubset(e Expectation) (*matcher, []Mistake) {
	return prepareComparison("subset", e.Subset, e, true)
}

func prepareComparison(key string, data json.RawMessage, e Expectation, subset bool) (*matcher, []Mistake) {
	if len(data) == 0 {
		return nil, nil
	}
	want, mistakes := document(key, data)
	if mistakes != nil {
		return nil, mistakes
	}
	paths, mistakes := locate(e.Paths, want)
	if mistakes != nil {
		return nil, mistakes
	}
	return &matcher{expected: show(want, nil, 0), judge: func(got *value) finding {
		c := newComparison(e.Tolerance)
		c.paths, c.subset = paths, subset
		c.compare(want, got)
		return c.found(want, got)
	}}, nil
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
