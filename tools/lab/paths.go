package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// runtimeDir holds the engine's socket and the mount points whose names are compiled into the engine
// (tools/engine/distconsts). It is one per machine, as the engine's network is.
const runtimeDir = "/run/slipway-lab"

// layout says where the lab keeps its files.
type layout struct {
	Home       string // everything that `lab down --all` removes
	RunnerFile string // the file by which slipway finds the engine and the registry
}

func (l layout) bin() string      { return filepath.Join(l.Home, "bin") }
func (l layout) path() string     { return filepath.Join(l.Home, "path") }
func (l layout) cni() string      { return filepath.Join(l.Home, "cni") }
func (l layout) state() string    { return filepath.Join(l.Home, "state") }
func (l layout) registry() string { return filepath.Join(l.Home, "registry") }
func (l layout) images() string   { return filepath.Join(l.Home, "images") }
func (l layout) run() string      { return filepath.Join(l.Home, "run") }

// wrappers come first on an engine's PATH.
func (l layout) wrappers() string { return filepath.Join(l.run(), "iptables") }
func (l layout) log() string      { return filepath.Join(l.Home, "log") }

func (l layout) pidFile(name string) string { return filepath.Join(l.run(), name+".pid") }
func (l layout) logFile(name string) string { return filepath.Join(l.log(), name+".log") }

// newLayout follows the XDG base directory specification, as slipway does when it looks for the runner file.
func newLayout(getenv func(string) string) (layout, error) {
	base := func(variable, fallback string) (string, error) {
		if dir := getenv(variable); filepath.IsAbs(dir) {
			return dir, nil
		}
		home := getenv("HOME")
		if home == "" {
			return "", fmt.Errorf("neither %s nor HOME is set: set one, so that the lab knows where its files go", variable)
		}
		return filepath.Join(home, fallback), nil
	}
	cache, err := base("XDG_CACHE_HOME", ".cache")
	if err != nil {
		return layout{}, err
	}
	config, err := base("XDG_CONFIG_HOME", ".config")
	if err != nil {
		return layout{}, err
	}
	return layout{
		Home:       filepath.Join(cache, "slipway", "lab"),
		RunnerFile: filepath.Join(config, "slipway", "runner.json"),
	}, nil
}

func (l layout) makeDirs() error {
	for _, dir := range []string{l.bin(), l.path(), l.cni(), l.state(), l.registry(), l.images(), l.run(), l.log()} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	return nil
}

// findEngineSource looks for tools/engine beside the lab's own sources, from dir upwards.
func findEngineSource(dir string) (string, error) {
	for {
		for _, candidate := range []string{filepath.Join(dir, "engine"), filepath.Join(dir, "tools", "engine")} {
			if _, err := os.Stat(filepath.Join(candidate, "distconsts", "distconsts.go")); err == nil {
				return candidate, nil
			}
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("tools/engine not found above the working directory: run the lab inside the slipway repository")
		}
		dir = parent
	}
}
