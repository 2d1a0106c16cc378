// Package config reads slipway.yaml and the cases beside it. It reports every
// problem at once, each with its place and the choices that are valid, and
// does nothing else: no network, no engine, nothing written.
package config

import (
	"time"

	"github.com/slipway-dev/slipway/internal/expect"
	"github.com/slipway-dev/slipway/internal/protocol"
)

// File is the name of the configuration file, next to the model.
const File = "slipway.yaml"

// Config is a slipway.yaml with its defaults filled in.
type Config struct {
	Schema  int
	Model   string
	Build   Build
	Weights []Weight
	Train   *Train // nil: the weights are there
	Metrics string
	Gates   []Gate
	Test    Test
	Serve   Serve
	Smoke   Smoke
	Publish Publish
	// Secrets are all that the sections ask for, in the order of the file.
	Secrets []Secret
	// Detected is what slipway.yaml does not say and the model's files do.
	Detected []Detection
	// Warnings are what the files ask for and nobody does, and what was chosen
	// of several: one line each, with what to do.
	Warnings []string
}

// Detection is one value that was found instead of read.
type Detection struct {
	Field string // "smoke.protocol"
	Value string
	Why   string // "MLmodel is here"
}

// Build says how the image is made: by layers on a Python base, or by a Dockerfile.
type Build struct {
	Python       string // "3.11"; base image python:3.11-slim
	Base         string // a reference; from Python when slipway.yaml does not name it, empty for a Dockerfile build
	Requirements string // path, relative to the model directory
	Files        []string
	User         string // "uid:gid"
	Dockerfile   string // path; set when this is a Dockerfile build
	Context      string // of a Dockerfile build: a directory, relative to the model directory
	Target       string
	Args         map[string]string
	From         string   // the image that the Dockerfile's stage stands on, as it is written
	Steps        []string // its instructions that make a layer, bottom first
	CacheFrom    []string // references of registry caches
	CacheTo      []string
	Platforms    []string
	Index        []Index // asked before the public one, in this order
	Secrets      []SecretMount
}

// Gate is a threshold on a metric; a bound that is nil does not apply.
type Gate struct {
	Metric   string
	Min, Max *float64
}

// Test is the model's own test command, run in the image.
type Test struct {
	Command      []string
	Requirements string
	Env          map[string]string
	Secrets      []SecretMount
	Timeout      time.Duration
}

// Serve is what the container starts; empty means the image's own.
type Serve struct {
	Command []string
	Port    int
	Env     map[string]string
}

// Smoke says how the running server is asked for predictions.
type Smoke struct {
	Protocol  string // "auto" when only the image can tell
	Model     string // what the server calls the model; empty when neither slipway.yaml nor the files say
	ReadyPath string
	Timeout   time.Duration // until ready
	Env       map[string]string
	Secrets   []SecretMount
	Network   string  // open or none
	GPUs      int     // how many the server needs
	Load      *Looped // nil: none
	Budgets   Budgets
	Cases     []Case
}

// Looped is a closed loop of requests after the cases.
type Looped struct {
	Requests, Concurrency int
}

// Budgets are bounds on what a run measures; one that is 0 does not apply.
type Budgets struct {
	Startup       time.Duration // from start to ready
	P50, P95, P99 time.Duration // of the load
	Memory        int64         // bytes, at its peak
	Image         int64         // bytes, compressed, as pulled
}

// Case is a request with what must come of it.
type Case struct {
	Name    string
	File    string // relative to the model directory
	Request protocol.Request
	Expect  expect.Expectation
	// From is where the request was taken from when nobody wrote a case: an
	// example that came with the model. Empty for a case file.
	From string
}

// Publish says where the image goes and under which tags.
type Publish struct {
	Image       string // repository, or oci:DIR; empty: decided by the plan
	Tags        []string
	PullRequest string // never, digest or tag
	Unverified  string // refuse or allow
}
