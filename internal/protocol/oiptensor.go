package protocol

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// sampleValues are the datatypes of the Open Inference Protocol, each with a
// value of its own; Triton adds BF16.
var sampleValues = map[string]string{
	"BOOL": "true", "BYTES": `"a"`,
	"INT8": "1", "INT16": "1", "INT32": "1", "INT64": "1",
	"UINT8": "1", "UINT16": "1", "UINT32": "1", "UINT64": "1",
	"FP16": "1.0", "BF16": "1.0", "FP32": "1.0", "FP64": "1.0",
}

// maxExample bounds the tensors of a request that is made up, in values and
// arrays of all of them: a picture of 640 by 640 pixels in three colours, with
// room to spare. They are 7 MiB of a probe that has to stay small.
const maxExample = 5 << 18

// appendFilled writes arrays nested to a shape, with the same value everywhere;
// ok is false when there is no value, or left is not enough, which it is taken from.
func appendFilled(out []byte, shape []int, value string, left *int) (_ []byte, ok bool) {
	if _, fits := size(shape, *left); !fits || value == "" {
		return nil, false
	}
	parts := 1
	for _, d := range shape {
		parts *= d
		*left -= parts
	}
	if *left < 0 {
		return nil, false
	}
	return appendAll(out, shape, value), true
}

func appendAll(out []byte, shape []int, value string) []byte {
	if len(shape) == 0 {
		return append(out, value...)
	}
	out = append(out, '[')
	for i := range shape[0] {
		if i > 0 {
			out = append(out, ", "...)
		}
		out = appendAll(out, shape[1:], value)
	}
	return append(out, ']')
}

// closed is a shape in which what is open (-1) is 1.
func closed(shape []int) []int {
	known := make([]int, len(shape))
	for i, d := range shape {
		known[i] = max(d, 1)
	}
	return known
}

// oipEnvelope makes input tensors from plain JSON: names and datatypes are
// those of the metadata where it has any.
func oipEnvelope(data json.RawMessage, told []oipInput) ([]byte, error) {
	members := entries(data)
	if members == nil {
		if len(told) > 1 {
			return nil, fmt.Errorf("the model has %d inputs (%s): give json as an object with one member each", len(told), strings.Join(inputNames(told), ", "))
		}
		members = []entry{{name: "input-0", value: data}}
		if len(told) == 1 {
			members[0].name = told[0].Name
		}
	}
	out := []byte(`{"inputs": [`)
	for i, m := range members {
		if i > 0 {
			out = append(out, ", "...)
		}
		t, err := parseTensor(m.value)
		if err != nil {
			return nil, fmt.Errorf("the json of input %q is not a tensor: %w", m.name, err)
		}
		name, ok := datatype(t.values)
		if !ok {
			return nil, fmt.Errorf("the json of input %q is not a tensor: its values are not all numbers, all strings or all booleans", m.name)
		}
		for _, input := range told {
			if input.Name == m.name && sampleValues[input.Datatype] != "" {
				name = input.Datatype
			}
		}
		if len(t.shape) == 0 {
			t.shape = []int{1}
		}
		out = appendHead(out, m.name, name, t.shape)
		out = append(append(out, '['), bytes.Join(t.values, []byte(", "))...)
		out = append(out, "]}"...)
	}
	return append(out, "]}"...), nil
}

func inputNames(inputs []oipInput) []string {
	names := make([]string, len(inputs))
	for i, input := range inputs {
		names[i] = input.Name
	}
	return names
}

// appendHead writes an input tensor up to its data.
func appendHead(out []byte, name, datatype string, shape []int) []byte {
	return fmt.Appendf(out, `{"name": %s, "shape": %s, "datatype": %q, "data": `, jsonString(name), shapeText(shape), datatype)
}

func shapeText(shape []int) string { return strings.ReplaceAll(fmt.Sprint(shape), " ", ", ") }

func jsonString(s string) []byte {
	quoted, err := json.Marshal(s)
	if err != nil {
		return []byte(`""`) // a string always can be written
	}
	return quoted
}

// oipOutputs turns a list of output tensors into an object.
func oipOutputs(data []byte) ([]byte, error) {
	list := items(data)
	if len(list) == 0 {
		return nil, fmt.Errorf("outputs is not a list of tensors: %s", clipped(data))
	}
	out := []byte("{")
	seen := map[string]bool{}
	for i, item := range list {
		name, shape, err := oipHead(item.value)
		if err != nil {
			return nil, fmt.Errorf("outputs[%d] is not a tensor: %w", i, err)
		}
		if seen[name] {
			return nil, fmt.Errorf("two outputs have the name %q", name)
		}
		seen[name] = true
		if i > 0 {
			out = append(out, ", "...)
		}
		out = append(append(out, jsonString(name)...), ": "...)
		if out, err = appendData(out, item.value, shape); err != nil {
			return nil, fmt.Errorf("the output %q is not a tensor: %w", name, err)
		}
	}
	return append(out, '}'), nil
}

// oipHead is what an output tensor says of itself.
func oipHead(item []byte) (name string, shape []int, err error) {
	var head struct {
		Name     *string
		Shape    *[]int
		Datatype string
	}
	switch err := json.Unmarshal(mask(item), &head); {
	case err != nil:
		return "", nil, err
	case head.Name == nil:
		return "", nil, errors.New("it has no name")
	case head.Shape == nil:
		return "", nil, errors.New("it has no shape")
	case sampleValues[head.Datatype] == "":
		return "", nil, fmt.Errorf("%q is no datatype", head.Datatype)
	}
	return *head.Name, *head.Shape, nil
}

// appendData writes an output's data nested to its shape, and refuses data that does not have it.
func appendData(out, item []byte, shape []int) ([]byte, error) {
	data, ok := member(item, "data")
	if !ok {
		return nil, errors.New("it has no data")
	}
	t, err := parseTensor(data)
	if err != nil {
		return nil, fmt.Errorf("its data: %w", err)
	}
	n, ok := size(shape, len(t.values))
	nested := len(t.shape) > 1 && !slices.Equal(t.shape, shape)
	if !ok || n != len(t.values) || nested {
		return nil, fmt.Errorf("its shape is %s, its data has the shape %s", shapeText(shape), shapeText(t.shape))
	}
	return appendNested(out, shape, t.values), nil
}
