package protocol

import "net/http"

// Servers that have no say in what a request looks like, but often describe it.

// forExample asks for a description only when a request has to be made of it:
// most servers have none, and would log that somebody asked.
func forExample(t Target, path string) []Message {
	if t.HasCases {
		return nil
	}
	return []Message{{Method: http.MethodGet, Path: path}}
}

const openAPIPath = "/openapi.json"

// Discover asks where FastAPI and others describe their operations.
func (httpProtocol) Discover(t Target) []Message { return forExample(t, openAPIPath) }

// Example asks the only operation that takes JSON, or one that is called as
// prediction usually is.
func (httpProtocol) Example(t Target) (Request, string, bool) {
	r, ok := openAPIExample(t.told(openAPIPath), "/predict", invocations, predictions)
	return r, "the schema at " + openAPIPath, ok
}

const trussSchema = trussModel + "/schema"

// Discover asks for the types of predict, which are told where they are pydantic models.
// https://github.com/basetenlabs/truss/blob/main/truss/templates/server/truss_server.py
func (truss) Discover(t Target) []Message { return forExample(t, trussSchema) }

func (truss) Example(t Target) (Request, string, bool) {
	schema, _ := member(t.told(trussSchema), "input_schema")
	input := exampleOf(schema)
	return Request{JSON: input}, "the schema at " + trussSchema, input != nil
}
