package expect

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"math"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// part is an expectation about what the answer came in.
type part struct {
	name  string // as the case file calls it
	check func(Expectation) string
	// judge says what is wrong with it, or nothing.
	judge func(Expectation, Answer) string
}

// outcome says which answer it is: where it is another one than is expected,
// its content is not looked at. The rest of the envelope is.
var (
	outcome = []part{
		{"exit", checkExit, judgeExit},
		{"status", checkStatus, judgeStatus},
	}
	wrapping = []part{
		{"content_type", checkContentType, judgeContentType},
		{"sha256", checkSHA256, judgeSHA256},
		{"max_latency", checkLatency, judgeLatency},
	}
)

func checkEnvelope(e Expectation) []Mistake {
	var mistakes []Mistake
	for _, f := range slices.Concat(outcome, wrapping) {
		if message := f.check(e); message != "" {
			mistakes = append(mistakes, Mistake{Key: f.name, Message: message})
		}
	}
	return mistakes
}

func checkExit(e Expectation) string {
	switch {
	case e.Exit == nil:
		return ""
	case *e.Exit < 0 || *e.Exit > 255:
		return fmt.Sprintf("%d is no exit code: they are 0 to 255", *e.Exit)
	case e.Status != nil:
		return "a command has an exit code, a server a status: remove exit or status"
	}
	return ""
}

func judgeExit(e Expectation, got Answer) string {
	want := 0
	if e.Exit != nil {
		want = *e.Exit
	}
	switch {
	case got.Exit == nil && e.Exit != nil:
		return fmt.Sprintf("exit code %d is expected, but a server answered: only commands (protocol exec) have one", want)
	case got.Exit != nil && *got.Exit != want:
		return fmt.Sprintf("the exit code is %d, expected %d", *got.Exit, want)
	}
	return ""
}

func checkStatus(e Expectation) string {
	if e.Status != nil && (*e.Status < 100 || *e.Status > 599) {
		return fmt.Sprintf("%d is no HTTP status: they are 100 to 599", *e.Status)
	}
	return ""
}

func judgeStatus(e Expectation, got Answer) string {
	name := strings.TrimSpace(fmt.Sprintf("%d %s", got.Status, http.StatusText(got.Status)))
	switch {
	case got.Exit != nil && e.Status != nil:
		return fmt.Sprintf("status %d is expected, but a command answered: it has an exit code instead", *e.Status)
	case got.Exit != nil:
		return ""
	case e.Status != nil && got.Status != *e.Status:
		return fmt.Sprintf("the status is %s, expected %d", name, *e.Status)
	case e.Status == nil && !got.succeeded():
		return fmt.Sprintf("the status is %s, expected any 2xx", name)
	}
	return ""
}

// succeeded is true when the envelope calls the answer a success.
func (a Answer) succeeded() bool {
	if a.Exit != nil {
		return *a.Exit == 0
	}
	return a.Status >= 200 && a.Status <= 299
}

func checkContentType(e Expectation) string {
	if e.ContentType == "" {
		return ""
	}
	media, _, err := mime.ParseMediaType(e.ContentType)
	if err != nil || !strings.Contains(media, "/") || strings.Contains(media, "*") {
		return fmt.Sprintf("%q is no media type such as application/json or text/plain; charset=utf-8", clip(e.ContentType))
	}
	return ""
}

// judgeContentType compares media types as https://www.rfc-editor.org/rfc/rfc9110#section-8.3.1
// does: without regard to case, parameters in any order.
func judgeContentType(e Expectation, got Answer) string {
	if e.ContentType == "" {
		return ""
	}
	if got.ContentType == "" {
		return "the answer has no content type, expected " + e.ContentType
	}
	want, params, _ := mime.ParseMediaType(e.ContentType) // checked by checkContentType
	media, has, _ := mime.ParseMediaType(got.ContentType) // a broken one is unlike any
	same := media == want
	for name, param := range params {
		same = same && strings.EqualFold(has[name], param)
	}
	if !same {
		return fmt.Sprintf("the content type is %s, expected %s", clip(got.ContentType), e.ContentType)
	}
	return ""
}

func checkSHA256(e Expectation) string {
	sum, err := hex.DecodeString(e.SHA256)
	if e.SHA256 != "" && (err != nil || len(sum) != 32) {
		return fmt.Sprintf("%q is no SHA-256: it has 64 hexadecimal digits", clip(e.SHA256))
	}
	return ""
}

func judgeSHA256(e Expectation, got Answer) string {
	if e.SHA256 == "" || strings.EqualFold(e.SHA256, got.SHA256) {
		return ""
	}
	return fmt.Sprintf("the SHA-256 of the body (%s) is %s, expected %s", plural(int(got.size()), "byte"), cmp.Or(got.SHA256, "not known"), strings.ToLower(e.SHA256))
}

// size is of the whole body, in bytes.
func (a Answer) size() int64 { return max(a.Length, int64(len(a.Text)), int64(len(a.JSON))) }

func checkLatency(e Expectation) string {
	if e.MaxLatencyMS < 0 || math.IsNaN(e.MaxLatencyMS) || math.IsInf(e.MaxLatencyMS, 0) {
		return "a bound on the time is a positive number of milliseconds"
	}
	return ""
}

func judgeLatency(e Expectation, got Answer) string {
	over := got.LatencyMS - e.MaxLatencyMS
	if e.MaxLatencyMS == 0 || over <= 0 {
		return ""
	}
	return fmt.Sprintf("the answer took %s ms, %s ms more than the %s ms allowed", ms(got.LatencyMS), ms(over), ms(e.MaxLatencyMS))
}

// ms is a time for a sentence: three digits, and no exponent.
func ms(x float64) string {
	digits := 0
	if x < 100 {
		digits = max(0, min(6, 2-int(math.Floor(math.Log10(x)))))
	}
	return strconv.FormatFloat(x, 'f', digits, 64)
}
