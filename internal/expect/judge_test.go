package expect

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/slipway-dev/slipway/internal/testkit"
)

// TestJudge runs testdata/judge/*.txtar. Each has the expectation, what came
// back (JSON: an Answer without its body) and the body; -update writes the
// verdict. A body that parses is taken for JSON, as a protocol does; one that
// is no text is written as body.base64.
func TestJudge(t *testing.T) {
	testkit.Archives(t, "testdata/judge/*.txtar", "verdict", func(t *testing.T, _ string, files map[string][]byte) string {
		e, answer := readCase(t, files)
		return printVerdict(Judge(e, answer))
	})
}

func readCase(t *testing.T, files map[string][]byte) (Expectation, Answer) {
	t.Helper()
	var e Expectation
	answer := Answer{Status: 200}
	for name, data := range files {
		switch name {
		case "expect.json":
			decode(t, data, &e)
		case "response.json":
			decode(t, data, &answer)
		case "body":
			body := strings.TrimSuffix(string(data), "\n")
			if _, err := parse([]byte(body)); err == nil {
				answer.JSON = []byte(body)
			} else {
				answer.Text = body
			}
		case "body.base64":
			body, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(data)))
			if err != nil {
				t.Fatal(err)
			}
			answer.Text = string(body)
		case "verdict":
		default:
			t.Fatalf("a case has no file %q", name)
		}
	}
	return e, answer
}

func decode(t *testing.T, data []byte, into any) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(string(data)))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		t.Fatal(err)
	}
}

func printVerdict(v Verdict) string {
	var b strings.Builder
	result := "failed"
	if v.Passed {
		result = "passed"
	}
	fmt.Fprintf(&b, "%s\nreason:   %s\npath:     %s\nmax abs:  %s\nmax rel:  %s\n", result, v.Reason, v.Path, number64(v.MaxAbsDiff), number64(v.MaxRelDiff))
	fmt.Fprintf(&b, "expected: %s\ngot:      %s\n", v.Expected, v.Got)
	if v.Note != "" {
		fmt.Fprintf(&b, "note:     %s\n", v.Note)
	}
	return strings.ReplaceAll(b.String(), " \n", "\n")
}

func number64(x *float64) string {
	if x == nil {
		return "none"
	}
	return fmt.Sprintf("%.6g", *x)
}

func TestErrorBody(t *testing.T) {
	for body, want := range map[string]bool{
		`{"error": "no model", "code": 3}`: true,
		`{"detail": [{"msg": "short"}]}`:   true,
		`{"error": 0.03}`:                  false,
		`{"error": null, "y": [1]}`:        false,
		`{"error": "x", "y": [1]}`:         false,
		`[1]`:                              false,
		`{"error": `:                       false,
	} {
		if got := ErrorBody([]byte(body)); got != want {
			t.Errorf("%s: %t", body, got)
		}
	}
}
