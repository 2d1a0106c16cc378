package protocol

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
)

// sampler makes up values that JSON schemas (https://json-schema.org, and what
// OpenAPI 3.0 makes of them) let through. The schemas are foreign: they may
// refer to themselves, or ask for more than any request should hold.
type sampler struct {
	root any // what "#/…" refers into
	left int // how much may still be looked at, in members and characters
}

const (
	sampleWork  = 1 << 20
	sampleDepth = 40
	sampleItems = 1000 // the longest array or text that is made up
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
	return encode(v)
}

// encode writes a value that came from JSON, without escapes for HTML.
func encode(v any) json.RawMessage {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(v) != nil {
		return nil
	}
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
		return text(node)
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
	s.left -= 1 + len(node)
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

func (s *sampler) merge(node, other map[string]any) {
	for key, value := range other {
		switch here := node[key].(type) {
		case nil:
			node[key] = value
		case []any:
			if more, ok := value.([]any); ok && key == "required" {
				node[key] = append(slices.Clone(here), more...)
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
		at = object[strings.NewReplacer("~1", "/", "~0", "~").Replace(step)]
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
		if v != nil && (typeOf(node) == "" || kind(v) == typeOf(node) || kind(v) == "integer" && typeOf(node) == "number") {
			s.left -= weight(v)
			return v, s.left >= 0
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

// kind is the JSON schema type of a value.
func kind(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
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
		out[name] = v
	}
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		if _, done := out[name]; done {
			continue
		}
		if property := s.flat(properties[name], depth+1); property != nil {
			if v, ok := s.given(property); ok {
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

// bound is a limit that the schema names, or else none.
func bound(node map[string]any, key string, none float64) float64 {
	if n, ok := node[key].(json.Number); ok {
		if f, err := n.Float64(); err == nil {
			return f
		}
	}
	return none
}

// number prefers 1, and then what is near a limit.
func number(node map[string]any, whole bool) (any, bool) {
	low, high := bound(node, "minimum", math.Inf(-1)), bound(node, "maximum", math.Inf(1))
	// A number of its own, or in OpenAPI 3.0 a word about the other limit.
	above, below := bound(node, "exclusiveMinimum", math.Inf(-1)), bound(node, "exclusiveMaximum", math.Inf(1))
	if node["exclusiveMinimum"] == true {
		above = low
	}
	if node["exclusiveMaximum"] == true {
		below = high
	}
	step := bound(node, "multipleOf", 0)
	bottom, top := max(low, above), min(high, below)
	for _, x := range []float64{
		1, 0, bottom, math.Floor(bottom) + 1, top, math.Ceil(top) - 1, (bottom + top) / 2,
		step, math.Ceil(bottom/step) * step, (math.Floor(bottom/step) + 1) * step, math.Floor(top/step) * step,
	} {
		fits := x >= low && x <= high && x > above && x < below && !math.IsInf(x, 0)
		if fits && (!whole || x == math.Trunc(x)) && (step <= 0 || math.Mod(x, step) == 0) {
			return x, true
		}
	}
	return nil, false
}

// formats are texts of the formats that a server checks.
var formats = map[string]string{
	"date": "2024-01-31", "date-time": "2024-01-31T12:00:00Z", "time": "12:00:00Z", "duration": "PT1S",
	"email": "ping@example.com", "uuid": "123e4567-e89b-42d3-a456-426614174000", "ipv4": "127.0.0.1", "ipv6": "::1",
}

func text(node map[string]any) (any, bool) {
	format, _ := node["format"].(string)
	switch format {
	case "uri", "url", "iri", "uri-reference", "binary", "byte", "base64", "image", "audio", "video":
		return nil, false // a file, or where there is one
	}
	if node["contentMediaType"] != nil || node["contentEncoding"] != nil {
		return nil, false
	}
	if v, ok := formats[format]; ok {
		return v, true
	}
	least, most := bound(node, "minLength", 0), bound(node, "maxLength", sampleItems)
	if least > most || least < 0 || least > sampleItems {
		return nil, false
	}
	out := strings.Repeat("ping", int(least)/4+1)[:int(max(min(max(4, least), most), 0))]
	pattern, _ := node["pattern"].(string)
	if len(pattern) > sampleItems {
		return nil, false
	}
	if matches, err := regexp.Compile(pattern); err != nil || !matches.MatchString(out) {
		return nil, false
	}
	return out, true
}
