//go:build linux

package probe

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slipway-dev/slipway/internal/protocol"
)

// execute lets the probe run a command, and returns what it left and printed.
func execute(t *testing.T, timeout, part string, command ...string) (exit protocol.Exit, log, stdout string) {
	t.Helper()
	dir := t.TempDir()
	if part != "" {
		// The command is this binary again, playing another part.
		command = []string{"/usr/bin/env", as + "=" + part, self(t)}
	}
	cmd := exec.Command(self(t), append([]string{"exec", "--timeout", timeout, "--out", dir, "--"}, command...)...)
	cmd.Env = append(os.Environ(), as+"=probe", "SLIPWAY_RUN=1")
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("the probe failed: %v: %s", err, &stderr)
	}
	data, err := os.ReadFile(filepath.Join(dir, "exit.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &exit); err != nil {
		t.Fatal(err)
	}
	kept, err := os.ReadFile(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	return exit, string(kept), out.String()
}

func TestExecEnds(t *testing.T) {
	t.Parallel()
	exit, log, stdout := execute(t, "20s", "crashes")
	want := "loading the model\nTraceback (most recent call last):\nValueError: bad magic number\n"
	if exit.Code != 3 || exit.Signal != "" || exit.TimedOut || exit.AfterMS <= 0 {
		t.Errorf("exit %+v", exit)
	}
	if log != want || stdout != want {
		t.Errorf("log %q, stdout %q", log, stdout)
	}
}

func TestExecPassesArgumentsAndHidesOurEnvironment(t *testing.T) {
	t.Parallel()
	exit, log, _ := execute(t, "20s", "", "sh", "-c", `echo "$1|$SLIPWAY_RUN|$#"; exit 5`, "name", "a b", "")
	if exit.Code != 5 || log != "a b||2\n" {
		t.Errorf("exit %+v, log %q", exit, log)
	}
}

func TestExecTimeout(t *testing.T) {
	t.Parallel()
	begin := time.Now()
	exit, _, _ := execute(t, "300ms", "sleeps")
	if !exit.TimedOut || exit.Code == 0 {
		t.Errorf("exit %+v", exit)
	}
	if took := time.Since(begin); took > 3*time.Second {
		t.Errorf("took %v", took)
	}
}

// TestExecTimeoutOfDeafCommand: one that ignores SIGINT, and whose children do, is killed with them.
func TestExecTimeoutOfDeafCommand(t *testing.T) {
	t.Parallel()
	exit, log, _ := execute(t, "300ms", "", "sh", "-c", `trap "" INT; sleep 600 & echo started; wait; wait; sleep 600`)
	if !exit.TimedOut || exit.Signal != "SIGKILL" || log != "started\n" {
		t.Errorf("exit %+v, log %q", exit, log)
	}
}

func TestExecPrintsMuch(t *testing.T) {
	t.Parallel()
	exit, log, stdout := execute(t, "20s", "", "sh", "-c", "yes abcdefg | head -c 20000000; echo; echo the end")
	if exit.Code != 0 || len(stdout) != 20000000+9 || len(log) > logBytes+100 || !strings.HasSuffix(log, "\nthe end\n") {
		t.Errorf("exit %+v, %d bytes of stdout, %d bytes of log", exit, len(stdout), len(log))
	}
}

func TestExecMissingProgram(t *testing.T) {
	t.Parallel()
	exit, log, stdout := execute(t, "20s", "", "pytset", "-q")
	if exit.Code != 127 || !strings.HasPrefix(log, "cannot start pytset: ") || stdout != log {
		t.Errorf("exit %+v, log %q", exit, log)
	}
}
