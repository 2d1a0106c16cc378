package client

import (
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-dev/slipway/internal/protocol"
)

// TestLoad: warm-up apart, cases in turn, connections kept, errors by kind.
func TestLoad(t *testing.T) {
	t.Parallel()
	var posts, connections atomic.Int64
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Method != http.MethodPost {
			return
		}
		n := posts.Add(1)
		switch {
		case string(body) == "404": // as alone, so it is left out
			http.NotFound(w, r)
		case n%20 == 4:
			http.Error(w, "too many", http.StatusServiceUnavailable)
		case n%20 == 14:
			panic(http.ErrAbortHandler)
		default:
			time.Sleep(2 * time.Millisecond)
			_, _ = w.Write(make([]byte, 10000))
		}
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	cases := []protocol.Request{post("a", "1"), post("b", "404"), {Name: "invalid", Path: "x"}}
	l := observe(t, portOf(t, s.URL), Server{}, protocol.Spec{Cases: cases, Load: &protocol.Load{Requests: 200, Concurrency: 4}}).Load
	if l == nil {
		t.Fatal("no load")
	}
	if diff := cmp.Diff(protocol.Load{Requests: 200, Concurrency: 4, Warmup: 10, TimeoutMS: 60000}, l.Load); diff != "" {
		t.Errorf("the load (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"b"}, l.LeftOut); diff != "" {
		t.Errorf("left out (-want +got):\n%s", diff)
	}
	failed := 0
	for kind, n := range l.Errors {
		if kind != "status 503" && kind != "closed without an answer" && kind != "connection reset" {
			t.Errorf("%d of %q", n, kind)
		}
		failed += n
	}
	if l.Errors["status 503"] == 0 || failed < 4 || l.Answered != 200-failed || l.Cut || posts.Load() != 2+10+200 {
		t.Errorf("%d posts, load %+v", posts.Load(), l)
	}
	if max := int64(3 + 4 + 20); connections.Load() > max { // alone, the workers', and again after each that was closed
		t.Errorf("%d connections", connections.Load())
	}
	if p := l.Latency; p == nil || p.P50 <= 0 || p.P50 > p.P95 || p.P95 > p.P99 || p.P99 > p.Max || l.DurationMS <= 0 {
		t.Errorf("latency %+v, duration %v", p, l.DurationMS)
	}
}

// TestLoadOfRefusals: where nothing else is there, a refusal is an answer like any other.
func TestLoadOfRefusals(t *testing.T) {
	t.Parallel()
	port := serving(t, http.NotFound)
	l := observe(t, port, Server{}, protocol.Spec{Cases: []protocol.Request{post("a", "1")}, Load: &protocol.Load{Requests: 20, Concurrency: 2}}).Load
	if l == nil || l.Answered != 20 || l.LeftOut != nil {
		t.Errorf("load %+v", l)
	}
}

// TestWarmupErrors: a server that fails while it warms up is not silent.
func TestWarmupErrors(t *testing.T) {
	t.Parallel()
	var posts atomic.Int64
	port := serving(t, func(w http.ResponseWriter, r *http.Request) {
		if n := posts.Add(1); r.Method == http.MethodPost && n > 2 && n <= 5 { // GET / and the case come first
			http.Error(w, "too many", http.StatusServiceUnavailable)
		}
	})
	l := observe(t, port, Server{}, protocol.Spec{Cases: []protocol.Request{post("a", "1")}, Load: &protocol.Load{Requests: 20, Concurrency: 1, Warmup: 10}}).Load
	if l == nil || l.Answered != 20 || len(l.Errors) != 0 || len(l.WarmupErrors) != 1 || l.WarmupErrors["status 503"] < 2 {
		t.Errorf("load %+v", l)
	}
}

// TestLoadIsCut: the time of all is bounded, and what was not asked in it is not counted.
func TestLoadIsCut(t *testing.T) {
	t.Parallel()
	var posts atomic.Int64
	port := serving(t, func(_ http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && posts.Add(1) > 1 {
			time.Sleep(30 * time.Millisecond)
		}
	})
	begin := time.Now()
	l := observe(t, port, Server{}, protocol.Spec{Cases: []protocol.Request{post("a", "1")}, Load: &protocol.Load{Requests: 100000, Concurrency: 2, TimeoutMS: 700}}).Load
	if l == nil || !l.Cut || l.Answered == 0 || l.Answered > 60 || len(l.Errors) != 0 || l.Latency.P50 < 30 || l.DurationMS > 700 {
		t.Errorf("load %+v", l)
	}
	if took := time.Since(begin); took > 3*time.Second {
		t.Errorf("took %v", took)
	}
}

// TestLoadTimesOut: a case's own time holds in the load as well.
func TestLoadTimesOut(t *testing.T) {
	t.Parallel()
	var posts atomic.Int64
	port := serving(t, func(_ http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && posts.Add(1) > 1 {
			time.Sleep(300 * time.Millisecond)
		}
	})
	r := post("a", "1")
	r.TimeoutMS = 100
	l := observe(t, port, Server{}, protocol.Spec{Cases: []protocol.Request{r}, Load: &protocol.Load{Requests: 4, Concurrency: 2}}).Load
	if l == nil || l.Cut || l.Answered != 0 || l.Latency != nil || l.Errors["timeout"] != 4 {
		t.Errorf("load %+v", l)
	}
}

// TestLoadServerEnds: nothing more is asked of a server that died of its load.
func TestLoadServerEnds(t *testing.T) {
	t.Parallel()
	ended := make(chan struct{})
	var posts atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			return
		}
		switch n := posts.Add(1); {
		case n == 50:
			close(ended)
			panic(http.ErrAbortHandler)
		case n > 50:
			panic(http.ErrAbortHandler)
		}
	}))
	t.Cleanup(s.Close)
	begin := time.Now()
	l := observe(t, portOf(t, s.URL), Server{Ended: ended}, protocol.Spec{Cases: []protocol.Request{post("a", "1")}, Load: &protocol.Load{Requests: 100000, Concurrency: 3}}).Load
	if l == nil || l.Errors["server ended"] != 3 || len(l.Errors) != 1 || l.Answered == 0 || l.Answered > 49 {
		t.Errorf("load %+v", l)
	}
	if took := time.Since(begin); took > 3*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestComplete(t *testing.T) {
	for _, tc := range []struct{ given, want protocol.Load }{
		{protocol.Load{Requests: 5}, protocol.Load{Requests: 5, Concurrency: 1, Warmup: 1, TimeoutMS: 60000}},
		{protocol.Load{Requests: 50, Concurrency: 4}, protocol.Load{Requests: 50, Concurrency: 4, Warmup: 5, TimeoutMS: 60000}},
		{protocol.Load{Requests: 50, Concurrency: 8, Warmup: 20, TimeoutMS: 5}, protocol.Load{Requests: 50, Concurrency: 8, Warmup: 20, TimeoutMS: 5}},
		{protocol.Load{Requests: 2, Concurrency: 8}, protocol.Load{Requests: 2, Concurrency: 2, Warmup: 2, TimeoutMS: 60000}},
		{protocol.Load{Requests: 1e9, Concurrency: 1e9}, protocol.Load{Requests: maxRequests, Concurrency: maxConcurrency, Warmup: maxConcurrency, TimeoutMS: 60000}},
	} {
		if diff := cmp.Diff(tc.want, complete(tc.given)); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", tc.given, diff)
		}
	}
}

// TestLoadOtherAnswers: a server that answers otherwise under load is found
// out by what it answers, whatever its status; each other answer is kept once.
func TestLoadOtherAnswers(t *testing.T) {
	t.Parallel()
	var busy, asked atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			return
		}
		body := "[1.0]"
		if busy.Add(1) > 1 && asked.Add(1)%2 == 0 {
			body = "[2.0]"
		}
		time.Sleep(2 * time.Millisecond)
		busy.Add(-1)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(s.Close)
	l := observe(t, portOf(t, s.URL), Server{}, protocol.Spec{Cases: []protocol.Request{post("a", "1")}, Load: &protocol.Load{Requests: 100, Concurrency: 8}}).Load
	if l == nil || len(l.Others) != 1 || l.Others[0].Name != "a" || l.Others[0].Count < 1 || string(l.Others[0].Body) != "[2.0]" || l.Others[0].SHA256 != fmt.Sprintf("%x", sha256.Sum256([]byte("[2.0]"))) || l.Unknown != 0 {
		t.Fatalf("others: %+v", l)
	}
}
