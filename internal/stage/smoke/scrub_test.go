package smoke

import (
	"testing"

	"github.com/slipway-dev/slipway/internal/protocol"
	"github.com/slipway-dev/slipway/internal/secret"
)

// TestClean: a secret is taken out of everything that was seen, and the
// answers are still to the example.
func TestClean(t *testing.T) {
	const text, cleaned = "you sent t0k/en+with!", "you sent ***!"
	o := observed(text)
	clean(secret.NewScrubber("t0k/en+with"), &o)
	for _, got := range []string{o.Log, o.NotReady, o.Answers[0].Error, string(o.Answers[0].Body), o.Answers[0].ContentType, o.Answers[0].Stderr, string(o.Load.Others[0].Body), o.Example.From, o.Example.Request.Path} {
		if got != cleaned {
			t.Errorf("it says %q", got)
		}
	}
	if !o.Answers[0].For(o.Example.Request) {
		t.Error("the answer is to another request now")
	}
	o = observed(text)
	if clean(secret.NewScrubber(""), &o); o.NotReady != text {
		t.Errorf("without a secret, %q", o.NotReady)
	}
}

func observed(text string) protocol.Observations {
	answer := protocol.Answer{ContentType: text, Error: text, Body: []byte(text), Stderr: text}
	return protocol.Observations{
		NotReady: text, Log: text, Answers: []protocol.Answer{answer},
		Example: &protocol.Example{From: text, Request: protocol.Request{Path: text}},
		Load:    &protocol.LoadSeen{Others: []protocol.Other{{Answer: answer}}},
	}
}
