package engine

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slipway-dev/slipway/internal/stage"
)

func TestLocate(t *testing.T) {
	t.Setenv("PATH", t.TempDir()) // no docker
	runner := Runner{Engine: "unix:///lab.sock", CLI: "/lab/dagger"}
	for _, test := range []struct {
		name   string
		flag   string
		env    map[string]string
		runner Runner
		want   Address
	}{
		{"the flag wins", "tcp://there:1", map[string]string{"DAGGER_SESSION_PORT": "1"}, runner, Address{RunnerHost: "tcp://there:1", CLI: "/lab/dagger", Why: "--engine"}},
		{"then an open session", "", map[string]string{"DAGGER_SESSION_PORT": "1", "_EXPERIMENTAL_DAGGER_RUNNER_HOST": "unix:///env.sock"}, runner, Address{Session: true, RunnerHost: "unix:///env.sock", Why: "dagger run"}},
		{"then the environment", "", map[string]string{"_EXPERIMENTAL_DAGGER_RUNNER_HOST": "unix:///env.sock", "_EXPERIMENTAL_DAGGER_CLI_BIN": "/env/dagger"}, runner, Address{RunnerHost: "unix:///env.sock", CLI: "/env/dagger", Why: "_EXPERIMENTAL_DAGGER_RUNNER_HOST"}},
		{"then the runner file", "", nil, runner, Address{RunnerHost: "unix:///lab.sock", CLI: "/lab/dagger", Why: "the runner file"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := Locate(test.flag, func(k string) string { return test.env[k] }, test.runner)
			if err != nil || got != test.want {
				t.Errorf("got %+v, %v; want %+v", got, err, test.want)
			}
		})
	}
	_, err := Locate("", func(string) string { return "" }, Runner{})
	var known *stage.Error
	if !errors.As(err, &known) || !strings.Contains(known.Remedy, "make lab") {
		t.Errorf("nothing to be found: %v", err)
	}
}

func TestReadRunner(t *testing.T) {
	dir := t.TempDir()
	if r, err := ReadRunner(dir); err != nil || r.Engine != "" {
		t.Errorf("no file: %+v, %v", r, err)
	}
	path := filepath.Join(dir, "slipway", "runner.json")
	if err := os.Mkdir(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	for content, wantErr := range map[string]bool{
		`{"engine": "unix:///x", "mirrors": {"docker.io": "localhost:5000"}}`: false,
		`not json`: true,
	} {
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadRunner(dir); (err != nil) != wantErr {
			t.Errorf("%s: %v", content, err)
		}
	}
}

// TestReachable: an address where nobody listens is found out before the SDK starts to retry.
func TestReachable(t *testing.T) {
	listener, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close() //nolint:errcheck // a test's socket
	for host, ok := range map[string]bool{
		"unix://" + listener.Addr().String(): true,
		"unix:///nonexistent.sock":           false,
		"tcp://127.0.0.1:1":                  false,
		"":                                   true, // Docker's: the SDK starts it
		"container://engine":                 true, // not for us to dial
	} {
		started := time.Now()
		if err := (Address{RunnerHost: host}).reachable(t.Context()); (err == nil) != ok {
			t.Errorf("%q: %v", host, err)
		}
		if took := time.Since(started); took > 3*time.Second {
			t.Errorf("%q: it took %s", host, took)
		}
	}
}
