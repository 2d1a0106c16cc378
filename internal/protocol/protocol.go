package protocol

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Protocol is how one kind of model server is spoken to.
type Protocol interface {
	// Name is what slipway.yaml calls it.
	Name() string
	// DefaultPort is where such a server listens unless it is told otherwise.
	DefaultPort() int
	// Checks are asked in order; the server is ready when all of them say so in
	// one round. A path in ready replaces the protocol's own.
	Checks(model string, ready Ready) []Check
	// Request fills in what a case leaves open: method, path and envelope. An
	// error is a mistake in the case.
	Request(r Request, model string) (Message, error)
	// Answer finds the answer in what came back.
	Answer(r Response) Content
}

// Check is one readiness question.
type Check struct {
	Path string
	// Judge says what the response means.
	Judge func(Response) Readiness
}

// Readiness is what the response to a Check means.
type Readiness struct {
	Ready bool
	// Why says what was missing; empty when ready.
	Why string
}

// Message is a request as it goes over the wire.
type Message struct {
	Method  string
	Path    string // with query, beginning with "/"
	Headers map[string]string
	Body    []byte // nil: none
}

// Response is what came back for a request.
type Response struct {
	// Path is the one the case named, empty where it left that to the
	// protocol. What is at another path than the protocol's own is not in its
	// envelope: there the body is the answer.
	Path        string
	Status      int
	ContentType string
	Body        []byte
}

// Content is the answer in a response: JSON where it is JSON, else text.
type Content struct {
	// JSON is the answer as the server wrote it; nil when it is not JSON. The
	// tokens NaN, Infinity and -Infinity, which Python's json module writes,
	// may stand in it: whether they are right is not for a protocol to say.
	JSON []byte
	// Text is the body of an answer that is not JSON.
	Text string
	// Problem says why a response that looks like a success holds no answer.
	// The rest is then the whole body, to be shown.
	Problem string
}

// all holds every protocol. A new one is a file, and a line here.
var all = []Protocol{
	httpProtocol{},
	mlflow{},
}

// For returns the protocol of a name. The error names the valid choices.
func For(name string) (Protocol, error) {
	for _, p := range all {
		if p.Name() == name {
			return p, nil
		}
	}
	return nil, fmt.Errorf("unknown protocol %q: choose one of %s", name, strings.Join(Names(), ", "))
}

// Names lists the protocols, sorted.
func Names() []string {
	names := make([]string, 0, len(all))
	for _, p := range all {
		names = append(names, p.Name())
	}
	slices.Sort(names)
	return names
}

// succeeded is true for a 2xx status.
func succeeded(status int) bool { return status >= 200 && status < 300 }

// message is what every protocol does with a case: its own method, path and
// headers win over the given defaults; contentType is that of body.
func message(r Request, method, path, contentType string, body []byte) (Message, error) {
	m := Message{Method: method, Path: path, Headers: map[string]string{}, Body: body}
	if body != nil {
		m.Headers["Content-Type"] = contentType
	}
	if r.Method != "" {
		m.Method = strings.ToUpper(r.Method)
	}
	if r.Path != "" {
		m.Path = r.Path
	}
	for name, value := range r.Headers {
		m.Headers[http.CanonicalHeaderKey(name)] = value
	}
	return m, m.validate()
}

// validate finds what net/http would refuse, in words that fit a case file.
func (m Message) validate() error {
	if strings.ContainsFunc(m.Method, func(c rune) bool { return c < 'A' || c > 'Z' }) {
		return fmt.Errorf("the method %q is none: use GET, POST, PUT, PATCH or DELETE", m.Method)
	}
	if !strings.HasPrefix(m.Path, "/") {
		return fmt.Errorf(`the path %q does not begin with "/": give the path only, the server's address is known`, m.Path)
	}
	if _, err := url.Parse("http://localhost" + m.Path); err != nil {
		return fmt.Errorf("the path %q cannot be asked for: %w", m.Path, errors.Unwrap(err))
	}
	for name, value := range m.Headers {
		if strings.ContainsAny(name, " \t\r\n:") || name == "" || strings.ContainsAny(value, "\r\n\x00") {
			return fmt.Errorf("the header %q cannot be sent: a name has no spaces or colons, a value is one line", name)
		}
	}
	return nil
}
