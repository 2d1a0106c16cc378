package secret

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestScrub: a token is found in every form that a server repeats it in, and
// the rest of the answer is left as it was.
func TestScrub(t *testing.T) {
	const token = `t0k/en+with "quotes" & more?`
	quoted, err := json.Marshal(token)
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]string{
		"as it is":      "you sent " + token + "!",
		"JSON":          `{"you sent": ` + string(quoted) + `}`,
		"JSON, slashes": `{"you sent": ` + strings.ReplaceAll(string(quoted), "/", `\/`) + `}`,
		"JSON, plain":   `{"you sent": "` + strings.ReplaceAll(token, `"`, `\"`) + `"}`,
		"Python's":      "/login/t0k/en%2Bwith%20%22quotes%22%20%26%20more%3F/next",
		"cut off":       "you sent " + token[:20],
		"a query":       "/login?token=" + url.QueryEscape(token) + "&next=/",
		"a path":        "/login/" + url.PathEscape(token) + "/next",
		"lower case":    "/login/" + lowerEscapes(url.PathEscape(token)) + "/next",
	}
	for n, before := range []string{"", "a", "ab", "Bearer "} {
		for name, encoding := range map[string]*base64.Encoding{"base64": base64.StdEncoding, "for URLs": base64.RawURLEncoding} {
			said[fmt.Sprintf("%s, %d", name, n)] = encoding.EncodeToString([]byte(before + token + " and more"))
		}
	}
	for name, text := range said {
		t.Run(name, func(t *testing.T) {
			if got := NewScrubber(token).Text(text); strings.Count(got, removed) != 1 || tells(got, token) {
				t.Errorf("it says %q", got)
			}
			if got := NewScrubber("").Text(text); got != text {
				t.Errorf("without a token, %q", got)
			}
		})
	}
}

// tells is true when most of the token is left, decoded as far as it goes.
func tells(text, token string) bool {
	middle := token[2 : len(token)-2]
	decoded, _ := base64.RawStdEncoding.DecodeString(strings.NewReplacer("-", "+", "_", "/").Replace(text))
	return strings.Contains(text, middle) || strings.Contains(hex.EncodeToString(decoded), hex.EncodeToString([]byte(middle)))
}

// TestWriter: what comes in pieces is taken out too, whatever the pieces, and
// nothing else is held back in the end.
func TestWriter(t *testing.T) {
	const token = "hf_aaaaaabbbbbbccccccdddddd"
	text := "a hf_ " + token + " b " + base64.StdEncoding.EncodeToString([]byte("me:"+token)) + " hf_aaaaaa"
	want := NewScrubber(token).Text(text)
	for size := 1; size <= len(text); size++ {
		var out bytes.Buffer
		w := NewScrubber(token).Writer(&out)
		for rest := text; rest != ""; {
			n := min(size, len(rest))
			if _, err := w.Write([]byte(rest[:n])); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if err := w.Close(); err != nil || out.String() != want {
			t.Errorf("in pieces of %d: %v\n got %q\nwant %q", size, err, out.String(), want)
		}
	}
}

// TestLines: a log marks the lines of a key, which is found all the same.
func TestLines(t *testing.T) {
	key := "-----BEGIN-----\nMIIEvQIBADANBgkqhkiG9w0B\nAQEFAASCBKcwggSjAgEAAoIB\n-----END-----\n"
	said := "12 : | MIIEvQIBADANBgkqhkiG9w0B\n12 : | AQEFAASCBKcwggSjAgEAAoIB\n"
	if got := NewScrubber(key).Text(said); got != "12 : | ***\n12 : | ***\n" {
		t.Errorf("%q", got)
	}
}

// TestCleanLeads: every text that a value leads to is cleaned, and words of a type of their own are not.
func TestCleanLeads(t *testing.T) {
	type word string
	type inner struct{ Text *string }
	type outer struct {
		Word  word
		Map   map[string]int
		Any   any
		List  []inner
		Bytes []byte
		Time  time.Time
	}
	const token = "s3cr3t-token"
	text := "is " + token
	v := outer{word(token), map[string]int{text: 1, "b": 2}, []any{text, 1}, []inner{{&text}}, []byte(text), time.Unix(1, 0)}
	NewScrubber(token).Clean(&v)
	want := "is ***"
	if diff := cmp.Diff(outer{token, map[string]int{want: 1, "b": 2}, []any{want, 1}, []inner{{&want}}, []byte(want), time.Unix(1, 0)}, v); diff != "" {
		t.Error(diff)
	}
}

// TestSecretDoesNotPrint: no way of printing shows a value.
func TestSecretDoesNotPrint(t *testing.T) {
	s := Set{"TOKEN": "s3cr3t-token"}.Get("TOKEN")
	data, err := json.Marshal(map[string]any{"s": s, "p": &s})
	if err != nil {
		t.Fatal(err)
	}
	for _, said := range []string{string(data), fmt.Sprint(s), fmt.Sprintf("%v %+v %#v %s %q", s, s, s, &s, s), fmt.Sprintf("%+v", struct{ S Secret }{s})} {
		if strings.Contains(said, "s3cr3t") {
			t.Error(said)
		}
	}
	if s.Reveal() != "s3cr3t-token" {
		t.Error("it does not reveal itself")
	}
}
