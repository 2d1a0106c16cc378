//go:build e2e

package e2e

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/slipway-dev/slipway/internal/result"
)

// startOther starts another engine of the lab, which is the test's own to empty and to kill, and returns its address.
func startOther(t *testing.T, args ...string) string {
	t.Helper()
	if lab.Engine == "" {
		t.Skip("the engine is Docker's here: only the lab's own are started and stopped")
	}
	t.Cleanup(func() { labCommand(t, "engine", "stop", "--name", "test") })
	return labCommand(t, append([]string{"engine", "start", "--name", "test"}, args...)...)
}

// labCommand does something to the lab's engines and returns what it printed.
func labCommand(t *testing.T, args ...string) string {
	t.Helper()
	cmd := command(t, nil, "go", append([]string{"run", "-C", "tools/lab", "."}, args...)...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("lab %s: %v\n%s", strings.Join(args, " "), err, said.String())
	}
	return strings.TrimSpace(string(out))
}

// TestTwoEngines: engines that share nothing, a layer store that is empty both
// times, and one digest.
func TestTwoEngines(t *testing.T) {
	goCache, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	var digests []string
	for _, state := range []string{"e2e-one", "e2e-two"} {
		address := startOther(t, "--state", state, "--empty")
		o := shipEnv(t, []string{"XDG_CACHE_HOME=" + t.TempDir(), "GOCACHE=" + strings.TrimSpace(string(goCache))}, model("iris"), "--engine", address)
		o.wantStatus(t, result.Passed)
		if o.Deps.Hit != "" {
			t.Errorf("the dependencies were not made anew: %+v", o.Deps)
		}
		digests = append(digests, o.Image.Digest)
	}
	if digests[0] != digests[1] {
		t.Errorf("two engines, two digests: %v", digests)
	}
}

// TestEngineDies: an engine that goes away in the middle is nobody's fault but
// has to be told as what it is.
func TestEngineDies(t *testing.T) {
	address := startOther(t)
	out := t.TempDir()
	cmd := command(t, nil, slipway, model("iris"), "--fresh", "--engine", address, "--out", out)
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(3 * time.Second)
	labCommand(t, "engine", "kill", "--name", "test")
	killed := time.Now()
	o := read(t, out, exitCode(t, cmd.Wait()), output.String())
	t.Logf("ended %.1f s after the engine", time.Since(killed).Seconds())
	o.wantErrored(t, address)
	if !strings.Contains(o.Error.What, "went away") {
		t.Errorf("what happened is told as %q", o.Error.What)
	}
}
