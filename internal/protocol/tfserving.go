package protocol

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// tfServing is the REST API of TensorFlow Serving.
// https://github.com/tensorflow/serving/blob/master/tensorflow_serving/g3doc/api_rest.md
type tfServing struct{}

func (tfServing) Name() string { return "tfserving" }

func (tfServing) DefaultPort() int { return 8501 }

// Checks asks for a version of the model that is AVAILABLE: the status is 200
// while all are still LOADING.
func (tfServing) Checks(t Target, ready Ready) []Check {
	if ready.Path != "" {
		return []Check{answers200(ready.Path)}
	}
	path := v1Model(t)
	return []Check{{Path: path, Judge: func(r Response) Readiness {
		var said struct {
			Versions []tfVersion `json:"model_version_status"`
		}
		// What is no JSON says nothing.
		_ = json.Unmarshal(r.Body, &said)
		if r.Status != http.StatusOK || len(said.Versions) == 0 {
			return Readiness{Why: answered(path, r)}
		}
		var why []string
		failed := 0
		for _, v := range said.Versions {
			if v.State == "AVAILABLE" {
				return Readiness{Ready: true}
			}
			if v.failed() {
				failed++
			}
			why = append(why, strings.TrimSpace(fmt.Sprintf("version %s is %s %s", v.Version, v.State, v.Status.Message)))
		}
		return Readiness{Never: failed == len(said.Versions), Why: strings.Join(why, "; ")}
	}}}
}

// tfVersion is the state of a version.
// https://github.com/tensorflow/serving/blob/master/tensorflow_serving/apis/get_model_status.proto
type tfVersion struct {
	Version string
	State   string
	Status  struct {
		Code    string `json:"error_code"`
		Message string `json:"error_message"`
	}
}

// failed is true for a version that will not be tried again: END comes after the last retry.
func (v tfVersion) failed() bool {
	return v.State == "END" && v.Status.Code != "OK" && v.Status.Code != ""
}

// Request puts plain JSON into {"instances": …}.
func (tfServing) Request(r Request, t Target) (Message, error) {
	return enveloped(r, v1Predicts(r.Path), v1Model(t)+":predict", instances)
}

// Answer is .predictions, or .outputs when it was asked with inputs.
func (tfServing) Answer(r Response) Content {
	if !v1Predicts(r.Path) {
		return body(r)
	}
	return unwrap(r, "predictions", "outputs")
}

func (tfServing) Discover(t Target) []Message {
	return []Message{{Method: http.MethodGet, Path: v1Model(t) + "/metadata"}}
}

// tfSignature has the inputs of one way to call a model.
type tfSignature struct {
	Inputs map[string]struct {
		Datatype string `json:"dtype"`
		Shape    struct {
			Dim []struct{ Size string }
		} `json:"tensor_shape"`
	}
}

// Example is ones in the shape of the inputs of the signature serving_default, or of the only one.
func (tfServing) Example(t Target) (Request, string, bool) {
	path := v1Model(t) + "/metadata"
	var told struct {
		Metadata struct {
			Signatures struct {
				Def map[string]tfSignature `json:"signature_def"`
			} `json:"signature_def"`
		}
	}
	if json.Unmarshal(t.told(path), &told) != nil {
		return Request{}, "", false
	}
	name, signatures := "serving_default", told.Metadata.Signatures.Def
	if _, ok := signatures[name]; !ok && len(signatures) == 1 {
		name = slices.Collect(maps.Keys(signatures))[0]
	}
	inputs, ok := tfInputs(signatures[name])
	body := fmt.Appendf(nil, `{"signature_name": %s, "inputs": %s}`, jsonString(name), inputs)
	return Request{JSON: body}, "the signature " + name + " at " + path, ok
}

// tfInputs are the columns of a request; ok is false when one cannot be made up.
func tfInputs(s tfSignature) (columns []byte, ok bool) {
	columns, left := []byte("{"), maxExample
	for _, name := range slices.Sorted(maps.Keys(s.Inputs)) {
		input := s.Inputs[name]
		var shape []int
		for _, d := range input.Shape.Dim {
			n, err := strconv.Atoi(d.Size)
			if err != nil {
				return nil, false
			}
			shape = append(shape, n)
		}
		if len(columns) > 1 {
			columns = append(columns, ", "...)
		}
		columns = append(append(columns, jsonString(name)...), ": "...)
		if columns, ok = appendFilled(columns, closed(shape), tfSample(input.Datatype), &left); !ok {
			return nil, false
		}
	}
	return append(columns, '}'), len(s.Inputs) > 0
}

// tfSample is a value of a type that JSON can hold; empty for another.
// https://github.com/tensorflow/serving/blob/master/tensorflow_serving/g3doc/api_rest.md#json-mapping
func tfSample(datatype string) string {
	switch datatype {
	case "DT_BOOL":
		return "true"
	case "DT_STRING":
		return `"a"`
	case "DT_FLOAT", "DT_DOUBLE":
		return "1.0"
	case "DT_INT8", "DT_UINT8", "DT_INT16", "DT_UINT16", "DT_INT32", "DT_UINT32", "DT_INT64", "DT_UINT64":
		return "1"
	}
	return ""
}
