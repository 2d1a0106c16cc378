// Package stage runs the stages of a run one after the other and records
// what came of each. What a stage does is in the packages below this one;
// which stages there are, and in what order, is in pipeline/stages.go.
package stage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/slipway-dev/slipway/internal/layer"
	"github.com/slipway-dev/slipway/internal/plan"
	"github.com/slipway-dev/slipway/internal/result"
	"github.com/slipway-dev/slipway/internal/secret"
)

// Stage is one step of a run.
type Stage struct {
	Name string
	// Check marks a stage that judges the image: when it does not pass, the
	// other checks still run, so that one run tells all there is to tell. Any
	// other stage runs only when everything before it passed.
	Check bool
	// Run does the work. A finding about the model is an Outcome; an error
	// means that the stage could not be carried out.
	Run func(ctx context.Context, run *Run) (Outcome, error)
	// Beside begins, when the stage has passed, what goes on beside the stages
	// after it, and returns at once. Its context ends with the run, and as soon
	// as a stage does not pass.
	Beside func(ctx context.Context, run *Run)
}

// Run is one run under way: what the stages hand to each other. Each field has
// one writer, named beside it; Result's sections belong to the stages of the same name.
type Run struct {
	Plan plan.Plan
	// Lock is what fixed every package of this run: the content of a lock, or
	// what requirements without hashes were resolved to. The deps stage sets it.
	Lock    []byte
	Secrets secret.Set // what slipway.yaml asks for, taken out of slipway's environment
	// Variant is the image for the platform that is tried in full.
	Variant
	// Others are the images for the other platforms: built as well, and asked
	// where the engine can run them.
	Others []*Variant
	// Native is the base image on the engine's own platform: what is made there
	// for all platforms is made in it. It is Image.Base unless that is another's.
	Native *Base
	// Trained is what training wrote; nil when nothing is trained.
	Trained *Trained // train
	Result  *result.Result

	background []<-chan string
}

// Trained is what training wrote, the same for all platforms.
type Trained struct {
	Key     string // what they follow from
	Layers  []layer.Layer
	Files   []result.Weight
	Metrics []byte // the content of the metrics file; nil when that is not an output
}

// Variant is the image for one platform.
type Variant struct {
	Image     Image     // deps adds its layer, image all the others
	Container Container // image
}

// Variants are the images for all platforms, the one that is tried in full first.
func (r *Run) Variants() []*Variant { return append([]*Variant{&r.Variant}, r.Others...) }

// Goes is true for a platform whose image is published when all passes: what
// could not be run is no part of what others are led to, unless slipway.yaml
// allows it.
func (r *Run) Goes(p result.Platform) bool {
	return p.Reason == "" || r.Plan.Publish.AllowUnverified
}

// Outcome is what a stage found.
type Outcome struct {
	Status result.StageStatus
	Reason string // empty when passed
	Remedy string // what to do about it, when it failed
}

// Pass is the outcome of a stage with nothing to say.
func Pass() (Outcome, error) { return Outcome{Status: result.StagePassed}, nil }

// Fail is the outcome when the model is at fault: what is wrong, and what its author can do.
func Fail(reason, remedy string) (Outcome, error) {
	return Outcome{Status: result.StageFailed, Reason: reason, Remedy: remedy}, nil
}

// Skip is the outcome of a stage that was not needed or not possible, with a reason a reader can act on.
func Skip(format string, args ...any) (Outcome, error) {
	return Outcome{Status: result.StageSkipped, Reason: fmt.Sprintf(format, args...)}, nil
}

// Error is a stage that could not be carried out, in words for a person:
// what went wrong, where, and what to do. Nothing of it is the model's fault.
type Error struct {
	What, Where, Remedy string
	Err                 error // the cause, for logs
}

func (e *Error) Error() string {
	if e.Where == "" {
		return e.What
	}
	return e.What + " (" + e.Where + ")"
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Invalid is a mistake in the configuration that shows only when it is carried out.
type Invalid struct{ Problem result.Problem }

func (e *Invalid) Error() string { return e.Problem.Message }

// ExitError is a command in a container that ended with a code other than 0.
type ExitError struct {
	Code           int
	Stdout, Stderr string // the ends of both
}

func (e *ExitError) Error() string { return fmt.Sprintf("the command ended with exit code %d", e.Code) }

// StartError is an image in which no command can be started: it names a user
// that it does not have.
type StartError struct{ What string }

func (e *StartError) Error() string { return e.What }

// Watcher is told how a run goes while it goes.
type Watcher interface {
	Started(name string)
	Finished(s result.Stage)
}

// Execute runs the stages in order and fills run.Result: a record for every
// stage, the run's status and, unless it passed, what to say first about it.
func Execute(ctx context.Context, stages []Stage, run *Run, watch Watcher) {
	res := run.Result
	res.Status = result.Passed
	beside, stop := context.WithCancel(ctx)
	defer stop()
	blocker := ""        // the first stage that did not pass
	interrupted := false // the run ended before its last stage did
	for _, s := range stages {
		record := result.Stage{Name: s.Name}
		switch {
		case ctx.Err() != nil:
			interrupted = true
			_, why := Ended(ctx, s.Name)
			record.Status, record.Reason = result.StageSkipped, "not run: "+why.What
		case blocker != "" && !(s.Check && run.Container != nil):
			record.Status, record.Reason = result.StageSkipped, fmt.Sprintf("not run: %s did not pass", blocker)
		default:
			record = execute(ctx, s, run, watch)
			interrupted = interrupted || record.Status == result.StageErrored && ctx.Err() != nil
		}
		res.Stages = append(res.Stages, record)
		if blocker == "" && (record.Status == result.StageFailed || record.Status == result.StageErrored) {
			blocker = s.Name
			stop()
		}
		if s.Beside != nil && record.Status == result.StagePassed {
			s.Beside(beside, run)
		}
	}
	run.settle()
	if interrupted {
		res.Status, res.Error = Ended(ctx, cancelledIn(res.Stages))
	}
}

// Ended says how a run ended whose context did: cancelled from outside, or
// errored when what it ran in went away.
func Ended(ctx context.Context, where string) (result.Status, *result.Error) {
	cause := context.Cause(ctx)
	var known *Error
	switch {
	case errors.As(cause, &known):
		return result.Errored, &result.Error{What: known.What, Where: known.Where, Remedy: known.Remedy}
	case errors.Is(cause, context.Canceled):
		return result.Cancelled, &result.Error{What: "the run was cancelled", Where: where, Remedy: "run it again"}
	}
	return result.Cancelled, &result.Error{What: cause.Error(), Where: where, Remedy: "give it more time with --timeout, or make it quicker"}
}

func execute(ctx context.Context, s Stage, run *Run, watch Watcher) result.Stage {
	watch.Started(s.Name)
	started := time.Now()
	outcome, err := s.Run(ctx, run)
	elapsed := time.Since(started).Milliseconds()
	var unstartable *StartError
	if errors.As(err, &unstartable) {
		outcome, err = Fail("no command can be started in the image: "+unstartable.What, "correct the user that the image names (USER in a Dockerfile)")
	}
	record := result.Stage{Name: s.Name, Status: outcome.Status, Reason: outcome.Reason, Started: &started, DurationMS: &elapsed}
	if err != nil {
		record.Status, record.Reason = result.StageErrored, err.Error()
		if ctx.Err() != nil {
			_, why := Ended(ctx, s.Name)
			record.Reason = why.What
		}
	}
	if record.Status == result.StageSkipped {
		record.Started, record.DurationMS = nil, nil
	}
	note(run.Result, record, outcome.Remedy, err)
	watch.Finished(record)
	return record
}

// note lets the first finding decide the run's status, except that an error of
// ours outranks a failure of the model: with it, the run has not told everything.
func note(res *result.Result, record result.Stage, remedy string, err error) {
	switch record.Status {
	case result.StageFailed:
		if res.Status == result.Passed {
			res.Status = result.Failed
			res.Error = &result.Error{What: record.Reason, Where: record.Name, Remedy: remedy}
		}
	case result.StageErrored:
		if res.Status == result.Errored || res.Status == result.Invalid {
			return
		}
		res.Status = result.Errored
		res.Error = &result.Error{What: record.Reason, Where: record.Name, Remedy: "see engine.log beside the result; run again if it looks like the network"}
		var known *Error
		var invalid *Invalid
		if errors.As(err, &known) {
			res.Error = &result.Error{What: known.What, Where: known.Where, Remedy: known.Remedy}
		} else if errors.As(err, &invalid) {
			res.Status = result.Invalid
			res.Problems = append(res.Problems, invalid.Problem)
			res.Error = &result.Error{What: invalid.Problem.Message, Where: invalid.Problem.File, Remedy: "correct it and run again"}
		}
	}
}

func cancelledIn(stages []result.Stage) string {
	for _, s := range stages {
		if s.Status == result.StageErrored {
			return s.Name
		}
	}
	return ""
}

// BuildError is a Dockerfile that cannot be built: the model's fault, not the engine's.
type BuildError struct{ What string }

func (e *BuildError) Error() string { return e.What }
