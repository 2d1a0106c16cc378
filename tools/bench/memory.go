package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// watched ships the model by the action, as a workflow does, and adds up the peaks of the two programs: the most of
// each that was ever in memory at once, VmHWM of proc_pid_status(5). The peak of Dagger's command, which both wait
// for, is a series of its own.
func (b *bench) watched(ctx context.Context, what string, m model) error {
	env := append(b.slipway.env(),
		"ACTION_MODEL="+m.dir, "ACTION_IMAGE="+b.registry.address+"/memory/slipway", "ACTION_COMMENT=off", "ACTION_OUT="+b.place.work("out"),
		"GITHUB_WORKSPACE="+b.place.work(""), "GITHUB_ACTIONS=true", "GITHUB_EVENT_NAME=workflow_dispatch", "GITHUB_REPOSITORY=acme/iris",
		"GITHUB_REF=refs/heads/main", "GITHUB_SHA="+strings.Repeat("0", 40), "GITHUB_OUTPUT="+b.place.work("output"), "GITHUB_STEP_SUMMARY="+b.place.work("summary"))
	for _, file := range []string{"output", "summary"} {
		if err := os.WriteFile(b.place.work(file), nil, 0o644); err != nil {
			return err
		}
	}
	cmd := prepared(ctx, b.place.work(""), env, b.slipway.action, b.slipway.program)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	peaks := map[int]process{}
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case err := <-ended:
			if err != nil {
				return fmt.Errorf("%w\n%s", err, tail(out.String(), 25))
			}
			most := map[string]int64{} // one process of each, but for those that were seen before they became another program
			for _, p := range peaks {
				most[p.name] = max(most[p.name], p.peak)
			}
			b.add("slipway", what, "B", float64(most[filepath.Base(b.slipway.program)]+most[filepath.Base(b.slipway.action)]))
			b.add("dagger", what, "B", float64(most["dagger"]))
			return nil
		case <-ticker.C:
			look(cmd.Process.Pid, peaks)
		}
	}
}

// process is one that was seen, and its peak in bytes.
type process struct {
	name string
	peak int64
}

// look notes the peaks of a process and its descendants. What has ended meanwhile keeps its last peak.
func look(pid int, peaks map[int]process) {
	dir := filepath.Join("/proc", strconv.Itoa(pid))
	if p, ok := readPeak(dir); ok {
		peaks[pid] = p
	}
	lists, err := filepath.Glob(filepath.Join(dir, "task", "*", "children"))
	if err != nil {
		return
	}
	for _, list := range lists {
		data, err := os.ReadFile(list)
		if err != nil {
			continue
		}
		for _, text := range strings.Fields(string(data)) {
			if child, err := strconv.Atoi(text); err == nil {
				look(child, peaks)
			}
		}
	}
}

func readPeak(dir string) (process, bool) {
	program, err := os.Readlink(filepath.Join(dir, "exe"))
	if err != nil {
		return process{}, false
	}
	status, err := os.ReadFile(filepath.Join(dir, "status"))
	if err != nil {
		return process{}, false
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 10, 64)
			return process{filepath.Base(program), kb << 10}, err == nil
		}
	}
	return process{}, false
}
