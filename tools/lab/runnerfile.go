package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// runner is the contract with slipway, which reads it from ~/.config/slipway/runner.json.
type runner struct {
	// Engine is the engine's address (unix://…). Empty where Docker runs: the Dagger SDK then starts its own engine.
	Engine string `json:"engine,omitempty"`
	// CLI is the dagger command that belongs to the engine, and that the SDK starts its sessions with.
	CLI string `json:"cli"`
	// Registry is host:port of the lab's registry, without TLS.
	Registry string `json:"registry"`
	// Mirrors maps a registry to the one that answers in its place; empty where Docker Hub is in reach.
	Mirrors map[string]string `json:"mirrors,omitempty"`
}

// readRunner returns nil and no error when there is no runner file.
func readRunner(path string) (*runner, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var r runner
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, fmt.Errorf("%s: %w: remove the file and run `lab up` again", path, err)
	}
	return &r, nil
}

// writeRunner replaces the file in one step: slipway may read it at any time.
func writeRunner(path string, r runner) error {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	temporary := path + ".new"
	if err := os.WriteFile(temporary, append(data, '\n'), 0o644); err != nil {
		return err
	}
	return os.Rename(temporary, path)
}
