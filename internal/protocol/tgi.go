package protocol

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"strings"
)

// tgi is Text Generation Inference of Hugging Face.
// https://huggingface.co/docs/text-generation-inference/reference/api_reference
type tgi struct{}

const generate = "/generate"

func (tgi) Name() string { return "tgi" }

// DefaultPort is the one of its image.
func (tgi) DefaultPort() int { return 80 }

// Checks asks /health, which generates a token before it says yes.
func (tgi) Checks(_ Target, ready Ready) []Check {
	return []Check{answers200(cmp.Or(ready.Path, "/health"))}
}

// Request makes of a text the prompt, with an answer that is short; an object
// with inputs is sent as it is.
func (tgi) Request(r Request, _ Target) (Message, error) {
	own := r.Path == "" || r.Path == generate
	return enveloped(textAsJSON(r, own), own, generate, func(data json.RawMessage) ([]byte, error) {
		switch {
		case hasAny(data, "inputs"):
			return data, nil
		case begins(data, `"`):
			return []byte(`{"inputs": ` + string(data) + `, "parameters": {"max_new_tokens": 16}}`), nil
		}
		return nil, errors.New("the request is neither a text nor an object with inputs")
	})
}

// begins is true for JSON that begins with one of the characters.
func begins(data []byte, characters string) bool {
	data = bytes.TrimSpace(data)
	return len(data) > 0 && strings.IndexByte(characters, data[0]) >= 0
}

// textAsJSON turns a text into a JSON text, for servers that take no other.
func textAsJSON(r Request, own bool) Request {
	if own && r.Text != nil && r.JSON == nil {
		r.JSON, r.Text = encode(*r.Text), nil
	}
	return r
}

// Answer is .generated_text, or that of the only item in a list of them.
func (tgi) Answer(r Response) Content {
	elsewhere := r.Path != "" && !slices.Contains([]string{generate, "/", invocations}, r.Path)
	if elsewhere || !succeeded(r.Status) {
		return body(r)
	}
	content := body(r)
	if list := items(r.Body); len(list) == 1 {
		r.Body = list[0].value
	}
	answer := unwrap(r, "generated_text")
	if answer.Problem == "" && string(answer.JSON) != `""` {
		return answer
	}
	content.Problem = cmp.Or(answer.Problem, "the generated text is empty")
	return content
}

func (tgi) Example(Target) (Request, string, bool) {
	return Request{JSON: json.RawMessage(`"ping"`)}, `the protocol tgi ("ping" to ` + generate + `)`, true
}
