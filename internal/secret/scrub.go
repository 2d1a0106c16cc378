package secret

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
)

// Scrubber takes secrets out of what others said, in the forms in which
// programs repeat what they were told: as it is, in a JSON string, in a URL, or in base64.
type Scrubber struct{ forms [][]byte }

// minCore is the length below which base64 has the same characters by chance.
const minCore = 6

// minLine is the length below which a line of a secret is one of any other text.
const minLine = 12

// longBegin is how much of a long secret is enough to be it.
const longBegin = 12

// removed stands where a secret stood.
const removed = "***"

// NewScrubber makes a scrubber for these values; empty ones are none.
func NewScrubber(values ...string) Scrubber {
	var forms []string
	for _, value := range values {
		forms = append(forms, formsOf(value)...)
		if lines := strings.Split(value, "\n"); len(lines) > 1 { // a log puts its own marks between them
			for _, line := range lines {
				if line = strings.TrimSpace(line); len(line) >= minLine {
					forms = append(forms, formsOf(line)...)
				}
			}
		}
	}
	// The longest first: a shorter one may be a part of it.
	slices.SortFunc(forms, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	var s Scrubber
	for _, form := range slices.Compact(forms) {
		if form != "" {
			s.forms = append(s.forms, []byte(form))
		}
	}
	return s
}

func formsOf(secret string) []string {
	if secret == "" {
		return nil
	}
	forms := []string{secret, strings.ReplaceAll(secret, "/", `\/`)}
	for _, inJSON := range []string{inJSON(secret, true), inJSON(secret, false)} {
		forms = append(forms, inJSON, strings.ReplaceAll(inJSON, "/", `\/`))
	}
	query := url.QueryEscape(secret)
	for _, inURL := range []string{query, url.PathEscape(secret), strings.NewReplacer("%2F", "/", "+", "%20").Replace(query)} { // the last as Python's quote does
		forms = append(forms, inURL, lowerEscapes(inURL))
	}
	for offset := range 3 {
		if core := base64Core(secret, offset); len(core) >= minCore {
			forms = append(forms, core, strings.NewReplacer("+", "-", "/", "_").Replace(core))
		}
	}
	if trimmed := strings.TrimSpace(secret); trimmed != secret { // a file's last line feed is not repeated
		forms = append(forms, formsOf(trimmed)...)
	}
	return forms
}

// inJSON is a text as it stands in a JSON string; Go escapes &, < and > too, others do not.
func inJSON(secret string, html bool) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(html)
	_ = e.Encode(secret) // a string to a buffer: cannot fail
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(b.String()), `"`), `"`)
}

// base64Core is what the base64 of any text has in it where the secret stands
// at this offset, modulo 3: the characters that hold bits of nothing else.
func base64Core(secret string, offset int) string {
	before, bits := offset*8, (offset+len(secret))*8
	return base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat(" ", offset) + secret))[(before+5)/6 : bits/6]
}

// lowerEscapes writes %2F as %2f.
func lowerEscapes(s string) string {
	b := []byte(s)
	for n := 0; n+2 < len(b); n++ {
		if b[n] == '%' {
			copy(b[n+1:], bytes.ToLower(b[n+1:n+3]))
		}
	}
	return string(b)
}

// Empty is true when there is nothing to take out.
func (s Scrubber) Empty() bool { return len(s.forms) == 0 }

// Bytes is b without the secrets.
func (s Scrubber) Bytes(b []byte) []byte {
	for _, form := range s.forms {
		b = without(b, form)
	}
	return b
}

// Text is t without the secrets.
func (s Scrubber) Text(t string) string {
	if s.Empty() {
		return t
	}
	return string(s.Bytes([]byte(t)))
}

// without takes a form out of a text, and the beginning of a long one too:
// what was said may be cut off in the middle of it.
func without(text, form []byte) []byte {
	begin := beginOf(form)
	if !bytes.Contains(text, begin) {
		return text
	}
	var out []byte
	for {
		before, after, found := bytes.Cut(text, begin)
		out = append(out, before...)
		if !found {
			return out
		}
		rest := form[len(begin):]
		for len(rest) > 0 && len(after) > 0 && rest[0] == after[0] {
			rest, after = rest[1:], after[1:]
		}
		out, text = append(out, removed...), after
	}
}

// beginOf is as much of a form as is enough to be it.
func beginOf(form []byte) []byte {
	if len(form) >= 2*longBegin {
		return form[:longBegin]
	}
	return form
}
