package registry

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-containerregistry/pkg/registry"
)

// server is a registry in this process that writes down what it is asked. It
// adds to go-containerregistry's what real ones have: blobs belong to a
// repository, and one that is in another can be mounted.
type server struct {
	host  string
	inner http.Handler

	mu      sync.Mutex
	asked   []string        // "PUT /v2/…"
	blobs   map[string]bool // "repository@digest"
	mounted []string        // digests
	// before may answer a request itself, and tells whether it has; it is called one request at a time.
	before func(w http.ResponseWriter, r *http.Request) bool
}

func start(t *testing.T) *server {
	t.Helper()
	s := &server{blobs: map[string]bool{}, inner: registry.New(registry.Logger(log.New(io.Discard, "", 0)))}
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	s.host = strings.TrimPrefix(h.URL, "http://")
	return s
}

var blobPath = regexp.MustCompile(`^/v2/(.+)/blobs/(sha256:[0-9a-f]{64}|uploads/.*)$`)

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.answered(w, r) {
		return
	}
	s.inner.ServeHTTP(w, r)
}

func (s *server) answered(w http.ResponseWriter, r *http.Request) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, r.Method+" "+r.URL.Path)
	if s.before != nil && s.before(w, r) {
		return true
	}
	m := blobPath.FindStringSubmatch(r.URL.Path)
	if m == nil {
		return false
	}
	query := r.URL.Query()
	switch {
	case (r.Method == http.MethodHead || r.Method == http.MethodGet) && !s.blobs[m[1]+"@"+m[2]]:
		w.WriteHeader(http.StatusNotFound)
		return true
	case r.Method == http.MethodPost && s.blobs[query.Get("from")+"@"+query.Get("mount")]:
		s.blobs[m[1]+"@"+query.Get("mount")] = true
		s.mounted = append(s.mounted, query.Get("mount"))
		w.WriteHeader(http.StatusCreated)
		return true
	case r.Method == http.MethodPut:
		s.blobs[m[1]+"@"+query.Get("digest")] = true
	}
	return false
}

// intercept has f see each request first.
func (s *server) intercept(f func(w http.ResponseWriter, r *http.Request) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = f
}

// requests lists the paths asked with a method, in order.
func (s *server) requests(method string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, a := range s.asked {
		if rest, ok := strings.CutPrefix(a, method+" "); ok {
			out = append(out, rest)
		}
	}
	return out
}

func (s *server) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked, s.mounted = nil, nil
}

// manifests lists what manifests were written as: digests and tags, in order.
func (s *server) manifests() []string {
	var out []string
	for _, p := range s.requests(http.MethodPut) {
		if before, last, ok := strings.Cut(p, "/manifests/"); ok && before != "" {
			out = append(out, last)
		}
	}
	return out
}
