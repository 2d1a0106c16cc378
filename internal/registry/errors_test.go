package registry

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/slipway-dev/slipway/internal/stage"
)

func wantError(t *testing.T, err error, where, say, remedy string) {
	t.Helper()
	var known *stage.Error
	if !errors.As(err, &known) {
		t.Fatalf("error is %v", err)
	}
	if !strings.Contains(known.Where, where) || !strings.Contains(known.What, say) || !strings.Contains(known.Remedy, remedy) {
		t.Errorf("what %q, where %q, remedy %q; want %q, %q, %q in them", known.What, known.Where, known.Remedy, say, where, remedy)
	}
}

// TestRefusals: each way a registry can refuse is told with what to do about it.
func TestRefusals(t *testing.T) {
	for _, test := range []struct {
		name   string
		status int
		say    string
		remedy string
	}{
		{"no login", http.StatusUnauthorized, "401", "log in"},
		{"no right", http.StatusForbidden, "403", "packages: write"},
		{"no repository", http.StatusNotFound, "404", "does the repository exist"},
		{"too large", http.StatusRequestEntityTooLarge, "413", "larger than the registry"},
		{"too much", http.StatusTooManyRequests, "429", "limits requests"},
		{"broken", http.StatusInternalServerError, "500", "try again later"},
		{"something else", http.StatusMethodNotAllowed, "405", "is it one?"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := start(t)
			push(t, s)
			c := client(Options{})
			img := build(t, c, s.host+python)
			s.forget()
			s.intercept(func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method == http.MethodPost {
					w.WriteHeader(test.status)
				}
				return r.Method == http.MethodPost
			})
			done, err := c.Publish(t.Context(), []stage.Image{img}, s.host+"/acme/iris", []string{"one"}, nil)
			wantError(t, err, s.host, test.say, test.remedy)
			if len(s.manifests()) != 0 || len(done.Tags) != 0 {
				t.Errorf("a refused image has manifests %v and tags %v", s.manifests(), done.Tags)
			}
		})
	}
}

func TestBaseRefused(t *testing.T) {
	s := start(t)
	push(t, s)
	c := client(Options{})
	_, err := c.Base(t.Context(), s.host+"/library/python:4", "linux/amd64")
	wantError(t, err, s.host, "looking up the base image "+s.host+"/library/python:4: the registry answered 404", "is the name right")
	_, err = c.Base(t.Context(), s.host+python, "linux/arm64")
	wantError(t, err, "build.base", "not there for linux/arm64", "linux/amd64")
	_, err = c.Base(t.Context(), "Python:3.11:slim", "linux/amd64")
	wantError(t, err, "build.base", "no image reference", "registry/repository:tag")
	_, err = c.Image(t.Context(), s.host+"/acme/iris:4", "linux/amd64")
	wantError(t, err, s.host, "looking up the image "+s.host+"/acme/iris:4: the registry answered 404", "is the name right")
	_, err = c.Image(t.Context(), s.host+python, "linux/arm64")
	wantError(t, err, s.host+python, "the image is not there for linux/arm64", "linux/amd64")
	_, err = c.Base(t.Context(), s.host+python, "amd64")
	wantError(t, err, "build.platforms", "no platform", "linux/amd64")
	s.intercept(func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("WWW-Authenticate", `Basic realm="registry"`)
		w.WriteHeader(http.StatusUnauthorized)
		return true
	})
	_, err = c.Base(t.Context(), s.host+python, "linux/amd64")
	wantError(t, err, s.host, "401", "log in")
}

// TestLogin: what is published with is not what bases are looked up with.
func TestLogin(t *testing.T) {
	s := start(t)
	push(t, s)
	c := client(Options{Username: "robot", Password: "secret"})
	img := build(t, c, s.host+python)
	s.intercept(func(w http.ResponseWriter, r *http.Request) bool {
		if user, password, _ := r.BasicAuth(); user == "robot" && password == "secret" {
			return false
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="registry"`)
		w.WriteHeader(http.StatusUnauthorized)
		return true
	})
	if _, err := c.Publish(t.Context(), []stage.Image{img}, s.host+"/acme/iris", nil, nil); err != nil {
		t.Error(err)
	}
}

// TestNobodyThere: a registry that is down is told of in seconds, before and while publishing.
func TestNobodyThere(t *testing.T) {
	started := time.Now()
	_, err := New(Options{}).Base(t.Context(), "127.0.0.1:1/python:3.11-slim", "linux/amd64")
	wantError(t, err, "127.0.0.1:1", "nothing listens there", "start the registry")

	s := start(t)
	push(t, s)
	c := New(Options{})
	img := build(t, c, s.host+python)
	done, err := c.Publish(t.Context(), []stage.Image{img}, "127.0.0.1:1/acme/iris", []string{"one"}, nil)
	wantError(t, err, "127.0.0.1:1", "nothing listens there", "start the registry")
	if len(done.Tags) != 0 {
		t.Errorf("tags %v were written nowhere", done.Tags)
	}
	if took := time.Since(started); took > 10*time.Second {
		t.Errorf("it took %s to find out", took)
	}
	_, err = c.Publish(t.Context(), []stage.Image{img}, "not a repository", nil, nil)
	wantError(t, err, "--publish", "no repository", "without a tag")
}

func TestNoSuchHost(t *testing.T) {
	nameless := impatient().(*http.Transport)
	nameless.DialContext = func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "registry.example", IsNotFound: true}}
	}
	_, err := client(Options{Transport: nameless}).Base(t.Context(), "registry.example/python", "linux/amd64")
	wantError(t, err, "registry.example", "no address is known for registry.example", "is the name right")
}

// TestSilence: a registry that takes a connection and says nothing is given up.
func TestSilence(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // the test is over
	patient := impatient().(*http.Transport)
	patient.ResponseHeaderTimeout, patient.TLSHandshakeTimeout = 100*time.Millisecond, 100*time.Millisecond
	_, err = New(Options{Transport: patient}).Base(t.Context(), l.Addr().String()+"/python", "linux/amd64")
	wantError(t, err, l.Addr().String(), "no answer in time", "firewall")
}

// TestNotSecure: what to do about certificates and about the lack of them.
func TestNotSecure(t *testing.T) {
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	defer secure.Close()
	// The name makes it https: of loopback addresses plain HTTP is tried as well.
	to := func(server *httptest.Server) Options {
		t := impatient().(*http.Transport)
		t.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "tcp", server.Listener.Addr().String())
		}
		return Options{Transport: t}
	}
	_, err := client(to(secure)).Base(t.Context(), "example.com/python", "linux/amd64")
	wantError(t, err, "example.com", "authority", "SSL_CERT_FILE")
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	_, err = client(to(plain)).Base(t.Context(), "example.com/python", "linux/amd64")
	wantError(t, err, "example.com", "plain HTTP", "certificate")
}

// TestPasses: an answer that asks to come back later, or a connection that
// drops in the middle of a layer, is not the end.
func TestPasses(t *testing.T) {
	drop := func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.CopyN(io.Discard, r.Body, 10)
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_ = conn.Close()
		}
	}
	for name, test := range map[string]struct {
		method string
		fault  func(w http.ResponseWriter, r *http.Request)
	}{
		"busy":          {http.MethodPost, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }},
		"too many":      {http.MethodPost, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) }},
		"layer dropped": {http.MethodPatch, drop},
		"put dropped":   {http.MethodPut, drop},
		"head dropped":  {http.MethodHead, drop},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t)
			push(t, s)
			c := client(Options{})
			img := build(t, c, s.host+python)
			faults := 0
			s.intercept(func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method != test.method || faults > 0 {
					return false
				}
				faults++
				test.fault(w, r)
				return true
			})
			done, err := c.Publish(t.Context(), []stage.Image{img}, s.host+"/acme/iris", []string{"one"}, nil)
			if err != nil || faults != 1 {
				t.Fatalf("after %d faults: %v", faults, err)
			}
			code := img.Layers[0]
			if done.Pushed[code.Digest] != code.Size {
				t.Errorf("pushed %d bytes of %d: a try that failed does not count", done.Pushed[code.Digest], code.Size)
			}
		})
	}
}

// TestCancelled: a cancelled run is not an error of the registry.
func TestCancelled(t *testing.T) {
	s := start(t)
	push(t, s)
	c := New(Options{})
	img := build(t, c, s.host+python)
	ctx, cancel := context.WithCancel(t.Context())
	s.intercept(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPatch {
			cancel()
		}
		return false
	})
	started := time.Now()
	_, err := c.Publish(ctx, []stage.Image{img}, s.host+"/acme/iris", []string{"one"}, nil)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if took := time.Since(started); took > 5*time.Second {
		t.Errorf("it took %s to stop", took)
	}
	if manifests := s.manifests(); len(manifests) != 1 { // the base's
		t.Errorf("manifests %v", manifests)
	}
}
