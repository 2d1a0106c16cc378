package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A pipeline that does not listen, and what it started, are ended when the
// patience is over: a runner leaves no time for more, and nothing may stay behind.
func TestStubbornPipeline(t *testing.T) {
	pids := filepath.Join(t.TempDir(), "pids")
	signals := make(chan os.Signal, 1)
	p := pipeline{
		path: "sh", args: []string{"-c", `trap "" INT TERM; sleep 60 & echo "$$ $!" > ` + pids + `; wait; sleep 60`},
		env: os.Environ(), output: &bytes.Buffer{}, signals: signals, patience: 100 * time.Millisecond,
	}
	go func() {
		for {
			if text, err := os.ReadFile(pids); err == nil && len(text) > 0 {
				signals <- os.Interrupt
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
	}()
	started := time.Now()
	stopped, err := p.run()
	if !stopped || err == nil || !strings.Contains(err.Error(), "did not end within") {
		t.Errorf("got stopped %v, %v", stopped, err)
	}
	if took := time.Since(started); took > 10*time.Second {
		t.Errorf("it took %s", took)
	}
	text, err := os.ReadFile(pids)
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range strings.Fields(string(text)) {
		pid, err := strconv.Atoi(field)
		if err != nil {
			t.Fatal(err)
		}
		if running(pid) {
			t.Errorf("process %d is still there", pid)
		}
	}
}

// running says whether the process does not end within a second. A zombie has
// ended: it waits for whoever adopted it.
func running(pid int) bool {
	for range 50 {
		if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			return false
		}
		if stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat")); err == nil && bytes.Contains(stat, []byte(") Z ")) {
			return false
		}
		time.Sleep(20 * time.Millisecond)
	}
	return true
}

// What is not on the list does not reach the pipeline, whatever it is called.
func TestEnvironment(t *testing.T) {
	kept := []string{"PATH=/bin", "HOME=/root", "LC_ALL=C", "GITHUB_SHA=1", "_EXPERIMENTAL_DAGGER_RUNNER_HOST=x", "https_proxy=p", "XDG_CACHE_HOME=c"}
	dropped := []string{
		"GITHUB_TOKEN=1", "GH_TOKEN=1", "ACTION_GITHUB_TOKEN=1", "INPUT_GITHUB-TOKEN=1", "ACTIONS_ID_TOKEN_REQUEST_TOKEN=1", "ACTIONS_ID_TOKEN_REQUEST_URL=1",
		"ACTIONS_RUNTIME_TOKEN=1", "ACTIONS_CACHE_URL=1", "GITHUB_OUTPUT=1", "GITHUB_ENV=1", "GITHUB_STEP_SUMMARY=1", "AWS_SECRET_ACCESS_KEY=1", "PATH_TO_SECRET=1",
		"SLIPWAY_REGISTRY_PASSWORD=somebody else's", "ACTION_REGISTRY_PASSWORD=1",
	}
	if got := environment(slices.Concat(dropped, kept), nil, inputs{username: "u"}); !slices.Equal(got, kept) {
		t.Errorf("got %q, want %q", got, kept)
	}
	if got := environment([]string{"TOKEN=1", "TOKEN_2=2", "A=B"}, []string{"TOKEN"}, inputs{}); !slices.Equal(got, []string{"TOKEN=1"}) {
		t.Errorf("declared secrets: %q", got)
	}
	got := environment(nil, nil, inputs{username: "u", password: "p"})
	if want := []string{"SLIPWAY_REGISTRY_USERNAME=u", "SLIPWAY_REGISTRY_PASSWORD=p"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
