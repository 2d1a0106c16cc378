package smoke

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/slipway-dev/slipway/internal/config"
	"github.com/slipway-dev/slipway/internal/expect"
	"github.com/slipway-dev/slipway/internal/plan"
	"github.com/slipway-dev/slipway/internal/protocol"
	"github.com/slipway-dev/slipway/internal/result"
	"github.com/slipway-dev/slipway/internal/stage"
)

// nothing is the hash of the request of a case that says nothing of it.
var nothing = protocol.Request{}.Hash()

func TestJudge(t *testing.T) {
	ready, ms := 12.0, func(body string) protocol.Answer {
		return protocol.Answer{Name: "one", Request: nothing, Status: 200, ContentType: "application/json", Body: []byte(body), Length: int64(len(body)), LatencyMS: 3}
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
		{"another answer", recorded, protocol.Observations{ReadyMS: &ready, Answers: []protocol.Answer{ms("[2.0]")}}, result.StageFailed, "the answer to one is not as expected", false},
		{"no answer", recorded, protocol.Observations{ReadyMS: &ready, Answers: []protocol.Answer{{Name: "one", Request: nothing, Error: "timed out"}}}, result.StageFailed, "no answer to one: timed out", false},
		{"it died at start", recorded, protocol.Observations{Exit: &protocol.Exit{Code: 3, AfterMS: 1500}}, result.StageFailed, "ended before it was ready: exit code 3 after 1.5 s", false},
		{"killed", recorded, protocol.Observations{Exit: &protocol.Exit{Code: 137, Signal: "SIGKILL", OOM: true}}, result.StageFailed, "out of memory", false},
		{"never ready", recorded, protocol.Observations{NotReady: "GET / answered 503"}, result.StageFailed, "never ready: GET / answered 503", false},
		{"it died when asked", recorded, protocol.Observations{ReadyMS: &ready, Exit: &protocol.Exit{Signal: "SIGSEGV"}, Answers: []protocol.Answer{{Name: "one", Request: nothing, Error: "the server has ended"}}}, result.StageFailed, "ended while it was asked: SIGSEGV", false},
		{"for itself alone", recorded, protocol.Observations{ReadyMS: &ready, Listening: []string{"127.0.0.1:8080"}, Answers: []protocol.Answer{ms("[1.0]")}}, result.StageFailed, "nobody outside of the container", false},
		{"nothing to ask", nil, protocol.Observations{ReadyMS: &ready}, result.StagePassed, "", true},
		{"nothing recorded", []config.Case{{Name: "one"}}, protocol.Observations{ReadyMS: &ready, Answers: []protocol.Answer{ms("[2.0]")}}, result.StagePassed, "", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			run := &stage.Run{
				Plan:    plan.Plan{Smoke: &plan.Smoke{Smoke: config.Smoke{Protocol: "http", Cases: test.cases}}},
				Variant: stage.Variant{Image: stage.Image{Platform: "linux/amd64"}},
				Result:  &result.Result{Image: &result.Image{Platforms: []result.Platform{{Platform: "linux/amd64"}}}},
			}
			test.seen.Protocol, test.seen.Port, test.seen.Network = "http", 8080, "open"
			got, err := Judge(run, test.seen)
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

// TestUnchecked: what green does not cover is said, each with its reason.
func TestUnchecked(t *testing.T) {
	ready, none, refusal := 12.0, 0, 422
	recorded := []config.Case{{Name: "one", Expect: expect.Expectation{Answer: []byte("1")}}}
	answers := []protocol.Answer{{Name: "one", Request: nothing, Status: 200, Body: []byte("1"), LatencyMS: 3}}
	early := []protocol.Connection{{Address: "203.0.113.7:443", AfterMS: 40, BeforeReady: true}, {Address: "203.0.113.8:443", AfterMS: 90}}
	for _, test := range []struct {
		name       string
		smoke      config.Smoke
		seen       protocol.Observations
		status     result.StageStatus
		unverified string
		warning    string
	}{
		{"nothing", config.Smoke{Cases: recorded}, protocol.Observations{ReadyMS: &ready, Answers: answers}, result.StagePassed, "", ""},
		{"no GPU", config.Smoke{Cases: recorded, GPUs: 2}, protocol.Observations{GPUs: &none}, result.StageSkipped, "needs 2 GPUs", ""},
		{"an open network", config.Smoke{Cases: recorded, Network: "none"}, protocol.Observations{ReadyMS: &ready, Answers: answers, Network: "open", NetworkWhy: "no privileges"}, result.StagePassed, "could not be: no privileges", ""},
		{"a closed network", config.Smoke{Cases: recorded, Network: "none"}, protocol.Observations{ReadyMS: &ready, Answers: answers, Network: "none"}, result.StagePassed, "", ""},
		{"an example", config.Smoke{}, protocol.Observations{ReadyMS: &ready, Answers: []protocol.Answer{{Name: protocol.ExampleName, Request: nothing, Status: 200, Body: []byte("1"), LatencyMS: 3}}, Example: &protocol.Example{Request: protocol.Request{Name: protocol.ExampleName}, From: "the schema"}}, result.StagePassed, "the request is from the schema", ""},
		{"nothing to make one of", config.Smoke{}, protocol.Observations{ReadyMS: &ready, NoExample: "the service has more than one route (/a, /b)"}, result.StagePassed, "no request could be made up (the service has more than one route (/a, /b))", ""},
		{"only a status", config.Smoke{Cases: []config.Case{{Name: "one"}}}, protocol.Observations{ReadyMS: &ready, Answers: answers}, result.StagePassed, "no answer was recorded to compare", ""},
		{"only a refusal", config.Smoke{Cases: []config.Case{{Name: "one", Expect: expect.Expectation{Answer: []byte("1"), Status: &refusal}}}}, protocol.Observations{ReadyMS: &ready, Answers: []protocol.Answer{{Name: "one", Request: nothing, Status: 422, Body: []byte("1"), LatencyMS: 3}}}, result.StagePassed, "the only recorded answers are refusals", ""},
		{"only an error", config.Smoke{Cases: []config.Case{{Name: "one", Expect: expect.Expectation{Answer: []byte(`{"error": "bad"}`)}}}}, protocol.Observations{ReadyMS: &ready, Answers: []protocol.Answer{{Name: "one", Request: nothing, Status: 200, Body: []byte(`{"error": "bad"}`), LatencyMS: 3}}}, result.StagePassed, "the only recorded answers are refusals", ""},
		{"downloads", config.Smoke{Cases: recorded}, protocol.Observations{ReadyMS: &ready, Answers: answers, Connections: early}, result.StagePassed, "", "connected to 203.0.113.7:443 while it started"},
		{"killed", config.Smoke{Cases: recorded}, protocol.Observations{ReadyMS: &ready, Answers: answers, Killed: true}, result.StagePassed, "", "did not stop on SIGTERM"},
		{"a bad warm-up", config.Smoke{Cases: recorded}, protocol.Observations{ReadyMS: &ready, Answers: answers, Load: &protocol.LoadSeen{Load: protocol.Load{Warmup: 10}, WarmupErrors: map[string]int{"status 503": 3}}}, result.StagePassed, "", "while the server warmed up, 3 of 10 requests were not answered as when asked alone: 3 × status 503"},
		{"too much", config.Smoke{Cases: recorded}, protocol.Observations{ReadyMS: &ready, Answers: append(answers, protocol.Answer{Name: "two", Status: 200, Length: 9800, Truncated: true})}, result.StagePassed, "", "the answers together have more bytes than are kept (16 MiB)"},
		{"unread memory", config.Smoke{Cases: recorded, Budgets: config.Budgets{Memory: 1 << 20}}, protocol.Observations{ReadyMS: &ready, Answers: answers}, result.StagePassed, "the budget for memory: the memory could not be read", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.seen.Protocol = "http"
			run := &stage.Run{Plan: plan.Plan{Smoke: &plan.Smoke{Smoke: test.smoke}}, Result: &result.Result{}}
			got, err := Judge(run, test.seen)
			if err != nil {
				t.Fatal(err)
			}
			if got.Status != test.status {
				t.Errorf("%s: %s", got.Status, got.Reason)
			}
			if all := strings.Join(run.Result.Unverified, "; "); !strings.Contains(all, test.unverified) || (all == "") != (test.unverified == "") {
				t.Errorf("unverified: %q", all)
			}
			if all := strings.Join(run.Result.Warnings, "; "); !strings.Contains(all, test.warning) || (all == "") != (test.warning == "") {
				t.Errorf("warnings: %q", all)
			}
		})
	}
}

// TestBudgets: a broken budget says by how much.
func TestBudgets(t *testing.T) {
	ready, peak := 2500.0, int64(600<<20)
	seen := protocol.Observations{
		Protocol: "http", ReadyMS: &ready, Memory: &protocol.Memory{PeakBytes: peak},
		Answers: []protocol.Answer{{Name: "one", Request: nothing, Status: 200, Body: []byte("1"), LatencyMS: 3}},
		Load: &protocol.LoadSeen{
			Load: protocol.Load{Requests: 50, Concurrency: 4}, Answered: 50, DurationMS: 500,
			Latency: &protocol.Percentiles{P50: 8, P95: 240, P99: 300, Max: 301},
		},
	}
	for _, test := range []struct {
		name    string
		budgets config.Budgets
		errors  map[string]int
		reason  string
	}{
		{"kept", config.Budgets{Startup: 3 * time.Second, P95: 250 * time.Millisecond, Memory: 700 << 20, Image: 2 << 20}, nil, ""},
		{"startup", config.Budgets{Startup: 2 * time.Second}, nil, "startup is 2500.0 ms, 500.0 ms (25 %) over its budget of 2000.0 ms"},
		{"p95", config.Budgets{P50: 10 * time.Millisecond, P95: 200 * time.Millisecond}, nil, "p95 is 240.0 ms, 40.0 ms (20 %) over its budget of 200.0 ms"},
		{"memory", config.Budgets{Memory: 500 << 20}, nil, "memory is 600.0 MiB, 100.0 MiB (20 %) over its budget of 500.0 MiB"},
		{"image", config.Budgets{Image: 512 << 10}, nil, "image is 1.0 MB, 524.3 kB (100 %) over its budget of 524.3 kB"},
		{"two", config.Budgets{Memory: 1 << 10, Image: 1<<20 - 12}, nil, "memory is 600.0 MiB, 600.0 MiB (61439900 %) over its budget of 1.0 KiB; image is 1.0 MB, 12 B (0 %) over its budget of 1.0 MB"},
		{"errors", config.Budgets{}, map[string]int{"timeout": 2, "status 503": 1}, "under load, 3 of 50 requests were not answered as when asked alone: 1 × status 503, 2 × timeout"},
	} {
		t.Run(test.name, func(t *testing.T) {
			seen.Load.Errors = test.errors
			run := &stage.Run{
				Plan:   plan.Plan{Smoke: &plan.Smoke{Smoke: config.Smoke{Budgets: test.budgets, Cases: []config.Case{{Name: "one", Expect: expect.Expectation{Answer: []byte("1")}}}}}},
				Result: &result.Result{Image: &result.Image{Platforms: []result.Platform{{Size: 1 << 20}}}},
			}
			got, err := Judge(run, seen)
			if err != nil {
				t.Fatal(err)
			}
			if got.Reason != test.reason {
				t.Errorf("%s: %q, want %q", got.Status, got.Reason, test.reason)
			}
			if rate := *run.Result.Smoke.ThroughputRPS; rate != 100 {
				t.Errorf("throughput is %v", rate)
			}
		})
	}
}

// TestUnderLoad: an answer that is wrong only under load fails the model; one
// that differs and is as expected all the same does not.
func TestUnderLoad(t *testing.T) {
	ready := 1.0
	other := func(body string, count int) protocol.Other {
		return protocol.Other{Count: count, Answer: protocol.Answer{Name: "one", Request: nothing, Status: 200, Body: []byte(body), Length: int64(len(body))}}
	}
	for _, test := range []struct {
		name   string
		others []protocol.Other
		reason string
	}{
		{"none", nil, ""},
		{"within the tolerance", []protocol.Other{other("[1.04]", 3)}, ""},
		{"wrong", []protocol.Other{other("[1.04]", 3), other("[2.0]", 2), other(`{"error": "busy"}`, 1)}, "under load, 3 of 50 requests were not answered as when asked alone: 3 × another answer than expected (one: $[0]: expected 1.0, got 2.0 (off by 1, allowed 0.05))"},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := expect.Expectation{Answer: []byte("[1.0]"), Tolerance: &expect.Tolerance{Atol: 0.05}}
			run := &stage.Run{
				Plan:   plan.Plan{Smoke: &plan.Smoke{Smoke: config.Smoke{Cases: []config.Case{{Name: "one", Expect: e}}}}},
				Result: &result.Result{},
			}
			got, err := Judge(run, protocol.Observations{
				Protocol: "http", ReadyMS: &ready,
				Answers: []protocol.Answer{{Name: "one", Request: nothing, Status: 200, Body: []byte("[1.0]"), Length: 5}},
				Load:    &protocol.LoadSeen{Load: protocol.Load{Requests: 50, Concurrency: 4}, Answered: 50, Others: test.others},
			})
			if err != nil {
				t.Fatal(err)
			}
			if got.Reason != test.reason {
				t.Errorf("%s: %q, want %q", got.Status, got.Reason, test.reason)
			}
		})
	}
}

// TestWhatToStart: what is known of a server that was never ready becomes advice.
func TestWhatToStart(t *testing.T) {
	for _, test := range []struct {
		name string
		seen protocol.Observations
		want string
	}{
		{"another port", protocol.Observations{Listening: []string{"[::]:3000"}}, "`serve: {port: 3000}`"},
		{"a closed network", protocol.Observations{Network: "none", Exit: &protocol.Exit{Code: 1}}, "its network was closed"},
		{"nothing more", protocol.Observations{Network: "open", Exit: &protocol.Exit{Code: 1}}, "the end of the server's output is in the report"},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.seen.Protocol, test.seen.Port = "http", 8080
			run := &stage.Run{Plan: plan.Plan{Smoke: &plan.Smoke{}}, Result: &result.Result{}}
			if got, err := Judge(run, test.seen); err != nil || !strings.HasPrefix(got.Remedy, strings.SplitN(test.want, "`", 2)[0]) && !strings.Contains(got.Remedy, test.want) {
				t.Errorf("%q, %v", got.Remedy, err)
			}
		})
	}
}

// FuzzJudge: whatever observations say, they are judged without a panic, and
// the result can be written.
func FuzzJudge(f *testing.F) {
	f.Add([]byte(`{"version": 2, "protocol": "http", "port": 8080, "ready_ms": 12, "answers": [{"name": "one", "status": 200, "body": "WzEuMF0=", "latency_ms": 3}]}`))
	f.Add([]byte(`{"protocol": "mlflow", "ready_ms": 1, "example": {"request": {"name": "../x"}, "from": "y"}, "answers": [{}]}`))
	f.Add([]byte(`{"protocol": "exec", "answers": [{"name": "one", "exit": {"code": 1}}], "load": {"requests": 1, "answered": 9, "duration_ms": 1e-320, "errors": {"": 1}, "others": [{"name": "one", "count": 1}]}}`))
	f.Add([]byte(`{"protocol": "openai", "ready_ms": 1, "gpus": 0, "listening": ["x"], "connections": [{"before_ready": true}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var seen protocol.Observations
		if json.Unmarshal(data, &seen) != nil {
			return
		}
		smoke := config.Smoke{
			Budgets: config.Budgets{Startup: time.Second, P95: time.Second, Memory: 1 << 20, Image: 1 << 20},
			Cases:   []config.Case{{Name: "one", Expect: expect.Expectation{Answer: []byte("[1.0]")}}},
		}
		run := &stage.Run{Plan: plan.Plan{Smoke: &plan.Smoke{Smoke: smoke}}, Result: &result.Result{}}
		if _, err := Judge(run, seen); err != nil {
			return
		}
		if _, err := json.Marshal(run.Result); err != nil {
			t.Errorf("the result cannot be written: %v", err)
		}
	})
}

func TestLatency(t *testing.T) {
	var answers []protocol.Answer
	for n := 1; n <= 100; n++ {
		answers = append(answers, protocol.Answer{Status: 200, LatencyMS: float64(101 - n)}, protocol.Answer{Status: 422, LatencyMS: 0.1})
	}
	answers = append(answers, protocol.Answer{LatencyMS: 1e6, Error: "timed out"})
	got := latency(answers)
	if want := (result.Latency{P50: 50, P95: 95, P99: 99, Max: 100}); *got != want {
		t.Errorf("got %+v, want %+v", *got, want)
	}
	if got := latency([]protocol.Answer{{Status: 404, LatencyMS: 3}}); got == nil || got.Max != 3 {
		t.Errorf("of a refusal: %+v", got)
	}
	if got := latency([]protocol.Answer{{Exit: &protocol.Exit{}, LatencyMS: 3}, {Exit: &protocol.Exit{Code: 2}, LatencyMS: 1}}); got == nil || got.P50 != 3 {
		t.Errorf("of commands: %+v", got)
	}
	if latency(nil) != nil {
		t.Error("percentiles of nothing")
	}
}

// TestJudgeAgain: an answer is held against what is expected of the request
// that it answers, and of no other.
func TestJudgeAgain(t *testing.T) {
	ready := 1.0
	expected := expect.Expectation{Answer: []byte("1")}
	for _, test := range []struct {
		name   string
		cases  []config.Case
		status result.StageStatus // of the last case
		what   string
	}{
		{"the same", []config.Case{{Name: "one", Request: protocol.Request{JSON: []byte("[ 1 ]"), TimeoutMS: 5}, Expect: expected}}, result.StagePassed, ""},
		{"another request", []config.Case{{Name: "one", Request: protocol.Request{JSON: []byte("[2]")}, Expect: expected}}, result.StageSkipped, "one was asked with another request in that run"},
		{"a new case", []config.Case{{Name: "new"}}, result.StageSkipped, "new was not asked in that run"},
	} {
		t.Run(test.name, func(t *testing.T) {
			run := &stage.Run{Plan: plan.Plan{Smoke: &plan.Smoke{Smoke: config.Smoke{Cases: test.cases}}}, Result: &result.Result{}}
			_, err := Judge(run, protocol.Observations{
				Protocol: "http", ReadyMS: &ready,
				Answers: []protocol.Answer{{Name: "one", Request: protocol.Request{JSON: []byte("[1]")}.Hash(), Status: 200, Body: []byte("1"), Length: 1}},
			})
			var known *stage.Error
			if errors.As(err, &known) != (test.what != "") || known != nil && known.What != test.what {
				t.Errorf("%v; want %q", err, test.what)
			}
			if got := run.Result.Smoke.Cases[0]; got.Status != test.status {
				t.Errorf("%s: %s", got.Status, got.Reason)
			}
		})
	}
}
