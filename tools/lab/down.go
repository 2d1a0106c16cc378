package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"
)

// engineGrace is how long an engine may take to end its sessions and write its state.
const engineGrace = 20 * time.Second

// stateName keeps a state directory inside the lab's.
var stateName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,40}$`)

// restartEngine stops the engine, if it runs, and starts it with the named state; emptied first when asked.
func restartEngine(ctx context.Context, l layout, i instance, state string, empty bool, r runner) error {
	if !stateName.MatchString(state) {
		return fmt.Errorf("state %q: a name of small letters, digits and dashes is wanted", state)
	}
	if err := stopEngine(l, i, engineGrace); err != nil {
		return err
	}
	if clash := i.clash(); clash != "" {
		return fmt.Errorf("the interface %s has an address in %s, which the engine's containers use: take that interface down", clash, i.CIDR)
	}
	dir := filepath.Join(l.state(), state)
	for _, other := range instances {
		if running, alive := readProcess(l.pidFile(other.Name)); alive && running.State == dir {
			return fmt.Errorf("state %q is in use by the engine on %s: name another with --state", state, other.socket())
		}
	}
	if empty {
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	return startEngine(ctx, l, i, dir, engineConfig{Registry: r.Registry, Mirror: len(r.Mirrors) > 0, CNI: l.cni()})
}

// down stops what the lab started and removes the runner file; with all, everything it ever wrote.
func down(ctx context.Context, l layout, all bool, p *progress) error {
	r, err := readRunner(l.RunnerFile)
	if err != nil {
		p.say("runner", "%v", err)
	}
	// First, so that slipway no longer looks for what is about to go.
	if err := os.Remove(l.RunnerFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if r != nil && r.Engine == "" {
		if err := removeDockerRegistry(ctx); err != nil {
			return err
		}
		p.say("registry", "removed")
	}
	for _, i := range instances {
		if _, alive := readProcess(l.pidFile(i.Name)); alive {
			p.say(i.Name, "stopping")
		}
		if err := stopEngine(l, i, engineGrace); err != nil {
			return err
		}
	}
	if err := stopRegistry(l); err != nil {
		return err
	}
	if os.Geteuid() == 0 && !usual.answers() {
		if err := removeRuntime(); err != nil {
			return err
		}
	}
	if all {
		if err := os.RemoveAll(l.Home); err != nil {
			return err
		}
		p.say("lab", "removed %s; installed Debian packages stay", l.Home)
		return nil
	}
	p.say("lab", "stopped; programs, images and caches stay in %s (`lab down --all` removes them)", l.Home)
	return nil
}
