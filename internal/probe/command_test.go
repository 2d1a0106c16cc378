//go:build linux

package probe

import (
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/slipway-dev/slipway/internal/protocol"
)

// commands tries cases of the protocol exec.
func commands(t *testing.T, command []string, cases ...protocol.Request) run {
	t.Helper()
	return smoke(t, "", func(s *protocol.Spec) {
		s.Protocol, s.Command, s.Port = "exec", command, 0
		s.Env["GREETING"] = "hello"
	}, cases...)
}

func TestCommands(t *testing.T) {
	t.Parallel()
	text := "5.1\n"
	o := commands(t, []string{"sh", "-c", `echo "$GREETING $# $1"; cat; echo "$SLIPWAY_RUN warned" >&2; exit "${2:-0}"`, "name"},
		protocol.Request{Name: "json", JSON: []byte(`[[5.1, 3.5]]`)},
		protocol.Request{Name: "text", Text: &text, Args: []string{"a b", "3"}},
		protocol.Request{Name: "no input", Args: []string{""}},
		protocol.Request{Name: "own", Command: []string{"printf", "%s|", "x"}, Args: []string{"y"}},
	).observed
	if o.Error != "" || o.NotReady != "" || o.ReadyMS != nil || o.Exit != nil || o.StopMS != nil || o.Protocol != "exec" {
		t.Errorf("observed %+v", o)
	}
	for i, want := range []struct {
		stdout, stderr string
		code           int
	}{
		{"hello 0 \n[[5.1,3.5]]", " warned\n", 0},
		{"hello 2 a b\n5.1\n", " warned\n", 3},
		{"hello 1 \n", " warned\n", 0},
		{"x|y|", "", 0},
	} {
		a := o.Answers[i]
		if string(a.Body) != want.stdout || a.Stderr != want.stderr || a.Exit == nil || a.Exit.Code != want.code || a.Error != "" {
			t.Errorf("%s: %q, %q, exit %+v, error %q", a.Name, a.Body, a.Stderr, a.Exit, a.Error)
		}
		if a.Length != int64(len(want.stdout)) || len(a.SHA256) != 64 || a.LatencyMS <= 0 {
			t.Errorf("%s: %+v", a.Name, a)
		}
	}
	if o.Log != strings.Repeat(" warned\n", 3) {
		t.Errorf("log %q", o.Log)
	}
}

// TestCommandsThatMisbehave: each ends in bounded time, and the next one runs all the same.
func TestCommandsThatMisbehave(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("x", 1<<20)
	r := commands(t, nil,
		protocol.Request{Name: "sleeps", Command: []string{"sh", "-c", "echo begun; sleep 600"}, TimeoutMS: 300},
		protocol.Request{Name: "missing", Command: []string{"pyhton", "predict.py"}},
		protocol.Request{Name: "killed", Command: []string{"sh", "-c", "kill -9 $$"}},
		protocol.Request{Name: "leaves a child", Command: []string{"sh", "-c", "sleep 600 & echo $!"}},
		protocol.Request{Name: "does not read", Command: []string{"echo", "done"}, Text: &large},
		protocol.Request{Name: "nothing to run"},
		protocol.Request{Name: "has a path", Path: "/predict", Command: []string{"true"}},
		protocol.Request{Name: "says much", Command: []string{"sh", "-c", "yes | head -c 200000 >&2; echo ok"}},
	)
	answers := r.observed.Answers
	if len(answers) != 8 {
		t.Fatalf("%d answers: %+v", len(answers), r.observed)
	}
	if a := answers[0]; a.Error != "the command had not ended after 300ms" || a.Exit == nil || !a.Exit.TimedOut || string(a.Body) != "begun\n" {
		t.Errorf("%+v, exit %+v", a, a.Exit)
	}
	if a := answers[1]; a.Error != "" || a.Exit == nil || a.Exit.Code != 127 || !strings.HasPrefix(a.Stderr, "cannot start pyhton: ") {
		t.Errorf("%+v, exit %+v", a, a.Exit)
	}
	if a := answers[2]; a.Exit == nil || a.Exit.Code != 137 || a.Exit.Signal != "SIGKILL" || a.Exit.TimedOut {
		t.Errorf("%+v, exit %+v", a, a.Exit)
	}
	if pid, err := strconv.Atoi(strings.TrimSpace(string(answers[3].Body))); err != nil || syscall.Kill(pid, 0) != syscall.ESRCH {
		t.Errorf("process %d is still there: %v", pid, err)
	}
	if a := answers[4]; a.Error != "" || string(a.Body) != "done\n" {
		t.Errorf("%+v", a)
	}
	for i, want := range map[int]string{5: "it names no command, and the image has none", 6: "it has no method, path or headers"} {
		if a := answers[i]; !a.Invalid || !strings.Contains(a.Error, want) || a.Exit != nil {
			t.Errorf("%+v", a)
		}
	}
	if a := answers[7]; len(a.Stderr) != stderrBytes || string(a.Body) != "ok\n" {
		t.Errorf("%d bytes of stderr, %+v", len(a.Stderr), a.Exit)
	}
	if r.took > 10*time.Second {
		t.Errorf("took %v", r.took)
	}
}
