package protocol

import (
	"cmp"
	"strconv"
)

// vertex is a custom container for predictions on Google's Vertex AI.
// https://cloud.google.com/vertex-ai/docs/predictions/custom-container-requirements
type vertex struct{}

// The routes are told to the container, so they can be any: these are what
// most containers have that do not listen.
const (
	vertexHealth  = "/health"
	vertexPredict = "/predict"
)

func (vertex) Name() string { return "vertex" }

func (vertex) DefaultPort() int { return 8080 }

// Launch sets the variables that Vertex AI sets. Its own defaults for the
// routes differ between its documents, so they are always named.
func (vertex) Launch(l Launch) Launch {
	return withEnv(l, map[string]string{
		"AIP_HTTP_PORT":     strconv.Itoa(l.Port),
		"AIP_HEALTH_ROUTE":  vertexHealth,
		"AIP_PREDICT_ROUTE": vertexPredict,
		"AIP_STORAGE_URI":   "", // as for a model without artifacts
	})
}

func (vertex) Checks(_ Target, ready Ready) []Check {
	return []Check{answers200(cmp.Or(ready.Path, vertexHealth))}
}

// Request puts plain JSON into {"instances": …}. A path of the case's own is the
// predict route too: it is the server's choice.
func (vertex) Request(r Request, _ Target) (Message, error) {
	return enveloped(r, true, vertexPredict, instances)
}

// Answer is .predictions.
func (vertex) Answer(r Response) Content { return unwrap(r, "predictions") }
