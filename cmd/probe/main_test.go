//go:build linux

package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/slipway-dev/slipway/internal/protocol"
)

// memoryBound is what the probe may use beside a model, whatever the model
// answers; programBound is how large it may be.
const (
	memoryBound  = 64 << 20
	programBound = 12 << 20
)

// program is the probe as it is shipped.
func program(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "probe")
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", file, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > programBound {
		t.Errorf("the probe has %d bytes", info.Size())
	}
	return file
}

// try runs the probe, and returns what it saw and the most memory it used.
func try(t *testing.T, probe string, spec protocol.Spec) (o protocol.Observations, peak int64) {
	t.Helper()
	dir := t.TempDir()
	spec.Version, spec.Ready.TimeoutMS = protocol.SpecVersion, 20000
	data, err := json.Marshal(spec)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "spec.json"), data, 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(probe, "smoke", "--spec", filepath.Join(dir, "spec.json"), "--out", filepath.Join(dir, "out.json"))
	cmd.Stderr = new(bytes.Buffer)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for running := true; running; {
		select {
		case err := <-ended:
			if err != nil {
				t.Fatalf("%v: %s", err, cmd.Stderr)
			}
			running = false
		case <-time.After(time.Millisecond):
			peak = max(peak, highest(cmd.Process.Pid))
		}
	}
	data, err = os.ReadFile(filepath.Join(dir, "out.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &o); err != nil {
		t.Fatal(err)
	}
	if o.Error != "" {
		t.Fatalf("the probe's own error: %s", o.Error)
	}
	return o, peak
}

// highest is the largest resident set that a process has had, in bytes; 0 when it is gone.
func highest(pid int) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kib, _ := strconv.ParseInt(strings.TrimSpace(strings.SplitN(rest, "kB", 2)[0]), 10, 64)
	return kib << 10
}

// hostile answers with more than anybody should keep.
func hostile(t *testing.T) http.HandlerFunc {
	t.Helper()
	block := bytes.Repeat([]byte("0"), 1<<20)
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	for range 200 {
		_, _ = z.Write(block)
	}
	_ = z.Close()
	return func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/gigabyte":
			w.Header().Set("Content-Length", strconv.Itoa(1<<30))
			for range 1 << 10 {
				if _, err := w.Write(block); err != nil {
					return
				}
			}
		case "/headers":
			c, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				return
			}
			defer func() { _ = c.Close() }()
			_, err = io.WriteString(c, "HTTP/1.1 200 OK\r\nX: ")
			for range 100 {
				if err == nil {
					_, err = c.Write(block)
				}
			}
		case "/bomb":
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb.Bytes())
		case "/large":
			_, _ = w.Write(block)
			_, _ = w.Write(block)
		}
	}
}

// large are requests with files of as many bytes as a configuration lets through, one and all together.
func large(t *testing.T) map[string]protocol.Request {
	t.Helper()
	content := bytes.Repeat([]byte("0"), 16<<20)
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
	file := protocol.Binary{Content: content}.At(path)
	return map[string]protocol.Request{
		"a large body": {Name: "body", Binary: &file},
		"large JSON":   {Name: "json", JSON: []byte(`"` + strings.Repeat("0", 16<<20-2) + `"`)},
		"a large form": {Name: "form", Form: []protocol.Field{{Name: "before", File: &file}, {Name: "after", File: &file}}},
	}
}

// TestMemoryIsBounded: whatever is sent, and whatever the server answers, the probe stays small.
func TestMemoryIsBounded(t *testing.T) {
	probe := program(t)
	t.Run("server", func(t *testing.T) {
		s := httptest.NewServer(hostile(t))
		t.Cleanup(s.Close)
		spec := protocol.Spec{Command: []string{"/bin/sleep", "600"}, Protocol: "http", Port: portOf(t, s), Rounds: 3, Load: &protocol.Load{Requests: 200, Concurrency: 16}}
		for _, path := range []string{"/gigabyte", "/headers", "/bomb", "/large", "/large", "/large", "/large", "/large", "/large"} {
			spec.Cases = append(spec.Cases, protocol.Request{Name: path, Path: path, TimeoutMS: 20000})
		}
		o, peak := try(t, probe, spec)
		for i, want := range map[int]string{
			0: "the body had not ended after 64 MiB, so reading was stopped",
			1: "the headers had not ended after 128 KiB, so reading was stopped",
			2: "the body is compressed (gzip), though none but an uncompressed one was accepted",
			3: "",
		} {
			if i >= len(o.Answers) || o.Answers[i].Error != want {
				t.Errorf("answer %d of %d: want the error %q", i, len(o.Answers), want)
			}
		}
		if o.Load == nil || o.Load.Answered != 200 {
			t.Errorf("load %+v", o.Load)
		}
		t.Logf("the probe used %.1f MiB", float64(peak)/(1<<20))
		if peak > memoryBound || peak == 0 {
			t.Errorf("the probe used %d MiB", peak>>20)
		}
	})
	for name, request := range large(t) {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				n, _ := io.Copy(io.Discard, r.Body)
				_, _ = fmt.Fprint(w, n)
			}))
			t.Cleanup(s.Close)
			spec := protocol.Spec{Command: []string{"/bin/sleep", "600"}, Protocol: "http", Port: portOf(t, s), Rounds: 3, Load: &protocol.Load{Requests: 20, Concurrency: 4}}
			spec.Cases = []protocol.Request{request}
			o, peak := try(t, probe, spec)
			if len(o.Answers) != 3 || o.Answers[2].Error != "" || len(o.Answers[2].Body) != len("12345678") || o.Answers[2].Request != request.Hash() {
				t.Errorf("answers %+v", o.Answers)
			}
			if o.Load == nil || o.Load.Answered != 20 {
				t.Errorf("load %+v", o.Load)
			}
			t.Logf("the probe used %.1f MiB", float64(peak)/(1<<20))
			if peak > memoryBound || peak == 0 {
				t.Errorf("the probe used %d MiB", peak>>20)
			}
		})
	}
	t.Run("command", func(t *testing.T) {
		// Its two outputs have no end.
		spec := protocol.Spec{Protocol: "exec", Rounds: 3, Cases: []protocol.Request{
			{Name: "out", Command: []string{"yes"}}, {Name: "err", Command: []string{"sh", "-c", "yes >&2"}, TimeoutMS: 1000},
		}}
		o, peak := try(t, probe, spec)
		if len(o.Answers) != 6 || o.Answers[0].Error != "the output had not ended after 64 MiB, so reading was stopped" || o.Answers[1].Error != "the command had not ended after 1s" {
			t.Errorf("%d answers", len(o.Answers))
		}
		t.Logf("the probe used %.1f MiB", float64(peak)/(1<<20))
		if peak > memoryBound || peak == 0 {
			t.Errorf("the probe used %d MiB", peak>>20)
		}
	})
}

func portOf(t *testing.T, s *httptest.Server) int {
	t.Helper()
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		t.Fatal(err)
	}
	return port
}
