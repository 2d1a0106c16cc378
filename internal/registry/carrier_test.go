package registry

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/slipway-dev/slipway/internal/stage"
)

// TestStalled: a connection on which nothing moves any more, in the middle of a
// layer either way, is given up, and the layer begun again.
func TestStalled(t *testing.T) {
	arrived := make(chan struct{}, 1)
	release := make(chan struct{})
	stalls := 1
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			_, _ = io.CopyN(io.Discard, r.Body, 1<<10)
			<-release
			return
		}
		w.Header().Set("Content-Length", "10")
		_, _ = io.WriteString(w, "half")
		w.(http.Flusher).Flush()
		arrived <- struct{}{}
		if stalls--; stalls == 0 {
			<-release
		}
	}))
	defer h.Close()
	defer close(release)
	c := &carrier{inner: impatient(), silence: 100 * time.Millisecond}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	<-arrived
	if _, err = io.ReadAll(resp.Body); !passing(err) || !strings.Contains(err.Error(), "stalled") {
		t.Errorf("a download that stalls ends with %v", err)
	}
	_ = resp.Body.Close()
	if request, err = http.NewRequestWithContext(t.Context(), http.MethodPost, h.URL, io.LimitReader(zeros{}, 1<<30)); err != nil {
		t.Fatal(err)
	}
	started := time.Now()
	if _, err = c.RoundTrip(request); !passing(err) || time.Since(started) > 5*time.Second { //nolint:bodyclose // there is none
		t.Errorf("after %s, an upload that stalls ends with %v", time.Since(started), err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

// TestStartsAnew: a registry that refuses connections, and did not before, is
// waited for; one that never answered is not.
func TestStartsAnew(t *testing.T) {
	s, c, img := prepared(t)
	front, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := front.Addr().String()
	serve := func(l net.Listener) *http.Server {
		h := &http.Server{Handler: s}
		go h.Serve(l) //nolint:errcheck // ends with Close
		return h
	}
	first := serve(front)
	if err := c.Upload(t.Context(), []stage.Image{img}, address+"/acme/iris"); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	c.carrier.patience.waits = []time.Duration{300 * time.Millisecond, 300 * time.Millisecond, 300 * time.Millisecond, time.Second}
	time.AfterFunc(500*time.Millisecond, func() {
		again, err := net.Listen("tcp", address)
		if err != nil {
			t.Error(err)
			return
		}
		second := serve(again)
		t.Cleanup(func() { _ = second.Close() })
	})
	if _, err := c.Publish(t.Context(), []stage.Image{img}, address+"/acme/iris", []string{"one"}, nil); err != nil {
		t.Error(err)
	}
}

// TestFull: a registry without room is not asked again, and said to be full.
func TestFull(t *testing.T) {
	for name, test := range map[string]struct {
		status int
		body   string
	}{
		"while a layer is written": {http.StatusInternalServerError, `{"errors": [{"code": "UNKNOWN", "message": "unknown error", "detail": "write /var/lib/registry/data: no space left on device"}]}`},
		"before":                   {http.StatusInternalServerError, `{"errors": [{"code": "UNKNOWN", "message": "unknown error", "detail": {"DriverName": "filesystem", "Enclosed": {"Op": "write", "Path": "/startedat", "Err": 28}}}]}`},
		"by status":                {http.StatusInsufficientStorage, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s, c, img := prepared(t)
			c.carrier.patience.waits = []time.Duration{time.Hour}
			s.intercept(func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method != http.MethodPatch {
					return false
				}
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.body)
				return true
			})
			_, err := c.Publish(t.Context(), []stage.Image{img}, s.host+"/acme/iris", []string{"one"}, nil)
			wantError(t, err, s.host, "the registry answered 5", "no room left")
		})
	}
}

// TestNoRepository: Amazon ECR makes no repository when one is pushed to.
func TestNoRepository(t *testing.T) {
	s, c, img := prepared(t)
	s.intercept(func(w http.ResponseWriter, r *http.Request) bool {
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{"errors": [{"code": "NAME_UNKNOWN", "message": "The repository with name 'acme/iris' does not exist in the registry with id '123456789012'"}]}`)
		return true
	})
	_, err := c.Publish(t.Context(), []stage.Image{img}, s.host+"/acme/iris", []string{"one"}, nil)
	wantError(t, err, s.host, "does not exist in the registry", "create-repository")
}
