package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/slipway-dev/slipway/internal/config"
	"github.com/slipway-dev/slipway/internal/content"
	"github.com/slipway-dev/slipway/internal/engine"
	"github.com/slipway-dev/slipway/internal/layer"
	"github.com/slipway-dev/slipway/internal/plan"
	"github.com/slipway-dev/slipway/internal/result"
	"github.com/slipway-dev/slipway/internal/stage"
	"github.com/slipway-dev/slipway/internal/stage/smoke"
)

// stopTimeout bounds how long a cancelled run may take to put things in order:
// GitHub's runner allows 7.5 s between its signals
// (https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-cancellation).
const stopTimeout = 4 * time.Second

// job is a command that ends with a result.
type job struct {
	dir   string // of the model
	flags flags
	// asked is what is asked when nothing is built: an image, a URL or a result.
	asked string
	// suffix tells the job's default directory from that of a run of the same model.
	suffix string
	// unwritten is a job whose result is only shown.
	unwritten bool
	// alone is a job without engine, probe and base image.
	alone bool
	// secrets are the sections of slipway.yaml whose secrets the job uses.
	secrets []string
	load    func(dir, top string) (config.Config, []result.Problem)
	// adjust changes what was loaded; nil: nothing.
	adjust func(l *loaded)
	plan   func(l loaded, facts plan.Facts) plan.Plan
	stages func(t tools) []stage.Stage
}

// ship is the job that slipway is there for.
func ship(dir string, f flags) job {
	return job{dir: dir, flags: f, load: config.Load, stages: stages, secrets: []string{"build", "weights", "train", "test", "smoke"}, plan: func(l loaded, facts plan.Facts) plan.Plan {
		return plan.Make(l.config, l.event, facts)
	}}
}

// alone is the plan of a job that publishes nothing, and keeps nothing for other machines either.
func alone(l loaded, facts plan.Facts) plan.Plan {
	p := plan.Make(l.config, l.event, facts)
	if p.Deps != nil {
		p.Deps.Keep = false
	}
	if p.Train != nil {
		p.Train.Keep = false
	}
	return p
}

// run does a job and returns how it went. Result and report are written whatever happens.
func (p program) run(ctx context.Context, j job) result.Status {
	f := j.flags
	if f.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, f.timeout, fmt.Errorf("the run took longer than its timeout of %s", f.timeout))
		defer cancel()
	}

	started := time.Now()
	loaded := p.load(j)
	if j.adjust != nil && len(loaded.problems) == 0 {
		j.adjust(&loaded)
	}
	if len(loaded.problems) == 0 {
		loaded.problems = loaded.withoutSecrets(j.secrets)
	}
	scrub := loaded.secrets.Scrubber()
	stdout, stderr := scrub.Writer(p.stdout), scrub.Writer(p.stderr)
	defer stdout.Close() //nolint:errcheck // there is nobody to tell
	defer stderr.Close() //nolint:errcheck // likewise
	p.stdout, p.stderr = stdout, stderr
	res := loaded.result(started)
	if len(loaded.problems) > 0 {
		invalid(res, loaded.problems, j)
		return p.finish(res, loaded, started, f)
	}
	if err := prepare(loaded.out); err != nil {
		res.Status = result.Errored
		res.Error = &result.Error{What: "the directory for the result could not be made: " + err.Error(), Where: loaded.out, Remedy: "name another with --out"}
		return p.finish(res, loaded, started, f)
	}
	if loaded.err != nil {
		fail(ctx, res, loaded.err, j)
		return p.finish(res, loaded, started, f)
	}

	scratch, err := os.MkdirTemp("", "slipway-*")
	if err != nil {
		fail(ctx, res, fmt.Errorf("making a scratch directory: %w", err), j)
		return p.finish(res, loaded, started, f)
	}
	defer os.RemoveAll(scratch) //nolint:errcheck // the system cleans its temporary directory
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.carryOut(ctx, loaded, j, scratch, res)
	}()
	select {
	case <-done:
	case <-after(ctx, stopTimeout):
		// Something does not listen to the cancellation: leave it behind, with a result of its own.
		res = loaded.result(started)
		res.Status, res.Error = stage.Ended(ctx, "")
		res.Error.What += ", and it did not stop by itself"
		notRun(res, "not known: the run did not stop by itself", j)
	}
	return p.finish(res, loaded, started, f)
}

// prepare makes the directory for the result and takes an earlier run's out of
// it: a run that is killed must not leave another's.
func prepare(out string) error {
	if out == "" {
		return nil
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	for _, earlier := range []string{"result.json", "report.md", "engine.log", smoke.ObservationsFile} {
		if err := os.Remove(filepath.Join(out, earlier)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
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
func (p program) carryOut(ctx context.Context, l loaded, j job, scratch string, res *result.Result) {
	watch, index := p.progress(j.flags), content.Index{Dir: filepath.Join(l.cache, "index")}
	t := tools{
		registry: l.registry, store: layer.Store{Dir: filepath.Join(l.cache, "layers"), Index: index},
		fetchers: p.fetchers(l, index, watch.Note),
		scratch:  scratch, out: l.out, nonce: nonce(), cache: l.cache, frozen: j.flags.frozen, platform: l.platforms[0], origin: l.origin(), signer: l.signer,
	}
	facts, run := l.facts, &stage.Run{Secrets: l.secrets, Variant: stage.Variant{Image: stage.Image{Platform: t.platform}}, Result: res}
	if !j.alone {
		log, err := os.Create(filepath.Join(l.out, "engine.log"))
		if err != nil {
			fail(ctx, res, err, j)
			return
		}
		defer log.Close() //nolint:errcheck // a log
		scrubbed := l.secrets.Scrubber().Writer(log)
		defer scrubbed.Close() //nolint:errcheck // likewise
		watch.Started(gathering)
		defer l.registry.Close() //nolint:errcheck // only the engine, closed before, pulls from it
		bases, err := p.gather(ctx, &l, j.flags, &t, scrubbed)
		if t.engine != nil {
			defer t.engine.Close() //nolint:errcheck // the run is over; an engine that does not close has said so in its log
		}
		if err != nil {
			fail(ctx, res, err, j)
			watch.Finished(result.Stage{Name: gathering, Status: result.StageErrored, Reason: err.Error()})
			return
		}
		watch.Finished(result.Stage{Name: gathering, Status: result.StagePassed})
		facts.Base, facts.Others = bases.facts()
		bases.into(run)
		var stop func()
		ctx, stop = t.engine.Watch(ctx)
		defer stop()
	}
	run.Plan = j.plan(l, facts)
	res.Warnings = append(res.Warnings, run.Plan.Warnings...)
	res.LockStale = run.Plan.StaleLock
	stage.Execute(ctx, j.stages(t), run, watch)
	exportCache(ctx, t, run, watch)
}

// gather does at once what a run has to wait for before it can begin.
func (p program) gather(ctx context.Context, l *loaded, f flags, t *tools, log io.Writer) (bases, error) {
	var found bases
	var group errgroup.Group // not WithContext: the first error must not hide the others' work
	group.Go(func() (err error) { found, err = l.bases(ctx, t.scratch); return err })
	group.Go(func() (err error) { t.probes, err = findProbes(ctx, f.probe, l.cache, l.platforms); return err })
	group.Go(func() (err error) {
		address, err := engine.Locate(f.engine, p.getenv, l.runner)
		if err != nil {
			return err
		}
		t.address, t.log = address, log
		if t.engine, err = engine.Connect(ctx, address, engine.Cache{From: l.config.Build.CacheFrom}, log); err == nil {
			t.engine.Offerer = l.registry
		}
		return err
	})
	err := group.Wait()
	return found, err
}

// fail records an error from before the first stage, so that the result lists every stage as not run.
func fail(ctx context.Context, res *result.Result, err error, j job) {
	res.Status = result.Errored
	res.Error = &result.Error{What: err.Error(), Where: gathering, Remedy: "see engine.log beside the result"}
	var known *stage.Error
	switch {
	case ctx.Err() != nil:
		res.Status, res.Error = stage.Ended(ctx, gathering)
	case errors.As(err, &known):
		res.Error = &result.Error{What: known.What, Where: known.Where, Remedy: known.Remedy}
	}
	notRun(res, "not run: "+res.Error.What, j)
}

func invalid(res *result.Result, problems []result.Problem, j job) {
	res.Status = result.Invalid
	res.Problems = problems
	what := "the configuration has 1 problem"
	if len(problems) != 1 {
		what = fmt.Sprintf("the configuration has %d problems", len(problems))
	}
	res.Error = &result.Error{What: what, Where: problems[0].File, Remedy: "correct what is listed; `slipway check` looks again without an engine"}
	notRun(res, "not run: the configuration is invalid", j)
}

func notRun(res *result.Result, reason string, j job) {
	res.Stages = nil
	for _, s := range j.stages(tools{}) {
		res.Stages = append(res.Stages, result.Stage{Name: s.Name, Status: result.StageSkipped, Reason: reason})
	}
}

// nonce tells this run from any other, so that no cache answers for it.
func nonce() string {
	b := make([]byte, 8)
	_, _ = rand.Read(b) // never fails: https://pkg.go.dev/crypto/rand#Read
	return hex.EncodeToString(b)
}
