package report

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/slipway-dev/slipway/internal/result"
)

// fact is one number that a reviewer decides on. A fact that is beside the one
// before it shares its row in a table. Values are not escaped.
type fact struct {
	label, value string
	beside       bool
}

// facts are what there is to know at a glance, in the order of interest.
func facts(r result.Result) []fact {
	if r.Status == result.Invalid && !begun(r) {
		return nil // nothing was run: a table of "not run" says it six times
	}
	var facts []fact
	if r.Train != nil {
		facts = append(facts, fact{label: "training", value: trained(r)})
	}
	if has(r, "test") {
		facts = append(facts, fact{label: "tests", value: testCount(r)})
	}
	facts = append(facts, fact{label: "predictions", value: predictionCount(r)})
	facts = append(facts, speed(r.Smoke)...)
	if r.Smoke != nil && len(r.Smoke.Budgets) > 0 {
		facts = append(facts, fact{label: "budgets", value: budgetCount(r.Smoke.Budgets)})
	}
	if len(r.Gates) > 0 {
		facts = append(facts, fact{label: "gates", value: gateCount(r.Gates)})
	}
	if has(r, "image") || r.Image != nil {
		facts = append(facts, fact{label: "image", value: imageSize(r)})
	}
	return facts
}

// has is false for a stage that the command does not have: there is nothing to say of it.
func has(r result.Result, stage string) bool {
	_, ok := stageNamed(r, stage)
	return ok
}

// table is the facts as a table without a heading row.
func table(r result.Result, d detail) string {
	facts := facts(r)
	if len(facts) == 0 {
		return ""
	}
	rows := []string{"| | |", "|---|---|"}
	for len(facts) > 0 {
		label, value := facts[0].label, facts[0].value
		for facts = facts[1:]; len(facts) > 0 && facts[0].beside; facts = facts[1:] {
			label += " · " + facts[0].label
			value += " · " + facts[0].value
		}
		rows = append(rows, "| "+label+" | "+text(value, d.runes)+" |")
	}
	return strings.Join(rows, "\n")
}

func testCount(r result.Result) string {
	t := r.Tests
	if t == nil {
		return notRun(r, "test", "passed, not counted")
	}
	var parts []string
	for _, p := range []struct {
		n    int
		word string
	}{{t.Failed, "failed"}, {t.Passed, "passed"}, {t.Skipped, "skipped"}} {
		if p.n > 0 {
			parts = append(parts, strconv.Itoa(p.n)+" "+p.word)
		}
	}
	switch {
	case len(parts) > 0:
		return strings.Join(parts, ", ")
	case t.Log != "":
		return "did not pass, not counted"
	}
	return "none"
}

func predictionCount(r result.Result) string {
	s := r.Smoke
	switch {
	case s == nil:
		return notRun(r, "smoke", "not asked")
	case len(s.Cases) == 0:
		return "not asked: " + notAsked(r)
	}
	passed, recorded := 0, 0
	for _, c := range s.Cases {
		if c.Status == result.StagePassed {
			passed++
		}
		if c.Recorded {
			recorded++
		}
	}
	words := " as recorded"
	if recorded < len(s.Cases) { // some say only what an answer must look like
		words = " as expected"
	}
	return strconv.Itoa(passed) + " of " + strconv.Itoa(len(s.Cases)) + words
}

// notAsked is why a server that was to be asked was not.
func notAsked(r result.Result) string {
	stage, _ := stageNamed(r, "smoke")
	switch {
	case stage.Status == result.StageSkipped: // what it needs is not there
		return stage.Reason
	case !started(r.Smoke):
		return "the server did not start"
	case stage.Status == result.StageFailed, stage.Status == result.StageErrored: // one that somebody else runs
		return "the server did not answer"
	}
	return "there are no cases"
}

// speed is nothing when the server never answered: then there was nothing to measure.
func speed(s *result.Smoke) []fact {
	if s == nil || s.StartupMS == nil && s.LatencyMS == nil {
		return nil
	}
	var p95 *float64
	if s.LatencyMS != nil {
		p95 = &s.LatencyMS.P95
	}
	facts := []fact{
		{label: "ready in", value: duration(s.StartupMS)},
		{label: "p95", value: duration(p95), beside: true},
		{label: "memory", value: memory(s.MemoryPeakBytes), beside: true},
	}
	if rate := perSecond(s); rate != "" && s.Load != nil {
		facts = append(facts, fact{label: "under load", value: fmt.Sprintf("%s, %d at a time", rate, s.Load.Concurrency)})
	}
	return facts
}

func budgetCount(budgets []result.Budget) string {
	kept, measured := 0, 0
	for _, b := range budgets {
		if b.Status != result.StageSkipped {
			measured++
		}
		if b.Status == result.StagePassed {
			kept++
		}
	}
	if measured == 0 {
		return missing
	}
	return strconv.Itoa(kept) + " of " + strconv.Itoa(len(budgets)) + " kept"
}

func gateCount(gates []result.Gate) string {
	passed := 0
	for _, g := range gates {
		if g.Status == result.StagePassed {
			passed++
		}
	}
	return strconv.Itoa(passed) + " of " + strconv.Itoa(len(gates)) + " passed"
}

func imageSize(r result.Result) string {
	if r.Image == nil {
		return notRun(r, "image", "not built")
	}
	var sizes []string
	for _, p := range r.Image.Platforms {
		if p.Size <= 0 { // an image is never empty: nobody weighed it
			continue
		}
		s := size(p.Size)
		if len(r.Image.Platforms) > 1 {
			s += " (" + p.Platform + ")"
		}
		sizes = append(sizes, s)
	}
	out := strings.Join(sizes, ", ")
	if out == "" {
		out = "size " + missing
	}
	switch n := pushed(r.Image); {
	case n == nil || !published(r):
	case *n == 0:
		out += ", nothing of it new"
	default:
		out += ", of which " + size(*n) + " is new"
	}
	return out
}

// pushed is what had to be uploaded; nil when that is not known of every layer.
func pushed(image *result.Image) *int64 {
	var sum int64
	for _, l := range image.Layers {
		if l.PushedBytes == nil {
			return nil
		}
		sum += *l.PushedBytes
	}
	if len(image.Layers) == 0 {
		return nil
	}
	return &sum
}

// notRun is why a stage has nothing to show; otherwise is for a stage that has none all the same.
func notRun(r result.Result, stage, otherwise string) string {
	s, ok := stageNamed(r, stage)
	switch {
	case !ok:
		return "not run"
	case s.Status == result.StageSkipped:
		// The runner begins some reasons with the same words.
		return "not run: " + strings.TrimPrefix(s.Reason, "not run: ")
	case s.Status == result.StageErrored:
		return "could not be carried out"
	case s.Status == result.StageFailed:
		return "did not pass"
	}
	return otherwise
}
