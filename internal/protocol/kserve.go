package protocol

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"
)

// kserveV1 is the first protocol of KServe.
// https://kserve.github.io/website/docs/concepts/architecture/data-plane/v1-protocol
type kserveV1 struct{}

func (kserveV1) Name() string { return "kserve-v1" }

func (kserveV1) DefaultPort() int { return 8080 }

// v1Model is the path of a model in KServe's and TensorFlow Serving's first protocols.
func v1Model(t Target) string { return "/v1/models/" + url.PathEscape(cmp.Or(t.Model, t.Default)) }

// v1Predicts is true for a path that a prediction is asked from in those protocols.
func v1Predicts(path string) bool { return path == "" || strings.HasSuffix(path, ":predict") }

// Checks asks whether the model is ready: "/" only says that the server is alive.
func (kserveV1) Checks(t Target, ready Ready) []Check {
	if ready.Path != "" {
		return []Check{answers200(ready.Path)}
	}
	path := v1Model(t)
	return []Check{{Path: path, Judge: func(r Response) Readiness {
		if said, _ := member(r.Body, "ready"); r.Status == http.StatusOK && string(said) == "true" {
			return Readiness{Ready: true}
		}
		why := answered(path, r)
		if r.Status == http.StatusOK {
			why += `, not {"ready": true}`
		}
		return Readiness{Why: why}
	}}}
}

// Request puts plain JSON into {"instances": …}.
func (kserveV1) Request(r Request, t Target) (Message, error) {
	return enveloped(r, v1Predicts(r.Path), v1Model(t)+":predict", instances)
}

// Answer is .predictions.
func (kserveV1) Answer(r Response) Content {
	if !v1Predicts(r.Path) {
		return body(r)
	}
	return unwrap(r, "predictions")
}
