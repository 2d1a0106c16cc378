package main

import (
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	// The name holds what would end it early.
	line := "4242 (a ) b) S 1 4242 4242 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 1 2\n"
	start, state, err := parseStat([]byte(line))
	if err != nil || start != 987654 || state != "S" {
		t.Errorf("got %d, %q, %v; want 987654, S", start, state, err)
	}
	for _, broken := range []string{"", "1 (x", "1 (x) S 1 2"} {
		if _, _, err := parseStat([]byte(broken)); err == nil {
			t.Errorf("%q: want an error", broken)
		}
	}
}

func TestDetachedProcess(t *testing.T) {
	dir := t.TempDir()
	pidFile, logFile := filepath.Join(dir, "p.pid"), filepath.Join(dir, "p.log")
	started, err := startDetached(exec.Command("/bin/sh", "-c", "echo here; exec sleep 60"), pidFile, logFile, process{State: "s"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = started.stop(pidFile, 0) })

	read, alive := readProcess(pidFile)
	if !alive || read != started {
		t.Fatalf("got %+v alive=%v, want %+v alive", read, alive, started)
	}
	other := read
	other.Start++
	if other.alive() {
		t.Error("a process with another start time was taken for ours")
	}
	other = read
	other.Boot = "another"
	if other.alive() {
		t.Error("a process of an earlier boot was taken for ours")
	}
	written := func() (bool, error) { return tailOfFile(logFile, 5) == "    here", nil }
	if err := waitFor(t.Context(), 5*time.Second, written, "the log does not hold what the process wrote"); err != nil {
		t.Error(err)
	}
	if err := read.stop(pidFile, 5*time.Second); err != nil {
		t.Fatal(err)
	}
	if _, alive := readProcess(pidFile); alive {
		t.Error("still alive after stop")
	}
}
