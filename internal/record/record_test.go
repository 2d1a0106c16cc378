package record

import (
	"bytes"
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
		_, own := files["own"] // the tolerance is the author's
		content := files[name]
		if _, dos := files["dos"]; dos {
			content = bytes.ReplaceAll(content, []byte("\n"), []byte("\r\n"))
		}
		out, err := Rewrite(name, content, e, own)
		if err != nil {
			return "error: " + err.Error() + "\n"
		}
		if again, err := Rewrite(name, out, e, own); err != nil || string(again) != string(out) {
			t.Errorf("recorded twice it is not the same: %v\n%s", err, again)
		}
		isYAML := name == "case.yaml"
		if answer, tolerance := Ours(out, e); answer != isYAML || tolerance != (isYAML && !own && e.Tolerance != nil) {
			t.Errorf("recorded: answer %v, tolerance %v", answer, tolerance)
		}
		changed := e
		changed.Answer = []byte(`"changed by hand"`)
		if answer, _ := Ours(out, changed); answer {
			t.Error("changed by hand, and taken for recorded")
		}
		if bytes.Contains(content, []byte("\r\n")) {
			if bytes.Count(out, []byte("\n")) != bytes.Count(out, []byte("\r\n")) {
				t.Errorf("line ends are mixed: %q", out)
			}
			out = bytes.ReplaceAll(out, []byte("\r\n"), []byte("\n"))
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
	loose := func(atol float64) expect.Expectation {
		return expect.Expectation{Tolerance: &expect.Tolerance{Atol: atol}}
	}
	took := expect.Expectation{Paths: []expect.PathTolerance{{Path: "$.took", Tolerance: expect.Tolerance{Atol: 10}}}}
	for _, test := range []struct {
		name    string
		before  expect.Expectation
		answers []expect.Answer
		want    string // the proposal, why, and the advice
	}{
		{"the same", expect.Expectation{}, answers("[1.5]", "[1.5]"), `{"answer":[1.5]}`},
		{"a text", expect.Expectation{}, answers("hello", "hello"), `{"answer":"hello"}`},
		{"noise", expect.Expectation{}, answers("[100.0, 2.0]", "[100.1, 2.0]"), `{"answer":[100.0, 2.0],"tolerance":{"rtol":0.004,"atol":1e-9}} the answer changes by up to 0.1 from round to round: the tolerance allows 4 times that`},
		{"noise around zero", expect.Expectation{}, answers("[0.0, 2.0]", "[0.001, 2.0]"), `{"answer":[0.0, 2.0],"tolerance":{"rtol":0.000001,"atol":0.004}} the answer changes by up to 0.001 from round to round: the tolerance allows 4 times that`},
		{"noise below what is allowed anyway", expect.Expectation{}, answers("[100.0]", "[100.00000000001]"), `{"answer":[100.0]}`},
		{"noise at the edge of what is allowed", expect.Expectation{}, answers("[100.0]", "[100.00009]"), `{"answer":[100.0],"tolerance":{"rtol":0.000004,"atol":1e-9}} the answer changes by up to 9e-05 from round to round: the tolerance allows 4 times that`},
		{"integers that change", expect.Expectation{}, answers("[100000000]", "[100000001]"), `{"answer":[100000000],"tolerance":{"rtol":0.000001,"atol":1e-9}} the answer changes by up to 1 from round to round: the tolerance allows 4 times that`},
		{"large integers that change", expect.Expectation{}, answers("[9007199254740993]", "[9007199254740992]"), `{"answer":[9007199254740993],"tolerance":{"rtol":0.000001,"atol":1e-9}} the answer changes by up to 1 from round to round: the tolerance allows 4 times that`},
		{"one of several numbers", expect.Expectation{}, answers(`{"y": [3.5, 4.5], "took": 100.0}`, `{"y": [3.5, 4.5], "took": 100.3}`), `{"answer":{"y": [3.5, 4.5], "took": 100.0},"tolerance":{"rtol":0.02,"atol":1e-9}} the answer changes by up to 0.3 from round to round: the tolerance allows 4 times that; only $.took moves: ` + "`paths: {\"$.took\": {atol: 2}}` in place of the tolerance keeps the other numbers strict, a `subset` can leave it out"},
		{"what a path allows", took, answers(`{"y": 3.5, "took": 100.0}`, `{"y": 3.5, "took": 100.3}`), `{"answer":{"y": 3.5, "took": 100.0},"paths":[{"path":"$.took","rtol":0,"atol":10}]}`},
		{"beside what a path allows", took, answers(`{"y": 3.0, "took": 100.0}`, `{"y": 3.001, "took": 103.0}`), `{"answer":{"y": 3.0, "took": 100.0},"tolerance":{"rtol":0.002,"atol":1e-9},"paths":[{"path":"$.took","rtol":0,"atol":10}]} the answer changes by up to 0.001 from round to round: the tolerance allows 4 times that`},
		{"more than a path allows", took, answers(`{"took": 100.0}`, `{"took": 150.0}`), "nothing: $.took: expected 100.0, got 150.0 (off by 50, allowed 10): correct `paths` in the case"},
		{"a tolerance of one's own", loose(0.5), answers("[1.0]", "[1.1]"), `{"answer":[1.0],"tolerance":{"rtol":0,"atol":0.5}} own`},
		{"one that does not hold", loose(0.01), answers("[1.0]", "[1.1]"), `{"answer":[1.0],"tolerance":{"rtol":0.000001,"atol":0.4}} the tolerance that the case had does not hold for all rounds, and was replaced; the answer changes by up to 0.1 from round to round: the tolerance allows 4 times that`},
		{"other words", expect.Expectation{}, answers("to be", "not to be"), "nothing: the answer changes from round to round (\"to be\", then \"not to be\"): write what the text must have as `contains` or `matches`, or have the request settle what is random (a seed, a temperature of 0)"},
		{"nothing else", expect.Expectation{}, answers(`{"text": "a"}`, `{"text": "b"}`), "nothing: $.text changes from round to round (\"a\", then \"b\"): have the request settle what is random (a seed, a temperature of 0); nothing in the answer stays as it is, so `schema`, `type` and `length` are all that can be expected of it"},
		{"an id", expect.Expectation{}, answers(`{"y": 1, "request id": "a"}`, `{"y": 1, "request id": "b"}`, `{"y": 1, "request id": "c"}`), `nothing: $["request id"] changes from round to round ("a", then "b"): write what stays as ` + "`subset`" + `, without $["request id"]`},
		{"ids in a list", expect.Expectation{}, answers(`[{"y": 1, "id": "a"}, {"y": 2, "id": "b"}]`, `[{"y": 1, "id": "c"}, {"y": 2, "id": "d"}]`), "nothing: $[*].id changes from round to round (\"a\", then \"c\"): write what stays as `subset`, without $[*].id"},
		{"a list of any length", expect.Expectation{}, answers(`{"y": 1, "near": [1, 2]}`, `{"y": 1, "near": [1]}`), "nothing: $.near changes from round to round (a list of 2, then of 1): write what stays as `subset`, without $.near"},
		{"a member that comes and goes", expect.Expectation{}, answers(`{"y": 1}`, `{"y": 1, "slow": true}`), "nothing: $.slow changes from round to round (not there, then there): write what stays as `subset`, without $.slow"},
		{"some of a list", expect.Expectation{}, answers(`["a"]`, `["a", "b"]`), "nothing: the answer changes from round to round (a list of 1, then of 2): write the items that stay as `contains`, or have the request settle what is random (a seed, a temperature of 0)"},
		{"NaN", expect.Expectation{}, []expect.Answer{{Status: 200, JSON: []byte("[NaN]")}}, "nothing: $[0]: NaN is not a finite number: correct the request or the model; a refusal that is right takes its `status` (a command's: `exit`) in expect"},
		{"an error", expect.Expectation{}, []expect.Answer{{Status: 500, Text: "oops"}}, "nothing: the status is 500 Internal Server Error, expected any 2xx: correct the request or the model; a refusal that is right takes its `status` (a command's: `exit`) in expect"},
		{"an error that is right", expect.Expectation{Status: &teapot}, []expect.Answer{{Status: 418, Text: "tea"}}, `{"answer":"tea","status":418}`},
		{"too much", expect.Expectation{}, []expect.Answer{{Status: 200, Text: "long", Truncated: true, Length: 5 << 20}}, "nothing: the answer has 5242880 bytes, too many to be recorded: write `sha256`, or ask for less"},
		{"what else is expected stays", expect.Expectation{MaxLatencyMS: 100}, answers("1"), `{"answer":1,"max_latency_ms":100}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := Propose(test.before, true, test.answers)
			got := "nothing: " + p.Why + ": " + p.Advice
			if p.Expect != nil {
				// The answer as it was written: Marshal would compact it.
				answer := p.Expect.Answer
				p.Expect.Answer = nil
				data, err := json.Marshal(p.Expect)
				if err != nil {
					t.Fatal(err)
				}
				got = strings.Replace(fmt.Sprintf(`{"answer":%s,%s`, answer, data[1:]), ",}", "}", 1)
				if p.Own {
					got += " own"
				}
				got = strings.TrimSpace(got + " " + p.Why)
			}
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
		_, _ = Rewrite(name, content, expect.Expectation{Answer: answer}, false)
	})
}
