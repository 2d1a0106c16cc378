package smoke

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/slipway-dev/slipway/internal/config"
	"github.com/slipway-dev/slipway/internal/plan"
	"github.com/slipway-dev/slipway/internal/result"
	"github.com/slipway-dev/slipway/internal/stage"
)

// others asks the images for the other platforms the same cases, where the
// engine can run them. An engine that cannot is not the model's fault: such an
// image was not tried, and publish leaves it out.
func (s Stage) others(ctx context.Context, run *stage.Run) (stage.Outcome, error) {
	for _, v := range run.Others {
		platform := v.Image.Platform
		outcome, err := s.other(ctx, run, v)
		switch {
		case errors.Is(err, stage.ErrForeign):
			run.Result.NotRun(platform, stage.NoEmulator)
		case err != nil:
			return stage.Outcome{}, err
		case outcome.Status == result.StageFailed:
			return stage.Fail(platform+": "+outcome.Reason, outcome.Remedy)
		case outcome.Status != result.StagePassed:
			run.Result.NotRun(platform, outcome.Reason)
		}
	}
	return stage.Pass()
}

// other asks one. Its run has a result of its own, of which only what the
// model got wrong is kept: times and memory under emulation say nothing.
func (s Stage) other(ctx context.Context, run *stage.Run, v *stage.Variant) (stage.Outcome, error) {
	alone := &stage.Run{Plan: run.Plan, Secrets: run.Secrets, Variant: *v, Result: &result.Result{Image: run.Result.Image}}
	alone.Plan.Smoke = untimed(run.Plan.Smoke)
	spec, err := makeSpec(alone)
	if err != nil {
		return stage.Outcome{}, err
	}
	spec.Run, spec.Rounds = s.Nonce, 1
	s.Probe = s.Others(v.Image.Platform)
	s.Scratch = filepath.Join(s.Scratch, strings.ReplaceAll(v.Image.Platform, "/", "-"))
	seen, err := s.see(ctx, alone, spec)
	if err != nil {
		return stage.Outcome{}, err
	}
	outcome, err := Judge(alone, seen)
	if outcome.Status == result.StageFailed {
		adopt(run.Result.Smoke, alone.Result.Smoke, v.Image.Platform)
	}
	for _, w := range alone.Result.Warnings {
		run.Result.Warnings = append(run.Result.Warnings, fmt.Sprintf("%s: %s", v.Image.Platform, w))
	}
	return outcome, err
}

// adopt keeps what was wrong with another platform's image beside what was right with the first.
func adopt(to, from *result.Smoke, platform string) {
	to.Log = from.Log
	for _, c := range from.Cases {
		if c.Status == result.StageFailed {
			c.Name += " (" + platform + ")"
			to.Cases = append(to.Cases, c)
		}
	}
}

// emulated is how much longer an emulated server has to become ready.
const emulated = 10

// untimed is the plan without what depends on the machine's speed.
func untimed(p *plan.Smoke) *plan.Smoke {
	q := *p
	q.Load, q.Budgets = nil, config.Budgets{}
	q.Timeout *= emulated
	q.Cases = slices.Clone(p.Cases)
	for n := range q.Cases {
		q.Cases[n].Expect.MaxLatencyMS = 0
	}
	return &q
}
