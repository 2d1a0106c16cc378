package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// slipway is the program as released (it carries its probe), with an engine and caches of its own.
type slipway struct {
	place    place
	registry string
	program  string
	action   string
	lab      string // the lab's command, for the engine
	goCache  string
	started  bool
	run      int // counts caches and results
}

// engineName is how the lab calls the benchmark's own engine, and its state.
const engineName = "bench"

func newSlipway(ctx context.Context, p place, registry string) (*slipway, error) {
	s := &slipway{place: p, registry: registry, program: p.bin("slipway"), action: p.bin("slipway-action"), lab: p.bin("lab")}
	probe, overlay := p.bin("probe"), p.work("overlay.json")
	// The probe is embedded as `make build` does it, without leaving it in the source tree.
	replace, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(p.root, "pipeline", "probes", "linux-amd64"): probe}})
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(overlay, replace, 0o644); err != nil {
		return nil, err
	}
	static := []string{"CGO_ENABLED=0"}
	for _, build := range [][]string{
		{"-o", probe, "./cmd/probe"},
		{"-overlay", overlay, "-o", s.program, "./pipeline"},
		{"-o", s.action, "./cmd/action"},
		{"-C", "tools/lab", "-o", s.lab, "."},
	} {
		args := []string{"go", "build", "-trimpath", "-ldflags", "-s -w"}
		if build[0] == "-C" { // it must come first
			args, build = []string{"go", "build", "-C", build[1]}, build[2:]
		}
		if _, err := command(ctx, p.root, static, append(args, build...)...); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *slipway) name() string { return "slipway" }

// empty starts the engine anew, with an empty state, and takes an empty cache.
func (s *slipway) empty(ctx context.Context) error {
	s.started = true
	address, err := command(ctx, s.place.root, nil, s.lab, "engine", "start", "--name", engineName, "--empty", "--mirror", s.registry)
	if err != nil {
		return err
	}
	s.run++
	file := filepath.Join(s.config(), "slipway", "runner.json")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	data, err := json.Marshal(runner{Engine: strings.TrimSpace(address), CLI: s.place.runner.CLI, Registry: s.registry, Mirrors: map[string]string{"docker.io": s.registry}})
	if err != nil {
		return err
	}
	return os.WriteFile(file, data, 0o644)
}

func (s *slipway) config() string { return s.place.work("config") }

func (s *slipway) env() []string {
	return []string{"XDG_CONFIG_HOME=" + s.config(), "XDG_CACHE_HOME=" + s.place.work(fmt.Sprintf("cache-%d", s.run))}
}

func (s *slipway) ship(ctx context.Context, m model, repository string) (shipment, error) {
	t, _, err := s.shipped(ctx, m, repository)
	return t, err
}

// shipped ships the model and also returns the result.
func (s *slipway) shipped(ctx context.Context, m model, repository string) (shipment, result, error) {
	out := s.place.work("out")
	started := time.Now()
	_, err := command(ctx, s.place.root, s.env(), s.program, m.dir, "--out", out, "--publish", repository)
	whole := time.Since(started).Seconds()
	if err != nil {
		return shipment{}, result{}, err
	}
	r, err := readResult(out)
	return shipment{whole: whole, over: whole - r.own(), image: r.Image.Reference}, r, err
}

func (s *slipway) stop() error {
	if !s.started {
		return nil
	}
	// The context may have ended; this has to be done all the same.
	_, err := command(context.Background(), s.place.root, nil, s.lab, "engine", "stop", "--name", engineName)
	if err != nil {
		return err
	}
	return os.RemoveAll(filepath.Join(s.place.lab, "state", engineName))
}

// result is what the benchmark reads of result.json.
type result struct {
	Tests struct {
		DurationMS float64 `json:"duration_ms"`
	} `json:"tests"`
	Smoke struct {
		StartupMS float64 `json:"startup_ms"`
		StopMS    float64 `json:"stop_ms"`
		Cases     []struct {
			LatencyMS float64 `json:"latency_ms"`
		} `json:"cases"`
	} `json:"smoke"`
	Image struct {
		Reference string `json:"reference"`
		Layers    []struct {
			Kind        string `json:"kind"`
			Size        int64  `json:"size"`
			PushedBytes int64  `json:"pushed_bytes"`
		} `json:"layers"`
	} `json:"image"`
	Deps struct {
		Hit string `json:"hit"`
	} `json:"deps"`
	Stages []struct {
		Name       string `json:"name"`
		DurationMS int64  `json:"duration_ms"`
	} `json:"stages"`
}

func readResult(out string) (result, error) {
	var r result
	data, err := os.ReadFile(filepath.Join(out, "result.json"))
	if err == nil {
		err = json.Unmarshal(data, &r)
	}
	return r, err
}

// own is what the model itself took, in seconds: its tests, its start, its answers and its end.
func (r result) own() float64 {
	ms := r.Tests.DurationMS + r.Smoke.StartupMS + r.Smoke.StopMS
	for _, c := range r.Smoke.Cases {
		ms += c.LatencyMS
	}
	return ms / 1000
}

// layer is the size of the layers of a kind, and how much of them was uploaded.
func (r result) layer(kind string) (size, pushed int64) {
	for _, l := range r.Image.Layers {
		if kind == "" || l.Kind == kind {
			size, pushed = size+l.Size, pushed+l.PushedBytes
		}
	}
	return size, pushed
}
