package protocol

import "net/netip"

// Observations is everything the probe saw. It holds no verdict: expect
// judges it on the host, so a changed expectation runs nothing again.
type Observations struct {
	Version  int    `json:"version"`
	Run      string `json:"run"`
	Protocol string `json:"protocol"`
	// Port is the one that was asked.
	Port int `json:"port"`
	// Live is true for a server that ran already and was asked over the network.
	Live bool `json:"live,omitempty"`
	// ReadyMS is the time from start to ready in milliseconds; null when the server never was.
	ReadyMS *float64 `json:"ready_ms"`
	// NotReady says why the server never became ready, with the last readiness answer; empty when it did.
	NotReady string `json:"not_ready,omitempty"`
	// Exit is set when the server ended before it was asked to.
	Exit *Exit `json:"exit,omitempty"`
	// Answers are to the cases in their order, round after round.
	Answers []Answer `json:"answers"`
	// Example is the request that was made up because the spec had no case.
	Example *Example `json:"example,omitempty"`
	// NoExample is what the server did not tell, so that none could be made up.
	NoExample string `json:"no_example,omitempty"`
	// Load is null when none was asked for, or there was nothing to ask.
	Load   *LoadSeen `json:"load,omitempty"`
	Memory *Memory   `json:"memory"`
	// Network is what it really was, NetworkOpen or NetworkNone; NetworkWhy says why it could not be closed.
	Network    string `json:"network"`
	NetworkWhy string `json:"network_why,omitempty"`
	// GPUs is how many were there; null when none was asked for.
	GPUs *int `json:"gpus,omitempty"`
	// Listening are the addresses the server listened on in the end, "127.0.0.1:8080".
	Listening []string `json:"listening,omitempty"`
	// Connections are outbound connections the server opened, each remote end once.
	Connections []Connection `json:"connections,omitempty"`
	// StopMS is how long the server took to go after SIGTERM; Killed is true when it had to be killed.
	StopMS *float64 `json:"stop_ms"`
	Killed bool     `json:"killed,omitempty"`
	// Log is the end of the server's output (stdout and stderr together) until
	// it was asked to stop; LogAfter is what it printed then.
	Log      string `json:"log"`
	LogAfter string `json:"log_after,omitempty"`
	// Error is set when the probe itself could not do its work: ours, never the model's fault.
	Error string `json:"error,omitempty"`
}

// OnlyLoopback is true when the server listens on this port for its own
// container only: the probe reaches it, and nobody outside will.
func (o Observations) OnlyLoopback(port int) bool {
	found := false
	for _, address := range o.Listening {
		addr, err := netip.ParseAddrPort(address)
		if err != nil || int(addr.Port()) != port {
			continue
		}
		if !addr.Addr().IsLoopback() {
			return false
		}
		found = true
	}
	return found
}

// ExampleName is what a request that was made up is called.
const ExampleName = "example"

// Example is a request that was made up, and from what.
type Example struct {
	Request Request `json:"request"`
	From    string  `json:"from"`
}

// Connection is an outbound connection that the server opened.
type Connection struct {
	Address string `json:"address"` // "203.0.113.7:443"
	// AfterMS is when it was first seen, from the server's start, in milliseconds.
	AfterMS float64 `json:"after_ms"`
	// BeforeReady is true for what it opened while it started: a download, most likely.
	BeforeReady bool `json:"before_ready"`
}

// Exit is how a process ended.
type Exit struct {
	Code int `json:"code"`
	// Signal is the name of the signal that ended it ("SIGKILL"), or empty.
	Signal string `json:"signal,omitempty"`
	// OOM is true when the kernel's out-of-memory killer ended it.
	OOM bool `json:"oom,omitempty"`
	// TimedOut is true when it was ended because its time was over.
	TimedOut bool `json:"timed_out,omitempty"`
	// AfterMS is the time from start to end, in milliseconds.
	AfterMS float64 `json:"after_ms"`
}

// Answer is what came back for one case.
type Answer struct {
	Name string `json:"name"`
	// Request is the Hash of what was asked.
	Request     string `json:"request"`
	Status      int    `json:"status,omitempty"`
	ContentType string `json:"content_type,omitempty"`
	// Body is capped; Length and SHA256 are of the whole body as far as it was
	// read. Of a case of the protocol exec it is the standard output.
	Body      []byte `json:"body"`
	Length    int64  `json:"length"`
	Truncated bool   `json:"truncated,omitempty"`
	SHA256    string `json:"sha256,omitempty"`
	// LatencyMS is from the first byte sent to the last received, FirstByteMS
	// to the first of the body, in milliseconds.
	LatencyMS   float64 `json:"latency_ms"`
	FirstByteMS float64 `json:"first_byte_ms,omitempty"`
	// Exit is how a command of the protocol exec ended, and Stderr the end of what it said there.
	Exit   *Exit  `json:"exit,omitempty"`
	Stderr string `json:"stderr,omitempty"`
	// Error is set when there was no complete answer: timeout, connection refused or reset, server gone.
	Error string `json:"error,omitempty"`
	// Invalid is set when there was nothing to send: the case's mistake, or what the server did not tell.
	Invalid bool `json:"invalid,omitempty"`
}

// For is true for an answer to this request, and not to what a case of the same name asked before.
func (a Answer) For(r Request) bool { return a.Request == r.Hash() }

// Succeeded is true for a complete answer that is no refusal: one with a 2xx
// status, or of a command that ended with 0.
func (a Answer) Succeeded() bool {
	if a.Exit != nil {
		return a.Error == "" && a.Exit.Code == 0
	}
	return a.Error == "" && succeeded(a.Status)
}

// LoadSeen is what a load measured, over the requests after the warm-up.
type LoadSeen struct {
	Load
	// Answered counts complete answers with the status that the same case had when it was asked alone.
	Answered   int     `json:"answered"`
	DurationMS float64 `json:"duration_ms"`
	// Percentiles of LatencyMS over Answered, by the nearest-rank method; null when there was none.
	Latency *Percentiles `json:"latency_ms"`
	// Errors counts the others by kind: "timeout", "connection reset", "status 503".
	Errors map[string]int `json:"errors,omitempty"`
	// WarmupErrors counts what was not answered so while the server warmed up.
	WarmupErrors map[string]int `json:"warmup_errors,omitempty"`
	// LeftOut are cases that were refused when they were asked alone: how quick
	// a server is to refuse says nothing about the model. They are sent only
	// where there are no others.
	LeftOut []string `json:"left_out,omitempty"`
	// Others are answers, of those in Answered, that were not what the case was
	// answered when it was asked alone: each different one once.
	Others []Other `json:"others,omitempty"`
	// Unknown counts those that were different again and not kept. Answers of
	// more than 32 KiB are not compared.
	Unknown int `json:"unknown,omitempty"`
	// Cut is true when the load's time was over before all had been asked.
	Cut bool `json:"cut,omitempty"`
}

// Other is an answer that came only under load, and how often.
type Other struct {
	Answer
	Count int `json:"count"`
}

// Memory is the highest memory use seen.
type Memory struct {
	PeakBytes int64 `json:"peak_bytes"`
	// Source says how it was read: "cgroup v2 anon", "cgroup v1 rss", "pss of the process tree".
	Source string `json:"source"`
}
