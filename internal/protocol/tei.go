package protocol

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
)

// tei is Text Embeddings Inference of Hugging Face.
// https://huggingface.github.io/text-embeddings-inference/
type tei struct{}

const teiInfo = "/info"

func (tei) Name() string { return "tei" }

// DefaultPort is the one of its image.
func (tei) DefaultPort() int { return 80 }

// Checks asks /health, which runs the model on a token before it says yes.
func (tei) Checks(_ Target, ready Ready) []Check {
	return []Check{answers200(cmp.Or(ready.Path, "/health"))}
}

func (tei) Discover(Target) []Message { return []Message{{Method: http.MethodGet, Path: teiInfo}} }

// teiPath is the only path that the model answers at: any other is 424.
func teiPath(info []byte) string {
	kind, _ := member(info, "model_type")
	switch {
	case hasAny(kind, "embedding"):
		return "/embed"
	case hasAny(kind, "classifier"):
		return "/predict"
	case hasAny(kind, "reranker"):
		return "/rerank"
	}
	return ""
}

// Request asks what the server's kind of model answers: a text, or a list of
// texts, becomes its inputs. A query with texts is for a reranker.
func (tei) Request(r Request, t Target) (Message, error) {
	path := cmp.Or(r.Path, teiPath(t.told(teiInfo)))
	if hasAny(r.JSON, "query") {
		path = cmp.Or(r.Path, "/rerank")
	}
	own := path == "" || teiOwn(path)
	m, err := enveloped(textAsJSON(r, own), own, cmp.Or(path, "/embed"), func(data json.RawMessage) ([]byte, error) {
		switch {
		case path == "/rerank" && !hasAny(data, "query"):
			return nil, errors.New("a reranker is asked with an object: give query and texts")
		case hasAny(data, "inputs", "query"):
			return data, nil
		case begins(data, `"[`):
			return wrap("inputs", data), nil
		}
		return nil, errors.New("the request is neither a text, a list of texts, nor an object with inputs, or with query and texts")
	})
	if err == nil && path == "" {
		err = Untold("the server did not say at " + teiInfo + " what kind of model it has: give the path (/embed, /predict or /rerank)")
	}
	return m, err
}

func teiOwn(path string) bool { return path == "/embed" || path == "/predict" || path == "/rerank" }

// Answer is the body: a list with one item for each input.
func (tei) Answer(r Response) Content {
	content := body(r)
	if r.Path != "" && !teiOwn(r.Path) || !succeeded(r.Status) {
		return content
	}
	content.Problem = saidError(r)
	list := items(r.Body)
	if content.Problem == "" && len(list) == 0 {
		content.Problem = "the response is not a list with an answer for each input"
	}
	// The list of an embedding model holds vectors, of another model objects or lists of them.
	for _, item := range list {
		if numbers := items(item.value); numbers != nil && (len(numbers) == 0 || numbers[0].value[0] != '{') && content.Problem == "" {
			content.Problem = notFinite(numbers)
		}
	}
	return content
}

// Example asks about a word, or of a reranker which of two is nearer to it.
func (tei) Example(t Target) (Request, string, bool) {
	const from = "the kind of model at " + teiInfo
	switch teiPath(t.told(teiInfo)) {
	case "":
		return Request{}, "", false
	case "/rerank":
		return Request{JSON: json.RawMessage(`{"query": "ping", "texts": ["ping", "pong"]}`)}, from, true
	}
	return Request{JSON: json.RawMessage(`{"inputs": "ping"}`)}, from, true
}
