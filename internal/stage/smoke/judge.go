package smoke

import (
	"fmt"
	"math"
	"slices"

	"github.com/slipway-dev/slipway/internal/config"
	"github.com/slipway-dev/slipway/internal/expect"
	"github.com/slipway-dev/slipway/internal/protocol"
	"github.com/slipway-dev/slipway/internal/result"
	"github.com/slipway-dev/slipway/internal/stage"
)

// logLines is how much of the server's output a result keeps when smoke did not pass.
const logLines = 50

// judge holds what was seen against what was recorded, and records both.
func judge(run *stage.Run, proto protocol.Protocol, port int, seen protocol.Observations) (stage.Outcome, error) {
	p := run.Plan.Smoke
	record := &result.Smoke{
		Protocol: p.Protocol, ProtocolWhy: p.ProtocolWhy, Network: "open",
		StartupMS: seen.ReadyMS, StopMS: seen.StopMS, StopKilled: seen.Killed,
		LatencyMS: latency(seen.Answers), Cases: []result.Case{},
	}
	for _, c := range seen.Connections {
		record.Connections = append(record.Connections, result.Connection(c))
	}
	if seen.Memory != nil {
		record.MemoryPeakBytes, record.MemorySource = &seen.Memory.PeakBytes, &seen.Memory.Source
	}
	run.Result.Smoke = record
	if seen.ReadyMS == nil {
		record.Log = stage.Tail(seen.Log, logLines)
		return stage.Fail(notStarted(seen), "the end of the server's output is in the report")
	}
	recorded := 0
	for n, c := range p.Cases {
		var answer protocol.Answer
		if n < len(seen.Answers) {
			answer = seen.Answers[n]
		} else {
			answer = protocol.Answer{Error: "it was not asked"}
		}
		if len(c.Expect.Answer) > 0 {
			recorded++
		}
		record.Cases = append(record.Cases, one(c, proto, answer))
	}
	if seen.OnlyLoopback(port) {
		return stage.Fail(fmt.Sprintf("the server listens on port %d of 127.0.0.1 only: nobody outside of the container can reach it", port), "have it listen on 0.0.0.0")
	}
	if !slices.ContainsFunc(record.Cases, func(c result.Case) bool { return c.Status != result.StagePassed }) {
		if recorded == 0 {
			run.Result.Unverified = append(run.Result.Unverified, "no answer was recorded to compare a prediction with")
		}
		markTested(run)
		return stage.Pass()
	}
	record.Log = stage.Tail(seen.Log, logLines)
	if e := seen.Exit; e != nil {
		return stage.Fail("the server ended while it was asked: "+ended(*e), "the end of the server's output is in the report")
	}
	if silent := firstSilent(seen.Answers); silent != nil {
		return stage.Fail("no answer to "+silent.Name+": "+silent.Error, "the end of the server's output is in the report")
	}
	return stage.Fail(answered(record.Cases), "expected and got are listed by case; if the new answer is right, record it in the case file")
}

// firstSilent is the first case that got no complete answer at all.
func firstSilent(answers []protocol.Answer) *protocol.Answer {
	for n := range answers {
		if answers[n].Error != "" {
			return &answers[n]
		}
	}
	return nil
}

// markTested notes that the image of this platform was really run.
func markTested(run *stage.Run) {
	for n := range run.Result.Image.Platforms {
		if run.Result.Image.Platforms[n].Platform == run.Image.Platform {
			run.Result.Image.Platforms[n].Tested = true
		}
	}
}

func one(c config.Case, proto protocol.Protocol, answer protocol.Answer) result.Case {
	out := result.Case{Name: c.Name, Status: result.StageFailed}
	if answer.Error != "" {
		out.Reason = answer.Error
		return out
	}
	out.LatencyMS = &answer.LatencyMS
	verdict := expect.Judge(c.Expect, got(proto, c, answer))
	if verdict.Passed {
		out.Status = result.StagePassed
	}
	out.Reason, out.Expected, out.Got = verdict.Reason, verdict.Expected, verdict.Got
	out.MaxAbsDiff, out.MaxRelDiff = verdict.MaxAbsDiff, verdict.MaxRelDiff
	return out
}

// got is the answer in what came back, as its protocol finds it.
func got(proto protocol.Protocol, c config.Case, a protocol.Answer) expect.Answer {
	content := proto.Answer(protocol.Response{Path: c.Request.Path, Status: a.Status, ContentType: a.ContentType, Body: a.Body})
	return expect.Answer{
		Status: a.Status, ContentType: a.ContentType,
		JSON: content.JSON, Text: content.Text, Problem: content.Problem,
		Truncated: a.Truncated, Length: a.Length,
	}
}

// latency gives percentiles by the nearest-rank method over the cases that were answered.
func latency(answers []protocol.Answer) *result.Latency {
	var ms []float64
	for _, a := range answers {
		if a.Error == "" {
			ms = append(ms, a.LatencyMS)
		}
	}
	if len(ms) == 0 {
		return nil
	}
	slices.Sort(ms)
	rank := func(p float64) float64 { return ms[int(math.Ceil(p*float64(len(ms))))-1] }
	return &result.Latency{P50: rank(0.50), P95: rank(0.95), P99: rank(0.99), Max: ms[len(ms)-1]}
}
