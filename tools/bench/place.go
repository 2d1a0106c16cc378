package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// place is where the benchmark finds and keeps its files: in the lab's cache directory.
type place struct {
	root   string // of the repository
	lab    string // the lab's home
	dir    string // of the benchmark
	runner runner
}

// runner is what `make lab` writes down about itself.
type runner struct {
	Engine   string            `json:"engine"`
	CLI      string            `json:"cli"`
	Registry string            `json:"registry"`
	Mirrors  map[string]string `json:"mirrors"`
}

func newPlace(root string, getenv func(string) string) (place, error) {
	base := func(variable, fallback string) string {
		if dir := getenv(variable); filepath.IsAbs(dir) {
			return dir
		}
		return filepath.Join(getenv("HOME"), fallback)
	}
	p := place{root: root, lab: filepath.Join(base("XDG_CACHE_HOME", ".cache"), "slipway", "lab")}
	file := filepath.Join(base("XDG_CONFIG_HOME", ".config"), "slipway", "runner.json")
	data, err := os.ReadFile(file)
	if err != nil {
		return place{}, fmt.Errorf("no lab here: run `make lab` first: %w", err)
	}
	if err := json.Unmarshal(data, &p.runner); err != nil {
		return place{}, fmt.Errorf("%s: %w", file, err)
	}
	if p.runner.Engine == "" || os.Geteuid() != 0 {
		return place{}, fmt.Errorf("the benchmark starts engines of its own, which takes root and the lab's native engine (see tools/lab/README.md)")
	}
	p.dir = filepath.Join(p.lab, "bench")
	// What an earlier benchmark left that was killed.
	if err := os.RemoveAll(p.work("")); err != nil {
		return place{}, fmt.Errorf("%w: does another benchmark run?", err)
	}
	for _, dir := range []string{p.bin(""), p.work("")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return place{}, err
		}
	}
	return p, nil
}

func (p place) bin(name string) string  { return filepath.Join(p.dir, "bin", name) }
func (p place) work(name string) string { return filepath.Join(p.dir, "work", name) }
