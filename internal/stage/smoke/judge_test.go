package smoke

import (
	"strings"
	"testing"

	"github.com/slipway-dev/slipway/internal/config"
	"github.com/slipway-dev/slipway/internal/expect"
	"github.com/slipway-dev/slipway/internal/plan"
	"github.com/slipway-dev/slipway/internal/protocol"
	"github.com/slipway-dev/slipway/internal/result"
	"github.com/slipway-dev/slipway/internal/stage"
)

func TestJudge(t *testing.T) {
	ready, ms := 12.0, func(body string) protocol.Answer {
		return protocol.Answer{Name: "one", Status: 200, ContentType: "application/json", Body: []byte(body), Length: int64(len(body)), LatencyMS: 3}
	}
	recorded := []config.Case{{Name: "one", Expect: expect.Expectation{Answer: []byte("[1.0]")}}}
	for _, test := range []struct {
		name       string
		cases      []config.Case
		seen       protocol.Observations
		status     result.StageStatus
		reason     string
		unverified bool
	}{
		{"as recorded", recorded, protocol.Observations{ReadyMS: &ready, Answers: []protocol.Answer{ms("[1.0]")}}, result.StagePassed, "", false},
		{"another answer", recorded, protocol.Observations{ReadyMS: &ready, Answers: []protocol.Answer{ms("[2.0]")}}, result.StageFailed, "the answer to one is not as recorded", false},
		{"no answer", recorded, protocol.Observations{ReadyMS: &ready, Answers: []protocol.Answer{{Name: "one", Error: "timed out"}}}, result.StageFailed, "no answer to one: timed out", false},
		{"it died at start", recorded, protocol.Observations{Exit: &protocol.Exit{Code: 3, AfterMS: 1500}}, result.StageFailed, "ended before it was ready: exit code 3 after 1.5 s", false},
		{"killed", recorded, protocol.Observations{Exit: &protocol.Exit{Code: 137, Signal: "SIGKILL", OOM: true}}, result.StageFailed, "out of memory", false},
		{"never ready", recorded, protocol.Observations{NotReady: "GET / answered 503"}, result.StageFailed, "never ready: GET / answered 503", false},
		{"it died when asked", recorded, protocol.Observations{ReadyMS: &ready, Exit: &protocol.Exit{Signal: "SIGSEGV"}, Answers: []protocol.Answer{{Name: "one", Error: "the server has ended"}}}, result.StageFailed, "ended while it was asked: SIGSEGV", false},
		{"for itself alone", recorded, protocol.Observations{ReadyMS: &ready, Listening: []string{"127.0.0.1:8080"}, Answers: []protocol.Answer{ms("[1.0]")}}, result.StageFailed, "nobody outside of the container", false},
		{"nothing to ask", nil, protocol.Observations{ReadyMS: &ready}, result.StagePassed, "", true},
		{"nothing recorded", []config.Case{{Name: "one"}}, protocol.Observations{ReadyMS: &ready, Answers: []protocol.Answer{ms("[2.0]")}}, result.StagePassed, "", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			proto, err := protocol.For("http")
			if err != nil {
				t.Fatal(err)
			}
			run := &stage.Run{
				Plan:   plan.Plan{Smoke: &plan.Smoke{Smoke: config.Smoke{Protocol: "http", Cases: test.cases}}},
				Image:  stage.Image{Platform: "linux/amd64"},
				Result: &result.Result{Image: &result.Image{Platforms: []result.Platform{{Platform: "linux/amd64"}}}},
			}
			got, err := judge(run, proto, 8080, test.seen)
			if err != nil {
				t.Fatal(err)
			}
			if got.Status != test.status || !strings.Contains(got.Reason, test.reason) {
				t.Errorf("%s: %q; want %s: %q", got.Status, got.Reason, test.status, test.reason)
			}
			if unverified := len(run.Result.Unverified) > 0; unverified != test.unverified {
				t.Errorf("unverified: %v", run.Result.Unverified)
			}
			if tested := run.Result.Image.Platforms[0].Tested; tested != (test.status == result.StagePassed) {
				t.Errorf("tested: %v", tested)
			}
		})
	}
}

func TestLatency(t *testing.T) {
	var answers []protocol.Answer
	for n := 1; n <= 100; n++ {
		answers = append(answers, protocol.Answer{LatencyMS: float64(101 - n)})
	}
	answers = append(answers, protocol.Answer{LatencyMS: 1e6, Error: "timed out"})
	got := latency(answers)
	if want := (result.Latency{P50: 50, P95: 95, P99: 99, Max: 100}); *got != want {
		t.Errorf("got %+v, want %+v", *got, want)
	}
	if latency(nil) != nil {
		t.Error("percentiles of nothing")
	}
}
