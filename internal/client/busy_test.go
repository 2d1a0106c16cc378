package client

import (
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slipway-dev/slipway/internal/protocol"
)

// TestBusy: a server that takes one request at a time is asked again, and one that never takes it is not asked forever.
func TestBusy(t *testing.T) {
	cog, err := protocol.For("cog")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name   string
		free   int64 // the attempt that is taken
		status int
	}{
		{"soon free", 3, 200},
		{"never free", 1_000_000, 409},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int64
			port := serving(t, func(w http.ResponseWriter, r *http.Request) {
				switch {
				case r.Method == http.MethodGet:
					_, _ = io.WriteString(w, `{"status": "READY"}`)
				case asked.Add(1) < tc.free:
					w.WriteHeader(http.StatusConflict)
					// coglet 0.23 says this.
					_, _ = io.WriteString(w, `{"error":"At capacity - all prediction slots busy","status":"failed"}`)
				default:
					_, _ = io.WriteString(w, `{"status":"succeeded","output":1}`)
				}
			})
			c, err := New(Options{Port: port})
			if err != nil {
				t.Fatal(err)
			}
			o := c.tell(t, cog, Server{}, protocol.Spec{Cases: []protocol.Request{{Name: "a", JSON: []byte("1"), TimeoutMS: 300}}})
			if a := o.Answers[0]; a.Status != tc.status || a.Error != "" {
				t.Errorf("answer %+v, want status %d", a, tc.status)
			}
			if n := asked.Load(); n < 3 || n > 45 {
				t.Errorf("asked %d times", n)
			}
		})
	}
}

// TestBusyLoad: a client of the load waits its turn, and its latency says so.
func TestBusyLoad(t *testing.T) {
	t.Parallel()
	cog, err := protocol.For("cog")
	if err != nil {
		t.Fatal(err)
	}
	var slot sync.Mutex
	port := serving(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodGet:
			_, _ = io.WriteString(w, `{"status": "READY"}`)
		case slot.TryLock():
			time.Sleep(5 * time.Millisecond)
			slot.Unlock()
			_, _ = io.WriteString(w, `{"status":"succeeded","output":1}`)
		default:
			w.WriteHeader(http.StatusConflict)
		}
	})
	c, err := New(Options{Port: port})
	if err != nil {
		t.Fatal(err)
	}
	load := &protocol.Load{Requests: 40, Concurrency: 3}
	l := c.tell(t, cog, Server{}, protocol.Spec{Cases: []protocol.Request{{Name: "a", JSON: []byte("1")}}, Load: load}).Load
	if l == nil || l.Answered != 40 || len(l.Errors) != 0 {
		t.Fatalf("load %+v", l)
	}
	if l.Latency.P95 < 10 {
		t.Errorf("p95 is %v ms, though two of three wait", l.Latency.P95)
	}
}
