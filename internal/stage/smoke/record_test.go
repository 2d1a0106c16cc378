package smoke

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway-dev/slipway/internal/config"
	"github.com/slipway-dev/slipway/internal/expect"
	"github.com/slipway-dev/slipway/internal/plan"
	"github.com/slipway-dev/slipway/internal/protocol"
	"github.com/slipway-dev/slipway/internal/result"
	"github.com/slipway-dev/slipway/internal/stage"
)

// recorded is what a recording of some cases came to.
type recorded struct {
	stage.Outcome
	res   *result.Result
	shown string
	dir   string
}

// recordAll records what cases got as answers, round after round; a body
// "500 oops" is an error, "! why" no answer at all.
func recordAll(t *testing.T, r Recording, cases []config.Case, rounds ...map[string]string) recorded {
	t.Helper()
	ready := 12.0
	seen := protocol.Observations{Protocol: "http", Port: 8080, Network: "open", ReadyMS: &ready}
	for _, bodies := range rounds {
		for _, c := range cases {
			a := protocol.Answer{Name: c.Name, Request: c.Request.Hash(), Status: 200, ContentType: "application/json", Body: []byte(bodies[c.Name]), LatencyMS: 3}
			if oops, ok := strings.CutPrefix(bodies[c.Name], "500 "); ok {
				a.Status, a.Body = 500, []byte(oops)
			}
			if why, ok := strings.CutPrefix(bodies[c.Name], "! "); ok {
				a = protocol.Answer{Name: c.Name, Request: c.Request.Hash(), Error: why}
			}
			seen.Answers = append(seen.Answers, a)
		}
	}
	run := &stage.Run{Plan: plan.Plan{Smoke: &plan.Smoke{Smoke: config.Smoke{Protocol: "http", Cases: cases}}}, Result: &result.Result{}}
	var shown strings.Builder
	r.Show = &shown
	outcome, err := r.record(run, seen)
	if err != nil {
		t.Fatal(err)
	}
	return recorded{outcome, run.Result, shown.String(), r.Dir}
}

// caseFile writes a case and gives it as it is read.
func caseFile(t *testing.T, dir, name, content string, e expect.Expectation) config.Case {
	t.Helper()
	file := "smoke/" + name + ".yaml"
	if err := os.MkdirAll(filepath.Join(dir, "smoke"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, file), []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return config.Case{Name: name, File: file, Expect: e}
}

func (r recorded) file(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(r.dir, "smoke", name+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

const request = "request: {json: 1}\n"

// TestRecordNothing: a case that stays without an answer that holds fails the run, and keeps no other from being recorded.
func TestRecordNothing(t *testing.T) {
	byHand := expect.Expectation{Answer: []byte("2")}
	for _, test := range []struct {
		name    string
		content string
		expect  expect.Expectation
		rounds  [2]string
		reason  string
		remedy  string
	}{
		{"it changes", request, expect.Expectation{}, [2]string{`{"y": 1, "id": "a"}`, `{"y": 1, "id": "b"}`}, "b was not recorded: $.id changes", "`subset`"},
		{"it is an error", request, expect.Expectation{}, [2]string{"500 oops", "500 oops"}, "b was not recorded: the status is 500", "correct the request"},
		{"no answer", request, expect.Expectation{}, [2]string{"! timed out", "1"}, "b was not recorded: no answer in round 1: timed out", ObservationsFile},
		{"no answer the second time", request, expect.Expectation{}, [2]string{"1", "! timed out"}, "b was not recorded: no answer in round 2: timed out", ObservationsFile},
		{"no place for it", "{request: {json: 1}}\n", expect.Expectation{}, [2]string{"1", "1"}, "b was not recorded: smoke/b.yaml: it stands in braces", "by hand"},
		{"a person's", request + "expect: {answer: 2}\n", byHand, [2]string{"1", "1"}, "b was left alone: a person wrote what it expects; expected 2, got 1", "--force"},
		{"a person's, holding at first", request + "expect: {answer: 2}\n", byHand, [2]string{"2", "1"}, "b was left alone: a person wrote what it expects; expected 2, got 1", "--force"},
		{"something else does not hold", request + "expect: {type: array}\n", expect.Expectation{Type: "array"}, [2]string{"1", "1"}, "b was recorded, and what else it expects does not hold", "correct it"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			cases := []config.Case{
				caseFile(t, dir, "a", request, expect.Expectation{}),
				caseFile(t, dir, "b", test.content, test.expect),
				caseFile(t, dir, "c", request, expect.Expectation{}),
			}
			got := recordAll(t, Recording{Dir: dir}, cases,
				map[string]string{"a": "1.5", "b": test.rounds[0], "c": "3"}, map[string]string{"a": "1.5", "b": test.rounds[1], "c": "3"})
			if got.Status != result.StageFailed || !strings.HasPrefix(got.Reason, test.reason) || !strings.Contains(got.Remedy, test.remedy) {
				t.Errorf("%s: %q: %q", got.Status, got.Reason, got.Remedy)
			}
			for _, name := range []string{"a", "c"} {
				if !strings.Contains(got.file(t, name), "answer:") {
					t.Errorf("%s was not recorded", name)
				}
			}
			if len(got.res.Warnings) > 0 {
				t.Errorf("said twice: %q", got.res.Warnings)
			}
		})
	}
}

// TestRecordSeveral: of several that are not recorded each has its warning.
func TestRecordSeveral(t *testing.T) {
	dir := t.TempDir()
	cases := []config.Case{caseFile(t, dir, "a", request, expect.Expectation{}), caseFile(t, dir, "b", request, expect.Expectation{})}
	got := recordAll(t, Recording{Dir: dir}, cases, map[string]string{"a": "500 oops", "b": "! the request could not be made: why"})
	if got.Status != result.StageFailed || got.Reason != "2 of 2 cases have no recorded answer that holds: a, b" || !strings.Contains(got.Remedy, "see the warnings") {
		t.Errorf("%s: %q: %q", got.Status, got.Reason, got.Remedy)
	}
	if len(got.res.Warnings) != 2 || !strings.HasPrefix(got.res.Warnings[1], "b was not recorded") {
		t.Errorf("warnings: %q", got.res.Warnings)
	}
}

// TestRecordWorse: what is wrong with the server is said before what was not recorded for it.
func TestRecordWorse(t *testing.T) {
	ready := 12.0
	cases := []config.Case{{Name: "a"}}
	seen := protocol.Observations{
		Protocol: "http", Port: 8080, Network: "open", ReadyMS: &ready, Exit: &protocol.Exit{Signal: "SIGSEGV", AfterMS: 100},
		Answers: []protocol.Answer{{Name: "a", Request: cases[0].Request.Hash(), Error: "the server has ended"}},
	}
	run := &stage.Run{Plan: plan.Plan{Smoke: &plan.Smoke{Smoke: config.Smoke{Protocol: "http", Cases: cases}}}, Result: &result.Result{}}
	got, err := Recording{Dir: t.TempDir(), Show: &strings.Builder{}}.record(run, seen)
	if err != nil || got.Status != result.StageFailed || !strings.Contains(got.Reason, "SIGSEGV") || strings.Contains(got.Remedy, "warnings") {
		t.Errorf("%v %s: %q: %q", err, got.Status, got.Reason, got.Remedy)
	}
	if len(run.Result.Warnings) != 1 || !strings.HasPrefix(run.Result.Warnings[0], "a was not recorded") {
		t.Errorf("warnings: %q", run.Result.Warnings)
	}
}

// TestRecordAgain: a model that was trained again answers something else; what
// record wrote is replaced, a tolerance that a person gave it is not.
func TestRecordAgain(t *testing.T) {
	dir := t.TempDir()
	first := recordAll(t, Recording{Dir: dir}, []config.Case{caseFile(t, dir, "a", request, expect.Expectation{})}, map[string]string{"a": "[1.0]"})
	if first.Status != result.StagePassed || !first.res.Smoke.Cases[0].Recorded {
		t.Fatalf("%s: %q", first.Status, first.Reason)
	}
	own := expect.Tolerance{Rtol: expect.Default.Rtol, Atol: 0.5}
	again := caseFile(t, dir, "a", first.file(t, "a")+"  tolerance: {atol: 0.5} # mine\n", expect.Expectation{Answer: []byte("[1.0]"), Tolerance: &own})
	got := recordAll(t, Recording{Dir: dir}, []config.Case{again}, map[string]string{"a": "[2.0]"}, map[string]string{"a": "[2.1]"})
	if file := got.file(t, "a"); got.Status != result.StagePassed || !strings.Contains(file, "answer: [2.0]\n  tolerance: {atol: 0.5} # mine\n") {
		t.Errorf("%s %q:\n%s", got.Status, got.Reason, file)
	}
	again.Expect.Answer = []byte("[2.0]")
	got = recordAll(t, Recording{Dir: dir}, []config.Case{again}, map[string]string{"a": "[2.0]"}, map[string]string{"a": "[3.0]"})
	if file := got.file(t, "a"); !strings.Contains(file, "tolerance: {rtol: 1.0e-06, atol: 4.0}  # mine") && !strings.Contains(file, "atol: 4}  # mine") {
		t.Errorf("a tolerance that does not hold was kept:\n%s", file)
	}
	if len(got.res.Warnings) != 1 || !strings.Contains(got.res.Warnings[0], "the tolerance that the case had does not hold for all rounds") {
		t.Errorf("warnings: %q", got.res.Warnings)
	}
}

// TestRecordDry: a dry run shows a new file as one, writes nothing and says so.
func TestRecordDry(t *testing.T) {
	dir := t.TempDir()
	example := config.Case{Name: "example", From: "serving_input_example.json", Request: protocol.Request{Name: "example", JSON: []byte("[1]")}}
	got := recordAll(t, Recording{Dir: dir, DryRun: true}, []config.Case{example}, map[string]string{"example": "[2.0]"})
	for _, want := range []string{"--- /dev/null\n+++ b/smoke/example.yaml\n@@ -0,0 +1,", "+  json: [1]\n", "+  answer: [2.0]\n", "\nnothing was written: it is a dry run\n"} {
		if !strings.Contains(got.shown, want) {
			t.Errorf("not shown: %q in\n%s", want, got.shown)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "smoke")); err == nil {
		t.Error("it wrote")
	}
	if got.res.Smoke.Cases[0].Recorded || len(got.res.Unverified) == 0 {
		t.Errorf("taken for recorded: %v", got.res.Unverified)
	}
}

// TestRecordUnwritable: a file that cannot be written does not keep others from it.
func TestRecordUnwritable(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "smoke", "a.yaml"), 0o755); err != nil {
		t.Fatal(err)
	}
	err := Recording{Dir: dir, Show: &strings.Builder{}}.write([]proposed{
		{name: "a", file: "smoke/a.yaml", after: []byte("a")}, {name: "b", file: "smoke/b.yaml", after: []byte("b")},
	})
	if err == nil || !strings.Contains(err.Error(), "a.yaml") {
		t.Errorf("error: %v", err)
	}
	if got := (recorded{dir: dir}).file(t, "b"); got != "b" {
		t.Errorf("b is %q", got)
	}
}
