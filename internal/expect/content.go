package expect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"slices"
	"strings"
	"unicode/utf8"
)

// read turns an answer into a value. One that is not JSON is a text, or
// binary when it is no text either; invalid says why it is no JSON.
func read(got Answer) (answer value, invalid error) {
	data := got.JSON
	if data == nil {
		data = []byte(got.Text)
	}
	v, err := parse(data)
	switch {
	case got.JSON != nil && err == nil:
		return v, nil
	case !isText(data, got.Truncated):
		return value{kind: binary, lit: got.binary()}, err
	}
	return value{kind: text, lit: string(data)}, err
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
func unusable(e Expectation, matchers []*matcher, answer *value, got Answer, invalid error) string {
	// Finiteness alone says nothing of what the answer is.
	silent := e.SHA256 == "" && !slices.ContainsFunc(matchers, func(m *matcher) bool { return m.name != "finite" })
	body := bytes.TrimSpace([]byte(got.Text))
	switch {
	case got.Problem != "":
		return got.Problem
	case silent:
		return mistaken(e, answer, got)
	case len(matchers) == 0:
		return ""
	case got.Truncated:
		return fmt.Sprintf("the body has %d bytes, too many to be compared: only its beginning was kept", got.Length)
	case got.JSON != nil || answer.kind == binary || !e.wantsJSON():
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

// wantsJSON is true when no text could be what is expected.
func (e Expectation) wantsJSON() bool {
	other := func(data json.RawMessage) bool {
		data = bytes.TrimSpace(data)
		return len(data) > 0 && data[0] != '"'
	}
	return other(e.Answer) || other(e.Subset) || e.Cosine != nil || e.TopK != nil || e.Type != "" && e.Type != "string"
}

// mistaken says what is wrong with an answer of which nothing is expected but
// that it is one: servers answer 200 with an error in the body, and what
// stands before them with a page.
func mistaken(e Expectation, answer *value, got Answer) string {
	if !got.succeeded() {
		return "" // an error was expected, and came
	}
	media, _, _ := mime.ParseMediaType(e.ContentType)
	if answer.kind == text && got.JSON == nil && media != "text/html" && isHTML(got.ContentType, bytes.TrimSpace([]byte(got.Text))) {
		return "the answer is an HTML page (expect content_type text/html if it is meant)"
	}
	if said := errorIn(answer); said != nil {
		envelope := fmt.Sprintf("status %d", got.Status)
		if got.Exit != nil {
			envelope = "exit code 0"
		}
		return fmt.Sprintf("the answer is an error in spite of %s: %s", envelope, summary(said))
	}
	return ""
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

// errorIn is what an object that is nothing but an error says; nil when it is none.
// A number is not: it may be the error of a regression.
func errorIn(v *value) *value {
	if v.kind != object {
		return nil
	}
	var said *value
	for i, key := range v.keys {
		item := &v.items[i]
		key = strings.ToLower(key)
		switch {
		case slices.Contains(errorExtras, key):
		case !slices.Contains(errorKeys, key):
			return nil
		case item.kind == text && item.lit != "", item.kind >= array && len(item.items) > 0, item.kind == boolean && item.lit == "true":
			if said == nil {
				said = item
			}
		}
	}
	return said
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

// note is what is worth saying of an answer that passed.
func note(e Expectation, answer *value, got Answer) string {
	media, _, err := mime.ParseMediaType(got.ContentType)
	lone := media == "text/plain" && answer.kind < array // a number is a text as well
	if got.JSON == nil || e.ContentType != "" || got.ContentType == "" || lone || err == nil && isJSON(media) {
		return ""
	}
	return fmt.Sprintf("the content type is %s, though the answer is JSON", clip(got.ContentType))
}

// isJSON is true for media types whose content JSON is read from: JSON itself
// (https://www.rfc-editor.org/rfc/rfc6839#section-3.1), and streams of it.
func isJSON(media string) bool {
	return strings.HasSuffix(media, "/json") || strings.HasSuffix(media, "+json") ||
		slices.Contains([]string{"application/x-ndjson", "application/jsonl", "application/json-seq", "text/event-stream"}, media)
}
