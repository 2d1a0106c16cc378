// Package result is the record of one run: what result.json holds, and the
// only thing the pipeline tells the action.
//
// Numbers that do not exist are null, never 0: a run without tests has no
// test count, which is not the same as having passed zero of them.
package result

import "time"

// Schema is the version of the result.json format written by this package.
const Schema = 1

// Result is one run of one model. Its JSON form is a contract with workflows
// and scripts: docs/result.schema.json describes it.
type Result struct {
	Schema   int    `json:"schema"`
	Model    string `json:"model"`
	Status   Status `json:"status"`
	Verified bool   `json:"verified"`
	// Unverified lists, in plain words, everything that green does not cover.
	Unverified []string `json:"unverified"`
	// Error is set when the status is failed, errored, invalid or cancelled.
	Error *Error `json:"error"`
	Run   Run    `json:"run"`
	// Ref, Commit and Event say what was checked out and why; empty outside a repository.
	Ref    string `json:"ref"`
	Commit string `json:"commit"`
	// Tree is the git tree that was really built: on a pull request GitHub
	// checks out a merge of head and base, so it is not the commit's own.
	Tree  string `json:"tree"`
	Event string `json:"event"`
	Host  Host   `json:"host"`
	Base  *Base  `json:"base"`
	Image *Image `json:"image"`
	// Weights are the files of the weights, wherever they come from.
	Weights []Weight `json:"weights,omitempty"`
	Deps    *Deps    `json:"deps"`
	// Train is null, or not there, when nothing is trained.
	Train *Train `json:"train,omitempty"`
	// LockDigest is the sha256 of the dependency lock, "sha256:<hex>", or null.
	LockDigest *string `json:"lock_digest"`
	// LockStale says what of slipway.lock is not as the model is now; empty when it is current.
	LockStale    []string           `json:"lock_stale"`
	Dependencies []Dependency       `json:"dependencies"`
	Stages       []Stage            `json:"stages"`
	Tests        *Tests             `json:"tests"`
	Smoke        *Smoke             `json:"smoke"`
	Metrics      map[string]float64 `json:"metrics"`
	Gates        []Gate             `json:"gates"`
	Warnings     []string           `json:"warnings"`
	// Problems are the configuration problems of an invalid run, all at once.
	Problems []Problem `json:"problems"`
}

// Error says what went wrong, where, and what to do about it.
type Error struct {
	What   string `json:"what"`
	Where  string `json:"where"`
	Remedy string `json:"remedy"`
}

// Run identifies the run among others: the CI run's id and attempt, or empty on a laptop.
type Run struct {
	ID      string    `json:"id"`
	Attempt int       `json:"attempt"`
	URL     string    `json:"url"`
	Started time.Time `json:"started"`
	// DurationMS is the whole run in milliseconds.
	DurationMS int64 `json:"duration_ms"`
}

// Host is the machine that ran the pipeline (not the engine's, when that is remote).
type Host struct {
	OS    string `json:"os"`
	Arch  string `json:"arch"`
	CPU   string `json:"cpu"`
	Cores int    `json:"cores"`
}

// Base is the image that the model's image stands on.
type Base struct {
	Ref    string `json:"ref"`
	Digest string `json:"digest"`
	// ResultDigest is the base of the result this one is compared with, or null.
	ResultDigest *string `json:"result_digest"`
}

// Image is what was built and, when Tags or Reference are set, published.
type Image struct {
	// Repository is where it went: a repository name, or oci:DIR.
	Repository string `json:"repository"`
	// Digest is the identity: of the index when there are several platforms, else of the manifest.
	Digest string `json:"digest"`
	// Reference is repository@digest once published, else empty.
	Reference string     `json:"reference"`
	Platforms []Platform `json:"platforms"`
	Tags      []string   `json:"tags"`
	Layers    []Layer    `json:"layers"`
	// Attestations are the documents attached to what was published.
	Attestations []Attestation `json:"attestations,omitempty"`
}

// Attestation is a document that is attached to a digest as its referrer.
type Attestation struct {
	Kind string `json:"kind"` // sbom, provenance or result
	// Digest is the referrer's, Subject that of what it is about: the image's, or one platform's.
	Digest    string `json:"digest"`
	Subject   string `json:"subject"`
	MediaType string `json:"media_type"`
	Signed    bool   `json:"signed"`
}

// Platform is one platform of the image.
type Platform struct {
	Platform string `json:"platform"`
	Digest   string `json:"digest"`
	// Size is the compressed size in bytes, as pulled.
	Size int64 `json:"size"`
	// Tested is true when the image of this platform was really run.
	Tested bool `json:"tested"`
	// Reason says why it was not; empty when it was, or when the run did not come to it.
	Reason string `json:"reason,omitempty"`
}

// NotRun records that the image of a platform could not be run, which leaves the run not verified.
func (r *Result) NotRun(platform, why string) {
	reason := platform + " was not run: " + why
	r.Unverified = append(r.Unverified, reason)
	if r.Image == nil {
		return
	}
	for n := range r.Image.Platforms {
		if r.Image.Platforms[n].Platform == platform {
			r.Image.Platforms[n].Reason = reason
		}
	}
}

// Layer is one layer of the image, bottom first.
type Layer struct {
	Kind   string `json:"kind"` // base, deps, weights, code, or dockerfile
	Digest string `json:"digest"`
	DiffID string `json:"diff_id"`
	Size   int64  `json:"size"`
	// PushedBytes is how much of it this run had to upload; null when nothing was published.
	PushedBytes *int64 `json:"pushed_bytes"`
	// Instruction is what made the layer in a Dockerfile build.
	Instruction string `json:"instruction,omitempty"`
	// Reproducible is false for layers that another build may make otherwise; Why says what of.
	Reproducible bool   `json:"reproducible"`
	Why          string `json:"why,omitempty"`
}

// Weight is one file of the weights.
type Weight struct {
	Path string `json:"path"` // in the image, absolute
	// Source is where it was fetched from, with the pin; "train" for what training
	// wrote; empty for a file of the model's directory.
	Source string `json:"source"`
	Digest string `json:"digest"` // of the file, "sha256:<hex>"
	Size   int64  `json:"size"`   // bytes
	// LayerDigest is the layer's that holds it.
	LayerDigest string `json:"layer"`
}

// Deps says how the dependency layer was come by.
type Deps struct {
	Key string `json:"key"`
	// Hit is where it was found: "store", "registry", or "" when it was made in this run.
	Hit string `json:"hit"`
	// Why says why it was taken from there, or made again.
	Why    string `json:"why"`
	DiffID string `json:"diff_id"`
	// Others are those for the other platforms.
	Others []OtherDeps `json:"others,omitempty"`
}

// OtherDeps is the same for another platform.
type OtherDeps struct {
	Platform string `json:"platform"`
	Key      string `json:"key"`
	Hit      string `json:"hit"`
	Why      string `json:"why"`
	DiffID   string `json:"diff_id"`
}

// Train says how the outputs of training were come by.
type Train struct {
	// Key is what they are looked up by: it follows from all that training sees.
	Key string `json:"key"`
	// Hit is where they were found: "store", "registry", or "" when the command ran in this run.
	Hit string `json:"hit"`
	// DurationMS is how long the command ran, in milliseconds, in the run that
	// trained; null when that is not known.
	DurationMS *int64        `json:"duration_ms"`
	Outputs    []TrainOutput `json:"outputs"`
	// Log is the end of the command's output, kept when it did not pass.
	Log string `json:"log,omitempty"`
}

// TrainOutput is one file that training wrote; Path is relative to the model directory.
type TrainOutput struct {
	Path   string `json:"path"`
	Size   int64  `json:"size"` // bytes
	SHA256 string `json:"sha256"`
}

// Dependency is one package found in the image.
type Dependency struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Stage is the outcome of one stage. Every stage of the list appears in a result.
type Stage struct {
	Name   string      `json:"name"`
	Status StageStatus `json:"status"`
	// Reason says why, in words a reader can act on; of a stage that passed, how, where that is worth telling.
	Reason     string     `json:"reason"`
	Started    *time.Time `json:"started"`
	DurationMS *int64     `json:"duration_ms"`
}

// Tests counts the model's own tests, run in the image.
type Tests struct {
	Total   int `json:"total"`
	Passed  int `json:"passed"`
	Failed  int `json:"failed"`
	Skipped int `json:"skipped"`
	// DurationMS is the test command's own time in milliseconds, without the engine's.
	DurationMS *float64      `json:"duration_ms,omitempty"`
	Failures   []TestFailure `json:"failures"`
	// Log is the end of the test command's output, kept when it did not pass.
	Log string `json:"log,omitempty"`
}

// TestFailure is one test that failed; File is relative to the model directory, Line counts from 1 (0: not known).
type TestFailure struct {
	Name    string `json:"name"`
	File    string `json:"file"`
	Line    int    `json:"line"`
	Message string `json:"message"`
}

// Smoke is what came of asking the running image for predictions.
type Smoke struct {
	Protocol string `json:"protocol"`
	// ProtocolWhy says how the protocol was chosen.
	ProtocolWhy string `json:"protocol_why,omitempty"`
	// StartupMS is the time from start to ready, in milliseconds.
	StartupMS     *float64 `json:"startup_ms"`
	LatencyMS     *Latency `json:"latency_ms"`
	ThroughputRPS *float64 `json:"throughput_rps"`
	// MemoryPeakBytes is the anonymous memory at its highest; MemorySource says how it was read.
	MemoryPeakBytes *int64  `json:"memory_peak_bytes"`
	MemorySource    *string `json:"memory_source"`
	// Network is what the server ran with: "open", "none", or "not known" (somebody else's server).
	Network string `json:"network"`
	// Connections are the outbound connections that the server made.
	Connections []Connection `json:"connections,omitempty"`
	// StopMS is how long the server took to stop after SIGTERM; StopKilled is true when it had to be killed.
	StopMS     *float64 `json:"stop_ms,omitempty"`
	StopKilled bool     `json:"stop_killed,omitempty"`
	// Load is null when none was asked for.
	Load    *Load    `json:"load,omitempty"`
	Budgets []Budget `json:"budgets,omitempty"`
	Cases   []Case   `json:"cases"`
	// Log is the end of the server's output, kept when smoke did not pass.
	Log string `json:"log,omitempty"`
}

// Latency holds percentiles over the requests that were answered and, unless
// all were, not refused; in milliseconds.
type Latency struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

// Connection is an outbound connection of the server.
type Connection struct {
	Address string `json:"address"`
	// AfterMS is when it was first seen, in milliseconds from the server's start.
	AfterMS float64 `json:"after_ms"`
	// BeforeReady is true for connections that were opened while it started.
	BeforeReady bool `json:"before_ready"`
}

// Load is what a closed loop of requests measured: each worker sends the next
// request when its last was answered, so a server that stalls is asked less in
// that time, and a stream of requests that does not wait would see longer times.
type Load struct {
	Requests    int `json:"requests"`
	Concurrency int `json:"concurrency"`
	Warmup      int `json:"warmup"` // requests before, not counted
	Answered    int `json:"answered"`
	// DurationMS is the time of the whole load, in milliseconds.
	DurationMS float64 `json:"duration_ms"`
	// Errors counts what was not answered as alone, by kind.
	Errors map[string]int `json:"errors,omitempty"`
	// LeftOut are the cases that were not sent, as they were refused when they
	// were asked alone: that says nothing of how long a prediction takes.
	LeftOut []string `json:"left_out,omitempty"`
	// Wrong says what the first answer under load was that is not as expected, though it is when asked alone.
	Wrong string `json:"wrong,omitempty"`
}

// Budget is a bound on something that was measured.
type Budget struct {
	Name string `json:"name"` // startup, p50, p95, p99, memory, image
	Unit string `json:"unit"` // ms or bytes
	// Limit and Got are in Unit; Got is null when it was not measured: then Status is skipped, with a reason.
	Limit  float64     `json:"limit"`
	Got    *float64    `json:"got"`
	Status StageStatus `json:"status"`
	Reason string      `json:"reason"`
}

// Case is one request and what came of it.
type Case struct {
	Name   string      `json:"name"`
	Status StageStatus `json:"status"`
	// Recorded is true when the case says what the answer is, and not only what it looks like.
	Recorded bool `json:"recorded"`
	// Expected and Got are JSON or text, cut to a few kilobytes.
	Expected   string   `json:"expected"`
	Got        string   `json:"got"`
	MaxAbsDiff *float64 `json:"max_abs_diff"`
	MaxRelDiff *float64 `json:"max_rel_diff"`
	LatencyMS  *float64 `json:"latency_ms,omitempty"`
	Reason     string   `json:"reason"`
	// Note is worth saying about a case that passed.
	Note string `json:"note,omitempty"`
	// From is where the request came from when nobody recorded a case.
	From string `json:"from,omitempty"`
}

// Gate is one threshold on a metric.
type Gate struct {
	Metric string      `json:"metric"`
	Value  *float64    `json:"value"`
	Min    *float64    `json:"min"`
	Max    *float64    `json:"max"`
	Status StageStatus `json:"status"`
}

// Problem is one thing wrong with the configuration. File is relative to the
// top of the repository, or a flag of the command line; Line and Column count from 1; 0 when there is no place.
type Problem struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Message string `json:"message"`
}
