package record

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/slipway-dev/slipway/internal/expect"
	"github.com/slipway-dev/slipway/internal/testkit"
)

// TestRewrite runs testdata/rewrite/*.txtar: a case file, the expectation to
// be recorded, and what the file then is; -update writes that.
func TestRewrite(t *testing.T) {
	testkit.Archives(t, "testdata/rewrite/*.txtar", "out", func(t *testing.T, _ string, files map[string][]byte) string {
		name := "case.yaml"
		if files[name] == nil {
			name = "case.json"
		}
		var e expect.Expectation
		if err := json.Unmarshal(files["expect.json"], &e); err != nil {
			t.Fatal(err)
		}
		out, err := Rewrite(name, files[name], e)
		if err != nil {
			return "error: " + err.Error() + "\n"
		}
		if again, err := Rewrite(name, out, e); err != nil || string(again) != string(out) {
			t.Errorf("recorded twice it is not the same: %v\n%s", err, again)
		}
		changed := e
		changed.Answer = []byte(`"changed by hand"`)
		if yaml := name == "case.yaml"; Recorded(out, e) != yaml || Recorded(out, changed) {
			t.Errorf("recorded: %v, changed by hand: %v", Recorded(out, e), Recorded(out, changed))
		}
		return string(out)
	})
}

func TestPropose(t *testing.T) {
	answers := func(bodies ...string) []expect.Answer {
		var out []expect.Answer
		for _, b := range bodies {
			a := expect.Answer{Status: 200, Text: b}
			if json.Valid([]byte(b)) {
				a = expect.Answer{Status: 200, JSON: []byte(b)}
			}
			out = append(out, a)
		}
		return out
	}
	teapot := 418
	for _, test := range []struct {
		name    string
		before  expect.Expectation
		answers []expect.Answer
		want    string // the proposal, and why
	}{
		{"the same", expect.Expectation{}, answers("[1.5]", "[1.5]"), `{"answer":[1.5]}`},
		{"a text", expect.Expectation{}, answers("hello", "hello"), `{"answer":"hello"}`},
		{"noise", expect.Expectation{}, answers("[100.0, 2.0]", "[100.1, 2.0]"), `{"answer":[100.0, 2.0],"tolerance":{"rtol":0.004,"atol":1e-9}} the answer changes by up to 0.1 from round to round: the tolerance allows 4 times that`},
		{"noise around zero", expect.Expectation{}, answers("[0.0, 2.0]", "[0.001, 2.0]"), `{"answer":[0.0, 2.0],"tolerance":{"rtol":0.000001,"atol":0.004}} the answer changes by up to 0.001 from round to round: the tolerance allows 4 times that`},
		{"noise below what is allowed anyway", expect.Expectation{}, answers("[100.0]", "[100.00000000001]"), `{"answer":[100.0]}`},
		{"noise at the edge of what is allowed", expect.Expectation{}, answers("[100.0]", "[100.00009]"), `{"answer":[100.0],"tolerance":{"rtol":0.000004,"atol":1e-9}} the answer changes by up to 9e-05 from round to round: the tolerance allows 4 times that`},
		{"integers that change", expect.Expectation{}, answers("[100000000]", "[100000001]"), `{"answer":[100000000],"tolerance":{"rtol":0.000001,"atol":1e-9}} the answer changes by up to 1 from round to round: the tolerance allows 4 times that`},
		{"other words", expect.Expectation{}, answers(`{"text": "a"}`, `{"text": "b"}`), `{} the answer changes from round to round ($.text: expected "a", got "b"): write what must hold, such as contains, matches or type`},
		{"NaN", expect.Expectation{}, []expect.Answer{{Status: 200, JSON: []byte("[NaN]")}}, "{} $[0]: NaN is not a finite number"},
		{"an error", expect.Expectation{}, []expect.Answer{{Status: 500, Text: "oops"}}, "{} the status is 500 Internal Server Error, expected any 2xx"},
		{"an error that is right", expect.Expectation{Status: &teapot}, []expect.Answer{{Status: 418, Text: "tea"}}, `{"answer":"tea","status":418}`},
		{"what else is expected stays", expect.Expectation{MaxLatencyMS: 100}, answers("1"), `{"answer":1,"max_latency_ms":100}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := Propose(test.before, test.answers)
			// The answer as it was written: Marshal would compact it.
			answer := p.Expect.Answer
			p.Expect.Answer = nil
			data, err := json.Marshal(p.Expect)
			if err != nil {
				t.Fatal(err)
			}
			got := string(data)
			if answer != nil {
				got = strings.Replace(fmt.Sprintf(`{"answer":%s,%s`, answer, got[1:]), ",}", "}", 1)
			}
			got = strings.TrimSpace(got + " " + p.Why)
			if got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

// FuzzRewrite: whatever a case file holds, it is rewritten into one that says what was recorded, or left alone with an error.
func FuzzRewrite(f *testing.F) {
	f.Add([]byte("request: {json: 1}\nexpect: {status: 200}\n"), []byte(`[1, {"a": "b"}]`), true)
	f.Add([]byte("request:\n  json: 1\nexpect:\n  # why\n  answer: 2\n\n# end\n"), []byte(`"x"`), true)
	f.Add([]byte(`{"request": {"json": 1}}`), []byte(`1e-9`), false)
	f.Fuzz(func(t *testing.T, content, answer []byte, isYAML bool) {
		if len(content) > 1<<12 || len(answer) > 1<<12 {
			return // the bound on time is the parsers', and has its tests there
		}
		name := "case.json"
		if isYAML {
			name = "case.yaml"
		}
		_, _ = Rewrite(name, content, expect.Expectation{Answer: answer})
	})
}
