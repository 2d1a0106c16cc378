package protocol

import "encoding/json"

// SpecVersion is the version of the Spec and Observations formats. Host and
// probe are built together, so a mismatch means that --probe names an old one.
const SpecVersion = 1

// Spec tells the probe what to start and what to ask. It is written by the
// host and read inside the container.
type Spec struct {
	Version int `json:"version"`
	// Run differs from run to run, so that no cache answers for the server.
	Run string `json:"run"`
	// Command is the server's full argument vector, as docker run would start it.
	Command []string `json:"command"`
	// Env is added to the image's own environment for the server only.
	Env map[string]string `json:"env,omitempty"`
	// Protocol is the name of a registered protocol.
	Protocol string `json:"protocol"`
	Port     int    `json:"port"`
	// Model is the model's name, for protocols whose paths hold one.
	Model string `json:"model"`
	Ready Ready  `json:"ready"`
	// Cases are sent one after the other, in this order, once the server is ready.
	Cases []Request `json:"cases"`
	// StopTimeoutMS is how long the server has to go after SIGTERM, in
	// milliseconds; 0 is ten seconds, as docker stop gives it.
	StopTimeoutMS int64 `json:"stop_timeout_ms,omitempty"`
}

// Ready says when the server counts as ready.
type Ready struct {
	// Path overrides the protocol's readiness path (http: default "/").
	Path string `json:"path,omitempty"`
	// TimeoutMS bounds the wait, in milliseconds.
	TimeoutMS int64 `json:"timeout_ms"`
}

// Request is one case's request. The protocol supplies what is empty.
type Request struct {
	Name    string            `json:"name"`
	Method  string            `json:"method,omitempty"`
	Path    string            `json:"path,omitempty"`
	Headers map[string]string `json:"headers,omitempty"`
	// JSON is the body, or what the protocol's envelope is put around.
	JSON json.RawMessage `json:"json,omitempty"`
	// Text is a plain-text body.
	Text *string `json:"text,omitempty"`
	// TimeoutMS bounds the whole exchange, in milliseconds.
	TimeoutMS int64 `json:"timeout_ms,omitempty"`
}
