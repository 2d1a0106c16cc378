package protocol

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// bentoml is a service of BentoML 1.2 or later.
// https://docs.bentoml.com/en/latest/build-with-bentoml/services.html
type bentoml struct{}

const bentoDocs = "/docs.json"

func (bentoml) Name() string { return "bentoml" }

func (bentoml) DefaultPort() int { return 3000 }

// Checks asks /readyz, which a service may have renamed: then the configuration names it.
func (bentoml) Checks(_ Target, ready Ready) []Check {
	return []Check{answers200(cmp.Or(ready.Path, "/readyz"))}
}

func (bentoml) Discover(Target) []Message {
	return []Message{{Method: http.MethodGet, Path: bentoDocs}}
}

// Request asks the only route of the service unless the case names one. JSON
// is the method's arguments by name, and sent as it is.
func (bentoml) Request(r Request, t Target) (Message, error) {
	contentType, data, err := payload(r)
	if err != nil {
		return Message{}, err
	}
	path := r.Path
	if path == "" {
		if path, err = bentoRoute(t); err != nil {
			// The mistakes of the case come first: they are known without the server.
			if _, mistake := message(r, http.MethodPost, "/", contentType, data); mistake != nil {
				return Message{}, mistake
			}
			return Message{}, err
		}
	}
	if data == nil && r.Method == "" {
		contentType, data = jsonType, bodyOf([]byte("{}")) // a method without arguments
	}
	return message(r, http.MethodPost, path, contentType, data)
}

// bentoRoute is the path of the service's only method.
func bentoRoute(t Target) (string, error) {
	routes := bentoRoutes(t.told(bentoDocs))
	switch len(routes) {
	case 0:
		return "", Untold("the service did not tell its routes at " + bentoDocs + ": give the path of one")
	case 1:
		return routes[0].path, nil
	}
	var paths []string
	for _, o := range routes {
		paths = append(paths, o.path)
	}
	return "", Untold(fmt.Sprintf("the service has more than one route (%s): give the path of one", strings.Join(paths, ", ")))
}

// bentoRoutes are the methods of the service. Of a task, which has routes below
// its own to submit it and to try it again, only the one that waits for the
// answer counts (https://docs.bentoml.com/en/latest/get-started/async-task-queues.html).
func bentoRoutes(docs []byte) []operation {
	d, ok := readOpenAPI(docs)
	if !ok {
		return nil
	}
	posts := d.posts()
	return slices.DeleteFunc(slices.Clone(posts), func(o operation) bool {
		task, found := strings.CutSuffix(o.path, "/submit")
		if !found {
			task, found = strings.CutSuffix(o.path, "/retry")
		}
		return found && slices.ContainsFunc(posts, func(o operation) bool { return o.path == task })
	})
}

// Answer is the body: what the method returned.
func (bentoml) Answer(r Response) Content { return body(r) }

// Example fills in the arguments of the only method that takes JSON.
func (bentoml) Example(t Target) (Request, string, bool) {
	docs := t.told(bentoDocs)
	routes := bentoRoutes(docs)
	if len(routes) != 1 {
		return Request{}, "", false
	}
	r, ok := openAPIExample(docs, routes[0].path)
	return r, "the schema at " + bentoDocs, ok
}
