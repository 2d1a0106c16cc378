package expect

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// Answer is what came back for a case, after the protocol found the answer in it.
type Answer struct {
	Status      int
	ContentType string
	// JSON is the answer; nil when it was not JSON. Bare NaN, Infinity and
	// -Infinity may stand in it, as Python's json module writes them.
	JSON []byte
	// Text is an answer that is not JSON.
	Text string
	// Problem is why the protocol found no answer in the response; empty when it did.
	Problem string
	// Truncated is true when only the beginning of the body was kept, of Length bytes.
	Truncated bool
	Length    int64
	// SHA256 is of the whole body, in hex.
	SHA256 string
	// LatencyMS is the time of the whole exchange, in milliseconds.
	LatencyMS float64
	// Exit is how a command ended, for the protocol exec; nil for a server's answer.
	Exit *int
}

// Verdict is what came of holding an answer against an expectation.
type Verdict struct {
	Passed bool
	// Note is worth saying about an answer that passed: JSON that is called text/html.
	Note string
	// Reason says what the first difference is, and where; empty when passed.
	Reason string
	// Path is where the first difference is, as a JSONPath into the answer; empty when it is not inside it.
	Path string
	// MaxAbsDiff and MaxRelDiff are the largest differences |got-want| and
	// |got-want|/|want| of all numbers that were compared, within tolerance or
	// not; nil when none was (MaxRelDiff: none that was expected not to be 0),
	// or when the largest is beyond the range of a double.
	MaxAbsDiff, MaxRelDiff *float64
	// Expected and Got are for reading: pretty, and cut to 4 KiB around the first difference.
	Expected, Got string
}

// finding is what a matcher has to say: nothing when reason is empty.
type finding struct {
	reason         string
	path           path
	inside         bool       // the path is where it is in the answer
	expected, got  string     // for reading, where they are better than the whole
	maxAbs, maxRel *big.Float // of the numbers that were compared
}

// Judge holds an answer against an expectation. Numbers are compared by value
// (1 is 1.0, -0 is 0), those expected with a fraction or an exponent within the
// tolerance, those without exactly unless the case names a tolerance. Objects
// must have the same members, in any order. Whatever is expected is tried:
// the reason is of the first that does not hold, and names the others.
func Judge(e Expectation, got Answer) Verdict {
	var v Verdict
	if got.Truncated {
		got.Problem = "" // where there is only half a response, its answer may be in the other
	}
	answer := read(got)
	v.Got = show(&answer.value, nil, 0)
	matchers, mistakes := prepare(e)
	if len(matchers) > 0 {
		v.Expected = matchers[0].expected
	}
	if len(mistakes) > 0 {
		v.Reason = fmt.Sprintf("the expectation is wrong itself: %s: %s", clip(mistakes[0].Key), mistakes[0].Message)
		return v
	}
	var failed, notes []string
	fail := func(name string, f finding, expected string) {
		if failed = append(failed, name); len(failed) == 1 {
			v.report(f, expected)
		}
	}
	envelope := func(parts []part) {
		for _, p := range parts {
			if reason := p.judge(e, got); reason != "" {
				fail(p.name, finding{reason: reason}, v.Expected)
			}
		}
	}
	envelope(outcome)
	if len(failed) > 0 {
		matchers = nil
	} else if reason := unusable(e, matchers, &answer, got); reason != "" {
		fail("content", finding{reason: reason}, v.Expected)
		matchers = nil // they would all say so again
	}
	for i, m := range matchers {
		f := m.judge(&answer.value)
		if i == 0 {
			v.MaxAbsDiff, v.MaxRelDiff = finite(f.maxAbs), finite(f.maxRel)
			if f.maxAbs != nil && v.MaxAbsDiff == nil {
				notes = append(notes, "the largest difference is "+far(f.maxAbs)+", more than a double holds")
			}
		}
		if f.reason != "" {
			fail(m.name, f, m.expected)
		}
	}
	envelope(wrapping)
	if v.Passed = len(failed) == 0; v.Passed {
		notes = append(notes, answer.remark, note(e, &answer, got))
		v.Note = strings.Join(slices.DeleteFunc(notes, func(s string) bool { return s == "" }), "; ")
		return v
	}
	if len(failed) > 1 {
		v.Reason += "; also " + strings.Join(failed[1:], ", ")
	}
	if answer.remark != "" {
		v.Reason += "; " + answer.remark
	}
	return v
}

// report puts a finding into the verdict.
func (v *Verdict) report(f finding, expected string) {
	v.Reason = f.reason
	if f.inside {
		v.Path = f.path.String()
	}
	if len(f.path) > 0 {
		v.Reason = clip(v.Path) + ": " + v.Reason
	}
	v.Expected = cmp.Or(f.expected, expected)
	v.Got = cmp.Or(f.got, v.Got)
}
