package publish

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-dev/slipway/internal/config"
	"github.com/slipway-dev/slipway/internal/expect"
	"github.com/slipway-dev/slipway/internal/plan"
	"github.com/slipway-dev/slipway/internal/result"
	"github.com/slipway-dev/slipway/internal/stage"
)

// registry writes down what is done to it. An upload goes on until it may end.
type registry struct {
	did    []string
	finish chan struct{}
	tagErr error
}

func (r *registry) Upload(ctx context.Context, _ []stage.Image, to string) error {
	select {
	case <-ctx.Done():
		r.did = append(r.did, "upload stopped")
	case <-r.finish:
		r.did = append(r.did, "upload to "+to)
	}
	return ctx.Err()
}

func (r *registry) Publish(_ context.Context, _ []stage.Image, to string, tags []string, _ stage.Attach) (stage.Published, error) {
	r.did = append(r.did, "publish")
	done := stage.Published{Digest: "sha256:1", Reference: to + "@sha256:1", Tags: tags, Pushed: map[string]int64{"sha256:2": 3}}
	if r.tagErr != nil {
		done.Tags = tags[:1]
	}
	return done, r.tagErr
}

type silent struct{}

func (silent) Started(string)        {}
func (silent) Finished(result.Stage) {}

// checked is a plan whose run can be verified.
func checked() plan.Plan {
	answer := config.Case{Expect: expect.Expectation{Answer: json.RawMessage(`{"a": 1}`)}}
	return plan.Plan{
		Test: &plan.Test{}, Smoke: &plan.Smoke{Smoke: config.Smoke{Cases: []config.Case{answer}}},
		Publish: plan.Publish{To: "localhost/iris", Tags: []string{"one", "two"}},
		Steps:   []plan.Step{{Stage: "publish", Do: "push"}},
	}
}

func execute(t *testing.T, r *registry, p plan.Plan, check func(run *stage.Run) (stage.Outcome, error)) *result.Result {
	t.Helper()
	s := &Stage{Publisher: r, Documents: documents{}}
	run := &stage.Run{Plan: p, Result: &result.Result{Image: &result.Image{Layers: []result.Layer{{Digest: "sha256:2"}}}}}
	stage.Execute(t.Context(), []stage.Stage{
		{Name: "image", Run: func(context.Context, *stage.Run) (stage.Outcome, error) { return stage.Pass() }, Beside: s.Beside},
		{Name: "test", Run: func(_ context.Context, run *stage.Run) (stage.Outcome, error) { return check(run) }},
		{Name: "publish", Run: s.Run},
	}, run, silent{})
	if s.uploaded != nil {
		<-s.uploaded
	}
	return run.Result
}

// TestBeside: bytes go while the image is checked, publish waits for them, and they stop when a check fails.
func TestBeside(t *testing.T) {
	r := &registry{finish: make(chan struct{})}
	res := execute(t, r, checked(), func(*stage.Run) (stage.Outcome, error) {
		close(r.finish)
		return stage.Pass()
	})
	if want := []string{"upload to localhost/iris", "publish"}; !slices.Equal(r.did, want) || res.Status != result.Passed {
		t.Errorf("%s: %v, want %v", res.Status, r.did, want)
	}
	if pushed := res.Image.Layers[0].PushedBytes; pushed == nil || *pushed != 3 {
		t.Errorf("pushed bytes are %v", pushed)
	}
	r = &registry{}
	res = execute(t, r, checked(), func(*stage.Run) (stage.Outcome, error) { return stage.Fail("wrong", "correct it") })
	if want := []string{"upload stopped"}; !slices.Equal(r.did, want) || res.Status != result.Failed {
		t.Errorf("%s: %v, want %v", res.Status, r.did, want)
	}
}

// TestNothingBeside: what will not be published is not uploaded either.
func TestNothingBeside(t *testing.T) {
	for name, change := range map[string]func(p *plan.Plan){
		"skipped":     func(p *plan.Plan) { p.Steps[0].Skip = "--publish none" },
		"a directory": func(p *plan.Plan) { p.Publish.To = "oci:dir" },
		"no tests":    func(p *plan.Plan) { p.Test = nil },
		"no answer":   func(p *plan.Plan) { p.Smoke.Cases[0].Expect = expect.Expectation{} },
	} {
		t.Run(name, func(t *testing.T) {
			s, p := Stage{Publisher: &registry{}, Documents: documents{}}, checked()
			change(&p)
			if s.Beside(t.Context(), &stage.Run{Plan: p}); s.uploaded != nil {
				t.Error("it is uploaded")
			}
		})
	}
}

// TestUnverified: found out only while it was checked, and all the same not published.
func TestUnverified(t *testing.T) {
	r := &registry{finish: make(chan struct{})}
	res := execute(t, r, checked(), func(run *stage.Run) (stage.Outcome, error) {
		run.Result.Unverified = []string{"no GPU"}
		return stage.Pass()
	})
	if slices.Contains(r.did, "publish") || res.Stages[2].Status != result.StageSkipped {
		t.Errorf("%v, %+v", r.did, res.Stages)
	}
}

// TestHalfTagged: the result lists the tags that were written, and that the image is there.
func TestHalfTagged(t *testing.T) {
	r := &registry{finish: make(chan struct{}), tagErr: errors.New("two is taken")}
	close(r.finish)
	res := execute(t, r, checked(), func(*stage.Run) (stage.Outcome, error) { return stage.Pass() })
	if diff := cmp.Diff([]string{"one"}, res.Image.Tags); diff != "" || res.Image.Reference != "localhost/iris@sha256:1" || res.Status != result.Errored {
		t.Errorf("%s, %s, tags (-want +got):\n%s", res.Status, res.Image.Reference, diff)
	}
}

// documents are none.
type documents struct{}

func (documents) Beside(context.Context, *stage.Run) {}
func (documents) Of(*stage.Run) stage.Attach         { return nil }
