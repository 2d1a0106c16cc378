package smoke

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/slipway-dev/slipway/internal/config"
	"github.com/slipway-dev/slipway/internal/expect"
	"github.com/slipway-dev/slipway/internal/protocol"
	"github.com/slipway-dev/slipway/internal/record"
	"github.com/slipway-dev/slipway/internal/result"
	"github.com/slipway-dev/slipway/internal/stage"
)

// Recording asks every case several times and writes what came back into the
// case files, as what is expected from now on.
type Recording struct {
	Stage
	Dir    string // of the model
	Rounds int
	Force  bool // also over answers that a person wrote
	DryRun bool // only show what would be written
	// Show is where differences are printed to.
	Show io.Writer
}

// Run proposes what to record of every case, writes all of it, and judges the
// first round against it.
func (r Recording) Run(ctx context.Context, run *stage.Run) (stage.Outcome, error) {
	seen, err := r.Observe(ctx, run, r.Rounds)
	if err != nil {
		return stage.Outcome{}, err
	}
	return r.record(run, seen)
}

func (r Recording) record(run *stage.Run, seen protocol.Observations) (stage.Outcome, error) {
	p := run.Plan.Smoke
	p.Cases = asked(p.Cases, seen)
	if notStarted(seen) != "" || len(p.Cases) == 0 {
		outcome, err := Judge(run, seen)
		if err != nil || outcome.Status != result.StagePassed {
			return outcome, err
		}
		return stage.Fail(nothingToAsk(seen), "write one: smoke/NAME.yaml with `request: {json: …}`; what is expected will be added to it")
	}
	proto, err := protocol.For(seen.Protocol)
	if err != nil {
		return stage.Outcome{}, err
	}
	all := make([]proposed, len(p.Cases))
	for n, c := range p.Cases {
		all[n] = r.propose(c, proto, seen.Answers)
		if all[n].after != nil {
			p.Cases[n].Expect = all[n].expect
			if !r.DryRun {
				p.Cases[n].File, p.Cases[n].From = all[n].file, ""
			}
		}
		if all[n].note != "" {
			run.Result.Warnings = append(run.Result.Warnings, c.Name+": "+all[n].note)
		}
	}
	if err := r.write(all); err != nil {
		return stage.Outcome{}, err
	}
	outcome, err := Judge(run, seen)
	if err != nil {
		return outcome, err
	}
	if r.DryRun && slices.ContainsFunc(all, func(c proposed) bool { return c.after != nil }) {
		run.Result.Unverified = append(run.Result.Unverified, "the answers were not recorded: it was a dry run")
	}
	for n := range run.Result.Smoke.Cases {
		if r.DryRun && all[n].after != nil {
			run.Result.Smoke.Cases[n].Recorded = false
		}
	}
	return unrecorded(run.Result, outcome, seen, all)
}

// unrecorded fails a recording that left cases without an answer that holds,
// unless there is something worse to say.
func unrecorded(res *result.Result, outcome stage.Outcome, seen protocol.Observations, all []proposed) (stage.Outcome, error) {
	var left []proposed
	for _, c := range all {
		if c.failure != "" {
			left = append(left, c)
		}
	}
	worse := seen.Exit != nil || seen.OnlyLoopback(seen.Port) // and all silence is its doing
	for n, c := range res.Smoke.Cases {
		worse = worse || c.Status != result.StagePassed && all[n].failure == ""
	}
	worse = worse && outcome.Status != result.StagePassed
	if len(left) == 1 && !worse {
		return stage.Fail(left[0].name+" "+left[0].failure, left[0].advice)
	}
	names := make([]string, len(left))
	for n, c := range left {
		names[n] = c.name
		res.Warnings = append(res.Warnings, c.name+" "+c.failure+": "+c.advice)
	}
	if len(left) == 0 || worse {
		return outcome, nil
	}
	return stage.Fail(fmt.Sprintf("%d of %d cases have no recorded answer that holds: %s", len(left), len(all), strings.Join(names, ", ")), "see the warnings, which say why and what to do")
}

// proposed is what comes of a case.
type proposed struct {
	name          string
	file          string
	before, after []byte // of the file; after is nil when nothing is to be written
	made          bool   // the file is new
	expect        expect.Expectation
	note          string // what a reader should know about what was recorded
	// failure says, behind the case's name, why it has no recorded answer that
	// holds, and advice what to do.
	failure, advice string
}

func (c proposed) failed(failure, advice string) proposed {
	c.after, c.failure, c.advice = nil, failure, advice
	return c
}

// propose finds out what is to be recorded of a case. It writes nothing.
func (r Recording) propose(c config.Case, proto protocol.Protocol, answers []protocol.Answer) proposed {
	p := proposed{name: c.Name}
	var rounds []expect.Answer
	for _, a := range answers {
		switch {
		case a.Name != c.Name:
			continue
		case a.Invalid:
			return p.failed("was not recorded: "+a.Error, "say it in the case, or with smoke.model")
		case a.Error != "":
			return p.failed(fmt.Sprintf("was not recorded: no answer in round %d: %s", len(rounds)+1, a.Error), "what the server said is in "+ObservationsFile+" beside the result")
		}
		rounds = append(rounds, Answer(proto, c.Request, a))
	}
	if len(rounds) == 0 {
		return p.failed("was not recorded: it was not asked", "record again")
	}
	wrong := differs(c.Expect, rounds)
	if c.Expect.Recorded() && wrong == "" {
		return p
	}
	var err error
	if p.file, p.before, err = r.read(c); err != nil {
		return p.failed("was not recorded: "+err.Error(), "correct the case")
	}
	p.made = c.From != ""
	answer, tolerance := record.Ours(p.before, c.Expect)
	if c.Expect.Recorded() && !r.Force && !answer {
		return p.failed("was left alone: a person wrote what it expects; "+wrong, "correct it, or replace its answer with --force")
	}
	proposal := record.Propose(c.Expect, !tolerance, rounds)
	if proposal.Expect == nil {
		return p.failed("was not recorded: "+proposal.Why, proposal.Advice)
	}
	if p.after, err = record.Rewrite(p.file, p.before, *proposal.Expect, proposal.Own); err != nil {
		return p.failed("was not recorded: "+err.Error(), "write the case as lines of `key: value`, or the answer by hand")
	}
	p.expect, p.note = *proposal.Expect, proposal.Why
	if wrong := differs(p.expect, rounds); wrong != "" {
		p.failure, p.advice = "was recorded, and what else it expects does not hold: "+wrong, "correct it"
	}
	return p
}

// differs is what is not as expected in the first round that is not; empty when all are.
func differs(e expect.Expectation, rounds []expect.Answer) string {
	for _, a := range rounds {
		if v := expect.Judge(e, a); !v.Passed {
			return v.Reason
		}
	}
	return ""
}

// write shows all that is recorded and writes it. A file that cannot be written does not keep the others from it.
func (r Recording) write(all []proposed) error {
	var failed []error
	for _, c := range all {
		if c.after == nil {
			continue
		}
		from := "a/" + c.file
		if c.made {
			from, c.before = "/dev/null", nil
		}
		_, _ = r.Show.Write(diff.Diff(from, c.before, "b/"+c.file, c.after))
		if r.DryRun {
			continue
		}
		path := filepath.Join(r.Dir, filepath.FromSlash(c.file))
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		if err == nil {
			err = os.WriteFile(path, c.after, 0o644)
		}
		if err != nil {
			failed = append(failed, err)
		}
	}
	if r.DryRun {
		_, _ = io.WriteString(r.Show, "nothing was written: it is a dry run\n")
	}
	if len(failed) > 0 {
		err := errors.Join(failed...)
		return &stage.Error{What: "not all cases could be written: " + strings.ReplaceAll(err.Error(), "\n", "; "), Where: r.Dir, Remedy: "make the files writable; what could be written was", Err: err}
	}
	return nil
}

// read gives a case's file; for a request that nobody wrote down it is a new one.
func (r Recording) read(c config.Case) (file string, content []byte, err error) {
	if c.From == "" {
		content, err = os.ReadFile(filepath.Join(r.Dir, filepath.FromSlash(c.File)))
		return c.File, content, err
	}
	content, err = record.Request(c.Request, c.From)
	return "smoke/" + strings.TrimSpace(c.Name) + ".yaml", content, err
}
