package client

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-dev/slipway/internal/protocol"
)

// curious is http with questions: the name of the model, then what it takes.
type curious struct {
	protocol.Protocol
	check protocol.Check
}

func (c curious) Checks(t protocol.Target, r protocol.Ready) []protocol.Check {
	if c.check.Judge != nil {
		return []protocol.Check{c.check}
	}
	return c.Protocol.Checks(t, r)
}

func (curious) Discover(t protocol.Target) []protocol.Message {
	questions := []protocol.Message{{Method: http.MethodGet, Path: "/models"}, {Method: http.MethodGet, Path: "/broken"}}
	if len(t.Told) > 0 {
		questions = append(questions, protocol.Message{Method: http.MethodGet, Path: "/models/" + string(t.Told[0].Body)})
	}
	return questions
}

func (curious) Example(t protocol.Target) (protocol.Request, string, bool) {
	var told []string
	for _, r := range t.Told {
		told = append(told, fmt.Sprintf("%s %d %s", r.Path, r.Status, r.Body))
	}
	text := strings.Join(told, ", ")
	return protocol.Request{Name: "example", Text: &text}, "what was told", text != ""
}

func TestDiscoverAndExample(t *testing.T) {
	t.Parallel()
	var asked []string
	port := serving(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.URL.Path)
		switch {
		case r.Method == http.MethodPost:
			_, _ = io.Copy(w, r.Body)
		case r.URL.Path == "/models":
			_, _ = io.WriteString(w, "iris")
		case r.URL.Path == "/broken":
			panic(http.ErrAbortHandler)
		default:
			_, _ = io.WriteString(w, "four numbers")
		}
	})
	c, err := New(Options{Port: port})
	if err != nil {
		t.Fatal(err)
	}
	o := c.tell(t, curious{Protocol: plain(t)}, Server{}, protocol.Spec{Rounds: 2, Load: &protocol.Load{Requests: 3}})
	want := "/models 200 iris, /broken 0 , /models/iris 200 four numbers"
	if o.Example == nil || *o.Example.Request.Text != want || o.Example.From != "what was told" || len(o.Answers) != 2 || string(o.Answers[1].Body) != want || o.Answers[0].Name != "example" {
		t.Errorf("example %+v, answers %+v", o.Example, o.Answers)
	}
	if o.Load == nil || o.Load.Answered != 3 {
		t.Errorf("load %+v", o.Load)
	}
	if diff := cmp.Diff([]string{"GET /", "GET /models", "GET /broken", "GET /models/iris", "POST /", "POST /"}, asked[:6]); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

// TestNoExample: where nothing can be made up, nothing is asked.
func TestNoExample(t *testing.T) {
	t.Parallel()
	port := serving(t, func(http.ResponseWriter, *http.Request) {})
	o := observe(t, port, Server{}, protocol.Spec{Load: &protocol.Load{Requests: 3}})
	if o.ReadyMS == nil || o.Example != nil || len(o.Answers) != 0 || o.Load != nil {
		t.Errorf("observed %+v", o)
	}
}

// TestNeverReady: a server that says that it has given up is believed at once.
func TestNeverReady(t *testing.T) {
	t.Parallel()
	port := serving(t, func(http.ResponseWriter, *http.Request) {})
	c, err := New(Options{Port: port})
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	o := c.tell(t, curious{Protocol: plain(t), check: protocol.Check{Path: "/health", Judge: func(r protocol.Response) protocol.Readiness {
		return protocol.Readiness{Never: true, Why: "setup failed at " + r.Path}
	}}}, Server{}, protocol.Spec{Cases: []protocol.Request{post("a", "1")}})
	if o.NotReady != "setup failed at /health" || o.ReadyMS != nil || len(o.Answers) != 0 || time.Since(begin) > 3*time.Second {
		t.Errorf("observed %+v after %v", o, time.Since(begin))
	}
}

// TestInvalid: a case that cannot be sent is told from a server that does not answer.
func TestInvalid(t *testing.T) {
	t.Parallel()
	port := serving(t, func(http.ResponseWriter, *http.Request) {})
	o := observe(t, port, Server{}, protocol.Spec{Cases: []protocol.Request{{Name: "a", Path: "predict"}}, Load: &protocol.Load{Requests: 3}})
	if a := o.Answers[0]; !a.Invalid || !strings.HasPrefix(a.Error, `the request could not be made: the path "predict"`) || o.Load != nil {
		t.Errorf("observed %+v", o)
	}
}

// TestServerEnds: what is not asked of a server that is gone is said so.
func TestServerEnds(t *testing.T) {
	t.Parallel()
	ended := make(chan struct{})
	port := bare(t, func(net.Conn) { close(ended) })
	ready := 0
	o := observe(t, port, Server{Ended: ended, Ready: func() { ready++ }}, protocol.Spec{Cases: []protocol.Request{post("a", "1"), post("b", "1")}, Load: &protocol.Load{Requests: 3}})
	if ready != 1 || o.Answers[0].Error != "the server ended before it had answered" || o.Answers[1].Error != "not asked: the server has ended" || o.Load != nil {
		t.Errorf("ready %d times, observed %+v", ready, o)
	}
}

// TestOtherAddress: a server that listens on one address of the machine is found there.
func TestOtherAddress(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.2:0") // on Linux all of 127.0.0.0/8 is loopback
	if err != nil {
		l, err = net.Listen("tcp", "[::1]:0")
	}
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	_ = s.Listener.Close()
	s.Listener = l
	s.Start()
	t.Cleanup(s.Close)
	o := observe(t, portOf(t, s.URL), Server{Listening: func() []netip.AddrPort { return []netip.AddrPort{l.Addr().(*net.TCPAddr).AddrPort()} }},
		protocol.Spec{Cases: []protocol.Request{post("a", "1")}})
	if o.NotReady != "" || o.Answers[0].Status != 404 {
		t.Errorf("observed %+v", o)
	}
}

func TestURL(t *testing.T) {
	t.Parallel()
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, "%s %s %s %s", r.Method, r.URL, r.Host, r.Header.Get("Authorization"))
	}))
	t.Cleanup(s.Close)
	c, err := New(Options{URL: s.URL + "/v1/iris/", Headers: map[string]string{"Authorization": "Bearer x"}})
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	c.fresh.Transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: roots}
	own := post("a", "1")
	own.Path, own.Headers = "/predict?v=1", map[string]string{"authorization": "Basic y"}
	o := c.tell(t, plain(t), Server{}, protocol.Spec{Cases: []protocol.Request{post("a", "1"), own}})
	host := strings.TrimPrefix(s.URL, "https://")
	if o.NotReady != "" || string(o.Answers[0].Body) != "POST /v1/iris/ "+host+" Bearer x" || string(o.Answers[1].Body) != "POST /v1/iris/predict?v=1 "+host+" Basic y" {
		t.Errorf("observed %+v", o)
	}
}

// TestURLUnreachable: why a live endpoint cannot be asked is said in a line.
func TestURLUnreachable(t *testing.T) {
	t.Parallel()
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(secure.Close)
	open := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(open.Close)
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = gone.Close()
	for _, tc := range []struct{ name, url, want string }{
		{"nobody vouches for it", secure.URL, "no TLS connection to 127.0.0.1:"},
		{"no TLS", strings.Replace(open.URL, "http:", "https:", 1), "no TLS connection to 127.0.0.1:"},
		{"a handshake without end", "https://" + silent.Addr().String(), "the last question has had no answer for "},
		{"nobody there", "http://" + gone.Addr().String(), "nothing listens on 127.0.0.1:"},
		{"no such name", "http://model.invalid", "no connection to model.invalid: "},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c, err := New(Options{URL: tc.url})
			if err != nil {
				t.Fatal(err)
			}
			o := c.tell(t, plain(t), Server{}, protocol.Spec{Ready: protocol.Ready{TimeoutMS: 600}})
			if !strings.HasPrefix(o.NotReady, "not ready within 600ms: "+tc.want) {
				t.Errorf("not ready: %q", o.NotReady)
			}
		})
	}
}

func TestURLMistakes(t *testing.T) {
	for address, want := range map[string]string{
		"localhost:8080":           `the URL of a server begins with http:// or https://, such as https://example.com/prefix`,
		"ftp://example.com":        `the URL of a server begins with http:// or https://, such as https://example.com/prefix`,
		"http:///path":             `the URL "http:///path" names no server: it looks like https://example.com/prefix`,
		"https://u:pw@h.test/?a=b": `the URL "https://u:xxxxx@h.test/?a=b" has more than a path: give the rest as the path of a case`,
		"https://h.test/%zz":       `the URL cannot be read: invalid URL escape "%zz"`,
	} {
		if _, err := New(Options{URL: address}); err == nil || err.Error() != want {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// TestStopped: a run that is called off asks no more.
func TestStopped(t *testing.T) {
	t.Parallel()
	port := bare(t, func(net.Conn) { time.Sleep(5 * time.Second) })
	c, err := New(Options{Port: port})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeoutCause(t.Context(), 300*time.Millisecond, errors.New("called off"))
	defer cancel()
	begin := time.Now()
	var o protocol.Observations
	c.Observe(ctx, protocol.Spec{Cases: []protocol.Request{post("a", "1"), post("b", "1")}}, plain(t), Server{}, &o)
	if took := time.Since(begin); took > 3*time.Second {
		t.Errorf("took %v: %+v", took, o)
	}
}

// TestDescribesTooMuch: a description of which no request can be made in reasonable time is one of which none is made.
func TestDescribesTooMuch(t *testing.T) {
	t.Parallel()
	document := `{"paths": {"/predict": {"post": {"requestBody": {"content": {"application/json": {"schema": {"allOf": [` +
		strings.Repeat(`{"$ref": "#/x"}, `, 10000) + `{}]}}}}}}}, "x": {"required": [` + strings.Repeat(`"a", `, 50000) + `"b"]}}`
	port := serving(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, document) })
	begin := time.Now()
	o := observe(t, port, Server{}, protocol.Spec{})
	if took := time.Since(begin); took > 5*time.Second || o.NotReady != "" || o.Example != nil || len(o.Answers) != 0 {
		t.Errorf("took %v: not ready %q, %d answers", took, o.NotReady, len(o.Answers))
	}
}

// TestNoExampleSaysWhy: where no request can be made up, what was missing is said.
func TestNoExampleSaysWhy(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/docs.json" {
			_, _ = io.WriteString(w, `{"openapi": "3.0.2", "paths": {"/a": {"post": {"requestBody": {"content": {"application/json": {}}}}}, "/b": {"post": {"requestBody": {"content": {"application/json": {}}}}}}}`)
		}
	}))
	t.Cleanup(s.Close)
	bento, err := protocol.For("bentoml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := New(Options{Port: portOf(t, s.URL)})
	if err != nil {
		t.Fatal(err)
	}
	o := c.tell(t, bento, Server{}, protocol.Spec{})
	if o.Example != nil || len(o.Answers) != 0 || !strings.Contains(o.NoExample, "more than one route (/a, /b)") {
		t.Errorf("%+v", o)
	}
}
