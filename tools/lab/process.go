package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is one that the lab started. A process id alone is not enough to kill by: it may have been given to
// another program since. Together with the start time it is unique until the machine restarts.
type process struct {
	PID int `json:"pid"`
	// Start is field 22 of /proc/PID/stat, in clock ticks since boot (proc_pid_stat(5)).
	Start uint64 `json:"start"`
	// Boot tells one run of the machine from the next.
	Boot string `json:"boot"`
	// State is the state directory of an engine.
	State string `json:"state,omitempty"`
	// Key tells what an engine was built from (engineKey).
	Key string `json:"key,omitempty"`
}

// startDetached starts cmd in a session of its own, so that it outlives the lab, and writes its pid file: p, with
// what identifies the process filled in.
func startDetached(cmd *exec.Cmd, pidFile, logFile string, p process) (process, error) {
	log, err := os.OpenFile(logFile, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o644)
	if err != nil {
		return process{}, err
	}
	defer func() { _ = log.Close() }()
	cmd.Stdout, cmd.Stderr = log, log
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setsid = true
	if err := cmd.Start(); err != nil {
		return process{}, err
	}
	start, _, err := startTime(cmd.Process.Pid)
	if err != nil {
		return process{}, err
	}
	p.PID, p.Start, p.Boot = cmd.Process.Pid, start, bootID()
	data, err := json.Marshal(p)
	if err != nil {
		return process{}, err
	}
	if err := os.WriteFile(pidFile, append(data, '\n'), 0o644); err != nil {
		return process{}, errors.Join(err, cmd.Process.Kill())
	}
	// Collects the exit status, should the process end while the lab still runs: a zombie would look alive.
	go func() { _ = cmd.Wait() }()
	return p, nil
}

// readProcess returns the process of a pid file and whether it is still alive.
func readProcess(pidFile string) (process, bool) {
	data, err := os.ReadFile(pidFile)
	if err != nil {
		return process{}, false
	}
	var p process
	if err := json.Unmarshal(data, &p); err != nil || p.PID <= 1 {
		return process{}, false
	}
	return p, p.alive()
}

func (p process) alive() bool {
	if p.Boot != bootID() {
		return false
	}
	start, state, err := startTime(p.PID)
	return err == nil && start == p.Start && state != "Z"
}

// stop ends the process: SIGTERM first, SIGKILL when it is still there after grace. A grace of 0 kills at once.
// The pid file is removed.
func (p process) stop(pidFile string, grace time.Duration) error {
	if p.alive() && grace > 0 {
		if err := syscall.Kill(p.PID, syscall.SIGTERM); err != nil {
			return fmt.Errorf("stop process %d: %w", p.PID, err)
		}
		p.waitGone(grace)
	}
	if p.alive() {
		if err := syscall.Kill(p.PID, syscall.SIGKILL); err != nil {
			return fmt.Errorf("kill process %d: %w", p.PID, err)
		}
		if !p.waitGone(10 * time.Second) {
			return fmt.Errorf("process %d is still there 10 s after SIGKILL: look at `ps -p %d`", p.PID, p.PID)
		}
	}
	if err := os.Remove(pidFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (p process) waitGone(limit time.Duration) bool {
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if !p.alive() {
			return true
		}
	}
	return !p.alive()
}

func startTime(pid int) (start uint64, state string, err error) {
	data, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return 0, "", err
	}
	return parseStat(data)
}

// parseStat reads state (field 3) and start time (field 22). The name in field 2 may hold anything, even
// parentheses, so the fields are counted from the last one.
func parseStat(data []byte) (start uint64, state string, err error) {
	_, rest, ok := bytes.Cut(data[max(0, bytes.LastIndexByte(data, ')')):], []byte(") "))
	fields := bytes.Fields(rest)
	if !ok || len(fields) < 20 {
		return 0, "", fmt.Errorf("unexpected /proc stat line %q", data)
	}
	start, err = strconv.ParseUint(string(fields[19]), 10, 64)
	return start, string(fields[0]), err
}

func bootID() string {
	data, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(data))
}
