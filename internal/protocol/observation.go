package protocol

import "net/netip"

// Observations is everything the probe saw. It holds no verdict: expect
// judges it on the host, so a changed expectation runs nothing again.
type Observations struct {
	Version int    `json:"version"`
	Run     string `json:"run"`
	// ReadyMS is the time from start to ready in milliseconds; null when the server never was.
	ReadyMS *float64 `json:"ready_ms"`
	// NotReady says why the server never became ready, with the last readiness answer; empty when it did.
	NotReady string `json:"not_ready,omitempty"`
	// Exit is set when the server ended before it was asked to.
	Exit    *Exit    `json:"exit,omitempty"`
	Answers []Answer `json:"answers"`
	Memory  *Memory  `json:"memory"`
	// Listening are the addresses the server listened on in the end, "127.0.0.1:8080".
	Listening []string `json:"listening,omitempty"`
	// Connections are outbound connections the server opened, "host:port", each once.
	Connections []string `json:"connections,omitempty"`
	// StopMS is how long the server took to go after SIGTERM; Killed is true when it had to be killed.
	StopMS *float64 `json:"stop_ms"`
	Killed bool     `json:"killed,omitempty"`
	// Log is the end of the server's output (stdout and stderr together).
	Log string `json:"log"`
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
	Name        string `json:"name"`
	Status      int    `json:"status,omitempty"`
	ContentType string `json:"content_type,omitempty"`
	// Body is capped; Length and SHA256 are of the whole body as far as it was read.
	Body      []byte `json:"body"`
	Length    int64  `json:"length"`
	Truncated bool   `json:"truncated,omitempty"`
	SHA256    string `json:"sha256,omitempty"`
	// LatencyMS is from the first byte sent to the last received, in milliseconds.
	LatencyMS float64 `json:"latency_ms"`
	// Error is set when there was no complete answer: timeout, connection refused or reset, server gone.
	Error string `json:"error,omitempty"`
}

// Memory is the highest memory use seen.
type Memory struct {
	PeakBytes int64 `json:"peak_bytes"`
	// Source says how it was read: "cgroup v2 anon", "cgroup v1 rss", "pss of the process tree".
	Source string `json:"source"`
}
