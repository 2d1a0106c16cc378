package protocol

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/slipway-dev/slipway/internal/testkit"
)

// TestSample runs every testdata/schema/*.txtar: what is made up for
// schema.json must be "out", and be valid. With -update "out" is written.
func TestSample(t *testing.T) {
	testkit.Archives(t, "testdata/schema/*.txtar", "out", func(t *testing.T, name string, files map[string][]byte) string {
		schema := files["schema.json"]
		made := exampleOf(schema)
		if made == nil {
			return "none\n"
		}
		// What OpenAPI 3.0 writes otherwise is no schema to the library.
		if !strings.HasPrefix(name, "openapi-") {
			valid(t, schema, made)
		}
		return string(made) + "\n"
	})
}

func valid(t *testing.T, schema, instance []byte) {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		t.Fatal(err)
	}
	if err := compiler.AddResource("schema.json", document); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(instance))
	if err != nil {
		t.Fatal(err)
	}
	if err := compiled.Validate(value); err != nil {
		t.Error(err)
	}
}

// FuzzSample: any schema ends in JSON of a bounded size, or in none, and twice the same.
func FuzzSample(f *testing.F) {
	paths, err := filepath.Glob("testdata/schema/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(archive.Files[0].Data)
	}
	f.Add([]byte(`{"allOf": [{"$ref": "#/x"}, {"$ref": "#/x"}], "properties": {"a": {"type": "string", "minLength": 1000, "pattern": "(a?){99}"}}, "x": {"required": ["a", "a", 1]}}`))
	f.Fuzz(func(t *testing.T, schema []byte) {
		made := exampleOf(schema)
		if made == nil {
			return
		}
		if !json.Valid(made) || len(made) > sampleBytes {
			t.Errorf("%.200q is no JSON, or too long: %d bytes", made, len(made))
		}
		if again := exampleOf(schema); !bytes.Equal(made, again) {
			t.Errorf("%q, then %q", made, again)
		}
	})
}

// FuzzOpenAPI: a request that is made up from any document goes to one of its paths.
func FuzzOpenAPI(f *testing.F) {
	paths, err := filepath.Glob("testdata/example/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range archive.Files {
			f.Add(file.Data)
		}
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		r, ok := openAPIExample(document, "/predict")
		if !ok {
			return
		}
		if !strings.HasPrefix(r.Path, "/") || !json.Valid(r.JSON) {
			t.Errorf("%+v", r)
		}
	})
}

// FuzzEvents: the data of a stream is lines of it, and what is put together from it is JSON.
func FuzzEvents(f *testing.F) {
	f.Add([]byte("data: a\n\n: comment\r\ndata: b\rdata: c\r\n\r\nevent: error\ndata\n\ndata:[DONE]"))
	f.Fuzz(func(t *testing.T, stream []byte) {
		total := 0
		for _, e := range events(stream) {
			total += len(e.data)
			if bytes.ContainsRune(e.data, '\r') {
				t.Errorf("%q is more than one line", e.data)
			}
		}
		if total > len(stream) {
			t.Errorf("%d bytes of data from %d", total, len(stream))
		}
		if response, err := assemble(events(stream)); err == nil && !json.Valid(response) {
			t.Errorf("%q is not JSON", response)
		}
	})
}
