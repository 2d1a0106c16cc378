package expect

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
)

// Answer is what came back for a case, after the protocol found the answer in it.
type Answer struct {
	Status      int
	ContentType string
	// JSON is the answer; nil when it was not JSON. Bare NaN, Infinity and
	// -Infinity may stand in it, as Python's json module writes them.
	JSON []byte
	// Text is an answer that is not JSON.
	Text string
	// Problem is why the protocol found no answer in the response; empty when it did.
	Problem string
	// Truncated is true when only the beginning of the body was kept, of Length bytes.
	Truncated bool
	Length    int64
	// SHA256 is of the whole body, in hex.
	SHA256 string
	// LatencyMS is the time of the whole exchange, in milliseconds.
	LatencyMS float64
	// Exit is how a command ended, for the protocol exec; nil for a server's answer.
	Exit *int
}

// Verdict is what came of holding an answer against an expectation.
type Verdict struct {
	Passed bool
	// Note is worth saying about an answer that passed: JSON that is called text/html.
	Note string
	// Reason says what the first difference is, and where; empty when passed.
	Reason string
	// Path is where the first difference is, as a JSONPath into the answer; empty when it is not inside it.
	Path string
	// MaxAbsDiff and MaxRelDiff are the largest differences |got-want| and
	// |got-want|/|want| of all numbers that were compared, within tolerance or
	// not; nil when none was (MaxRelDiff: none that was expected not to be 0).
	MaxAbsDiff, MaxRelDiff *float64
	// Expected and Got are for reading: pretty, and cut to 4 KiB around the first difference.
	Expected, Got string
}

// Judge holds an answer against an expectation. Numbers are compared by value
// (1 is 1.0, -0 is 0), those expected with a fraction or an exponent within the
// tolerance, those without exactly unless the case names a tolerance. Objects
// must have the same members, in any order.
func Judge(e Expectation, got Answer) Verdict {
	var v Verdict
	if got.Truncated {
		got.Problem = "" // where there is only half a response, its answer may be in the other
	}
	answer, invalid := read(got)
	v.Got = show(&answer, nil, 0)
	if len(e.Answer) == 0 {
		v.Reason = status(e, got.Status)
		if v.Reason == "" {
			v.Reason = got.Problem
		}
		v.Passed = v.Reason == ""
		return v
	}
	want, err := parse(e.Answer)
	if err != nil {
		v.Reason = "the expected answer is not valid JSON: " + err.Error()
		return v
	}
	v.Expected = show(&want, nil, 0)
	if v.Reason = status(e, got.Status); v.Reason != "" {
		return v
	}
	if v.Reason = unusable(want, got, invalid); v.Reason != "" {
		return v
	}
	c := newComparison(e.Tolerance)
	c.compare(&want, &answer)
	v.report(c, &want, &answer)
	return v
}

// report writes what a comparison found.
func (v *Verdict) report(c *comparison, want, got *value) {
	v.MaxAbsDiff, v.MaxRelDiff = finite(c.maxAbs), finite(c.maxRel)
	if c.count == 0 {
		v.Passed = true
		return
	}
	v.Path = c.first.String()
	v.Expected, v.Got = show(want, c.first, c.offset), show(got, c.first, c.offset)
	v.Reason = c.reason
	if len(c.first) > 0 {
		v.Reason = clip(v.Path) + ": " + v.Reason
	}
	if c.count > 1 {
		v.Reason += fmt.Sprintf("; %s", plural(c.count-1, "further difference"))
	}
}

// status says what is wrong with the status, or nothing.
func status(e Expectation, got int) string {
	name := strings.TrimSpace(fmt.Sprintf("%d %s", got, http.StatusText(got)))
	switch {
	case e.Status != nil && got != *e.Status:
		return fmt.Sprintf("the status is %s, expected %d", name, *e.Status)
	case e.Status == nil && (got < 200 || got > 299):
		return fmt.Sprintf("the status is %s, expected any 2xx", name)
	}
	return ""
}

// read turns an answer into a value. One that is not JSON is a text; invalid says why it is none.
func read(got Answer) (answer value, invalid error) {
	data := got.JSON
	if data == nil {
		data = []byte(got.Text)
	}
	v, err := parse(data)
	if got.JSON == nil || err != nil {
		v = value{kind: text, lit: string(data)}
	}
	return v, err
}

// unusable says why an answer cannot be compared at all, or nothing.
func unusable(want value, got Answer, invalid error) string {
	body := bytes.TrimSpace([]byte(got.Text))
	switch {
	case got.Problem != "":
		return got.Problem
	case got.Truncated:
		return fmt.Sprintf("the body has %d bytes, too many to be compared: only its beginning was kept", got.Length)
	case got.JSON != nil || want.kind == text:
		return ""
	case len(body) == 0:
		return "the answer is empty"
	case isHTML(got.ContentType, body):
		return "the answer is an HTML page, not JSON"
	case body[0] == '{' || body[0] == '[':
		return fmt.Sprintf("the answer is not valid JSON: %v", invalid)
	}
	return "the answer is not JSON but text: " + plain(&value{kind: text, lit: string(body)})
}

func isHTML(contentType string, body []byte) bool {
	head := bytes.ToLower(body[:min(len(body), 64)])
	return strings.HasPrefix(contentType, "text/html") && body[0] == '<' ||
		bytes.HasPrefix(head, []byte("<!doctype html")) || bytes.HasPrefix(head, []byte("<html"))
}
