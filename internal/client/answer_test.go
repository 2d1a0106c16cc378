package client

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/slipway-dev/slipway/internal/protocol"
)

// TestBadAnswers: what is wrong with an answer is said as exactly that, in
// bounded time and memory, and under the kind that a load counts it as.
func TestBadAnswers(t *testing.T) {
	const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	megabyte := strings.Repeat("0", 1<<20)
	for _, tc := range []struct {
		name   string
		answer func(net.Conn)
		want   string // regular expression
		kind   string
	}{
		{"cuts off a length", says("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"a\": [1, 2"), "the body was cut off: 11 of the 1000 bytes that Content-Length promises", cutOff},
		{"cuts off a chunk", says(chunked + "20\r\n[1, 2"), "the body was cut off after 5 bytes: unexpected EOF", cutOff},
		{"cuts off between chunks", says(chunked + "5\r\n[1, 2\r\n"), "the body was cut off after 5 bytes: unexpected EOF", cutOff},
		{"a chunk that is none", says(chunked + "xyz\r\n"), "the body was cut off after 0 bytes: invalid byte in chunk length", cutOff},
		{"resets in the body", func(c net.Conn) {
			says("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"a\"")(c)
			time.Sleep(50 * time.Millisecond)
			abort(c)
		}, "the connection was reset after [04] bytes of the body", reset},
		{"resets", abort, "the server closed the connection without an answer", reset},
		{"closes", says(""), "the server closed the connection without an answer", closed},
		{"closes in the headers", says("HTTP/1.1 200 OK\r\n"), "the server closed the connection without an answer", closed},
		{"byte by byte", func(c net.Conn) {
			says(chunked)(c)
			for err := error(nil); err == nil; time.Sleep(20 * time.Millisecond) {
				_, err = io.WriteString(c, "1\r\n1\r\n")
			}
		}, "the answer was not complete after 400ms: [0-9]+ bytes of the body had come", timedOut},
		{"headers byte by byte", func(c net.Conn) {
			says("HTTP/1.1 200 OK\r\nX: ")(c)
			for err := error(nil); err == nil; time.Sleep(20 * time.Millisecond) {
				_, err = io.WriteString(c, "1")
			}
		}, "no answer within 400ms", timedOut},
		{"hangs", func(net.Conn) { time.Sleep(time.Second) }, "no answer within 400ms", timedOut},
		{"a body without end", endless("HTTP/1.1 200 OK\r\n\r\n", megabyte), "the body had not ended after 64 MiB, so reading was stopped", tooLong},
		{"a gigabyte", endless("HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n", megabyte), "the body had not ended after 64 MiB, so reading was stopped", tooLong},
		{"a header without end", endless("HTTP/1.1 200 OK\r\nX: ", megabyte), "the headers had not ended after 128 KiB, so reading was stopped", notHTTP},
		{"headers without end", endless("HTTP/1.1 200 OK\r\n", "X: "+strings.Repeat("1", 8000)+"\r\n"), "the headers had not ended after 128 KiB, so reading was stopped", notHTTP},
		{"1xx without end", endless("", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"), "the headers had not ended after 128 KiB, so reading was stopped", notHTTP},
		{"no HTTP", says("SSH-2.0-OpenSSH_9.2\r\n"), `no answer that is HTTP: malformed HTTP response "SSH-2.0-OpenSSH_9.2"`, notHTTP},
		{"a status that is none", says("HTTP/1.1 000 OK\r\n\r\n"), `no answer that is HTTP: malformed HTTP status code "000 OK"`, notHTTP},
		{"binary", says("\x00\x01\x02\xff\n\n"), `no answer that is HTTP: malformed HTTP response "\\x00\\x01\\x02\\xff"`, notHTTP},
		{"two lengths", says("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n12"), "no answer that is HTTP: .*Content-Length.*", notHTTP},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := post("a", "1")
			if tc.kind == timedOut {
				r.TimeoutMS = 400
			}
			port := bare(t, tc.answer)
			begin := time.Now()
			o := observe(t, port, Server{}, protocol.Spec{Cases: []protocol.Request{r}})
			if o.NotReady != "" || len(o.Answers) != 1 {
				t.Fatalf("not ready %q, %d answers", o.NotReady, len(o.Answers))
			}
			a := o.Answers[0]
			if !regexp.MustCompile("^("+tc.want+")$").MatchString(a.Error) || a.Invalid {
				t.Errorf("error %q, want %q", a.Error, tc.want)
			}
			if took := time.Since(begin); took > 8*time.Second {
				t.Errorf("took %v", took)
			}
			if len(a.Body) > BodyBytes || a.Length > readBytes || a.LatencyMS <= 0 {
				t.Errorf("kept %d of %d bytes in %v ms", len(a.Body), a.Length, a.LatencyMS)
			}
			c, err := New(Options{Port: port})
			if err != nil {
				t.Fatal(err)
			}
			e := c.exchange(t.Context(), c.fresh, protocol.Message{Method: http.MethodPost, Path: "/"}, Timeout(r), func(body io.Reader) (int64, error) { return read(io.Discard, body) })
			if e.failure.kind != tc.kind {
				t.Errorf("the kind is %q, want %q", e.failure.kind, tc.kind)
			}
		})
	}
}

// FuzzAnswer: no bytes that a server answers with are more than an error.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n[1, 2",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[1, 2\r\n0\r\nX: 1\r\n\r\n",
		"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.0 500\r\nContent-Encoding: gzip\r\n\r\nno",
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n", "",
	} {
		f.Add(seed)
	}
	proto, err := protocol.For("http")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, answer string) {
		c, err := New(Options{Port: 80})
		if err != nil {
			t.Fatal(err)
		}
		c.fresh.Transport.(*http.Transport).DialContext = func(context.Context, string, string) (net.Conn, error) {
			here, there := net.Pipe()
			go func() {
				_, _ = http.ReadRequest(bufio.NewReader(there))
				_, _ = io.WriteString(there, answer)
				_ = there.Close()
			}()
			return here, nil
		}
		a := c.ask(t.Context(), proto, post("a", "1"), protocol.Target{})
		if a.Error == "" && (a.Status < 100 || a.Status > 999) || a.Length > int64(len(answer)) || strings.Contains(a.Error, "%!w") {
			t.Errorf("%+v", a)
		}
	})
}

// TestNoConnection: a connection that is not made in its own time is not an answer that did not come in the case's.
func TestNoConnection(t *testing.T) {
	c, err := New(Options{Port: 80})
	if err != nil {
		t.Fatal(err)
	}
	late := &net.OpError{Op: "dial", Net: "tcp", Err: os.ErrDeadlineExceeded}
	if f := c.explain(&url.Error{Op: "Post", URL: "http://localhost:80/", Err: late}, nil, 0, time.Minute); f != (failure{unconnected, "no connection to port 80: i/o timeout"}) {
		t.Errorf("%+v", f)
	}
}

// abort closes a connection so that the other side gets a reset.
func abort(c net.Conn) {
	_ = c.(*net.TCPConn).SetLinger(0)
	_ = c.Close()
}

// TestAnswersAsTheyAre: what is a complete answer is written down and not
// judged, whatever it says.
func TestAnswersAsTheyAre(t *testing.T) {
	for _, tc := range []struct {
		name, answer string
		want         protocol.Answer
	}{
		{"an error with 200", "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"error\": \"no model\"}", protocol.Answer{Status: 200, ContentType: "application/json", Body: []byte(`{"error": "no model"}`)}},
		{"a page", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>It works!</html>", protocol.Answer{Status: 200, ContentType: "text/html", Body: []byte("<html>It works!</html>")}},
		{"truncated JSON", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n[1, 2", protocol.Answer{Status: 200, Body: []byte("[1, 2")}},
		{"another type", "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 3\r\n\r\n[1]", protocol.Answer{Status: 200, ContentType: "image/png", Body: []byte("[1]")}},
		{"a redirect to itself", "HTTP/1.1 307 Temporary Redirect\r\nLocation: /\r\nContent-Length: 0\r\n\r\n", protocol.Answer{Status: 307}},
		{"no content", "HTTP/1.1 204 No Content\r\n\r\n", protocol.Answer{Status: 204}},
		{"hints before it", "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1", protocol.Answer{Status: 200, Body: []byte("1")}},
		{"the old HTTP", "HTTP/1.0 500 Internal Server Error\r\n\r\nTraceback", protocol.Answer{Status: 500, Body: []byte("Traceback")}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			a := observe(t, bare(t, says(tc.answer)), Server{}, protocol.Spec{Cases: []protocol.Request{post("a", "1")}}).Answers[0]
			if a.Error != "" || a.Status != tc.want.Status || a.ContentType != tc.want.ContentType || !bytes.Equal(a.Body, tc.want.Body) || a.Length != int64(len(tc.want.Body)) || a.Truncated {
				t.Errorf("answer %+v", a)
			}
		})
	}
}

// TestCompressedAnswer: a bomb stays folded, and is called what it is.
func TestCompressedAnswer(t *testing.T) {
	t.Parallel()
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	for range 100 {
		_, _ = z.Write(make([]byte, 1<<20))
	}
	_ = z.Close()
	port := serving(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(bomb.Bytes())
	})
	asked := post("asked", "1")
	asked.Headers = map[string]string{"Accept-Encoding": "gzip"}
	answers := observe(t, port, Server{}, protocol.Spec{Cases: []protocol.Request{post("a", "1"), asked}}).Answers
	if a := answers[0]; a.Length != int64(bomb.Len()) || a.Error != "the body is compressed (gzip), though none but an uncompressed one was accepted" {
		t.Errorf("%d bytes, error %q", a.Length, a.Error)
	}
	if a := answers[1]; a.Error != "" || !bytes.Equal(a.Body, bomb.Bytes()) {
		t.Errorf("a case that asks for it: %d bytes, error %q", len(a.Body), a.Error)
	}
}

// TestTimes: a latency is that of the answer, to the last byte of it, without connecting.
func TestTimes(t *testing.T) {
	t.Parallel()
	port := serving(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			return
		}
		time.Sleep(60 * time.Millisecond)
		_, _ = io.WriteString(w, "data: 1\n\n")
		w.(http.Flusher).Flush()
		time.Sleep(120 * time.Millisecond)
		_, _ = io.WriteString(w, "data: 2\n\n")
	})
	a := observe(t, port, Server{}, protocol.Spec{Cases: []protocol.Request{post("a", "1")}}).Answers[0]
	if a.FirstByteMS < 60 || a.FirstByteMS > a.LatencyMS-100 || a.LatencyMS < 180 || a.LatencyMS > 1000 {
		t.Errorf("first byte after %v ms, last after %v ms", a.FirstByteMS, a.LatencyMS)
	}
}

// TestKeepsBoundedBodies: all rounds together are bounded, and the same is kept in each.
func TestKeepsBoundedBodies(t *testing.T) {
	t.Parallel()
	port := serving(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 2<<20)) })
	o := observe(t, port, Server{}, protocol.Spec{Cases: []protocol.Request{post("a", "1"), post("b", "1"), post("c", "1"), post("d", "1")}, Rounds: 6})
	if len(o.Answers) != 4*6 {
		t.Fatalf("%d answers", len(o.Answers))
	}
	const last = AllBodies/6 - 2*BodyBytes
	for n, a := range o.Answers {
		if a.Error != "" || a.Length != 2<<20 || !a.Truncated || a.SHA256 != "5647f05ec18958947d32874eeb788fa396a05d0bab7c1b71f112ceb7e9b31eee" {
			t.Errorf("answer %s: %d bytes, truncated %t, sha256 %s, error %q", a.Name, a.Length, a.Truncated, a.SHA256, a.Error)
		}
		if want := []int{BodyBytes, BodyBytes, last, 0}[n%4]; len(a.Body) != want {
			t.Errorf("answer %s of round %d: kept %d bytes, want %d", a.Name, n/4, len(a.Body), want)
		}
	}
}
