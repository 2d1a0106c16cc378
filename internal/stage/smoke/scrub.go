package smoke

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/slipway-dev/slipway/internal/protocol"
)

// scrubber takes a secret out of what a server said, in the forms in which
// servers repeat what they were sent: as it is, in a JSON string, in a URL, or in base64.
type scrubber [][]byte

// minCore is the length below which base64 has the same characters by chance.
const minCore = 6

// longBegin is how much of a long secret is enough to be it.
const longBegin = 12

// scrubbed stands where the secret stood.
const scrubbed = "***"

func newScrubber(secret string) scrubber {
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
	// The longest first: a shorter one may be a part of it.
	slices.SortFunc(forms, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	var s scrubber
	for _, form := range slices.Compact(forms) {
		if form != "" {
			s = append(s, []byte(form))
		}
	}
	return s
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

func (s scrubber) bytes(b []byte) []byte {
	for _, form := range s {
		b = without(b, form)
	}
	return b
}

// without takes a form out of a text, and the beginning of a long one too:
// what a server said may be cut off in the middle of it.
func without(text, form []byte) []byte {
	begin := form
	if len(form) >= 2*longBegin {
		begin = form[:longBegin]
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
		out, text = append(out, scrubbed...), after
	}
}

func (s scrubber) text(t *string) { *t = string(s.bytes([]byte(*t))) }

// clean takes the secret out of everything that came from the server.
func (s scrubber) clean(o *protocol.Observations) {
	if len(s) == 0 {
		return
	}
	s.text(&o.NotReady)
	s.text(&o.NoExample)
	for n := range o.Answers {
		s.answer(&o.Answers[n])
	}
	if o.Load != nil {
		for n := range o.Load.Others {
			s.answer(&o.Load.Others[n].Answer)
		}
	}
	if o.Example == nil {
		return
	}
	s.text(&o.Example.From)
	s.example(&o.Example.Request)
	for n := range o.Answers { // all of them are to the example, as it is now
		o.Answers[n].Request = o.Example.Request.Hash()
	}
}

func (s scrubber) answer(a *protocol.Answer) {
	s.text(&a.ContentType)
	s.text(&a.Error)
	a.Body = s.bytes(a.Body)
}

// example cleans a request that was made of what the server told.
func (s scrubber) example(r *protocol.Request) {
	s.text(&r.Path)
	r.JSON = s.bytes(r.JSON)
	if r.Text != nil {
		s.text(r.Text)
	}
	for n := range r.Form {
		s.text(&r.Form[n].Name)
		s.text(&r.Form[n].Value)
	}
}
