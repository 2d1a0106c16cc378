package expect

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"
)

// FuzzJudge holds three promises for any bytes: no panic, a value equals
// itself, and a verdict can always be written as JSON.
func FuzzJudge(f *testing.F) {
	for _, seed := range [][2]string{
		{`[1, 2.5, -0, 1e400]`, `[1.0, 2.5000001, 0, 1e401]`},
		{`{"a": [true, null, "x"]}`, `{"a": [NaN, Infinity, -Infinity]}`},
		{`"text"`, `<html>`},
		{`9007199254740993`, `9007199254740992`},
		{`{"a":1,"a":2}`, `[[[[`},
		{`1e-99999999999`, `1e99999999999`},
		{"\"\xff\\ud800\"", `"\u0000"`},
	} {
		f.Add([]byte(seed[0]), []byte(seed[1]), true, 1e-3)
		f.Add([]byte(seed[0]), []byte(seed[1]), false, math.Inf(1))
		f.Add([]byte(seed[0]), []byte(seed[1]), true, math.NaN())
	}
	f.Fuzz(func(t *testing.T, want, got []byte, isJSON bool, rtol float64) {
		e := Expectation{Answer: want}
		if rtol != 0 {
			e.Tolerance = &Tolerance{Rtol: rtol}
		}
		answer := Answer{Status: 200, Text: string(got)}
		if isJSON {
			answer = Answer{Status: 200, JSON: got}
		}
		v := Judge(e, answer)
		if v.Passed != (v.Reason == "") {
			t.Errorf("passed %t with reason %q", v.Passed, v.Reason)
		}
		if _, err := json.Marshal(v); err != nil {
			t.Error(err)
		}
		if len(v.Expected) > 2*shown || len(v.Got) > 2*shown {
			t.Errorf("shown %d and %d bytes", len(v.Expected), len(v.Got))
		}
		if _, err := parse(want); err == nil && len(want) > 0 {
			if same := Judge(Expectation{Answer: want}, Answer{Status: 200, JSON: want}); !same.Passed {
				t.Errorf("%q is not as itself: %s", want, same.Reason)
			}
		}
	})
}

// FuzzMatchers holds any bytes against any expectation: no panic, no mistaken
// expectation that passes, and never more than seconds for a few bytes.
func FuzzMatchers(f *testing.F) {
	for _, seed := range []struct{ data, path, pattern, body string }{
		{`[1, 2.5, 1e400]`, `$[*]`, `^a`, `[1, 2.5, NaN]`},
		{`{"a": {"b": [1]}}`, `$..b[?@ > 0]`, `(?i)x{2,}`, `{"a": {"b": [1], "c": 2}}`},
		{`["cat"]`, `$['a b'][1:2]`, `\pL+`, `[{"label": "cat", "score": 0.5}]`},
		{`{"type": "array", "items": {"$ref": "#"}}`, `$`, `(a*)*b`, `[[[1]]]`},
		{`{"anyOf": [{"minimum": 1e99}, {"enum": [1, "x"]}], "multipleOf": 1e-9}`, `$[-1]`, ``, `-1e999999999`},
		{`[[1, 0], [0, 1]]`, `$[0,1]`, `.`, `[[1, 0], [0, 1e-400]]`},
		{`{"$schema": "http://json-schema.org/draft-07/schema#", "pattern": "("}`, ``, `(`, "\xff\x00"},
	} {
		f.Add([]byte(seed.data), seed.path, seed.pattern, []byte(seed.body), 0.5, true)
		f.Add([]byte(seed.data), seed.path, seed.pattern, []byte(seed.body), math.NaN(), false)
	}
	f.Fuzz(func(t *testing.T, data []byte, path, pattern string, body []byte, x float64, flag bool) {
		n := len(data) % 7
		expectations := map[string]Expectation{
			"paths":    {Answer: data, Subset: data, Paths: []PathTolerance{{Path: path, Tolerance: Tolerance{Atol: x}}, {Path: "$..*"}}},
			"subset":   {Subset: data, Tolerance: &Tolerance{Rtol: x}},
			"contains": {Contains: []json.RawMessage{data, body}},
			"matches":  {Matches: pattern},
			"schema":   {Schema: data},
			"shape":    {Type: Types[n], Length: &Length{Min: &n}, Finite: true},
			"cosine":   {Cosine: &Cosine{To: data, Min: x}},
			"top_k":    {TopK: &TopK{Want: data, AnyOrder: flag}},
			"envelope": {ContentType: path, SHA256: pattern, MaxLatencyMS: x, Exit: &n},
			"nothing":  {},
		}
		answer := Answer{Status: 200, Text: string(body), ContentType: pattern, LatencyMS: x, Truncated: flag}
		if _, err := parse(body); err == nil {
			answer.JSON = body
		}
		for name, e := range expectations {
			begin := time.Now()
			v, mistakes := Judge(e, answer), Check(e)
			if took := time.Since(begin); took > 5*time.Second {
				t.Errorf("%s took %v", name, took)
			}
			if v.Passed != (v.Reason == "") || v.Passed && len(mistakes) > 0 {
				t.Errorf("%s: passed %t with reason %q and %d mistakes", name, v.Passed, v.Reason, len(mistakes))
			}
			if _, err := json.Marshal(v); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if len(v.Expected) > 4*shown || len(v.Got) > 2*shown {
				t.Errorf("%s: shown %d and %d bytes", name, len(v.Expected), len(v.Got))
			}
		}
	})
}

// FuzzParse compares the parser with encoding/json, which knows no NaN.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{`{"a":[1,-2.5e+3,"\u00e9\"",true,null]}`, `[NaN]`, `01`, `1.`, `"`, " \t1 ", `[1,]`, `{"a"}`, `-`, "\"\x01\""} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		_, err := parse(data)
		if strings.Contains(string(data), "NaN") || strings.Contains(string(data), "Infinity") {
			return
		}
		if valid := json.Valid(data); valid != (err == nil) {
			t.Errorf("encoding/json says %t to %q, parse says %v", valid, data, err)
		}
	})
}
