package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/slipway-dev/slipway/internal/engine"
	"github.com/slipway-dev/slipway/internal/layer"
	"github.com/slipway-dev/slipway/internal/plan"
	"github.com/slipway-dev/slipway/internal/result"
	"github.com/slipway-dev/slipway/internal/stage"
)

// stopTimeout bounds how long a cancelled run may take to put things in order:
// GitHub's runner allows 7.5 s between its signals
// (https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-cancellation).
const stopTimeout = 4 * time.Second

// run ships one model and returns how it went. Result and report are written whatever happens.
func (p program) run(ctx context.Context, dir string, f flags) result.Status {
	if f.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, f.timeout, fmt.Errorf("the run took longer than its timeout of %s", f.timeout))
		defer cancel()
	}

	started := time.Now()
	loaded := p.load(dir, f)
	res := loaded.result(started)
	if len(loaded.problems) > 0 {
		invalid(res, loaded.problems)
		return p.finish(res, loaded.out, started, f)
	}
	for _, earlier := range []string{"result.json", "report.md"} { // a run that is killed must not leave another's
		_ = os.Remove(filepath.Join(loaded.out, earlier)) // not there, or not to be written: then finish says so
	}
	if loaded.err != nil {
		fail(ctx, res, loaded.err)
		return p.finish(res, loaded.out, started, f)
	}
	if err := os.MkdirAll(loaded.out, 0o755); err != nil {
		res.Status = result.Errored
		res.Error = &result.Error{What: "the directory for the result could not be made: " + err.Error(), Where: loaded.out, Remedy: "name another with --out"}
		return p.finish(res, loaded.out, started, f)
	}

	scratch, err := os.MkdirTemp("", "slipway-*")
	if err != nil {
		fail(ctx, res, fmt.Errorf("making a scratch directory: %w", err))
		return p.finish(res, loaded.out, started, f)
	}
	defer os.RemoveAll(scratch) //nolint:errcheck // the system cleans its temporary directory
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.carryOut(ctx, loaded, f, scratch, res)
	}()
	select {
	case <-done:
	case <-after(ctx, stopTimeout):
		// Something does not listen to the cancellation: leave it behind, with a result of its own.
		res = loaded.result(started)
		res.Status, res.Error = stage.Ended(ctx, "")
		res.Error.What += ", and it did not stop by itself"
		notRun(res, "not known: the run did not stop by itself")
	}
	return p.finish(res, loaded.out, started, f)
}

// after is closed a while after ctx has ended.
func after(ctx context.Context, wait time.Duration) <-chan struct{} {
	late := make(chan struct{})
	go func() {
		<-ctx.Done()
		time.Sleep(wait)
		close(late)
	}()
	return late
}

// gathering is what a run does before its stages, as progress shows it.
const gathering = "facts"

// carryOut gathers the facts, plans, and runs the stages.
func (p program) carryOut(ctx context.Context, l loaded, f flags, scratch string, res *result.Result) {
	watch := p.progress(f)
	log, err := os.Create(filepath.Join(l.out, "engine.log"))
	if err != nil {
		fail(ctx, res, err)
		return
	}
	defer log.Close() //nolint:errcheck // a log

	t := tools{registry: l.registry, store: layer.Store{Dir: filepath.Join(l.cache, "layers")}, scratch: scratch, out: l.out, nonce: nonce()}
	watch.Started(gathering)
	var base *stage.Base
	var group errgroup.Group // not WithContext: the first error must not hide the others' work
	group.Go(func() (err error) { base, err = l.base(ctx, f); return err })
	group.Go(func() (err error) { t.probe, err = findProbe(ctx, f.probe, l.cache, f.platform); return err })
	group.Go(func() (err error) {
		address, err := engine.Locate(f.engine, p.getenv, l.runner)
		if err != nil {
			return err
		}
		t.engine, err = engine.Connect(ctx, address, log)
		return err
	})
	err = group.Wait()
	if t.engine != nil {
		defer t.engine.Close() //nolint:errcheck // the run is over; an engine that does not close has said so in its log
	}
	if err != nil {
		fail(ctx, res, err)
		watch.Finished(result.Stage{Name: gathering, Status: result.StageErrored, Reason: err.Error()})
		return
	}
	watch.Finished(result.Stage{Name: gathering, Status: result.StagePassed})

	facts := l.facts
	if base != nil {
		facts.Base = &plan.BaseFacts{Ref: base.Ref, Digest: base.Digest, Config: base.Config}
		res.Base = &result.Base{Ref: base.Ref, Digest: base.Digest}
	}
	pl := plan.Make(l.config, l.event, facts)
	res.Warnings = append(res.Warnings, pl.Warnings...)
	ctx, stop := t.engine.Watch(ctx)
	defer stop()
	stage.Execute(ctx, stages(t), &stage.Run{Plan: pl, Image: stage.Image{Platform: f.platform, Base: base}, Result: res}, watch)
}

// fail records an error from before the first stage, so that the result lists every stage as not run.
func fail(ctx context.Context, res *result.Result, err error) {
	res.Status = result.Errored
	res.Error = &result.Error{What: err.Error(), Where: gathering, Remedy: "see engine.log beside the result"}
	var known *stage.Error
	switch {
	case ctx.Err() != nil:
		res.Status, res.Error = stage.Ended(ctx, gathering)
	case errors.As(err, &known):
		res.Error = &result.Error{What: known.What, Where: known.Where, Remedy: known.Remedy}
	}
	notRun(res, "not run: "+res.Error.What)
}

func invalid(res *result.Result, problems []result.Problem) {
	res.Status = result.Invalid
	res.Problems = problems
	what := "the configuration has 1 problem"
	if len(problems) != 1 {
		what = fmt.Sprintf("the configuration has %d problems", len(problems))
	}
	res.Error = &result.Error{What: what, Where: problems[0].File, Remedy: "correct what is listed; `slipway check` looks again without an engine"}
	notRun(res, "not run: the configuration is invalid")
}

func notRun(res *result.Result, reason string) {
	res.Stages = nil
	for _, s := range stages(tools{}) {
		res.Stages = append(res.Stages, result.Stage{Name: s.Name, Status: result.StageSkipped, Reason: reason})
	}
}

// nonce tells this run from any other, so that no cache answers for it.
func nonce() string {
	b := make([]byte, 8)
	_, _ = rand.Read(b) // never fails: https://pkg.go.dev/crypto/rand#Read
	return hex.EncodeToString(b)
}
