//go:build linux

package probe

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/slipway-dev/slipway/internal/protocol"
)

// as makes the test binary play a part: the probe, or one of the servers of
// servers_test.go. Everything in these tests is a real process on loopback.
const as = "PROBE_TEST_AS"

func TestMain(m *testing.M) {
	switch part := os.Getenv(as); part {
	case "":
		flag.Parse()
		if err := flag.Set("test.parallel", "8"); err != nil { // they mostly wait
			panic(err)
		}
		os.Exit(m.Run())
	case "probe":
		ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		defer cancel()
		var err error
		if os.Args[1] == "smoke" {
			err = Smoke(ctx, os.Args[2:], os.Environ(), os.Stderr)
		} else {
			err = Exec(ctx, os.Args[2:], os.Environ(), os.Stdout, os.Stderr)
		}
		if err != nil {
			println(err.Error())
			os.Exit(3)
		}
		// Not the rusage of the process: that includes who forked it, and its children.
		status, err := os.ReadFile("/proc/self/status")
		if err == nil && os.Args[1] == "smoke" {
			err = os.WriteFile(filepath.Join(filepath.Dir(os.Args[len(os.Args)-1]), "status"), status, 0o644)
		}
		if err != nil {
			panic(err)
		}
	default:
		serve(part)
	}
}

// run is one probe at work.
type run struct {
	observed protocol.Observations
	took     time.Duration
	// rss is the largest resident set of the probe itself, in bytes.
	rss int64
}

// smoke lets the probe try one of the servers.
func smoke(t *testing.T, server string, change func(*protocol.Spec), cases ...protocol.Request) run {
	t.Helper()
	dir := t.TempDir()
	port := freePort(t)
	spec := protocol.Spec{
		Version: protocol.SpecVersion, Run: t.Name(), Protocol: "http", Port: port, Model: "m",
		Command: []string{self(t)}, Env: map[string]string{as: server, "PORT": strconv.Itoa(port)},
		Ready: protocol.Ready{TimeoutMS: 20000}, Cases: cases,
	}
	if change != nil {
		change(&spec)
	}
	var r run
	cmd := smokeCommand(t, dir, spec)
	begin := time.Now()
	err := cmd.Run()
	r.took = time.Since(begin)
	if err != nil {
		t.Fatalf("the probe failed: %v\n%s", err, cmd.Stderr)
	}
	status, err := os.ReadFile(filepath.Join(dir, "status"))
	if err != nil {
		t.Fatal(err)
	}
	kib, _ := keyed(string(status), "VmHWM")
	r.rss = kib << 10
	r.observed = readObservations(t, dir)
	return r
}

// smokeCommand is the probe, ready to be started.
func smokeCommand(t *testing.T, dir string, spec protocol.Spec) *exec.Cmd {
	t.Helper()
	data, err := json.Marshal(spec)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "spec.json"), data, 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self(t), "smoke", "--spec", filepath.Join(dir, "spec.json"), "--out", filepath.Join(dir, "observations.json"))
	cmd.Env = append(os.Environ(), as+"=probe")
	cmd.Stderr = new(bytes.Buffer)
	return cmd
}

func readObservations(t *testing.T, dir string) (o protocol.Observations) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "observations.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &o); err != nil {
		t.Fatal(err)
	}
	return o
}

func self(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// nextPort goes through ports below those that the kernel gives to whoever
// asks for any: a free one of these would soon be somebody else's.
var nextPort atomic.Int64

func freePort(t *testing.T) int {
	t.Helper()
	for range 1000 {
		port := 20000 + int(nextPort.Add(1)+int64(os.Getpid())*64)%12000
		l, err := net.Listen("tcp", fmt.Sprintf(":%d", port))
		if err == nil {
			_ = l.Close()
			return port
		}
	}
	t.Fatal("no free port between 20000 and 32000")
	return 0
}

// post is a case with a JSON body.
func post(name, body string) protocol.Request {
	return protocol.Request{Name: name, JSON: json.RawMessage(body)}
}
