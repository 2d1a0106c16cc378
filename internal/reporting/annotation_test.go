package reporting

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-dev/slipway/internal/event"
	"github.com/slipway-dev/slipway/internal/result"
)

// show is an annotation on one line.
func show(all []Annotation) string {
	var b strings.Builder
	for _, a := range all {
		fmt.Fprintf(&b, "%s %s:%d [%s] %s\n", a.Level, a.File, a.Line, a.Title, strings.ReplaceAll(a.Message, "\n", " / "))
	}
	return b.String()
}

func TestAnnotations(t *testing.T) {
	failed := result.Result{
		Model: "iris", Status: result.Failed,
		Error: &result.Error{What: "2 of 3 tests failed", Where: "test", Remedy: "see the report"},
		Tests: &result.Tests{Failures: []result.TestFailure{
			{Name: "test_nowhere", Message: ""},
			{Name: "test_a", File: "tests/test_a.py", Line: 4, Message: "assert 1 == 2"},
		}},
		Smoke: &result.Smoke{Cases: []result.Case{{Name: "setosa", Status: result.StageFailed, Reason: "got 0.2, expected 0.9"}, {Name: "fine", Status: result.StagePassed}}},
	}
	want := `error models/iris/tests/test_a.py:4 [test failed: test_a] assert 1 == 2
error :0 [test failed: test_nowhere] failed without a message
error :0 [case failed: setosa] got 0.2, expected 0.9
error :0 [iris: failed] test: 2 of 3 tests failed / What to do: see the report
`
	if diff := cmp.Diff(want, show(annotations(failed, "models/iris"))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	invalid := result.Result{
		Model: "iris", Status: result.Invalid,
		Problems: []result.Problem{{File: "--tag", Message: "no tag"}, {File: "models/iris/slipway.yaml", Line: 3, Column: 1, Message: "unknown key"}},
	}
	want = `error models/iris/slipway.yaml:3 [configuration] unknown key
error :0 [configuration] --tag: no tag
`
	if diff := cmp.Diff(want, show(annotations(invalid, "models/iris"))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	unverified := result.Result{Model: "iris", Status: result.Passed, Unverified: []string{"no tests", "no recorded answer"}, Warnings: []string{"no lock"}}
	want = `warning :0 [iris: passed, not verified] no tests / no recorded answer
warning :0 [iris] no lock
`
	if diff := cmp.Diff(want, show(annotations(unverified, "."))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// GitHub drops what is over its number: what remains is chosen, and says that there is more.
func TestAnnotationsAreChosen(t *testing.T) {
	r := result.Result{Model: "iris", Status: result.Failed, Error: &result.Error{What: "30 tests failed"}, Tests: &result.Tests{}}
	for i := range 30 {
		line := 0
		if i%3 == 0 {
			line = i + 1
		}
		r.Tests.Failures = append(r.Tests.Failures, result.TestFailure{Name: fmt.Sprint("t", i), File: "t.py", Line: line})
		r.Warnings = append(r.Warnings, fmt.Sprint("warning ", i))
	}
	got := annotations(r, "")
	errs, warnings := got[:MaxAnnotations], got[MaxAnnotations:]
	if !strings.Contains(errs[8].Message, "22 more") || !strings.Contains(errs[9].Message, "30 tests failed") {
		t.Errorf("the end of the list is:\n%s", show(errs[8:]))
	}
	for _, a := range errs[:8] {
		if a.Level != LevelError || a.Line == 0 {
			t.Errorf("chosen without need: %s", show([]Annotation{a}))
		}
	}
	if len(warnings) != maxWarnings || !strings.Contains(warnings[maxWarnings-1].Message, "23 more") {
		t.Errorf("warnings:\n%s", show(warnings))
	}
}

func TestChooseTarget(t *testing.T) {
	pr := func(name string, fork bool) event.Event {
		return event.Event{Name: name, PullRequest: &event.PullRequest{Number: 7, Fork: fork}}
	}
	tests := map[string]struct {
		mode  Mode
		event event.Event
		token bool
		want  string
	}{
		"pull request":        {Always, pr("pull_request", false), true, "#7"},
		"fork":                {Always, pr("pull_request", true), true, "read-only token"},
		"fork, target":        {Always, pr("pull_request_target", true), true, "#7"},
		"push":                {Always, event.Event{Name: "push"}, true, "not started by a pull request"},
		"off":                 {Off, pr("pull_request", false), true, "comment is off"},
		"no token":            {Always, pr("pull_request", false), false, "github-token"},
		"on-failure comments": {OnFailure, pr("pull_request", false), true, "#7"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := ChooseTarget(test.mode, test.event, test.token)
			if s := fmt.Sprintf("#%d %s", got.Number, got.Why); !strings.Contains(s, test.want) || (got.Number == 0) == (got.Why == "") {
				t.Errorf("got %q, want %q", s, test.want)
			}
		})
	}
}

func TestParseMode(t *testing.T) {
	for _, m := range Modes {
		if got, err := ParseMode(strings.ToUpper(string(m))); got != m || err != nil {
			t.Errorf("%s: %q, %v", m, got, err)
		}
	}
	if _, err := ParseMode("never"); err == nil || err.Error() != `"never" is none of always, on-change, on-failure, off` {
		t.Errorf("got %v", err)
	}
}

// What differs from run to run does not count as a change; what a reader would act on does.
func TestFingerprint(t *testing.T) {
	ms, latency := int64(12), 3.0
	base := func() result.Result {
		return result.Result{
			Model: "iris", Status: result.Passed, Verified: true,
			Stages: []result.Stage{{Name: "test", Status: result.StagePassed}},
			Smoke:  &result.Smoke{Cases: []result.Case{{Name: "a", Status: result.StagePassed}}},
		}
	}
	again := base()
	again.Run.ID, again.Run.Attempt, again.Commit = "2", 2, "b"
	again.Stages[0].DurationMS, again.Smoke.StartupMS = &ms, &latency
	if fingerprint(base()) != fingerprint(again) {
		t.Error("times, run or commit count as a change")
	}
	changes := map[string]func(*result.Result){
		"status":   func(r *result.Result) { r.Status = result.Failed },
		"verified": func(r *result.Result) { r.Verified = false },
		"stage":    func(r *result.Result) { r.Stages[0].Status = result.StageSkipped },
		"case":     func(r *result.Result) { r.Smoke.Cases[0].Status = result.StageFailed },
		"image":    func(r *result.Result) { r.Image = &result.Image{Digest: "sha256:1"} },
		"tests":    func(r *result.Result) { r.Tests = &result.Tests{Total: 1, Passed: 1} },
	}
	for name, change := range changes {
		r := base()
		change(&r)
		if fingerprint(base()) == fingerprint(r) {
			t.Errorf("%s does not count as a change", name)
		}
	}
	body := withState("text\n\n", base())
	if got := state(strings.ReplaceAll(body, "\n", "\r\n")); got != fingerprint(base()) {
		t.Errorf("state of %q is %q", body, got)
	}
	if state("<!-- slipway:state 0123456789abcdef -->\nquoted earlier") != "" {
		t.Error("a state that is not at the end counts")
	}
}
