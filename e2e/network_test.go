//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway-dev/slipway/internal/protocol"
	"github.com/slipway-dev/slipway/internal/result"
)

// TestNetwork ships a model from an empty image, with an own user, that
// connects to this machine when it starts and on request. With the network
// open both connections are listed; with it closed neither comes about. The
// recorded answer, what the model finds itself to be allowed, is the same.
func TestNetwork(t *testing.T) {
	atStart, onRequest := listen(t), listen(t)
	for _, network := range []string{"open", "none"} {
		t.Run(network, func(t *testing.T) {
			dir := copyTree(t, filepath.Join("e2e", "testdata", "network"))
			goBuild(t, filepath.Join(dir, "server"), "./e2e/testdata/network")
			appendTo(t, filepath.Join(dir, "slipway.yaml"), fmt.Sprintf("  network: %s\n  env: {AT_START: %q, ON_REQUEST: %q}\n", network, atStart, onRequest))
			o := ship(t, dir)
			o.wantStatus(t, result.Passed)
			if o.Smoke.Network != network {
				t.Errorf("the result says that the network was %s", o.Smoke.Network)
			}
			seen := o.observations(t)
			var answer struct{ Connected, NoNewPrivs string }
			if err := json.Unmarshal(seen.Answers[0].Body, &answer); err != nil {
				t.Fatal(err)
			}
			if network == "none" {
				const refused = "connect: network is unreachable"
				if len(seen.Connections) != 0 || !strings.HasSuffix(answer.Connected, refused) || !strings.Contains(seen.Log, refused) {
					t.Errorf("connections %+v, on request %s, log %s", seen.Connections, answer.Connected, seen.Log)
				}
				if answer.NoNewPrivs != "1" || seen.NetworkWhy != "" || seen.Memory == nil {
					t.Errorf("no new privileges %s, network %q, memory %v", answer.NoNewPrivs, seen.NetworkWhy, seen.Memory)
				}
				return
			}
			if answer.Connected != "connected" || len(seen.Connections) != 2 {
				t.Fatalf("connections %+v, on request %s, log %s", seen.Connections, answer.Connected, seen.Log)
			}
			first, second := seen.Connections[0], seen.Connections[1]
			if first.Address != atStart || !first.BeforeReady || second.Address != onRequest || second.BeforeReady || second.AfterMS < first.AfterMS {
				t.Errorf("connections %+v", seen.Connections)
			}
			if !strings.Contains(o.report(t), atStart) {
				t.Error("the report does not name what the server connected to while it started")
			}
		})
	}
}

// TestWithoutGPU: a model that needs more GPUs than any machine has is not tried, and not verified.
func TestWithoutGPU(t *testing.T) {
	dir := copyTree(t, filepath.Join("e2e", "testdata", "network"))
	goBuild(t, filepath.Join(dir, "server"), "./e2e/testdata/network")
	appendTo(t, filepath.Join(dir, "slipway.yaml"), "  requires: {gpu: 64}\n")
	o := ship(t, dir)
	o.wantStatus(t, result.Passed)
	if s := o.stage(t, "smoke"); s.Status != result.StageSkipped || !strings.Contains(s.Reason, "64 GPUs") || o.Verified {
		t.Errorf("smoke is %s: %s; verified %v", s.Status, s.Reason, o.Verified)
	}
}

// listen accepts connections on an address of this machine that the engine's containers reach.
func listen(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp4", ":0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			// Whoever closes first keeps the connection in its list for a while: that is the model.
			go func() {
				_, _ = io.Copy(io.Discard, conn)
				_ = conn.Close()
			}()
		}
	}()
	return reachable(t, l, net.IP.IsGlobalUnicast)
}

// reachable is an address of a listener for the engine's containers, whose bridge is one of this machine's.
func reachable(t *testing.T, l net.Listener, fits func(net.IP) bool) string {
	t.Helper()
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addresses {
		if ip, ok := a.(*net.IPNet); ok && fits(ip.IP) && ip.IP.To4() != nil {
			return fmt.Sprintf("%s:%d", ip.IP, l.Addr().(*net.TCPAddr).Port)
		}
	}
	t.Fatal("this machine has no address that a container could reach")
	return ""
}

// copyTree copies a directory of the repository to where a test may change it.
func copyTree(t *testing.T, path string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), filepath.Base(path))
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(root, path))); err != nil {
		t.Fatal(err)
	}
	return dir
}

// goBuild makes a static program for the engine's containers.
func goBuild(t *testing.T, out, pkg string) {
	t.Helper()
	build := command(t, []string{"CGO_ENABLED=0", "GOOS=linux"}, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", out, pkg)
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building %s: %v\n%s", pkg, err, said)
	}
}

// observations are what the probe saw in this run.
func (o outcome) observations(t *testing.T) (seen protocol.Observations) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(o.out, "observations.json"))
	if err == nil {
		err = json.Unmarshal(data, &seen)
	}
	if err != nil {
		t.Fatal(err)
	}
	return seen
}
