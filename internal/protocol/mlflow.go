package protocol

import (
	"encoding/json"
	"net/http"
)

// mlflow is the scoring server of MLflow.
// https://mlflow.org/docs/latest/ml/deployment/deploy-model-locally/
type mlflow struct{}

const invocations = "/invocations"

func (mlflow) Name() string { return "mlflow" }

// DefaultPort is the one of an image made by `mlflow models build-docker`;
// `mlflow models serve` listens on 5000 unless it is given -p.
func (mlflow) DefaultPort() int { return 8080 }

// Checks asks for /ping, which is 200 once the model is loaded.
func (mlflow) Checks(_ Target, ready Ready) []Check {
	path := ready.Path
	if path == "" {
		path = "/ping"
	}
	return []Check{answers200(path)}
}

// Request wraps plain JSON as {"inputs": …}, and sends what already is an envelope as it is.
func (mlflow) Request(r Request, _ Target) (Message, error) {
	own := r.Path == "" || r.Path == invocations
	if own && r.Text != nil {
		// The only text that the scoring server takes.
		headers := map[string]string{"Content-Type": "text/csv"}
		for name, value := range r.Headers {
			headers[http.CanonicalHeaderKey(name)] = value
		}
		r.Headers = headers
	}
	return enveloped(r, own, invocations, func(data json.RawMessage) ([]byte, error) {
		if mlflowEnvelope(data) {
			return data, nil
		}
		return wrap("inputs", data), nil
	})
}

// mlflowEnvelope is true for a body that MLflow's parse_json_input or its
// unwrapped form for language models takes as it is.
// https://github.com/mlflow/mlflow/blob/master/mlflow/pyfunc/scoring_server/__init__.py
func mlflowEnvelope(data []byte) bool {
	return hasAny(data, "dataframe_split", "dataframe_records", "instances", "inputs", "messages", "prompt", "input")
}

// Answer is .predictions. Language models asked in the unwrapped form answer
// unwrapped too, in the shape of the interface they speak: then it is the body.
func (mlflow) Answer(r Response) Content {
	elsewhere := r.Path != "" && r.Path != invocations
	if elsewhere || !succeeded(r.Status) {
		return body(r)
	}
	if predictions, ok := member(r.Body, "predictions"); ok {
		return Content{JSON: predictions}
	}
	content := body(r)
	if !hasAny(r.Body, "choices", "messages", "output", "data") {
		content.Problem = `the response has no "predictions", so it is not the answer of an MLflow scoring server`
	}
	return content
}
