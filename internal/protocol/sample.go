package protocol

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"
)

// sampler makes up values that JSON schemas (https://json-schema.org, and what
// OpenAPI 3.0 makes of them) let through. The schemas are foreign: they may
// refer to themselves, or ask for more than any request should hold.
type sampler struct {
	root any // what "#/…" refers into
	left int // how much may still be looked at and made up: members of schemas, or eight characters each
}

const (
	sampleWork  = 1 << 17
	sampleDepth = 40
	sampleItems = 1000 // the longest array or text that is made up
	sampleBytes = 16 * sampleWork
)

// exampleOf makes up a value for a schema that stands alone; nil when the
// schema does not say enough.
func exampleOf(schema []byte) json.RawMessage {
	root, err := parse(schema)
	if err != nil {
		return nil
	}
	s := sampler{root: root, left: sampleWork}
	return s.json(root)
}

// parse keeps numbers as they are written.
func parse(data []byte) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	err = d.Decode(&v)
	return v, err
}

// json is a value for the schema, members in the order of their names.
func (s *sampler) json(schema any) json.RawMessage {
	v, ok := s.value(schema, 0)
	if !ok {
		return nil
	}
	data := encode(v)
	if len(data) > sampleBytes { // escapes make it longer
		return nil
	}
	return data
}

// encode writes a value that came from JSON, without escapes for HTML.
func encode(v any) json.RawMessage {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // what came from JSON can be JSON
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// value is false where none can be made up that the server is likely to take:
// a text with a pattern, a file, or something the schema says nothing about.
func (s *sampler) value(schema any, depth int) (any, bool) {
	node := s.flat(schema, depth)
	if node == nil || s.left < 0 {
		return nil, false
	}
	if v, ok := s.given(node); ok {
		return v, true
	}
	for _, key := range []string{"oneOf", "anyOf"} {
		if options, ok := node[key].([]any); ok {
			delete(node, key)
			return s.option(node, options, depth)
		}
	}
	switch typeOf(node) {
	case "object":
		return s.object(node, depth)
	case "array":
		return s.array(node, depth)
	case "string":
		return s.text(node)
	case "integer":
		return number(node, true)
	case "number":
		return number(node, false)
	case "boolean":
		return false, true
	case "null":
		return nil, true
	}
	return nil, false
}

// flat is a copy of the schema with $ref and allOf merged into it; of a keyword
// that is said twice the outer one counts. It is nil for what is no object.
func (s *sampler) flat(schema any, depth int) map[string]any {
	node, ok := schema.(map[string]any)
	s.left -= extent(node)
	if !ok || depth > sampleDepth || s.left < 0 {
		return nil
	}
	node = maps.Clone(node)
	var parts []any
	if ref, ok := node["$ref"].(string); ok {
		parts = append(parts, pointer(s.root, ref))
	}
	if all, ok := node["allOf"].([]any); ok {
		parts = append(parts, all...)
	}
	delete(node, "$ref")
	delete(node, "allOf")
	for _, part := range parts {
		other := s.flat(part, depth+1)
		if other == nil {
			return nil
		}
		s.merge(node, other)
	}
	return node
}

// extent is how much there is to look at in a schema, without what is in it.
func extent(node map[string]any) int {
	total := 1 + len(node)
	for _, value := range node {
		if list, ok := value.([]any); ok {
			total += len(list)
		}
	}
	ref, _ := node["$ref"].(string)
	return total + len(ref)/8
}

func (s *sampler) merge(node, other map[string]any) {
	for key, value := range other {
		switch here := node[key].(type) {
		case nil:
			node[key] = value
		case []any:
			if more, ok := value.([]any); ok && key == "required" {
				s.left -= len(here) + len(more)
				node[key] = union(here, more)
			}
		case map[string]any:
			if more, ok := value.(map[string]any); ok && key == "properties" {
				s.left -= len(here) + len(more)
				both := maps.Clone(more)
				maps.Copy(both, here)
				node[key] = both
			}
		}
	}
}

// union are the names of both lists, each once, in their order.
func union(here, more []any) []any {
	var all []any
	known := map[string]bool{}
	for _, item := range slices.Concat(here, more) {
		if name, ok := item.(string); ok && !known[name] {
			known[name] = true
			all = append(all, name)
		}
	}
	return all
}

// unescape are the escapes of a pointer.
var unescape = strings.NewReplacer("~1", "/", "~0", "~")

// pointer is what a reference into the same document points to
// (https://www.rfc-editor.org/rfc/rfc6901); nil when there is nothing.
func pointer(root any, ref string) any {
	rest, ok := strings.CutPrefix(ref, "#")
	if !ok {
		return nil
	}
	at := root
	for _, step := range strings.Split(rest, "/")[1:] {
		object, ok := at.(map[string]any)
		if !ok {
			return nil
		}
		at = object[unescape.Replace(step)]
	}
	return at
}

// given is a value that the schema itself names. One of another type than the
// schema's is passed over: generators write "default": "null".
func (s *sampler) given(node map[string]any) (any, bool) {
	candidates := []any{node["example"]}
	if examples, ok := node["examples"].([]any); ok && len(examples) > 0 {
		candidates = append(candidates, examples[0])
	}
	candidates = append(candidates, node["default"], node["const"])
	if enum, ok := node["enum"].([]any); ok && len(enum) > 0 {
		candidates = append(candidates, enum[0])
	}
	for _, v := range candidates {
		s.left -= weight(v) / 8
		if v == nil || s.left < 0 {
			continue
		}
		if typeOf(node) == "" || kind(v) == typeOf(node) || kind(v) == "integer" && typeOf(node) == "number" {
			return v, true
		}
	}
	return nil, false
}

// weight is how much a value adds to a request.
func weight(v any) int {
	total := 1
	switch v := v.(type) {
	case string:
		total += len(v)
	case json.Number:
		total += len(v)
	case []any:
		for _, item := range v {
			total += weight(item)
		}
	case map[string]any:
		for key, value := range v {
			total += len(key) + weight(value)
		}
	}
	return total
}

// kind is the JSON schema type of a value that is not null.
func kind(v any) string {
	switch v := v.(type) {
	case bool:
		return "boolean"
	case string:
		return "string"
	case json.Number:
		if strings.ContainsAny(v.String(), ".eE") {
			return "number"
		}
		return "integer"
	case []any:
		return "array"
	}
	return "object"
}

// typeOf is the schema's type; of several the first that is not null, and ""
// where it says nothing.
func typeOf(node map[string]any) string {
	switch t := node["type"].(type) {
	case string:
		return t
	case []any:
		for _, name := range t {
			if name, ok := name.(string); ok && (name != "null" || len(t) == 1) {
				return name
			}
		}
	}
	switch {
	case node["properties"] != nil:
		return "object"
	case node["items"] != nil, node["prefixItems"] != nil:
		return "array"
	}
	return ""
}

// option takes the first choice that a value can be made for; null only where there is no other.
func (s *sampler) option(node map[string]any, options []any, depth int) (any, bool) {
	null := false
	for _, option := range options {
		chosen := s.flat(option, depth+1)
		if chosen == nil {
			continue
		}
		if typeOf(chosen) == "null" {
			null = true
			continue
		}
		s.merge(chosen, node)
		if v, ok := s.value(chosen, depth+1); ok {
			return v, true
		}
	}
	return nil, null
}

// object has the members that are required, and those for which the schema names a value.
func (s *sampler) object(node map[string]any, depth int) (any, bool) {
	out := map[string]any{}
	properties, _ := node["properties"].(map[string]any)
	required, _ := node["required"].([]any)
	for _, name := range required {
		name, ok := name.(string)
		if _, done := out[name]; done || !ok {
			continue
		}
		property, ok := properties[name]
		if !ok {
			property = node["additionalProperties"]
		}
		v, ok := s.value(property, depth+1)
		if !ok {
			return nil, false
		}
		s.left -= len(name) / 8
		out[name] = v
	}
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		if _, done := out[name]; done {
			continue
		}
		if property := s.flat(properties[name], depth+1); property != nil {
			if v, ok := s.given(property); ok {
				s.left -= len(name) / 8
				out[name] = v
			}
		}
	}
	return out, s.left >= 0
}

// array has as few items as it may, but one: models are seldom asked about nothing.
func (s *sampler) array(node map[string]any, depth int) (any, bool) {
	tuple, ok := node["prefixItems"].([]any)
	if !ok {
		tuple, _ = node["items"].([]any) // until the draft of 2019
	}
	least, most := bound(node, "minItems", 0), bound(node, "maxItems", math.Inf(1))
	n := int(min(max(least, float64(len(tuple)), 1), most, sampleItems+1))
	if n > sampleItems || least > most || n > 1 && len(tuple) < n && node["uniqueItems"] == true {
		return nil, false
	}
	out := make([]any, 0, max(n, 0))
	for i := range n {
		item := node["items"]
		if i < len(tuple) {
			item = tuple[i]
		}
		v, ok := s.value(item, depth+1)
		if !ok {
			return nil, false
		}
		out = append(out, v)
	}
	return out, true
}
