package protocol

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// cog is the HTTP server of Cog, written in Python until 0.16 and as coglet since.
// https://github.com/replicate/cog/blob/main/docs/http.md
type cog struct{}

const (
	predictions = "/predictions"
	cogSchema   = "/openapi.json"
)

func (cog) Name() string { return "cog" }

func (cog) DefaultPort() int { return 5000 }

// Checks asks /health-check, which answers 200 whatever the state is.
func (cog) Checks(_ Target, ready Ready) []Check {
	if ready.Path != "" {
		return []Check{answers200(ready.Path)}
	}
	return []Check{{Path: "/health-check", Judge: cogHealth}}
}

func cogHealth(r Response) Readiness {
	var health struct {
		Status string
		Setup  struct{ Logs string }
	}
	if !succeeded(r.Status) || json.Unmarshal(r.Body, &health) != nil || health.Status == "" {
		return Readiness{Why: answered("/health-check", r)}
	}
	switch health.Status {
	case "READY", "BUSY": // busy with a prediction: it can predict
		return Readiness{Ready: true}
	case "SETUP_FAILED", "DEFUNCT":
		return Readiness{Never: true, Why: strings.TrimSpace(fmt.Sprintf("the status is %s: %s", health.Status, lastLines(health.Setup.Logs)))}
	}
	return Readiness{Why: "the status is " + health.Status}
}

// lastLines is the end of a log, which is where the reason stands.
func lastLines(log string) string {
	lines := strings.Split(strings.TrimSpace(log), "\n")
	end := strings.Join(lines[max(0, len(lines)-10):], "\n")
	return strings.ToValidUTF8(end[max(0, len(end)-2000):], "")
}

// Request wraps plain JSON as {"input": …}.
func (cog) Request(r Request, _ Target) (Message, error) {
	return enveloped(r, cogOwn(r.Path), predictions, func(data json.RawMessage) ([]byte, error) {
		if hasAny(data, "input") {
			return data, nil
		}
		return wrap("input", data), nil
	})
}

// cogOwn is true for the paths of predictions; a case may give one an id.
func cogOwn(path string) bool {
	return path == "" || path == predictions || strings.HasPrefix(path, predictions+"/")
}

// Busy is a 409: all slots are taken. coglet gives a slot back a moment after it
// has answered, so that even one request after the other meets it.
func (cog) Busy(r Response) bool { return cogOwn(r.Path) && r.Status == http.StatusConflict }

// Answer is .output. A prediction that failed comes back with status 200.
func (cog) Answer(r Response) Content {
	if !cogOwn(r.Path) || !succeeded(r.Status) {
		return body(r)
	}
	var prediction struct{ Status, Error string }
	if json.Unmarshal(mask(r.Body), &prediction) != nil || prediction.Status == "" || prediction.Status == "succeeded" {
		return unwrap(r, "output")
	}
	content := body(r)
	content.Problem = fmt.Sprintf("the status is %d, but that of the prediction is %q", r.Status, prediction.Status)
	if prediction.Error != "" {
		content.Problem += ": " + clipped([]byte(prediction.Error))
	}
	return content
}

func (cog) Discover(t Target) []Message { return forExample(t, cogSchema) }

// Example fills in the schema of the predictor's input. It is there only in
// images that cog built.
func (cog) Example(t Target) (Request, string, bool) {
	d, ok := readOpenAPI(t.told(cogSchema))
	if !ok {
		return Request{}, "", false
	}
	input := d.sampler.json(pointer(d.root, "#/components/schemas/Input"))
	if input == nil {
		return Request{}, "", false
	}
	// In the envelope, as the input may have a member of the name "input".
	return Request{JSON: wrap("input", input)}, "the schema at " + cogSchema, true
}
