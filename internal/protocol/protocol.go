package protocol

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Protocol is how one kind of model server is spoken to. What only some of
// them need is an interface of its own: Discoverer, Exampler, Busier, Launcher.
type Protocol interface {
	// Name is what slipway.yaml calls it.
	Name() string
	// DefaultPort is where such a server listens unless it is told otherwise; 0
	// where there is none (exec).
	DefaultPort() int
	// Checks are asked in order; the server is ready when all of them say so in
	// one round. A path in ready replaces the protocol's own. What the server
	// tells of itself is not known yet.
	Checks(t Target, ready Ready) []Check
	// Request fills in what a case leaves open: method, path and envelope. An
	// error is a mistake in the case, or tells what the server did not say.
	Request(r Request, t Target) (Message, error)
	// Answer finds the answer in what came back.
	Answer(r Response) Content
}

// Discoverer is a protocol that asks the server about itself, once, when it is ready.
type Discoverer interface {
	// Discover are the questions, known from what was told so far: one whose
	// path depends on an answer (the metadata of the only model that is served)
	// comes in a later round. Ask with Target.Open. An answer that says nothing
	// is no error.
	Discover(t Target) []Message
}

// DiscoverRounds bounds how often a Discoverer is asked for its questions.
const DiscoverRounds = 3

// Open are the questions of d that nothing was told about yet. Whoever asks
// appends a Response with the path that was asked to Told for each of them
// (with status 0 where none came), and calls again until there is none, at
// most DiscoverRounds times.
func (t Target) Open(d Discoverer) []Message {
	var open []Message
	for _, m := range d.Discover(t) {
		if !slices.ContainsFunc(t.Told, func(r Response) bool { return r.Path == m.Path }) {
			open = append(open, m)
		}
	}
	return open
}

// told is the body of what the question at a path was answered with; nil when
// it was not asked, or not answered with success.
func (t Target) told(path string) []byte {
	for _, r := range t.Told {
		if r.Path == path && succeeded(r.Status) {
			return r.Body
		}
	}
	return nil
}

// Exampler is a protocol that can make up a request from what the server told
// of itself, for a model that comes with none.
type Exampler interface {
	// Example is the request and where it was taken from ("the schema at
	// /openapi.json"); ok is false when what was told is not enough for one.
	Example(t Target) (r Request, from string, ok bool)
}

// Busier is a protocol whose server turns requests away while it is at work,
// which says nothing of the model: a case is asked again.
type Busier interface {
	// Busy is true for what the server turns a request away with.
	Busy(r Response) bool
}

// Launcher is a protocol whose platform starts the server with arguments or
// variables of its own.
type Launcher interface {
	Launch(l Launch) Launch
}

// Launch is how a server is started.
type Launch struct {
	Entrypoint, Cmd []string
	Env             map[string]string // on top of the image's
	Port            int
}

// Target is the server that is asked.
type Target struct {
	// Model is the name the server knows the model by, from smoke.model or the
	// model's own files; empty when neither says: then the server is asked.
	Model string
	// Default is what the model is called in slipway.yaml, for servers that
	// cannot be asked.
	Default string
	// HasCases is true when no request has to be made up: what only serves that
	// need not be asked.
	HasCases bool
	// Told is what Discover's questions were answered with, in their order,
	// each with the path that was asked.
	Told []Response
}

// Check is one readiness question, asked with GET.
type Check struct {
	Path string
	// Judge says what the response means.
	Judge func(Response) Readiness
}

// Readiness is what the response to a Check means.
type Readiness struct {
	Ready bool
	// Never is true when the server has given up: there is no use in waiting.
	Never bool
	// Why says what was missing; empty when ready.
	Why string
}

// Message is a request as it goes over the wire.
type Message struct {
	Method  string
	Path    string // with query, beginning with "/"
	Headers map[string]string
	Body    Body // nil: none
}

// Response is what came back for a request.
type Response struct {
	// Path is the one the case named, empty where it left that to the
	// protocol. What is at another path than the protocol's own is not in its
	// envelope: there the body is the answer. Of a check or a question it is
	// the path that was asked.
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
	// Problem says why a response that looks like a success holds no answer, or
	// one that does not have the protocol's shape. The rest is then the whole
	// body, to be shown.
	Problem string
}

// all holds every protocol. A new one is a file, and a line here.
var all = []Protocol{
	httpProtocol{},
	mlflow{},
	oip{},
	kserveV1{},
	tfServing{},
	torchServe{},
	sageMaker{},
	vertex{},
	truss{},
	bentoml{},
	cog{},
	openai{},
	tgi{},
	tei{},
	execProtocol{},
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
func message(r Request, method, path, contentType string, body Body) (Message, error) {
	if len(r.Command)+len(r.Args) > 0 {
		return Message{}, errors.New("command and args are for the protocol exec: a server is asked with a request")
	}
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
