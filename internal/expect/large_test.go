package expect

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// numbers is an array of n numbers, with one of them replaced.
func numbers(n, at int, replaced string) []byte {
	var b strings.Builder
	b.WriteByte('[')
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		if i == at {
			b.WriteString(replaced)
		} else {
			fmt.Fprintf(&b, "%d.25", i)
		}
	}
	return []byte(b.String() + "]")
}

func TestJudgeLargeArrayIsShownAroundTheFirstDifference(t *testing.T) {
	v := Judge(Expectation{Answer: numbers(20000, -1, "")}, Answer{Status: 200, JSON: numbers(20000, 12345, "7.5")})
	if v.Passed || v.Path != "$[12345]" {
		t.Fatalf("passed %t, path %s: %s", v.Passed, v.Path, v.Reason)
	}
	for name, shown := range map[string]string{"expected": v.Expected, "got": v.Got} {
		if len(shown) > 4096+100 {
			t.Errorf("%s has %d bytes", name, len(shown))
		}
		if !strings.Contains(shown, "12344.25, ") || !strings.Contains(shown, "12346.25") {
			t.Errorf("%s does not show the neighbours of the difference:\n%s", name, shown)
		}
		if !strings.HasPrefix(shown, "… ") || !strings.HasSuffix(shown, " bytes more") {
			t.Errorf("%s does not say what was left out:\n%s", name, shown)
		}
	}
}

func TestJudgeTakesBoundedTime(t *testing.T) {
	const size = 1 << 20 // as much of a body as the probe keeps
	deep := strings.Repeat("[", 9000) + strings.Repeat("]", 9000)
	cases := map[string]struct {
		want, got string
		passes    bool
	}{
		"many floats":       {string(numbers(100000, -1, "")), string(numbers(100000, 3, "1e300")), false},
		"all differ":        {"[" + strings.Repeat("0.5,", size/4) + "1]", "[" + strings.Repeat("0.7,", size/4) + "1]", false},
		"a long number":     {"1." + strings.Repeat("3", size), "1." + strings.Repeat("3", size-1) + "4", true},
		"a long integer":    {strings.Repeat("7", size), strings.Repeat("7", size-1) + "8", false},
		"a long exponent":   {"1e" + strings.Repeat("7", size), "2e" + strings.Repeat("7", size), false},
		"large exponents":   {"[" + strings.Repeat("1e99999999,", 5000) + "1]", "[" + strings.Repeat("2e99999999,", 5000) + "1]", false},
		"negative exponent": {"[" + strings.Repeat("1e-99999999,", 5000) + "1]", "[" + strings.Repeat("2e-99999999,", 5000) + "1]", true},
		"deep":              {deep, strings.Replace(deep, "[]", "[1]", 1), false},
		"deep objects":      {strings.Repeat(`{"a":`, 9000) + "1" + strings.Repeat("}", 9000), strings.Repeat(`{"a":`, 9000) + "2" + strings.Repeat("}", 9000), false},
		"a long text":       {`"` + strings.Repeat("é", size/2) + `"`, `"` + strings.Repeat("é", size/2-1) + `e"`, false},
		"not closed":        {"[1]", strings.Repeat("[", size), false},
		"many keys":         {object1(50000, "a"), object1(50000, "b"), false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			begin := time.Now()
			v := Judge(Expectation{Answer: []byte(tc.want)}, Answer{Status: 200, JSON: []byte(tc.got)})
			if took := time.Since(begin); took > 10*time.Second {
				t.Errorf("took %v", took)
			} else {
				t.Logf("took %v", took)
			}
			if v.Passed != tc.passes {
				t.Errorf("passed %t: %.200s", v.Passed, v.Reason)
			}
			if len(v.Reason) > 2000 {
				t.Errorf("the reason has %d bytes", len(v.Reason))
			}
		})
	}
}

func object1(n int, prefix string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"%s%d":%d`, prefix, i, i)
	}
	return "{" + b.String()[1:] + "}"
}

func TestMatchersTakeBoundedTime(t *testing.T) {
	const size = 1 << 20 // as much of a body as the probe keeps
	floats := string(numbers(100000, -1, ""))
	words := `"` + strings.Repeat("ab ", size/3) + `"`
	cases := map[string]struct {
		e      Expectation
		got    string
		passes bool
	}{
		"paths":            {Expectation{Answer: []byte(floats), Paths: []PathTolerance{{Path: "$[*]", Tolerance: Tolerance{Atol: 1}}, {Path: "$..*"}, {Path: "$[::2]"}}}, floats, true},
		"paths, filter":    {Expectation{Answer: []byte(floats), Paths: []PathTolerance{{Path: "$[?@ > 5]"}}}, floats, true},
		"subset":           {Expectation{Subset: []byte(object1(10, "a"))}, object1(50000, "a"), true},
		"contains":         {Expectation{Contains: raw("1.5", "2.5", `"x"`)}, floats, false},
		"contains, large":  {Expectation{Contains: raw(floats)}, "[" + floats + "]", true},
		"contains, text":   {Expectation{Contains: raw(`"` + strings.Repeat("ab ", 1000) + `c"`)}, words, false},
		"matches":          {Expectation{Matches: "(a|b|ab)*c$"}, words, false},
		"matches, repeats": {Expectation{Matches: "(.?){40}c"}, `"` + strings.Repeat("ab ", size/3/4) + `"`, false},
		"schema":           {Expectation{Schema: []byte(`{"items": {"type": "number", "maximum": 1000}, "uniqueItems": true}`)}, floats, false},
		"schema, all fail": {Expectation{Schema: []byte(`{"items": {"type": "string"}}`)}, floats, false},
		"schema, deep":     {Expectation{Schema: []byte(`{"items": {"$ref": "#"}}`)}, strings.Repeat("[", 9000) + strings.Repeat("]", 9000), false},
		"schema, exponent": {Expectation{Schema: []byte(`{"items": {"maximum": 1, "multipleOf": 2}}`)}, "[" + strings.Repeat("1e99999999,", 5000) + "1]", false},
		"schema, digits":   {Expectation{Schema: []byte(`{"maximum": 1}`)}, strings.Repeat("7", size), false},
		"type, digits":     {Expectation{Type: "integer"}, strings.Repeat("7", size) + ".0", true},
		"length":           {Expectation{Length: &Length{Max: ptr(10)}}, words, false},
		"finite":           {Expectation{Finite: true}, "[" + strings.Repeat("1e400,", size/6) + "1]", false},
		"finite, digits":   {Expectation{Finite: true}, strings.Repeat("7", size), false},
		"cosine":           {Expectation{Cosine: &Cosine{To: []byte(floats), Min: 1}}, floats, true},
		"cosine, rows":     {Expectation{Cosine: &Cosine{To: []byte(rowsOf(30000)), Min: 1}}, rowsOf(30000), true},
		"top_k":            {Expectation{TopK: &TopK{Want: []byte("[99999, 99998]")}}, floats, true},
		"top_k, exponent":  {Expectation{TopK: &TopK{Want: []byte("[0]")}}, "[" + strings.Repeat("1e4999,", 100000) + "1]", false},
		"errors":           {Expectation{}, `{"error": ` + floats + `}`, false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			begin := time.Now()
			v := Judge(tc.e, Answer{Status: 200, JSON: []byte(tc.got)})
			took := time.Since(begin)
			t.Logf("took %v: %.200s", took, v.Reason)
			if took > 30*time.Second { // the longest is 1 s of an idle core, and 8 s with the race detector
				t.Errorf("took %v", took)
			}
			if v.Passed != tc.passes {
				t.Errorf("passed %t: %.200s", v.Passed, v.Reason)
			}
			if len(v.Reason) > 2000 {
				t.Errorf("the reason has %d bytes", len(v.Reason))
			}
		})
	}
}

func raw(items ...string) []json.RawMessage {
	var out []json.RawMessage
	for _, item := range items {
		out = append(out, json.RawMessage(item))
	}
	return out
}

func ptr[T any](x T) *T { return &x }

// rowsOf is n vectors.
func rowsOf(n int) string {
	return "[" + strings.Repeat("[0.1, 0.2, 0.3],", n-1) + "[0.1, 0.2, 0.3]]"
}

func TestJudgeSaysHowManyNumbersDiffer(t *testing.T) {
	want := numbers(20000, -1, "")
	got := strings.Replace(strings.ReplaceAll(string(want), "1.25,", "1.5,"), ",777.25,", ",-5e6,", 1)
	v := Judge(Expectation{Answer: want}, Answer{Status: 200, JSON: []byte(got)})
	const reason = "$[1]: expected 1.25, got 1.5 (off by 0.25, allowed 1.25e-06); 2001 of 20000 numbers differ, most of all $[777]: expected 777.25, got -5e6 (off by 5e+06)"
	if v.Reason != reason {
		t.Errorf("got  %s\nwant %s", v.Reason, reason)
	}
}
