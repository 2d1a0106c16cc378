package registry

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/slipway-dev/slipway/internal/stage"
)

// TestErrors: each way a registry can refuse is told with what to do about it.
func TestErrors(t *testing.T) {
	for _, test := range []struct {
		name   string
		status int
		say    string // in what
		remedy string
	}{
		{"no login", http.StatusUnauthorized, "401", "log in"},
		{"no right", http.StatusForbidden, "403", "packages: write"},
		{"no repository", http.StatusNotFound, "404", "does the repository exist"},
		{"too much", http.StatusTooManyRequests, "429", "limits requests"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := start(t)
			push(t, s.host)
			c := New(Options{})
			img := build(t, c, s.host+"/library/python:3.11-slim")
			s.forget()
			s.mu.Lock()
			s.refuse = func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method != http.MethodPost {
					return false
				}
				w.WriteHeader(test.status)
				return true
			}
			s.mu.Unlock()
			_, err := c.Publish(t.Context(), img, s.host+"/acme/iris", []string{"one"})
			wantError(t, err, s.host, test.say, test.remedy)
			for _, p := range s.requests(http.MethodPut) {
				if strings.Contains(p, "/manifests/") {
					t.Errorf("a refused image has a manifest: %s", p)
				}
			}
		})
	}
}

func wantError(t *testing.T, err error, where, say, remedy string) {
	t.Helper()
	var known *stage.Error
	if !errors.As(err, &known) {
		t.Fatalf("error is %v", err)
	}
	if !strings.Contains(known.Where, where) || !strings.Contains(known.What, say) || !strings.Contains(known.Remedy, remedy) {
		t.Errorf("what %q, where %q, remedy %q", known.What, known.Where, known.Remedy)
	}
}

func TestNobodyThere(t *testing.T) {
	started := time.Now()
	_, err := New(Options{}).Base(t.Context(), "127.0.0.1:1/python:3.11-slim", "linux/amd64")
	wantError(t, err, "127.0.0.1:1", "connection refused", "is the registry running")
	if took := time.Since(started); took > 10*time.Second {
		t.Errorf("it took %s to find out", took)
	}
}

func TestNoReference(t *testing.T) {
	_, err := New(Options{}).Base(t.Context(), "Python:3.11:slim", "linux/amd64")
	wantError(t, err, "build.base", "no image reference", "registry/repository:tag")
}

// TestPasses: an answer that asks to come back later is not the end.
func TestPasses(t *testing.T) {
	s := start(t)
	push(t, s.host)
	c := New(Options{})
	img := build(t, c, s.host+"/library/python:3.11-slim")
	refused := false
	s.mu.Lock()
	s.refuse = func(w http.ResponseWriter, r *http.Request) bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		if r.Method != http.MethodPost || refused {
			return false
		}
		refused = true
		w.WriteHeader(http.StatusServiceUnavailable)
		return true
	}
	s.mu.Unlock()
	if _, err := c.Publish(t.Context(), img, s.host+"/acme/iris", nil); err != nil || !refused {
		t.Errorf("refused once (%v), then: %v", refused, err)
	}
}
