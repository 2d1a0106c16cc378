//go:build linux

package probe

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/slipway-dev/slipway/internal/protocol"
)

// connects tries a server that connects to somewhere while it starts. The
// binary lies where every user can run it.
func connects(t *testing.T, change func(*protocol.Spec), env ...string) protocol.Observations {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	program := filepath.Join(dir, "probe")
	if out, err := exec.Command("cp", self(t), program).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	port := freePort(t)
	spec := protocol.Spec{
		Version: protocol.SpecVersion, Protocol: "http", Port: port, Command: []string{program}, Ready: protocol.Ready{TimeoutMS: 20000},
		Env: map[string]string{as: "connects", "PORT": strconv.Itoa(port)}, Cases: []protocol.Request{post("a", "1")},
	}
	change(&spec)
	cmd := smokeCommand(t, dir, spec)
	cmd.Env = append(cmd.Env, env...)
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, cmd.Stderr)
	}
	return readObservations(t, dir)
}

// TestSmokeOpen: what a server connects to is listed.
func TestSmokeOpen(t *testing.T) {
	t.Parallel()
	o := connects(t, func(*protocol.Spec) {})
	if o.Network != "open" || o.NetworkWhy != "" || !strings.Contains(o.Log, "stdout: <nil>") {
		t.Errorf("network %q because %q, log:\n%s", o.Network, o.NetworkWhy, o.Log)
	}
	seen := slices.ContainsFunc(o.Connections, func(c protocol.Connection) bool { return c.Address == "192.0.2.1:80" && c.BeforeReady })
	refused := strings.Contains(o.Log, "unreachable") || strings.Contains(o.Log, "refused") // a machine without a network
	if !seen && !refused {
		t.Errorf("connections %+v, log:\n%s", o.Connections, o.Log)
	}
}

// TestSmokeClosed: loopback works, nothing else does, and the server is the image's user.
func TestSmokeClosed(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		user string
		env  []string
		want string // in the log
	}{
		{"4711:4712", []string{"HOME=/root"}, "user: 4711 4712 /\n"},
		{"4711", []string{"HOME=/root", "SLIPWAY_HOME=/app"}, "user: 4711 0 /app\n"},
	} {
		o := connects(t, func(s *protocol.Spec) { s.Network, s.User = "none", tc.user }, tc.env...)
		if o.Error != "" || o.NotReady != "" || len(o.Answers) != 1 || o.Answers[0].Error != "" {
			t.Fatalf("error %q, not ready %q, answers %+v, log:\n%s", o.Error, o.NotReady, o.Answers, o.Log)
		}
		if os.Getuid() != 0 {
			if o.Network != "open" || o.NetworkWhy != "it takes root, and the probe is not" {
				t.Errorf("not root: network %q because %q", o.Network, o.NetworkWhy)
			}
			continue
		}
		if o.Network != "none" || o.NetworkWhy != "" || len(o.Connections) != 0 || o.StopMS == nil || o.Killed {
			t.Errorf("network %q because %q, connections %v, stopped after %v, killed %v", o.Network, o.NetworkWhy, o.Connections, o.StopMS, o.Killed)
		}
		for _, want := range []string{tc.want, "connect: network is unreachable\n", "stdout: <nil>\n"} {
			if !strings.Contains(o.Log, want) {
				t.Errorf("the log lacks %q:\n%s", want, o.Log)
			}
		}
	}
}

// TestSmokeUnknownUser: no container of such an image starts.
func TestSmokeUnknownUser(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("only root can become another user")
	}
	o := connects(t, func(s *protocol.Spec) { s.Network, s.User = "none", "no-such-user" })
	if o.Exit == nil || o.Exit.Code != 126 || !strings.HasPrefix(o.Log, "cannot start ") || !strings.Contains(o.Log, `the image's user "no-such-user": unable to find user no-such-user`) {
		t.Errorf("exit %+v, log %q", o.Exit, o.Log)
	}
}

// TestSmokeWithoutGPU: what needs more GPUs than there are is not started.
func TestSmokeWithoutGPU(t *testing.T) {
	t.Parallel()
	o := connects(t, func(s *protocol.Spec) { s.GPUs = 100 })
	if o.GPUs == nil || *o.GPUs >= 100 || o.Log != "" || o.Exit != nil || o.Error != "" {
		t.Errorf("observed %+v", o)
	}
}
