package protocol

import "encoding/json"

// SpecVersion is the version of the Spec and Observations formats. Host and
// probe are built together, so a mismatch means that --probe names an old one.
const SpecVersion = 3

// What a server's network is: as its container has it, or closed but for loopback.
const (
	NetworkOpen = "open"
	NetworkNone = "none"
)

// Spec tells the probe what to start and what to ask. It is written by the
// host and read inside the container.
type Spec struct {
	Version int `json:"version"`
	// Run differs from run to run, so that no cache answers for the server.
	Run string `json:"run"`
	// Command is the server's full argument vector, as docker run would start
	// it. With the protocol exec it is what a case runs that names no command.
	Command []string `json:"command"`
	// Env is added to the image's own environment for the server only.
	Env map[string]string `json:"env,omitempty"`
	// User is the image's own, as its configuration names it, when the probe is
	// started as root to close the network: what it starts gets this user.
	User string `json:"user,omitempty"`
	// Protocol is the name of a registered protocol.
	Protocol string `json:"protocol"`
	Port     int    `json:"port"`
	// Model and Served are Target.Default and Target.Model.
	Model  string `json:"model"`
	Served string `json:"served,omitempty"`
	Ready  Ready  `json:"ready"`
	// Network is NetworkOpen or NetworkNone.
	Network string `json:"network"`
	// GPUs is how many the server needs; with fewer it is not started.
	GPUs int `json:"gpus,omitempty"`
	// Cases are sent one after the other, in this order, once the server is
	// ready. Where there is none, the protocol may make one up (Exampler).
	Cases []Request `json:"cases"`
	// Rounds is how often all cases are asked, one round after the other; 0 is once.
	Rounds int `json:"rounds,omitempty"`
	// Load comes after the cases; nil: none.
	Load *Load `json:"load,omitempty"`
	// StopTimeoutMS is how long the server has to go after SIGTERM, in
	// milliseconds; 0 is ten seconds, as docker stop gives it.
	StopTimeoutMS int64 `json:"stop_timeout_ms,omitempty"`
}

// Target is what the requests of this spec are for, as far as it is known before the server runs.
func (s Spec) Target() Target {
	return Target{Model: s.Served, Default: s.Model, HasCases: len(s.Cases) > 0}
}

// Ready says when the server counts as ready.
type Ready struct {
	// Path overrides the protocol's readiness path (http: default "/").
	Path string `json:"path,omitempty"`
	// TimeoutMS bounds the wait, in milliseconds.
	TimeoutMS int64 `json:"timeout_ms"`
}

// Load is a closed loop: each of Concurrency workers (256 at most) asks the
// next case as soon as its last was answered, until Requests have been asked.
type Load struct {
	Requests    int `json:"requests"`
	Concurrency int `json:"concurrency"`
	// Warmup requests come before, and are not counted; 0 is a tenth of
	// Requests, at most ten, but at least one for each worker.
	Warmup int `json:"warmup"`
	// TimeoutMS bounds the whole load, in milliseconds; 0 is a minute.
	TimeoutMS int64 `json:"timeout_ms"`
}

// Request is one case's request. The protocol supplies what is empty. There is
// at most one body: JSON, Text, Binary or Form.
type Request struct {
	Name    string            `json:"name"`
	Method  string            `json:"method,omitempty"`
	Path    string            `json:"path,omitempty"`
	Headers map[string]string `json:"headers,omitempty"`
	// JSON is the body, or what the protocol's envelope is put around.
	JSON json.RawMessage `json:"json,omitempty"`
	// Text is a plain-text body.
	Text *string `json:"text,omitempty"`
	// Binary is a body of any bytes; nil when there is none.
	Binary *Binary `json:"binary,omitempty"`
	// Form is a multipart/form-data body (https://www.rfc-editor.org/rfc/rfc7578).
	Form []Field `json:"form,omitempty"`
	// Command and Args are for the protocol exec: what to run instead of the
	// spec's command, and what to append to it. A body is its standard input.
	Command []string `json:"command,omitempty"`
	Args    []string `json:"args,omitempty"`
	// TimeoutMS bounds the whole exchange, in milliseconds.
	TimeoutMS int64 `json:"timeout_ms,omitempty"`
}

// Binary is bytes with the media type they are sent as.
type Binary struct {
	ContentType string `json:"content_type"`
	Content     []byte `json:"content,omitempty"`
	// Path is the absolute path of a file that has the content instead, so that
	// it is in memory only while it is sent; SHA256 is that of the content, in hex.
	Path   string `json:"path,omitempty"`
	SHA256 string `json:"sha256,omitempty"`
	// Name is the base name of the file they came from; empty when from none.
	Name string `json:"name,omitempty"`
}

// Field is one field of a form: a value, or a file.
type Field struct {
	Name  string  `json:"name"`
	Value string  `json:"value,omitempty"`
	File  *Binary `json:"file,omitempty"`
}
