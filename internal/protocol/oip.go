package protocol

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// oip is the Open Inference Protocol, version 2: KServe, MLServer, Triton.
// https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md
type oip struct{}

func (oip) Name() string { return "oip-v2" }

// DefaultPort is the one of KServe and MLServer; Triton listens on 8000.
func (oip) DefaultPort() int { return 8080 }

// Checks asks for the status only: the bodies differ from server to server
// (MLServer and Triton send none), and MLServer says 400 until it is ready.
func (oip) Checks(t Target, ready Ready) []Check {
	if ready.Path != "" {
		return []Check{answers200(ready.Path)}
	}
	checks := []Check{answers200("/v2/health/ready")}
	if t.Model != "" {
		checks = append(checks, answers200(oipModel(t.Model)+"/ready"))
	}
	return checks
}

func oipModel(name string) string { return "/v2/models/" + url.PathEscape(name) }

// Request takes an envelope as it is. An array or a value becomes one input
// tensor, an object one for each member, as the answer has one for each output.
func (oip) Request(r Request, t Target) (Message, error) {
	name, untold := servedModel(t)
	own := r.Path == "" || strings.HasSuffix(r.Path, "/infer")
	m, err := enveloped(r, own, oipModel(name)+"/infer", func(data json.RawMessage) ([]byte, error) {
		if hasAny(data, "inputs") {
			return data, nil
		}
		return oipEnvelope(data, toldInputs(t, name))
	})
	if err == nil && r.Path == "" {
		err = untold
	}
	return m, err
}

// Answer is an object with the data of each output by its name, nested to its shape.
func (oip) Answer(r Response) Content {
	if elsewhere := r.Path != "" && !strings.HasSuffix(r.Path, "/infer"); elsewhere {
		return body(r)
	}
	content := unwrap(r, "outputs")
	if content.JSON == nil || content.Problem != "" || !succeeded(r.Status) {
		return content
	}
	outputs, err := oipOutputs(content.JSON)
	if err != nil {
		content = body(r)
		content.Problem = err.Error()
		return content
	}
	return Content{JSON: outputs}
}

const (
	// oipIndex is the model repository extension, which MLServer and Triton have.
	// https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_model_repository.md
	oipIndex = "/v2/repository/index"
	// oipList is what KServe has instead.
	oipList = "/v2/models"
)

// Discover asks for the models when no name is known, and for the metadata of the one there is.
func (oip) Discover(t Target) []Message {
	var questions []Message
	if t.Model == "" {
		questions = []Message{
			{Method: http.MethodPost, Path: oipIndex, Headers: map[string]string{"Content-Type": jsonType}, Body: bodyOf([]byte("{}"))},
			{Method: http.MethodGet, Path: oipList},
		}
	}
	if name, err := servedModel(t); err == nil {
		questions = append(questions, Message{Method: http.MethodGet, Path: oipModel(name)})
	}
	return questions
}

// servedModel is the model that is asked: the one that was named, or the only one that the server told of.
func servedModel(t Target) (string, error) {
	if t.Model != "" {
		return t.Model, nil
	}
	var index []struct{ Name, State, Reason string }
	var list struct{ Models []string }
	// An answer that is something else tells nothing.
	_ = json.Unmarshal(t.told(oipIndex), &index)
	_ = json.Unmarshal(t.told(oipList), &list)
	names, unready := list.Models, ""
	for _, m := range index {
		// Triton lists what it has not loaded too, with no state or UNAVAILABLE.
		if m.State == "READY" {
			names = append(names, m.Name)
		} else {
			unready = strings.Join(strings.Fields(fmt.Sprintf("; %s is %s %s", m.Name, cmp.Or(m.State, "not loaded"), m.Reason)), " ")
		}
	}
	slices.Sort(names)
	switch names = slices.Compact(names); len(names) {
	case 1:
		return names[0], nil
	case 0:
		return "", Untold("the server did not tell of a model that is ready" + unready + ": name it in smoke.model")
	}
	return "", Untold(fmt.Sprintf("the server has %d models (%s): name one in smoke.model", len(names), strings.Join(names, ", ")))
}

// oipInput is an input as the model's metadata describes it.
type oipInput struct {
	Name     string `json:"name"`
	Datatype string `json:"datatype"`
	Shape    []int  `json:"shape"`
}

// toldInputs are those of the model's metadata; MLServer's may have none.
func toldInputs(t Target, model string) []oipInput {
	var metadata struct{ Inputs []oipInput }
	if json.Unmarshal(t.told(oipModel(model)), &metadata) != nil {
		return nil
	}
	return metadata.Inputs
}

// Example is ones in the shape of the model's inputs.
func (oip) Example(t Target) (Request, string, bool) {
	name, err := servedModel(t)
	if err != nil {
		return Request{}, "", false
	}
	inputs, left := toldInputs(t, name), maxExample
	body := []byte(`{"inputs": [`)
	for i, input := range inputs {
		if i > 0 {
			body = append(body, ", "...)
		}
		shape := closed(input.Shape)
		n, ok := size(shape, left)
		if !ok {
			return Request{}, "", false
		}
		body = appendHead(body, input.Name, input.Datatype, shape)
		if body, ok = appendFilled(body, []int{n}, sampleValues[input.Datatype], &left); !ok {
			return Request{}, "", false
		}
		body = append(body, '}')
	}
	body = append(body, "]}"...)
	return Request{JSON: body}, "the model's metadata at " + oipModel(name), len(inputs) > 0
}
