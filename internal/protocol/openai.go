package protocol

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
)

// openai is the interface of OpenAI as vLLM, SGLang, llama.cpp and others serve it.
// https://platform.openai.com/docs/api-reference
type openai struct{}

const (
	modelsPath      = "/v1/models"
	chatPath        = "/v1/chat/completions"
	completionsPath = "/v1/completions"
	embeddingsPath  = "/v1/embeddings"
)

func (openai) Name() string { return "openai" }

// DefaultPort is vLLM's.
func (openai) DefaultPort() int { return 8000 }

// Checks asks for both: SGLang and llama.cpp list their models while they still
// load them, and others are healthy before they have one. A server without
// /health has its models only.
func (openai) Checks(_ Target, ready Ready) []Check {
	if ready.Path != "" {
		return []Check{answers200(ready.Path)}
	}
	health := answers200("/health")
	return []Check{
		{Path: health.Path, Judge: func(r Response) Readiness {
			if r.Status == http.StatusNotFound {
				return Readiness{Ready: true}
			}
			return health.Judge(r)
		}},
		{Path: modelsPath, Judge: func(r Response) Readiness {
			if succeeded(r.Status) && firstModel(r.Body) != "" {
				return Readiness{Ready: true}
			}
			if succeeded(r.Status) {
				return Readiness{Why: "no model is served yet: " + answered(modelsPath, r)}
			}
			return Readiness{Why: answered(modelsPath, r)}
		}},
	}
}

func (openai) Discover(t Target) []Message {
	return append([]Message{{Method: http.MethodGet, Path: modelsPath}}, forExample(t, openAPIPath)...)
}

// firstModel is the first model in a list of models: servers that also list
// adapters list the model itself first. It is empty when there is none.
func firstModel(list []byte) string {
	var models struct{ Data []struct{ ID string } }
	if json.Unmarshal(list, &models) != nil || len(models.Data) == 0 {
		return ""
	}
	return models.Data[0].ID
}

// Request makes of a text a chat with one message, and sends an object with
// messages, prompt or input where it belongs, with the model filled in.
func (openai) Request(r Request, t Target) (Message, error) {
	kind := openaiKind(r.Path)
	r = textAsJSON(r, kind != "")
	if r.Path == "" {
		switch {
		case hasAny(r.JSON, "messages"):
			kind = chatPath
		case hasAny(r.JSON, "prompt"):
			kind = completionsPath
		case hasAny(r.JSON, "input"):
			kind = embeddingsPath
		}
	}
	var untold error
	m, err := enveloped(r, kind != "", cmp.Or(kind, chatPath), func(data json.RawMessage) ([]byte, error) {
		data, err := openaiBody(kind, data)
		if err != nil || hasAny(data, "model") {
			return data, err
		}
		model := cmp.Or(t.Model, firstModel(t.told(modelsPath)))
		if model == "" {
			untold = Untold("the server did not say at " + modelsPath + " which model it serves: set smoke.model")
		}
		return withModel(model, data), nil
	})
	if err == nil {
		err = untold // after every mistake of the case
	}
	return m, err
}

// openaiKind is which of the requests is made at a path, whatever stands
// before it (/openai/v1/…); empty for any other.
func openaiKind(path string) string {
	path, _, _ = strings.Cut(path, "?")
	switch {
	case path == "", strings.HasSuffix(path, "/chat/completions"):
		return chatPath
	case strings.HasSuffix(path, "/completions"):
		return completionsPath
	case strings.HasSuffix(path, "/embeddings"):
		return embeddingsPath
	}
	return ""
}

// sampling makes answers repeat as well as the server can, and short.
const sampling = `"temperature": 0, "seed": 1, "max_tokens": 16`

// openaiBody puts what a text, or for embeddings a list of texts, needs around it.
func openaiBody(kind string, data json.RawMessage) ([]byte, error) {
	switch {
	case hasAny(data, "messages", "prompt", "input"):
		return data, nil
	case kind == embeddingsPath && begins(data, `"[`):
		return wrap("input", data), nil
	case kind == completionsPath && begins(data, `"[`):
		return []byte(`{"prompt": ` + string(data) + `, ` + sampling + `}`), nil
	case kind == chatPath && begins(data, `"`):
		return []byte(`{"messages": [{"role": "user", "content": ` + string(data) + `}], ` + sampling + `}`), nil
	}
	return nil, errors.New("the request is neither a text nor an object with messages, prompt or input")
}

// withModel adds the model to an object that has other members.
func withModel(model string, object []byte) []byte {
	rest := bytes.TrimPrefix(bytes.TrimSpace(object), []byte("{"))
	return append([]byte(`{"model": `+string(encode(model))+`, `), rest...)
}

// Example says "ping". What a model can be asked for, the list of models does
// not tell; a server in Python often tells what it can be asked at all.
func (openai) Example(t Target) (Request, string, bool) {
	if t.Model == "" && firstModel(t.told(modelsPath)) == "" {
		return Request{}, "", false
	}
	kind := chatPath
	if d, ok := readOpenAPI(t.told(openAPIPath)); ok {
		posts := d.posts()
		for _, path := range []string{embeddingsPath, completionsPath, chatPath} {
			if slices.ContainsFunc(posts, func(o operation) bool { return o.path == path }) {
				kind = path
			}
		}
	}
	body, err := openaiBody(kind, json.RawMessage(`"ping"`))
	return Request{JSON: body}, `the protocol openai ("ping" to ` + kind + `)`, err == nil
}
