package protocol

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

// longest is what no request that is made up exceeds, in bytes: maxExample
// values with a comma, and what is around them.
const longest = 8 << 20

// hostile are descriptions that are short, and would take hours or all memory
// to make a request of as they ask for.
func hostile() map[string][]byte {
	digits := strings.Repeat("1", 200_000)
	of := func(n int, each string) string { return strings.TrimSuffix(strings.Repeat(each+",", n), ",") }
	// many is an object with 10,000 members of the same schema, each of them required.
	many := func(schema string) string {
		var names, properties []string
		for i := range 10_000 {
			names = append(names, fmt.Sprintf(`"p%d"`, i))
			properties = append(properties, fmt.Sprintf(`"p%d": {"$ref": "#/x"}`, i))
		}
		return `{"type": "object", "required": [` + strings.Join(names, ",") + `], "properties": {` + strings.Join(properties, ",") + `}, "x": ` + schema + `}`
	}
	optional := func(schema string) string { return strings.Replace(many(schema), `"required"`, `"not_required"`, 1) }
	array := func(item string) string {
		return strings.Repeat(`{"minItems": 1000, "items": `, 3) + item + strings.Repeat("}", 3)
	}
	schemas := map[string]string{
		"required, merged":       `{"allOf": [` + of(10_000, `{"$ref": "#/x"}`) + `], "x": {"required": [` + of(50_000, `"a"`) + `]}}`,
		"required, merged apart": `{"required": [` + of(50_000, `1`) + `], "allOf": [` + of(15_000, `{"required": ["b"]}`) + `]}`,
		"required, no names":     array(`{"type": "object", "required": [` + of(100_000, "1") + `]}`),
		"a long name":            array(`{"type": "object", "required": ["` + digits + `"], "properties": {"` + digits + `": {"type": "null"}}}`),
		"a long example":         array(`{"type": "integer", "example": ` + digits + `}`),
		"a long bound":           array(`{"type": "integer", "minimum": ` + digits + `}`),
		"another type's example": optional(`{"type": "object", "example": ` + digits + `}`),
		"long texts":             many(`{"type": "string", "minLength": 1000}`),
		"a long type":            array(`{"type": [` + of(100_000, "1") + `]}`),
		"allOf of nothing":       optional(`{"allOf": [` + of(100_000, "1") + `]}`),
		"a long reference":       array(`{"$ref": "#` + strings.Repeat("/", 200_000) + `"}`),
		"references to itself":   `{"anyOf": [{"$ref": "#"}, {"$ref": "#"}, {"$ref": "#"}]}`,
		"a large pattern":        many(`{"type": "string", "minLength": 1000, "pattern": "` + strings.Repeat(`(\\pL?){900}`, 80) + `"}`),
	}
	all := map[string][]byte{
		"inputs": []byte(`{"inputs": [` + of(15_000, `{"name": "a", "datatype": "FP32", "shape": [1000000]}`) + `]}`),
		"one":    []byte(`{"inputs": [{"name": "a", "datatype": "FP32", "shape": [1000000000000]}]}`),
	}
	var inputs []string
	for i := range 5_000 {
		inputs = append(inputs, fmt.Sprintf(`"a%d": {"dtype": "DT_FLOAT", "tensor_shape": {"dim": [{"size": "1000000"}%s]}}`, i, strings.Repeat(`, {"size": "1"}`, 2)))
	}
	all["columns"] = []byte(`{"metadata": {"signature_def": {"signature_def": {"serving_default": {"inputs": {` + strings.Join(inputs, ",") + `}}}}}}`)
	deep := strings.Repeat(`, {"size": "1"}`, 60)
	all["brackets"] = []byte(`{"metadata": {"signature_def": {"signature_def": {"serving_default": {"inputs": {"a": {"dtype": "DT_FLOAT", "tensor_shape": {"dim": [{"size": "1000000"}` + deep + `]}}}}}}}}`)
	for name, schema := range schemas {
		all["schema: "+name] = []byte(schema)
		// References begin at the root of a document.
		schema = strings.ReplaceAll(schema, `"#/x"`, `"#/components/x/x"`)
		all["document: "+name] = []byte(`{"paths": {"/predict": {"post": {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/x"}}}}}}}, "components": {"x": ` + schema + `}}`)
	}
	return all
}

// TestHostile: what a server tells of itself costs neither much time nor much memory.
func TestHostile(t *testing.T) {
	for name, told := range hostile() {
		t.Run(name, func(t *testing.T) {
			if len(told) > 1<<20 {
				t.Fatalf("%d bytes: a client reads less", len(told))
			}
			bounded(t, func() int { return len(exampleOf(told)) })
			for _, p := range all {
				if e, ok := p.(Exampler); ok {
					server := discovered(p, told)
					bounded(t, func() int {
						r, _, _ := e.Example(server)
						return len(r.JSON)
					})
				}
			}
		})
	}
}

// bounded makes up a request. Time and memory have room for a busy machine and the race detector.
func bounded(t *testing.T, example func() int) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	begin := time.Now()
	length := example()
	took := time.Since(begin)
	runtime.ReadMemStats(&after)
	allocated := after.TotalAlloc - before.TotalAlloc
	if took > 5*time.Second || allocated > 128<<20 || length > longest {
		t.Errorf("%d bytes in %v, with %d MiB allocated", length, took, allocated>>20)
	}
}
