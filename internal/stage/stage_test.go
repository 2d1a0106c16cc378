package stage

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-dev/slipway/internal/layer"
	"github.com/slipway-dev/slipway/internal/result"
)

type silent struct{}

func (silent) Started(string)        {}
func (silent) Finished(result.Stage) {}

// does makes a stage of an outcome.
func does(name string, check bool, o Outcome, err error) Stage {
	return Stage{Name: name, Check: check, Run: func(_ context.Context, run *Run) (Outcome, error) {
		if name == "image" && err == nil {
			run.Container = nothing{}
		}
		return o, err
	}}
}

type nothing struct{}

func (nothing) Exec(context.Context, Exec) (Output, error) { return Output{}, nil }
func (nothing) Config() layer.Config                       { return layer.Config{} }

var (
	pass = Outcome{Status: result.StagePassed}
	bad  = Outcome{Status: result.StageFailed, Reason: "it is wrong", Remedy: "make it right"}
)

func TestExecute(t *testing.T) {
	down := &Error{What: "it is down", Where: "there", Remedy: "start it"}
	for _, test := range []struct {
		name   string
		stages []Stage
		status result.Status
		where  string
		want   []result.StageStatus
	}{
		{"all pass", []Stage{does("image", false, pass, nil), does("test", true, pass, nil), does("publish", false, pass, nil)},
			result.Passed, "", []result.StageStatus{"passed", "passed", "passed"}},
		{"a failed check lets the next one run, and stops publish", []Stage{does("image", false, pass, nil), does("test", true, bad, nil), does("smoke", true, pass, nil), does("publish", false, pass, nil)},
			result.Failed, "test", []result.StageStatus{"passed", "failed", "passed", "skipped"}},
		{"without an image there is nothing to check", []Stage{does("deps", false, bad, nil), does("image", false, pass, nil), does("test", true, pass, nil), does("publish", false, pass, nil)},
			result.Failed, "deps", []result.StageStatus{"failed", "skipped", "skipped", "skipped"}},
		{"an error of ours outranks a failure", []Stage{does("image", false, pass, nil), does("test", true, bad, nil), does("smoke", true, Outcome{}, down)},
			result.Errored, "there", []result.StageStatus{"passed", "failed", "errored"}},
		{"an error is not the model's", []Stage{does("deps", false, Outcome{}, down), does("image", false, pass, nil)},
			result.Errored, "there", []result.StageStatus{"errored", "skipped"}},
		{"a mistake that only shows now", []Stage{does("image", false, pass, nil), does("test", true, Outcome{}, &Invalid{result.Problem{File: "requirements-test.txt", Message: "no"}})},
			result.Invalid, "requirements-test.txt", []result.StageStatus{"passed", "errored"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			run := &Run{Result: &result.Result{}}
			Execute(t.Context(), test.stages, run, silent{})
			if run.Result.Status != test.status {
				t.Errorf("status is %s, want %s", run.Result.Status, test.status)
			}
			where := ""
			if run.Result.Error != nil {
				where = run.Result.Error.Where
			}
			if where != test.where {
				t.Errorf("the error is in %q, want %q", where, test.where)
			}
			var got []result.StageStatus
			for _, s := range run.Result.Stages {
				got = append(got, s.Status)
				if (s.Reason == "") != (s.Status == result.StagePassed) {
					t.Errorf("%s is %s because of %q", s.Name, s.Status, s.Reason)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("stages (-want +got):\n%s", diff)
			}
		})
	}
}

func TestExecuteCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	run := &Run{Result: &result.Result{}}
	Execute(ctx, []Stage{
		{Name: "deps", Run: func(ctx context.Context, _ *Run) (Outcome, error) {
			cancel()
			return Outcome{}, ctx.Err()
		}},
		does("image", false, pass, nil),
	}, run, silent{})
	if run.Result.Status != result.Cancelled || run.Result.Error.Where != "deps" {
		t.Errorf("status is %s in %s", run.Result.Status, run.Result.Error.Where)
	}
	if s := run.Result.Stages[1]; s.Status != result.StageSkipped {
		t.Errorf("a stage ran after the end: %+v", s)
	}
}

// TestExecuteCancelledTooLate: a run whose last stage was done is not undone by a signal.
func TestExecuteCancelledTooLate(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	run := &Run{Result: &result.Result{}}
	Execute(ctx, []Stage{{Name: "publish", Run: func(context.Context, *Run) (Outcome, error) {
		cancel()
		return Pass()
	}}}, run, silent{})
	if run.Result.Status != result.Passed {
		t.Errorf("status is %s: %+v", run.Result.Status, run.Result.Error)
	}
}

func TestExecuteTimeout(t *testing.T) {
	why := errors.New("the run took longer than its timeout of 1s")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	run := &Run{Result: &result.Result{}}
	Execute(ctx, []Stage{does("deps", false, pass, nil)}, run, silent{})
	if run.Result.Status != result.Cancelled || run.Result.Error.What != why.Error() {
		t.Errorf("status is %s: %s", run.Result.Status, run.Result.Error.What)
	}
}

func TestBelow(t *testing.T) {
	i := Image{Layers: []layer.Layer{{Kind: layer.Deps}, {Kind: layer.Weights}, {Kind: layer.Code}}}
	if got := i.Below(layer.Weights).Layers; len(got) != 1 || got[0].Kind != layer.Deps {
		t.Errorf("below the weights lie %v", got)
	}
	if len(i.Layers) != 3 {
		t.Error("Below changed the image it was asked of")
	}
}
