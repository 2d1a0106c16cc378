package config

import (
	"encoding/json"
	"path"
	"slices"

	"github.com/slipway-dev/slipway/internal/expect"
	"github.com/slipway-dev/slipway/internal/protocol"
)

// An example is a request that came with the model. Nobody recorded what its
// answer must be, so all that can be asked of it is to be numbers.
type example struct {
	protocols []string // that take the request as it is
	find      func(*loader) (from string, request *node, problem string)
}

var examples = []example{
	{[]string{"mlflow", "sagemaker"}, (*loader).mlflowExample},
	{[]string{"truss"}, (*loader).trussExample},
}

// example makes a case of the example that came with the model, where there is one.
func (l *loader) example() []Case {
	for _, e := range examples {
		if !slices.Contains(e.protocols, l.cfg.Smoke.Protocol) {
			continue
		}
		from, n, problem := e.find(l)
		var body json.RawMessage
		if n != nil {
			body = encode(n, numberLiteral, func(_ *node, message string) { problem = message })
		}
		if problem != "" {
			l.detected("smoke.cases", "", from+" "+problem)
		}
		if body == nil || problem != "" {
			continue
		}
		l.detected("smoke.cases", "example", from+" is here, and no case")
		return []Case{{
			Name:    "example",
			Request: protocol.Request{Name: "example", JSON: body},
			Expect:  expect.Expectation{Finite: true},
			From:    from,
		}}
	}
	return nil
}

// mlflowExample is the request body that MLflow saves beside a model that was
// logged with an input example.
// https://mlflow.org/docs/latest/ml/model/signatures/#model-input-examples
func (l *loader) mlflowExample() (from string, request *node, problem string) {
	model, ok := l.mlmodel()
	if !ok {
		return "", nil, ""
	}
	file := path.Join(path.Dir(model), "serving_input_example.json")
	if content := l.text(model); content != "" {
		if n, f := readYAML(content); f == nil && n != nil {
			if name := n.str("saved_input_example_info", "serving_input_path"); name != "" {
				file = path.Join(path.Dir(model), name)
			}
		}
	}
	if !l.exists(file) {
		return "", nil, ""
	}
	n, f := l.readNodes(file)
	if f != nil {
		return file, nil, f.message
	}
	return file, n, ""
}

// trussExample is the request body in the configuration of a Truss.
// https://docs.baseten.co/reference/truss-configuration
func (l *loader) trussExample() (from string, request *node, problem string) {
	const file = "config.yaml"
	n, f := readYAML(l.text(file))
	if f != nil {
		return file, nil, f.message
	}
	return file + " (model_metadata.example_model_input)", n.get("model_metadata").get("example_model_input"), ""
}
