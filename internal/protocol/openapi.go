package protocol

import (
	"encoding/json"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strings"
)

// openapi is what a server says of its operations (https://spec.openapis.org/oas/v3.1.0).
type openapi struct {
	paths map[string]any
	sampler
}

// operation is POST at a path.
type operation struct {
	path  string
	media map[string]any // what its body may be, by media type; nil: it takes none
}

// readOpenAPI is false for what is no OpenAPI document.
func readOpenAPI(data []byte) (*openapi, bool) {
	root, err := parse(data)
	if err != nil {
		return nil, false
	}
	document, _ := root.(map[string]any)
	paths, ok := document["paths"].(map[string]any)
	return &openapi{paths: paths, sampler: sampler{root: root, left: sampleWork}}, ok
}

// posts are the operations with POST, by path. One whose path has parameters
// is left out: it asks about something that was made before. So is one that
// cannot be asked.
func (d *openapi) posts() []operation {
	var found []operation
	for _, path := range slices.Sorted(maps.Keys(d.paths)) {
		item := d.flat(d.paths[path], 0)
		post, ok := item["post"].(map[string]any)
		if !ok || strings.Contains(path, "{") || (Message{Method: http.MethodPost, Path: path}).validate() != nil {
			continue
		}
		body := d.flat(post["requestBody"], 0)
		media, _ := body["content"].(map[string]any)
		found = append(found, operation{path: path, media: media})
	}
	return found
}

// json is the operation's JSON body; nil when it takes none.
func (o operation) json() map[string]any {
	for _, name := range slices.Sorted(maps.Keys(o.media)) {
		if t, _, err := mime.ParseMediaType(name); err == nil && (t == jsonType || strings.HasSuffix(t, "+json")) {
			body, _ := o.media[name].(map[string]any)
			return body
		}
	}
	return nil
}

// example is a JSON body for the operation; nil when its schema does not say enough.
func (d *openapi) example(o operation) json.RawMessage {
	body := o.json()
	if v := body["example"]; v != nil {
		return encode(v)
	}
	named, _ := body["examples"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(named)) {
		if v := d.flat(named[name], 0)["value"]; v != nil {
			return encode(v)
		}
	}
	return d.sampler.json(body["schema"])
}

// openAPIExample makes up a request for the operation that predicts: the only
// one with POST and a JSON body, else the first of the usual paths that is one.
func openAPIExample(document []byte, usual ...string) (Request, bool) {
	d, ok := readOpenAPI(document)
	if !ok {
		return Request{}, false
	}
	posts := slices.DeleteFunc(d.posts(), func(o operation) bool { return o.json() == nil })
	at := -1
	if len(posts) == 1 {
		at = 0
	}
	for _, path := range usual {
		if at < 0 {
			at = slices.IndexFunc(posts, func(o operation) bool { return o.path == path })
		}
	}
	if at < 0 {
		return Request{}, false
	}
	body := d.example(posts[at])
	return Request{Path: posts[at].path, JSON: body}, body != nil
}
