package smoke

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/slipway-dev/slipway/internal/protocol"
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
			o := observed(text)
			newScrubber(token).clean(&o)
			for _, got := range []string{o.NotReady, o.Answers[0].Error, string(o.Answers[0].Body), o.Answers[0].ContentType, string(o.Load.Others[0].Body), o.Example.From, o.Example.Request.Path} {
				if strings.Count(got, scrubbed) != 1 || tells(got, token) {
					t.Errorf("it says %q", got)
				}
			}
			if !o.Answers[0].For(o.Example.Request) {
				t.Error("the answer is to another request now")
			}
			o = observed(text)
			if newScrubber("").clean(&o); o.NotReady != text {
				t.Errorf("without a token, %q", o.NotReady)
			}
		})
	}
}

func observed(text string) protocol.Observations {
	answer := protocol.Answer{ContentType: text, Error: text, Body: []byte(text)}
	return protocol.Observations{
		NotReady: text, Answers: []protocol.Answer{answer},
		Example: &protocol.Example{From: text, Request: protocol.Request{Path: text}},
		Load:    &protocol.LoadSeen{Others: []protocol.Other{{Answer: answer}}},
	}
}

// tells is true when most of the token is left, decoded as far as it goes.
func tells(text, token string) bool {
	middle := token[2 : len(token)-2]
	decoded, _ := base64.RawStdEncoding.DecodeString(strings.NewReplacer("-", "+", "_", "/").Replace(text))
	return strings.Contains(text, middle) || strings.Contains(hex.EncodeToString(decoded), hex.EncodeToString([]byte(middle)))
}
