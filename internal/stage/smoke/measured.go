package smoke

import (
	"fmt"
	"maps"
	"math"
	"net/netip"

	"github.com/slipway-dev/slipway/internal/protocol"
	"github.com/slipway-dev/slipway/internal/result"
)

// measured is the part of the record that is no judgement.
func measured(seen protocol.Observations) *result.Smoke {
	record := &result.Smoke{
		Protocol: seen.Protocol, Network: seen.Network,
		StartupMS: seen.ReadyMS, StopMS: seen.StopMS, StopKilled: seen.Killed,
		LatencyMS: latency(seen.Answers), Cases: []result.Case{},
	}
	if seen.Live {
		record.StartupMS = nil // it had started long before
	}
	for _, c := range seen.Connections {
		record.Connections = append(record.Connections, result.Connection(c))
	}
	if seen.Memory != nil {
		record.MemoryPeakBytes, record.MemorySource = &seen.Memory.PeakBytes, &seen.Memory.Source
	}
	if l := seen.Load; l != nil {
		record.Load = &result.Load{
			Requests: l.Requests, Concurrency: l.Concurrency, Warmup: l.Warmup,
			Answered: l.Answered, DurationMS: l.DurationMS, Errors: maps.Clone(l.Errors), LeftOut: l.LeftOut,
		}
		if l.Latency != nil {
			all := result.Latency(*l.Latency)
			record.LatencyMS = &all
		}
		// Observations may be anybody's: no result can hold an infinite number.
		if rate := float64(l.Answered) / l.DurationMS * 1000; l.DurationMS > 0 && !math.IsInf(rate, 0) {
			record.ThroughputRPS = &rate
		}
	}
	return record
}

// notStarted is why the server was never ready; empty when it was. A command
// (protocol exec) need not be.
func notStarted(seen protocol.Observations) string {
	switch {
	case seen.ReadyMS != nil || seen.Protocol == protocol.Exec:
		return ""
	case seen.Exit != nil:
		return "the server ended before it was ready: " + ended(*seen.Exit)
	}
	return "the server was never ready: " + seen.NotReady
}

// whatToStart is what the author of a server that was never ready can do.
func whatToStart(seen protocol.Observations) string {
	inReport := whereSaid(seen)
	if seen.Exit == nil {
		for _, l := range seen.Listening {
			if addr, err := netip.ParseAddrPort(l); err == nil && int(addr.Port()) != seen.Port {
				return fmt.Sprintf("it listens on %s: `serve: {port: %d}` in slipway.yaml has it asked there; %s", l, addr.Port(), inReport)
			}
		}
	}
	if seen.Network == protocol.NetworkNone {
		return "its network was closed, as smoke.network says: what it loads at its start has to be in the image; " + inReport
	}
	return inReport
}

// whereSaid tells where the server's own words are.
func whereSaid(seen protocol.Observations) string {
	if seen.Live {
		return "look into the server's own log: of one that is asked over the network there is none here"
	}
	return "the end of the server's output is in the report"
}

func ended(e protocol.Exit) string {
	how := fmt.Sprintf("exit code %d", e.Code)
	switch {
	case e.OOM:
		how = "out of memory"
	case e.Signal != "":
		how = e.Signal
	}
	return fmt.Sprintf("%s after %.1f s", how, e.AfterMS/1000)
}
