package expect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

// reading is what was made of an answer.
type reading struct {
	value
	invalid error  // why it is no JSON
	remark  string // what is odd about its JSON, though it can be read
}

// read turns an answer into a value. One that is not JSON is a text, or
// binary when it is no text either.
func read(got Answer) reading {
	data := got.JSON
	if data == nil {
		data = []byte(got.Text)
	}
	p := parser{data: data}
	v, err := p.document()
	switch {
	case got.JSON != nil && err == nil:
		return reading{value: v, remark: repeated(p.repeated)}
	case !isText(data, got.Truncated):
		v = value{kind: binary, lit: got.binary()}
	default:
		v = value{kind: text, lit: string(data)}
	}
	return reading{value: v, invalid: err}
}

// repeated tells of names that are not unique: which of the members counts
// then is up to the reader (https://www.rfc-editor.org/rfc/rfc8259#section-4).
func repeated(keys []string) string {
	if len(keys) == 0 {
		return ""
	}
	return "in the answer " + names(keys, "is", "are") + " there more than once in one object: the last counts here, others may read the first"
}

// isText forgives a character that is cut in two at the end of what was kept.
// No text has a zero byte.
func isText(data []byte, truncated bool) bool {
	if bytes.IndexByte(data, 0) >= 0 {
		return false
	}
	for range utf8.UTFMax {
		if utf8.Valid(data) {
			return true
		}
		if !truncated || len(data) == 0 {
			return false
		}
		data = data[:len(data)-1]
	}
	return false
}

// binary says what there is about bytes that nobody can read.
func (a Answer) binary() string {
	out := "binary, " + plural(int(a.size()), "byte")
	if a.ContentType != "" {
		out += ", " + clip(a.ContentType)
	}
	if a.SHA256 != "" {
		out += ", sha256 " + a.SHA256
	}
	return out
}

// unusable says why an answer cannot be held against the matchers at all, or nothing.
func unusable(e Expectation, matchers []*matcher, answer *reading, got Answer) string {
	// Finiteness alone says nothing of what the answer is.
	silent := e.SHA256 == "" && !slices.ContainsFunc(matchers, func(m *matcher) bool { return m.name != "finite" })
	body := bytes.TrimSpace([]byte(got.Text))
	switch {
	case got.Problem != "":
		return got.Problem
	case silent:
		return mistaken(e, answer, got)
	case !e.readsAnswer() && got.succeeded() && errorIn(&answer.value) != nil:
		return inSpite(got, errorIn(&answer.value)) // an error has a type, a length and a hash too
	case e.SHA256 == "" && got.succeeded() && halved(answer, got):
		return fmt.Sprintf("the content type is %s, and the answer is not valid JSON: %v", clip(got.ContentType), answer.invalid)
	case len(matchers) == 0:
		return ""
	case got.Truncated:
		if got.Length < 1<<20 {
			return "the body was not all kept: the answers of all cases together are too many to be compared, but by sha256"
		}
		return fmt.Sprintf("the body has %d bytes, which were not all kept: it can be compared by sha256 only", got.Length)
	case got.JSON != nil || answer.kind == binary || !e.wantsJSON():
		return ""
	case len(body) == 0:
		return "the answer is empty"
	case isHTML(got.ContentType, body):
		return "the answer is an HTML page, not JSON"
	case body[0] == '{' || body[0] == '[':
		return fmt.Sprintf("the answer is not valid JSON: %v", answer.invalid)
	}
	return "the answer is not JSON but text: " + plain(&value{kind: text, lit: string(body)})
}

// readsAnswer is true when the case says something of what is in the answer:
// then it decides whether an error is right.
func (e Expectation) readsAnswer() bool {
	return len(e.Answer) > 0 || len(e.Subset) > 0 || len(e.Contains) > 0 || e.Matches != "" || e.Schema != nil || e.Cosine != nil || e.TopK != nil
}

// halved is true for what is said to be JSON and is none.
func halved(answer *reading, got Answer) bool {
	media, _, _ := mime.ParseMediaType(got.ContentType)
	return got.JSON == nil && got.Text != "" && !got.Truncated && answer.kind == text && isDocument(media)
}

// wantsJSON is true when no text could be what is expected.
func (e Expectation) wantsJSON() bool {
	other := func(data json.RawMessage) bool {
		data = bytes.TrimSpace(data)
		return len(data) > 0 && data[0] != '"'
	}
	return other(e.Answer) || other(e.Subset) || e.Cosine != nil || e.TopK != nil || e.Type != "" && e.Type != "string"
}

// mistaken says what is wrong with an answer of which nothing is expected but
// that it is one: servers answer 200 with nothing, half of an answer or an
// error in the body, and what stands before them with a page.
func mistaken(e Expectation, answer *reading, got Answer) string {
	if !got.succeeded() || got.Status == http.StatusNoContent || got.Status == http.StatusResetContent {
		return "" // an error was expected, and came, or nothing is what the status says
	}
	expected, _, _ := mime.ParseMediaType(e.ContentType)
	media, _, _ := mime.ParseMediaType(got.ContentType)
	body := bytes.TrimSpace([]byte(got.Text))
	token := answer.find(nonFinite)
	switch said := errorIn(&answer.value); {
	case got.JSON == nil && len(body) == 0:
		return "the answer is empty (expect length: 0 if it is meant)"
	case answer.kind == text && got.JSON == nil && expected != "text/html" && isHTML(got.ContentType, body):
		return "the answer is an HTML page (expect content_type text/html if it is meant)"
	case got.JSON == nil && !got.Truncated && isDocument(media):
		return fmt.Sprintf("the content type is %s, and the answer is not valid JSON: %v", clip(media), answer.invalid)
	case token != nil && !e.Finite: // which says so itself
		return fmt.Sprintf("%s: %s is no JSON, and many clients cannot read it (expect it in answer or subset if it is meant)", clip(pathTo(&answer.value, token).String()), token.lit)
	case said != nil:
		return inSpite(got, said)
	}
	return ""
}

func inSpite(got Answer, said *value) string {
	envelope := fmt.Sprintf("status %d", got.Status)
	if got.Exit != nil {
		envelope = "exit code 0"
	}
	return fmt.Sprintf("the answer is an error in spite of %s: %s", envelope, summary(said))
}

func isHTML(contentType string, body []byte) bool {
	head := bytes.ToLower(body[:min(len(body), 64)])
	return strings.HasPrefix(strings.ToLower(contentType), "text/html") && len(body) > 0 && body[0] == '<' ||
		bytes.HasPrefix(head, []byte("<!doctype html")) || bytes.HasPrefix(head, []byte("<html"))
}

var (
	// errorKeys hold an error, as FastAPI (detail), OpenAI, KServe, TGI and
	// TensorFlow Serving (error) write it.
	errorKeys = []string{"error", "errors", "detail"}
	// errorExtras stand beside it, and say nothing but more of the error.
	errorExtras = []string{"message", "code", "error_code", "error_type", "status", "success", "ok", "title", "type", "traceback", "request_id", "timestamp", "path"}
)

// errorIn is what an object that is nothing but an error says, or a list of
// such; nil when it is none. A number is not: it may be the error of a regression.
func errorIn(v *value) *value {
	if v.kind == array && len(v.items) > 0 {
		for i := range v.items {
			if errorIn(&v.items[i]) == nil {
				return nil
			}
		}
		return errorIn(&v.items[0])
	}
	if v.kind != object {
		return nil
	}
	var said *value
	failed := false
	for i, key := range v.keys {
		item := &v.items[i]
		key = strings.ToLower(key)
		switch {
		case slices.Contains(errorExtras, key):
			failed = failed || failing(key, item)
		case !slices.Contains(errorKeys, key):
			return nil
		case item.kind == text && item.lit != "", item.kind >= array && len(item.items) > 0, item.kind == boolean && item.lit == "true":
			if said == nil {
				said = item
			}
		}
	}
	if said == nil && failed {
		return v
	}
	return said
}

// failing is true for the members with which an answer says that it is none.
func failing(key string, v *value) bool {
	switch key {
	case "status":
		return v.kind == text && slices.Contains([]string{"error", "fail", "failed", "failure"}, strings.ToLower(v.lit))
	case "success", "ok":
		return v.kind == boolean && v.lit == "false"
	}
	return false
}

// ErrorBody is true for an answer, as JSON, that is nothing but an error. A
// case that expects one says nothing of what the model predicts.
func ErrorBody(answer json.RawMessage) bool {
	v, err := parse(answer)
	return err == nil && errorIn(&v) != nil
}

// summary is an error for a sentence.
func summary(v *value) string {
	if m := v.member("message"); m.kind == text {
		v = m
	}
	if v.kind < array {
		return plain(v)
	}
	return clip(strings.Join(strings.Fields(show(v, nil, 0)), " "))
}

// note is what is worth saying of the envelope of an answer that passed.
func note(e Expectation, answer *reading, got Answer) string {
	media, _, err := mime.ParseMediaType(got.ContentType)
	lone := media == "text/plain" && answer.kind < array // a number is a text as well
	if got.JSON == nil || e.ContentType != "" || got.ContentType == "" || lone || err == nil && isJSON(media) {
		return ""
	}
	return fmt.Sprintf("the content type is %s, though the answer is JSON", clip(got.ContentType))
}

// isDocument is true for the media types of one JSON document (https://www.rfc-editor.org/rfc/rfc6839#section-3.1).
func isDocument(media string) bool {
	return strings.HasSuffix(media, "/json") || strings.HasSuffix(media, "+json")
}

// isJSON is true for media types whose content JSON is read from: documents, and streams of them.
func isJSON(media string) bool {
	return isDocument(media) ||
		slices.Contains([]string{"application/x-ndjson", "application/jsonl", "application/json-seq", "text/event-stream"}, media)
}
