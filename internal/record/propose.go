// Package record turns what a model answered into what it is expected to
// answer from now on. It is pure: it proposes an expectation and the new
// content of a case file, and writes nothing.
package record

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"

	"github.com/slipway-dev/slipway/internal/expect"
)

// Proposal is what can be recorded of a case.
type Proposal struct {
	// Expect is what is expected from now on; nil when nothing can be recorded.
	Expect *expect.Expectation
	// Own is true when the tolerance is the one that a person wrote: it stays as it is written.
	Own bool
	// Why says what is not as simple as an answer that is always the same, or
	// why nothing can be recorded; Advice then says what to do.
	Why, Advice string
}

// margin is how many times as much as was seen a proposed tolerance allows: a
// few rounds do not show the largest difference there is.
const margin = 4

// Propose makes an expectation of the answers of several rounds, keeping what
// the case expects besides. A tolerance of its author's own is kept as long as
// it holds for all rounds.
func Propose(before expect.Expectation, own bool, answers []expect.Answer) Proposal {
	for _, a := range answers {
		if why, advice := unfit(before, a); why != "" {
			return Proposal{Why: why, Advice: advice}
		}
	}
	after := before
	after.Answer = asJSON(answers[0])
	if own && before.Tolerance != nil && all(only(after), answers) {
		return Proposal{Expect: &after, Own: true}
	}
	after.Tolerance = nil
	first, found, err := seen(answers)
	if err != nil {
		return Proposal{Why: "the answer is not JSON that can be written down: " + err.Error(), Advice: byHand}
	}
	if why, advice := others(first, found); why != "" {
		return Proposal{Why: why, Advice: advice}
	}
	p := Proposal{Expect: &after}
	if !enough(only(after), answers) {
		abs, rel := largest(only(after), answers, found)
		after.Tolerance = tolerance(only(after), answers, abs, rel)
		p.Why = fmt.Sprintf("the answer changes by up to %.2g from round to round: the tolerance allows %d times that", abs, margin)
		if len(after.Paths) == 0 {
			p.Why += strict(first, found)
		}
	}
	for _, a := range answers {
		if v := expect.Judge(only(after), a); !v.Passed { // one of the case's own paths
			return Proposal{Why: v.Reason, Advice: "correct `paths` in the case"}
		}
	}
	if own && before.Tolerance != nil {
		p.Why = strings.TrimSuffix("the tolerance that the case had does not hold for all rounds, and was replaced; "+p.Why, "; ")
	}
	return p
}

const byHand = "write by hand what must hold"

// seen takes the answers apart: the first one, and where the others differ from it.
func seen(answers []expect.Answer) (first node, found []*change, err error) {
	nodes := make([]node, len(answers))
	for i, a := range answers {
		if nodes[i], err = read(asJSON(a)); err != nil {
			return node{}, nil, err
		}
	}
	return nodes[0], changes(nodes[0], nodes[1:]), nil
}

// enough is true when what every case allows is, with the margin.
func enough(e expect.Expectation, answers []expect.Answer) bool {
	if !all(e, answers) {
		return false
	}
	e.Tolerance = &expect.Tolerance{Rtol: expect.Default.Rtol / margin, Atol: expect.Default.Atol / margin}
	return all(e, answers)
}

// largest are the largest differences of the numbers that no path of the case has
// a tolerance for.
func largest(e expect.Expectation, answers []expect.Answer, found []*change) (abs, rel float64) {
	abss, rels := []float64{0}, []float64{0}
	for _, c := range found {
		abss, rels = append(abss, c.abs), append(rels, c.rel)
	}
	least := func(of []float64, t func(x float64) expect.Tolerance) float64 {
		slices.Sort(of)
		if len(e.Paths) == 0 {
			return of[len(of)-1]
		}
		at := sort.Search(len(of)-1, func(i int) bool {
			bound := t(of[i] * (1 + 1e-9)) // it was rounded to a double
			e.Tolerance = &bound
			return all(e, answers)
		})
		return of[at]
	}
	return least(abss, func(x float64) expect.Tolerance { return expect.Tolerance{Atol: x} }),
		least(rels, func(x float64) expect.Tolerance { return expect.Tolerance{Rtol: x, Atol: expect.Default.Atol} })
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
	return expect.Expectation{Answer: e.Answer, Tolerance: e.Tolerance, Paths: e.Paths, Status: e.Status, Exit: e.Exit}
}

// unfit says why an answer must not be recorded, or nothing: what is recorded is what counts as right.
func unfit(before expect.Expectation, a expect.Answer) (why, advice string) {
	bare := expect.Expectation{Status: before.Status, Exit: before.Exit, Finite: true}
	if v := expect.Judge(bare, a); !v.Passed {
		return v.Reason, "correct the request or the model; a refusal that is right takes its `status` (a command's: `exit`) in expect"
	}
	if a.Truncated {
		return fmt.Sprintf("the answer has %d bytes, too many to be recorded", a.Length), "write `sha256`, or ask for less"
	}
	return "", ""
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

// asJSON is an answer as JSON: a text becomes a string.
func asJSON(a expect.Answer) []byte {
	if a.JSON != nil {
		return a.JSON
	}
	return quote(a.Text)
}
