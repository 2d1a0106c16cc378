package report_test

import (
	"strings"
	"testing"

	"github.com/slipway-dev/slipway/internal/report"
	"github.com/slipway-dev/slipway/internal/result"
)

// TestSmokeVerdict: the first line says no more than was seen.
func TestSmokeVerdict(t *testing.T) {
	failed := func(recorded bool, got string) result.Case {
		return result.Case{Name: "a", Status: result.StageFailed, Recorded: recorded, Got: got}
	}
	ready := 1.0
	asked := func(cases ...result.Case) *result.Smoke { return &result.Smoke{StartupMS: &ready, Cases: cases} }
	for _, test := range []struct {
		name             string
		smoke            *result.Smoke
		verdict, answers string
	}{
		{"nothing to ask", nil, "the server was not asked", "did not pass"},
		{"it died", &result.Smoke{}, "the server did not start", "not asked: the server did not start"},
		{"somebody else's is not ready", &result.Smoke{Network: "not known"}, "the server was never ready", "not asked: the server did not answer"},
		{"recorded", asked(failed(true, "1")), "a prediction differs from the recorded one", "0 of 1 as recorded"},
		{"two recorded", asked(failed(true, "1"), failed(true, "1")), "2 predictions differ from the recorded ones", "0 of 2 as recorded"},
		{"not recorded", asked(failed(false, "error")), "an answer is not as expected", "0 of 1 as expected"},
		{"both", asked(failed(true, "1"), failed(false, "error")), "2 answers are not as expected", "0 of 2 as expected"},
		{"a budget, judged again with a new case", &result.Smoke{StartupMS: &ready, Cases: []result.Case{{Status: result.StageSkipped}}, Budgets: []result.Budget{{Name: "startup", Status: result.StageFailed}}}, "the budget for startup is broken", "0 of 1 as expected"},
		{"no answer", asked(failed(true, "")), "the server did not answer as it should", "0 of 1 as recorded"},
	} {
		got := report.Terminal(result.Result{
			Model: "iris", Status: result.Failed, Smoke: test.smoke,
			Stages: []result.Stage{{Name: "smoke", Status: result.StageFailed}},
		}, false)
		if !strings.HasPrefix(got, "❌ iris: "+test.verdict+"\n") || !strings.Contains(got, "predictions  "+test.answers+"\n") {
			t.Errorf("%s:\n%s", test.name, got)
		}
	}
}

// TestRecordVerdict: an answer that holds in one round may still not be one to record.
func TestRecordVerdict(t *testing.T) {
	ready := 1.0
	for verdict, smoke := range map[string]*result.Smoke{
		"an answer could not be recorded": {StartupMS: &ready, Cases: []result.Case{{Name: "a", Status: result.StagePassed}}},
		"the server did not start":        {},
		"an answer is not as expected":    {StartupMS: &ready, Cases: []result.Case{{Name: "a", Status: result.StageFailed, Got: "1"}}},
	} {
		got := report.Terminal(result.Result{
			Model: "iris", Status: result.Failed, Smoke: smoke,
			Stages: []result.Stage{{Name: "record", Status: result.StageFailed}},
		}, false)
		if !strings.HasPrefix(got, "❌ iris: "+verdict+"\n") {
			t.Errorf("%s:\n%s", verdict, got)
		}
	}
}
