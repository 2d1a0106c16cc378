package protocol

// truss is the server of Baseten's Truss.
// https://github.com/basetenlabs/truss/blob/main/truss/templates/server/truss_server.py
type truss struct{}

// trussModel is the same path for each model. A model that fails to load ends the server.
const trussModel = "/v1/models/model"

func (truss) Name() string { return "truss" }

func (truss) DefaultPort() int { return 8080 }

// Checks asks whether the model was loaded too: a health check of its own may
// say that it is healthy before that.
func (truss) Checks(_ Target, ready Ready) []Check {
	if ready.Path != "" {
		return []Check{answers200(ready.Path)}
	}
	return []Check{answers200(trussModel + "/loaded"), answers200(trussModel)}
}

// Request sends JSON as it is: it is what the model's predict is called with.
func (truss) Request(r Request, _ Target) (Message, error) {
	return enveloped(r, v1Predicts(r.Path), trussModel+":predict", asIs)
}

// Answer is what predict returned.
func (truss) Answer(r Response) Content { return body(r) }
