package result

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

const schemaFile = "../../docs/result.schema.json"

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	schema, err := c.Compile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func validate(t *testing.T, schema *jsonschema.Schema, document []byte) {
	t.Helper()
	instance, err := jsonschema.UnmarshalJSON(strings.NewReader(string(document)))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(instance); err != nil {
		t.Errorf("%#v", err)
	}
}

// TestGoldenResultsAreValid: the results that reports are tested with could be a run's.
func TestGoldenResultsAreValid(t *testing.T) {
	schema := compiled(t)
	files, err := filepath.Glob("../report/testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden results: %v", err)
	}
	for _, file := range files {
		if strings.HasPrefix(filepath.Base(file), "hostile") {
			continue // forged: no run writes a digest that is a heading
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			r, err := Read(file)
			if err != nil {
				t.Fatal(err)
			}
			document, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			validate(t, schema, document)
		})
	}
}

// TestEmptyAndFullAreValid: what is written is valid however little, or much, of it is known.
func TestEmptyAndFullAreValid(t *testing.T) {
	schema := compiled(t)
	for title, r := range map[string]Result{"empty": {Schema: Schema, Status: Errored}, "full": full()} {
		t.Run(title, func(t *testing.T) {
			document, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			validate(t, schema, document)
		})
	}
}

// TestSchemaHasEveryField compares names, types and null-ness of all fields, in both directions.
func TestSchemaHasEveryField(t *testing.T) {
	body, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	var root node
	if err := json.Unmarshal(body, &root); err != nil {
		t.Fatal(err)
	}
	w := walker{t: t, root: root, used: map[string]bool{}}
	w.object("", reflect.TypeFor[Result](), root)
	for name := range root.Defs {
		if !w.used[name] {
			t.Errorf("$defs/%s describes nothing of Result", name)
		}
	}
}

// node is the part of JSON Schema that the schema uses.
type node struct {
	Type                 any             `json:"type"` // a name or a list of names
	Ref                  string          `json:"$ref"`
	AnyOf                []node          `json:"anyOf"`
	Enum                 []string        `json:"enum"`
	Const                *int            `json:"const"`
	Properties           map[string]node `json:"properties"`
	Required             []string        `json:"required"`
	Items                *node           `json:"items"`
	AdditionalProperties *node           `json:"additionalProperties"`
	Defs                 map[string]node `json:"$defs"`
}

type walker struct {
	t    *testing.T
	root node
	used map[string]bool
}

func (w walker) object(path string, typ reflect.Type, n node) {
	seen := map[string]bool{}
	for i := range typ.NumField() {
		tag, options, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
		at := path + "." + tag
		property, ok := n.Properties[tag]
		if !ok {
			w.t.Errorf("%s is not in the schema", at)
			continue
		}
		seen[tag] = true
		if required := !strings.Contains(options, "omitempty"); required != slices.Contains(n.Required, tag) {
			w.t.Errorf("%s: always written is %v, and the schema says otherwise", at, required)
		}
		w.value(at, typ.Field(i).Type, property)
	}
	for _, name := range slices.Sorted(maps.Keys(n.Properties)) {
		if !seen[name] {
			w.t.Errorf("%s.%s is in the schema only", path, name)
		}
	}
}

func (w walker) value(at string, typ reflect.Type, n node) {
	if n.Ref != "" {
		name := strings.TrimPrefix(n.Ref, "#/$defs/")
		w.used[name] = true
		n = w.root.Defs[name]
	}
	nullable := false
	if len(n.AnyOf) == 2 && n.AnyOf[1].Type == "null" {
		w.value(at, typ.Elem(), n.AnyOf[0])
		return
	}
	name, _ := n.Type.(string)
	if both, ok := n.Type.([]any); ok && len(both) == 2 && both[1] == "null" {
		name, nullable = both[0].(string), true
	}
	if (typ.Kind() == reflect.Pointer) != nullable {
		w.t.Errorf("%s: the schema says that it can be null: %v", at, nullable)
	}
	if typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	want := ""
	switch {
	case typ == reflect.TypeFor[time.Time](), typ.Kind() == reflect.String:
		want = "string"
	case typ.Kind() == reflect.Bool:
		want = "boolean"
	case typ.Kind() == reflect.Int, typ.Kind() == reflect.Int64:
		want = "integer"
	case typ.Kind() == reflect.Float64:
		want = "number"
	case typ.Kind() == reflect.Slice:
		want = "array"
		w.value(at+"[]", typ.Elem(), *n.Items)
	case typ.Kind() == reflect.Map:
		want = "object"
		w.value(at+".*", typ.Elem(), *n.AdditionalProperties)
	case typ.Kind() == reflect.Struct:
		want = "object"
		w.object(at, typ, n)
	}
	if name != want && n.Enum == nil && n.Const == nil {
		w.t.Errorf("%s: the schema says %q, Go writes %q", at, name, want)
	}
}

// TestSchemaNamesEveryStatus: the lists of words in the schema are the constants' values.
func TestSchemaNamesEveryStatus(t *testing.T) {
	body, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	var root node
	if err := json.Unmarshal(body, &root); err != nil {
		t.Fatal(err)
	}
	if got, want := root.Properties["status"].Enum, []string{string(Passed), string(Failed), string(Errored), string(Invalid), string(Cancelled)}; !slices.Equal(got, want) {
		t.Errorf("status: %q, want %q", got, want)
	}
	if got, want := root.Defs["outcome"].Enum, []string{string(StagePassed), string(StageFailed), string(StageErrored), string(StageSkipped)}; !slices.Equal(got, want) {
		t.Errorf("outcome: %q, want %q", got, want)
	}
	if got := root.Properties["schema"].Const; got == nil || *got != Schema {
		t.Errorf("schema: %v, want %d", got, Schema)
	}
}
