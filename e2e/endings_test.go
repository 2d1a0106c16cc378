//go:build e2e

package e2e

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/slipway-dev/slipway/internal/result"
)

// wantErrored: nothing is blamed on the model, and the error says which part and what to do.
func (o outcome) wantErrored(t *testing.T, where string) {
	t.Helper()
	o.wantStatus(t, result.Errored)
	if o.Error == nil || o.Error.What == "" || o.Error.Remedy == "" || !strings.Contains(o.Error.Where, where) {
		t.Errorf("the error does not say what, where (%s) and what to do: %+v", where, o.Error)
	}
	if len(o.Stages) != 7 {
		t.Errorf("the result lists %d stages, want all 7", len(o.Stages))
	}
	if strings.Contains(o.output, "goroutine ") {
		t.Errorf("a stack trace reached the user:\n%s", o.output)
	}
}

func TestEngineUnreachable(t *testing.T) {
	o := ship(t, model("broken-test"), "--engine", "unix:///nonexistent/engine.sock")
	o.wantErrored(t, "unix:///nonexistent/engine.sock")
}

func TestRegistryDown(t *testing.T) {
	o := ship(t, model("iris"), "--publish", "127.0.0.1:1/iris")
	o.wantErrored(t, "127.0.0.1:1")
	if s := o.stage(t, "publish"); s.Status != result.StageErrored {
		t.Errorf("publish is %s: %s", s.Status, s.Reason)
	}
	if s := o.stage(t, "smoke"); s.Status != result.StagePassed {
		t.Errorf("smoke is %s: %s", s.Status, s.Reason)
	}
}

// TestBaseMissing: a base image that no registry has.
func TestBaseMissing(t *testing.T) {
	dir := copyModel(t, "broken-test")
	data, err := os.ReadFile(filepath.Join(dir, "slipway.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(data), `python: "3.11"`, "base: "+lab.Registry+"/no/such:image", 1)
	if changed == string(data) {
		t.Fatalf("the model no longer names its python version:\n%s", data)
	}
	if err := os.WriteFile(filepath.Join(dir, "slipway.yaml"), []byte(changed), 0o644); err != nil {
		t.Fatal(err)
	}
	ship(t, dir).wantErrored(t, lab.Registry)
}

// TestInterrupt: Ctrl-C ends a run within seconds, with a result, and leaves no process behind.
func TestInterrupt(t *testing.T) {
	out := t.TempDir()
	cmd := command(t, nil, slipway, model("iris"), "--fresh", "--out", out)
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(3 * time.Second) // in the middle of the dependencies
	interrupted := time.Now()
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	o := read(t, out, exitCode(t, cmd.Wait()), output.String())
	took := time.Since(interrupted)
	t.Logf("stopped after %.1f s", took.Seconds())
	o.wantStatus(t, result.Cancelled)
	if took > 7*time.Second {
		t.Errorf("it took %s to stop, want 7 s at most", took)
	}
	for wait := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		left := processes(t, "dagger session")
		if len(left) == 0 {
			break
		}
		if time.Since(wait) > 5*time.Second {
			t.Fatalf("left behind: %v", left)
		}
	}
}
