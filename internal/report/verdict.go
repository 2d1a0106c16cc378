package report

import (
	"slices"
	"strconv"
	"strings"

	"github.com/slipway-dev/slipway/internal/result"
)

// verdict is the one sentence that every reader sees first, with a symbol for
// those who only glance. The sentence says everything that the symbol does.
type verdict struct{ symbol, sentence string }

// maxCause is how much of an error's own words fits into the sentence, in characters.
const maxCause = 160

// saysCause is true when the verdict leaves nothing of Error.What untold.
func saysCause(r result.Result) bool {
	switch r.Status {
	case result.Errored:
		return len(r.Error.What) <= maxCause && !strings.Contains(r.Error.What, "\n")
	case result.Invalid:
		return len(r.Problems) > 0
	}
	return false // of a cancelled run too: a time limit cancels, and says so there
}

// judge is the one place where a result becomes a verdict. It looks at stages
// and numbers, never at the wording of reasons. A passed run that did not
// check everything has no green tick.
func judge(r result.Result) verdict {
	switch r.Status {
	case result.Passed:
		return passed(r)
	case result.Failed:
		what := failures(r)
		if len(what) == 0 {
			what = []string{"it did not pass"}
		}
		return verdict{"❌", sentence(what)}
	case result.Errored:
		v := verdict{"⚠️", "could not be carried out"}
		if r.Error != nil && r.Error.What != "" {
			v.sentence += ": " + oneLine(firstLine(r.Error.What), maxCause)
		}
		if what := failures(r); len(what) > 0 {
			v.sentence += "; and " + sentence(what)
		}
		return v
	case result.Invalid:
		v := verdict{"❌", "the configuration is invalid"}
		if n := len(r.Problems); n > 0 {
			v.sentence = "the configuration has " + count(n, "problem")
		}
		if !begun(r) {
			v.sentence += ", so nothing was run"
		}
		return v
	case result.Cancelled:
		if s := firstWith(r, result.StageErrored); s != "" {
			return verdict{"⏹️", "cancelled during " + s + ", before everything was checked"}
		}
		return verdict{"⏹️", "cancelled before everything was checked"}
	}
	return verdict{"⚠️", "the result says neither passed nor failed"}
}

func passed(r result.Result) verdict {
	verified := r.Verified && len(r.Unverified) == 0
	_, compared := stageNamed(r, "compare")
	_, locked := stageNamed(r, "lock")
	switch {
	case compared:
		return verdict{"✅", "built again, and identical to what was published"}
	case locked:
		return verdict{"✅", "locked"}
	case verified && inDirectory(r):
		return verdict{"✅", "checked and written to a directory"}
	case verified && published(r):
		return verdict{"✅", "checked and published"}
	case verified && !publishes(r):
		return verdict{"✅", "checked"}
	case verified:
		return verdict{"✅", "checked, not published"}
	case inDirectory(r):
		return verdict{"🟡", "written to a directory, but not everything was checked"}
	case published(r):
		return verdict{"🟡", "published, but not everything was checked"}
	case !publishes(r):
		return verdict{"🟡", "nothing failed, but not everything was checked"}
	}
	return verdict{"🟡", "nothing failed, but not everything was checked; not published"}
}

// failures names what failed, one clause for each stage.
func failures(r result.Result) []string {
	var what []string
	for _, s := range r.Stages {
		if s.Status != result.StageFailed {
			continue
		}
		switch s.Name {
		case "test":
			what = append(what, testsFailed(r.Tests))
		case "smoke":
			what = append(what, smokeFailed(r.Smoke))
		case "record":
			what = append(what, recordFailed(r.Smoke))
		case "gate":
			what = append(what, "a metric does not pass its gate")
		case "deps":
			what = append(what, "the dependencies could not be installed")
		case "train":
			what = append(what, "training did not pass")
		case "image":
			what = append(what, "the image could not be built")
		case "compare":
			what = append(what, "built again, and not identical to what was published")
		default:
			what = append(what, s.Name+" failed")
		}
	}
	return what
}

func testsFailed(t *result.Tests) string {
	switch {
	case t == nil || t.Failed == 0: // ended by a signal, or nothing collected
		return "the tests did not pass"
	case t.Failed == 1:
		return "a test failed"
	}
	return count(t.Failed, "test") + " failed"
}

func smokeFailed(s *result.Smoke) string {
	switch {
	case s == nil:
		return "the server was not asked"
	case !started(s) && len(s.Cases) == 0:
		return "the server did not start"
	case s.Network == "not known" && len(s.Cases) == 0: // one that somebody else runs
		return "the server was never ready"
	}
	answered, recorded, unanswered := 0, 0, 0
	for _, c := range s.Cases {
		switch {
		case c.Status != result.StageFailed:
		case c.LatencyMS == nil && c.Got == "":
			unanswered++
		default:
			answered++
			if c.Recorded {
				recorded++
			}
		}
	}
	switch {
	case answered > recorded: // not all of them were compared with a recorded one
		return several(answered, "an answer is", "answers are") + " not as expected"
	case recorded == 1:
		return "a prediction differs from the recorded one"
	case recorded > 1:
		return count(recorded, "prediction") + " differ from the recorded ones"
	case unanswered > 0:
		return "the server did not answer as it should"
	case s.Load != nil && len(s.Load.Errors) > 0:
		return "the server fails under load"
	}
	return budgetsBroken(s.Budgets)
}

func budgetsBroken(budgets []result.Budget) string {
	var names []string
	for _, b := range budgets {
		if b.Status == result.StageFailed {
			names = append(names, oneLine(b.Name, 40))
		}
	}
	switch len(names) {
	case 0:
		return "the server did not pass"
	case 1:
		return "the budget for " + names[0] + " is broken"
	}
	return count(len(names), "budget") + " are broken: " + strings.Join(names, ", ")
}

// several is one of something, or a number of them.
func several(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return strconv.Itoa(n) + " " + many
}

// started is false when nothing of the server was seen but its start. One that
// somebody else runs had started before.
func started(s *result.Smoke) bool { return s.StartupMS != nil || s.Network == "not known" }

// recordFailed: answers that hold may still not be ones to record.
func recordFailed(s *result.Smoke) string {
	if s != nil && len(s.Cases) > 0 && !slices.ContainsFunc(s.Cases, func(c result.Case) bool { return c.Status != result.StagePassed }) {
		return "an answer could not be recorded"
	}
	return smokeFailed(s)
}

func published(r result.Result) bool {
	if r.Image == nil || r.Image.Reference == "" {
		return false
	}
	s, ok := stageNamed(r, "publish")
	return ok && s.Status == result.StagePassed
}

// publishes is false for commands that only look.
func publishes(r result.Result) bool {
	_, ok := stageNamed(r, "publish")
	return ok
}

// inDirectory is true when the image went to an OCI layout, not to a registry.
func inDirectory(r result.Result) bool {
	return published(r) && strings.HasPrefix(r.Image.Repository, "oci:")
}

func stageNamed(r result.Result, name string) (result.Stage, bool) {
	for _, s := range r.Stages {
		if s.Name == name {
			return s, true
		}
	}
	return result.Stage{}, false
}

func firstWith(r result.Result, status result.StageStatus) string {
	for _, s := range r.Stages {
		if s.Status == status {
			return s.Name
		}
	}
	return ""
}

// sentence joins clauses: "a", "a, and b", "a, b, and c".
func sentence(clauses []string) string {
	n := len(clauses)
	if n == 1 {
		return clauses[0]
	}
	return strings.Join(clauses[:n-1], ", ") + ", and " + clauses[n-1]
}

// headline is the verdict as a heading.
func headline(r result.Result, d detail) string {
	v := judge(r)
	return v.symbol + " " + text(name(r)+": "+v.sentence, max(d.runes, 400))
}

// name is what the model is called; a broken configuration may not say.
func name(r result.Result) string {
	if r.Model == "" {
		return "the model"
	}
	return oneLine(r.Model, 100)
}

// begun is true when a stage was run: some mistakes of the configuration show only then.
func begun(r result.Result) bool {
	for _, s := range r.Stages {
		if s.Status != result.StageSkipped {
			return true
		}
	}
	return false
}
