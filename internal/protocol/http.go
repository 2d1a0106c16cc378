package protocol

import (
	"fmt"
	"net/http"
)

// httpProtocol is any server that speaks HTTP: the case says what to ask, and
// the answer is the body.
type httpProtocol struct{}

func (httpProtocol) Name() string { return "http" }

// DefaultPort is a convention only: a server's image usually says which port it exposes.
func (httpProtocol) DefaultPort() int { return 8080 }

// Checks asks for "/", or the path the configuration names. A named path is
// ready with 2xx or 3xx. Nobody promised that "/" exists, so there any answer
// below 500 counts (404 from a server that has only /predict): it shows that
// the application answers, and the cases show whether it predicts.
func (httpProtocol) Checks(_ Target, ready Ready) []Check {
	path, limit := ready.Path, 400
	if path == "" {
		path, limit = "/", 500
	}
	return []Check{{Path: path, Judge: func(r Response) Readiness {
		if r.Status >= 200 && r.Status < limit {
			return Readiness{Ready: true}
		}
		return Readiness{Why: answered(path, r)}
	}}}
}

// Request sends the body as it is, with POST; without one it is a GET.
func (httpProtocol) Request(r Request, _ Target) (Message, error) {
	contentType, data, err := payload(r)
	if err != nil {
		return Message{}, err
	}
	if data == nil {
		return message(r, http.MethodGet, "/", "", nil)
	}
	return message(r, http.MethodPost, "/", contentType, data)
}

func (httpProtocol) Answer(r Response) Content { return body(r) }

// body is the whole body as the answer, whatever the content type says:
// servers often call JSON text/html or application/octet-stream.
func body(r Response) Content {
	if isJSON(r.Body) {
		return Content{JSON: r.Body}
	}
	return Content{Text: string(r.Body)}
}

// answered says what a readiness question was answered with.
func answered(path string, r Response) string {
	said := clipped(r.Body)
	if said != "" {
		said = ": " + said
	}
	return fmt.Sprintf("GET %s answered %d %s%s", path, r.Status, http.StatusText(r.Status), said)
}
