package smoke

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slipway-dev/slipway/internal/config"
	"github.com/slipway-dev/slipway/internal/expect"
	"github.com/slipway-dev/slipway/internal/protocol"
	"github.com/slipway-dev/slipway/internal/result"
	"github.com/slipway-dev/slipway/internal/stage"
)

// logLines is how much of the server's output a result keeps when smoke did not pass.
const logLines = 50

// Judge holds what was seen against what was recorded and the budgets, and
// records all of it in the run's result.
func Judge(run *stage.Run, seen protocol.Observations) (stage.Outcome, error) {
	p := run.Plan.Smoke
	proto, err := protocol.For(seen.Protocol)
	if err != nil {
		return stage.Outcome{}, err
	}
	record := measured(seen)
	record.ProtocolWhy = p.ProtocolWhy
	run.Result.Smoke = record
	if seen.GPUs != nil && *seen.GPUs < p.GPUs {
		return withoutGPU(run, *seen.GPUs)
	}
	if why := notStarted(seen); why != "" {
		record.Log = stage.Tail(seen.Log, logLines)
		return stage.Fail(why, whatToStart(seen))
	}
	cases := asked(p.Cases, seen)
	for n, c := range cases {
		record.Cases = append(record.Cases, one(c, n, proto, seen.Answers))
	}
	underLoad(record.Load, cases, proto, seen.Load)
	record.Budgets = budgets(p.Budgets, record, run.Result.Image)
	note(run, cases, seen)
	if reason, remedy := wrong(record, seen); reason != "" {
		record.Log = stage.Tail(seen.Log, logLines)
		return stage.Fail(reason, remedy)
	}
	if err := unasked(record.Cases); err != nil {
		return stage.Outcome{}, err
	}
	markTested(run)
	return stage.Pass()
}

// unasked is the error of cases that nothing was seen of: what is judged is an
// earlier run, and they have come or changed since.
func unasked(cases []result.Case) error {
	var not []string
	for _, c := range cases {
		if c.Status == result.StageSkipped {
			not = append(not, c.Name+" "+c.Reason)
		}
	}
	if len(not) == 0 {
		return nil
	}
	return &stage.Error{What: strings.Join(not, "; "), Where: ObservationsFile, Remedy: "run it again: judging asks nothing"}
}

// wrong is the first thing that fails the model, and what its author can do; empty when nothing does.
func wrong(record *result.Smoke, seen protocol.Observations) (reason, remedy string) {
	inReport := whereSaid(seen)
	failed := slices.ContainsFunc(record.Cases, func(c result.Case) bool { return c.Status == result.StageFailed })
	silent := firstSilent(seen.Answers)
	switch {
	case seen.OnlyLoopback(seen.Port):
		return fmt.Sprintf("the server listens on port %d of 127.0.0.1 only: nobody outside of the container can reach it", seen.Port), "have it listen on 0.0.0.0"
	case seen.Exit != nil:
		return "the server ended while it was asked: " + ended(*seen.Exit), inReport
	case failed && silent != nil && silent.Invalid:
		return silent.Name + ": " + silent.Error, "say it in the case, or with smoke.model"
	case failed && silent != nil:
		return "no answer to " + silent.Name + ": " + silent.Error, inReport
	case failed && seen.Live:
		return answered(record.Cases), "expected and got are listed by case; if the new answer is right, correct the case"
	case failed:
		return answered(record.Cases), "expected and got are listed by case; if the new answer is right, `slipway record` writes it into the case"
	case record.Load != nil && len(record.Load.Errors) > 0:
		return "under load, " + kinds(*record.Load), inReport
	}
	return broken(record.Budgets)
}

// asked are the cases, or the request that was made up where there is none.
func asked(cases []config.Case, seen protocol.Observations) []config.Case {
	if len(cases) > 0 || seen.Example == nil {
		return cases
	}
	return []config.Case{{
		Name: protocol.ExampleName, Request: seen.Example.Request, From: seen.Example.From,
		Expect: expect.Expectation{Finite: true},
	}}
}

// answerTo is the first round's answer to a case, and why there is none:
// observations that are judged again may be of other cases than there are now.
func answerTo(c config.Case, n int, answers []protocol.Answer) (answer protocol.Answer, unasked string) {
	if n >= len(answers) || answers[n].Name != c.Name {
		n = slices.IndexFunc(answers, func(a protocol.Answer) bool { return a.Name == c.Name })
	}
	switch {
	case n < 0:
		return protocol.Answer{}, "was not asked in that run"
	case !answers[n].For(c.Request):
		return protocol.Answer{}, "was asked with another request in that run"
	}
	return answers[n], ""
}

// one judges the n-th case.
func one(c config.Case, n int, proto protocol.Protocol, answers []protocol.Answer) result.Case {
	out := result.Case{Name: c.Name, Status: result.StageFailed, Recorded: c.Expect.Recorded(), From: c.From}
	answer, unasked := answerTo(c, n, answers)
	if unasked != "" {
		out.Status, out.Reason = result.StageSkipped, unasked
		return out
	}
	if answer.Error != "" {
		out.Reason = answer.Error
		return out
	}
	out.LatencyMS = &answer.LatencyMS
	verdict := expect.Judge(c.Expect, Answer(proto, c.Request, answer))
	if verdict.Passed {
		out.Status = result.StagePassed
	}
	out.Reason, out.Note, out.Expected, out.Got = verdict.Reason, verdict.Note, verdict.Expected, verdict.Got
	out.MaxAbsDiff, out.MaxRelDiff = verdict.MaxAbsDiff, verdict.MaxRelDiff
	return out
}

// Answer is the answer in what came back, as its protocol finds it.
func Answer(proto protocol.Protocol, r protocol.Request, a protocol.Answer) expect.Answer {
	content := proto.Answer(protocol.Response{Path: r.Path, Status: a.Status, ContentType: a.ContentType, Body: a.Body})
	out := expect.Answer{
		Status: a.Status, ContentType: a.ContentType,
		JSON: content.JSON, Text: content.Text, Problem: content.Problem,
		Truncated: a.Truncated, Length: a.Length, SHA256: a.SHA256, LatencyMS: a.LatencyMS,
	}
	if a.Exit != nil {
		out.Exit = &a.Exit.Code
	}
	return out
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

// answered says in a few words how many cases were as recorded.
func answered(cases []result.Case) string {
	var off []string
	for _, c := range cases {
		if c.Status == result.StageFailed {
			off = append(off, c.Name)
		}
	}
	if len(off) == 1 {
		return "the answer to " + off[0] + " is not as expected"
	}
	return fmt.Sprintf("%d of %d answers are not as expected: %s", len(off), len(cases), strings.Join(off, ", "))
}

// latency gives percentiles over the cases that were answered: with success,
// where any was, as a refusal says nothing about how long a prediction takes.
func latency(answers []protocol.Answer) *result.Latency {
	var succeeded, refused []float64
	for _, a := range answers {
		switch {
		case a.Succeeded():
			succeeded = append(succeeded, a.LatencyMS)
		case a.Error == "":
			refused = append(refused, a.LatencyMS)
		}
	}
	if len(succeeded) == 0 {
		succeeded = refused
	}
	return (*result.Latency)(protocol.PercentilesOf(succeeded))
}
