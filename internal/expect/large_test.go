package expect

import (
	"encoding/json"
	"fmt"
	"math"
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
