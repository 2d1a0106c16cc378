package protocol

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
)

// torchServe is the inference API of TorchServe.
// https://github.com/pytorch/serve/blob/master/docs/inference_api.md
type torchServe struct{}

func (torchServe) Name() string { return "torchserve" }

func (torchServe) DefaultPort() int { return 8080 }

// Launch turns off the tokens that it otherwise makes up at each start. The
// variable counts only when the image's config.properties has enable_envvars_config=true.
// https://github.com/pytorch/serve/blob/master/docs/token_authorization_api.md
func (torchServe) Launch(l Launch) Launch {
	return withEnv(l, map[string]string{"TS_DISABLE_TOKEN_AUTHORIZATION": "true"})
}

// Checks reads what /ping says: versions differ in whether "Unhealthy" and
// "Partial Healthy" (workers still starting) come with 200 or 500.
func (torchServe) Checks(_ Target, ready Ready) []Check {
	if ready.Path != "" {
		return []Check{answers200(ready.Path)}
	}
	return []Check{{Path: "/ping", Judge: func(r Response) Readiness {
		var said struct {
			Status string
			Health string // of old versions: "healthy!"
		}
		// What is no JSON says nothing.
		_ = json.Unmarshal(r.Body, &said)
		if r.Status == http.StatusOK && (said.Status == "Healthy" || said.Health == "healthy!") {
			return Readiness{Ready: true}
		}
		return Readiness{Why: answered("/ping", r)}
	}}}
}

// Request sends any body as it is. A form's field is called data, or body.
func (torchServe) Request(r Request, t Target) (Message, error) {
	own := r.Path == "" || strings.HasPrefix(r.Path, "/predictions/")
	return enveloped(r, own, "/predictions/"+url.PathEscape(cmp.Or(t.Model, t.Default)), asIs)
}

// Answer is what the handler returned.
func (torchServe) Answer(r Response) Content { return body(r) }
