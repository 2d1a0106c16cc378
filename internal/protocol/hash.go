package protocol

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
)

// Hash stands for what a request asks: the SHA-256, in hex, of its JSON, less
// its name, the time it has and where its files are.
func (r Request) Hash() string {
	r.Name, r.TimeoutMS = "", 0
	r = r.Files(func(b Binary) Binary { return b.At("") })
	body := r.JSON
	if body != nil {
		r.JSON = json.RawMessage(place)
	}
	data, err := json.Marshal(r)
	if err != nil {
		return ""
	}
	h := sha256.New()
	before, after, found := bytes.Cut(data, []byte(`"json":`+place))
	_, _ = h.Write(before)
	if found {
		_, _ = h.Write([]byte(`"json":`))
		if !json.Valid(body) { // no spec with it was ever written
			return ""
		}
		compact(h, body)
		_, _ = h.Write(after)
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

// place stands where the JSON of a request goes while its hash is made:
// encoding/json would hold a large one three times. No text can be it: in a
// text its quotes would be escaped.
const place = `"the JSON of the request"`

// compact writes JSON as encoding/json does that of a json.RawMessage: without
// white space between its tokens, and with what HTML knows escaped.
func compact(to io.Writer, data []byte) {
	w := bufio.NewWriterSize(to, 32<<10)
	quoted, escaped := false, false
	for n, c := range data {
		switch {
		case c == '<' || c == '>' || c == '&':
			_, _ = fmt.Fprintf(w, `\u%04x`, c)
		case c == 0xE2 && bytes.HasPrefix(data[n:], []byte("\u2028")):
			_, _ = w.WriteString(`\u2028`)
		case c == 0xE2 && bytes.HasPrefix(data[n:], []byte("\u2029")):
			_, _ = w.WriteString(`\u2029`)
		case n >= 1 && data[n-1] == 0xE2 && c == 0x80 && n+1 < len(data) && data[n+1]&^1 == 0xA8:
		case n >= 2 && data[n-2] == 0xE2 && data[n-1] == 0x80 && c&^1 == 0xA8:
		case !quoted && (c == ' ' || c == '\t' || c == '\n' || c == '\r'):
		default:
			_ = w.WriteByte(c)
		}
		switch {
		case escaped:
			escaped = false
		case quoted && c == '\\':
			escaped = true
		case c == '"':
			quoted = !quoted
		}
	}
	_ = w.Flush()
}
