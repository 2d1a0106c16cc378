package protocol

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
)

// enveloped is the message of a protocol that puts an envelope around JSON.
// Other bodies, and what does not go to the protocol's own path, are sent as
// they are; without a body another path is asked with GET.
func enveloped(r Request, own bool, path string, envelope func(json.RawMessage) ([]byte, error)) (Message, error) {
	contentType, data, err := payload(r)
	switch {
	case err != nil:
		return Message{}, err
	case data == nil && !own:
		return message(r, http.MethodGet, path, "", nil)
	case data == nil && r.Method == "":
		return Message{}, errNoBody
	case r.JSON != nil && own:
		inside, err := envelope(r.JSON)
		if err != nil {
			return Message{}, err
		}
		data = bodyOf(inside)
	}
	return message(r, http.MethodPost, path, contentType, data)
}

// asIs is no envelope.
func asIs(data json.RawMessage) ([]byte, error) { return data, nil }

// instances puts plain JSON into {"instances": …}; what is no array is the only
// instance. A body with instances or inputs already is an envelope.
func instances(data json.RawMessage) ([]byte, error) {
	if hasAny(data, "instances", "inputs") {
		return data, nil
	}
	if !bytes.HasPrefix(bytes.TrimSpace(data), []byte("[")) {
		data = append(append([]byte("["), data...), ']')
	}
	return wrap("instances", data), nil
}

// wrap puts an object with one member around a JSON value.
func wrap(name string, value json.RawMessage) []byte {
	out := append([]byte(`{"`+name+`": `), value...)
	return append(out, '}')
}

// unwrap takes the answer out of the member of the body that has it: of
// names, the first that is there. A failure's body is shown as it is.
func unwrap(r Response, names ...string) Content {
	if !succeeded(r.Status) {
		return body(r)
	}
	content := body(r)
	if content.Problem = saidError(r); content.Problem != "" {
		return content
	}
	for _, name := range names {
		if value, ok := member(r.Body, name); ok {
			return Content{JSON: value}
		}
	}
	content.Problem = fmt.Sprintf(`the response has no "%s"`, strings.Join(names, `" and no "`))
	if content.JSON == nil {
		content.Problem += ": it is not JSON"
	}
	return content
}

// saidError quotes the error in a response that looks like a success; it is
// empty where there is none.
func saidError(r Response) string {
	said, ok := member(r.Body, "error")
	if !ok || string(said) == "null" {
		return ""
	}
	return fmt.Sprintf("the status is %d, but the response is an error: %s", r.Status, clipped(said))
}

// clipped is the beginning of what a server said, on one line.
func clipped(said []byte) string {
	line := strings.Join(strings.Fields(string(said[:min(len(said), 300)])), " ")
	return strings.ToValidUTF8(line, "?")
}

// answers200 is a check that only asks for the status.
func answers200(path string) Check {
	return Check{Path: path, Judge: func(r Response) Readiness {
		if r.Status == http.StatusOK {
			return Readiness{Ready: true}
		}
		return Readiness{Why: answered(path, r)}
	}}
}

// withEnv adds what a platform sets to a launch; what the configuration says wins.
func withEnv(l Launch, platform map[string]string) Launch {
	env := maps.Clone(platform)
	maps.Copy(env, l.Env)
	l.Env = env
	return l
}
