// Package record turns what a model answered into what it is expected to
// answer from now on. It is pure: it proposes an expectation and the new
// content of a case file, and writes nothing.
package record

import (
	"fmt"
	"math"

	"github.com/slipway-dev/slipway/internal/expect"
)

// Proposal is what can be recorded of a case.
type Proposal struct {
	Expect expect.Expectation
	// Why says what is not as simple as an answer that is always the same;
	// empty when it is.
	Why string
}

// anyNumber is a tolerance that every finite difference is within: what still
// differs is no number.
var anyNumber = expect.Tolerance{Rtol: math.MaxFloat64, Atol: math.MaxFloat64}

// margin is how many times as much as was seen a proposed tolerance allows: a
// few rounds do not show the largest difference there is.
const margin = 4

// Propose makes an expectation of the answers of several rounds, keeping what
// the case expects besides. Where nothing can be recorded, the proposal has no
// answer, and says why.
func Propose(before expect.Expectation, answers []expect.Answer) Proposal {
	first := answers[0]
	for _, a := range answers {
		if why := unfit(before, a); why != "" {
			return nothing(before, why)
		}
	}
	p := Proposal{Expect: before}
	p.Expect.Answer, p.Expect.Tolerance = document(first), nil
	within := only(p.Expect)
	within.Tolerance = &anyNumber
	var abs, rel float64
	for _, a := range answers[1:] {
		v := expect.Judge(within, a)
		if !v.Passed {
			return nothing(before, "the answer changes from round to round ("+v.Reason+"): write what must hold, such as contains, matches or type")
		}
		abs, rel = max(abs, value(v.MaxAbsDiff)), max(rel, value(v.MaxRelDiff))
	}
	if rel*margin <= expect.Default.Rtol && all(only(p.Expect), answers) {
		return p // what every case allows is enough
	}
	p.Expect.Tolerance = tolerance(only(p.Expect), answers, abs, rel)
	p.Why = fmt.Sprintf("the answer changes by up to %.2g from round to round: the tolerance allows %d times that", abs, margin)
	return p
}

// all is true when an expectation holds for every answer.
func all(e expect.Expectation, answers []expect.Answer) bool {
	for _, a := range answers {
		if !expect.Judge(e, a).Passed {
			return false
		}
	}
	return true
}

// only is the comparison with the answer, without what else is expected.
func only(e expect.Expectation) expect.Expectation {
	return expect.Expectation{Answer: e.Answer, Tolerance: e.Tolerance, Status: e.Status, Exit: e.Exit}
}

// unfit says why an answer must not be recorded, or nothing: what is recorded is what counts as right.
func unfit(before expect.Expectation, a expect.Answer) string {
	bare := expect.Expectation{Status: before.Status, Exit: before.Exit, Finite: true}
	if v := expect.Judge(bare, a); !v.Passed {
		return v.Reason
	}
	if a.Truncated {
		return fmt.Sprintf("the answer has %d bytes, too many to be recorded", a.Length)
	}
	return ""
}

func nothing(before expect.Expectation, why string) Proposal {
	before.Answer, before.Tolerance = nil, nil
	return Proposal{Expect: before, Why: why}
}

// tolerance allows margin times the differences that were seen, relative to
// the numbers where that is enough, because then it holds for large and small ones.
func tolerance(e expect.Expectation, answers []expect.Answer, abs, rel float64) *expect.Tolerance {
	const most = 0.1 // beyond this, a relative tolerance says little
	relative := expect.Tolerance{Rtol: max(up(margin*rel), expect.Default.Rtol), Atol: expect.Default.Atol}
	e.Tolerance = &relative
	if relative.Rtol <= most && all(e, answers) {
		return &relative
	}
	return &expect.Tolerance{Rtol: expect.Default.Rtol, Atol: max(up(margin*abs), expect.Default.Atol)}
}

// up rounds up to one digit: 0.00034 becomes 0.0004.
func up(x float64) float64 {
	if x <= 0 {
		return 0
	}
	unit := math.Pow(10, math.Floor(math.Log10(x)))
	return math.Ceil(x/unit-1e-9) * unit
}

func value(f *float64) float64 {
	if f == nil {
		return 0
	}
	return *f
}

// document is an answer as JSON: a text becomes a string.
func document(a expect.Answer) []byte {
	if a.JSON != nil {
		return a.JSON
	}
	return quote(a.Text)
}
