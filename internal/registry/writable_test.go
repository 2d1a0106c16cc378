package registry

import (
	"net/http"
	"strings"
	"testing"
)

// TestWritable: who may not write is told so by the registry's answer, before anything is sent.
func TestWritable(t *testing.T) {
	s := start(t)
	ref := s.host + "/acme/iris:buildcache"
	if err := client(Options{}).Writable(t.Context(), ref); err != nil {
		t.Errorf("a registry that takes all: %v", err)
	}
	for status, want := range map[int]string{http.StatusForbidden: "403", http.StatusUnauthorized: "401"} {
		s.before = func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodPost {
				return false
			}
			w.WriteHeader(status)
			return true
		}
		if err := client(Options{}).Writable(t.Context(), ref); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), s.host) {
			t.Errorf("%d: %v", status, err)
		}
	}
	if err := client(Options{}).Writable(t.Context(), "127.0.0.1:1/x:y"); err == nil || !strings.Contains(err.Error(), "nothing listens there") {
		t.Errorf("nobody is there: %v", err)
	}
}
