//go:build e2e

package e2e

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slipway-dev/slipway/internal/result"
)

const (
	killPoints = 30
	// recoverEach is after how many of them a run is let through.
	recoverEach = 6
	// engineKillPoints are fewer: an engine takes its time to start.
	engineKillPoints = 4
)

// variation changes the model: other weights, so that there is something to
// upload, and every third time a check that fails, so that it must not be tagged.
func variation(t *testing.T, dir string, n int) {
	t.Helper()
	word := "good"
	if n%3 == 2 {
		word = "bad"
	}
	noise := make([]byte, 2<<20)
	_, _ = rand.Read(noise)
	for name, data := range map[string][]byte{
		"weights/noise.bin": noise,
		"variation.py":      fmt.Appendf(nil, "VARIATION = 'variation %d is %s'\n", n, word),
		"tests/check.py":    []byte("import variation\nassert 'good' in variation.VARIATION\n"),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// quick makes iris a model that is checked in a moment.
func quick(t *testing.T) string {
	t.Helper()
	dir := copyModel(t, "iris")
	path := filepath.Join(dir, "slipway.yaml")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(data), "  command: [python, -m, pytest, -q]\n  requirements: requirements-test.txt\n", "  command: [python, tests/check.py]\n  env: {PYTHONPATH: .}\n", 1)
	if changed == string(data) {
		t.Fatalf("the model's tests are not what they were:\n%s", data)
	}
	if err := os.WriteFile(path, []byte(changed), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// wantTested fails when a tag leads to something incomplete, or to something that did not pass its checks.
func wantTested(t *testing.T, host, repository string) map[string]tagged {
	t.Helper()
	tags := sound(t, host, repository)
	for tag, image := range tags {
		if strings.HasPrefix(tag, "slipway-") { // a layer that is kept for later runs, and no image of a model
			delete(tags, tag)
			continue
		}
		code := image.layers[len(image.layers)-1]
		r, err := gzip.NewReader(bytes.NewReader(code))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(text, []byte("VARIATION = ")) || bytes.Contains(text, []byte(" is bad'")) {
			t.Errorf("the tag %s leads to an image that was not tested, or failed", tag)
		}
	}
	return tags
}

// killing is a model, and a narrow way to a registry that has its base.
type killing struct {
	registry *ownRegistry
	dir, to  string
	args     []string
	random   *mathrand.Rand
	whole    time.Duration // of a run that is let through
}

func newKilling(t *testing.T, args ...string) *killing {
	t.Helper()
	k := &killing{registry: startRegistry(t, t.TempDir(), ""), dir: quick(t), args: args}
	p := startProxy(t, k.registry.host)
	k.to = p.host + "/killed"
	variation(t, k.dir, 0)
	ship(t, k.dir, append(args, "--publish", k.registry.host+"/killed")...).wantStatus(t, result.Passed) // the base is there, and everything is warm
	p.toxic(t, "bandwidth", map[string]any{"rate": 1024})
	seed := uint64(time.Now().UnixNano())
	t.Logf("the seed is %d", seed)
	k.random = mathrand.New(mathrand.NewPCG(seed, 0))
	started := time.Now()
	k.recovers(t, 0)
	k.whole = time.Since(started)
	return k
}

// recovers: a run that is let through passes, and its tag leads to it.
func (k *killing) recovers(t *testing.T, n int) {
	t.Helper()
	variation(t, k.dir, 3*n) // a good one
	o := ship(t, k.dir, append(k.args, "--publish", k.to)...)
	o.wantStatus(t, result.Passed)
	if got := wantTested(t, k.registry.host, "killed")["dev"]; got.digest != o.Image.Digest {
		t.Errorf("the tag leads to %s, want %s", got.digest, o.Image.Digest)
	}
}

// point is when something happens.
func (k *killing) point() time.Duration { return time.Duration(k.random.Int64N(int64(k.whole))) }

// TestKilled: slipway is killed (SIGKILL) at random points of a run, most of which are while it uploads.
func TestKilled(t *testing.T) {
	k := newKilling(t)
	for n := 1; n <= killPoints; n++ {
		variation(t, k.dir, n)
		cmd := command(t, nil, slipway, k.dir, "--publish", k.to, "--out", t.TempDir())
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		at := k.point()
		timer := time.AfterFunc(at, func() { _ = cmd.Process.Kill() })
		ended := cmd.Wait() == nil
		timer.Stop()
		t.Logf("variation %d: killed after %s of %s, or ended by itself: %v", n, at.Round(time.Millisecond), k.whole.Round(time.Millisecond), ended)
		wantTested(t, k.registry.host, "killed")
		if n%recoverEach == 0 {
			k.recovers(t, n)
		}
	}
}

// TestEngineKilled: the same for the engine. The run that loses it says so.
func TestEngineKilled(t *testing.T) {
	address := startOther(t)
	k := newKilling(t, "--engine", address)
	for n := 1; n <= engineKillPoints; n++ {
		variation(t, k.dir, n)
		out := t.TempDir()
		cmd := command(t, nil, slipway, k.dir, "--engine", address, "--publish", k.to, "--out", out)
		var output bytes.Buffer
		cmd.Stdout, cmd.Stderr = &output, &output
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		at := k.point()
		time.Sleep(at)
		labCommand(t, "engine", "kill", "--name", "test")
		o := read(t, out, exitCode(t, cmd.Wait()), output.String())
		t.Logf("variation %d: the engine killed after %s: %s, %+v", n, at.Round(time.Millisecond), o.Status, o.Error)
		switch {
		case o.Status == result.Errored:
			if !strings.Contains(o.Error.Where, address) || o.Error.Remedy == "" {
				t.Errorf("what happened is told as %+v", o.Error)
			}
		case o.Status == result.Passed || n%3 == 2 && o.Status == result.Failed: // it was through with the engine
		default:
			t.Errorf("without its engine the run is %s\n%s", o.Status, o.output)
		}
		wantTested(t, k.registry.host, "killed")
		labCommand(t, "engine", "start", "--name", "test")
		k.recovers(t, n)
	}
}
