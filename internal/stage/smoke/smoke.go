// Package smoke starts the image's own server, asks it for predictions, and
// holds the answers against the recorded ones.
package smoke

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/slipway-dev/slipway/internal/plan"
	"github.com/slipway-dev/slipway/internal/protocol"
	"github.com/slipway-dev/slipway/internal/result"
	"github.com/slipway-dev/slipway/internal/stage"
)

const outDir = "/slipway/out"

// Stage runs the probe in the image and judges what it saw.
type Stage struct {
	Probe   string // path of the probe for the image's platform
	Scratch string // a directory for files of this run
	Nonce   string // differs from run to run: the server is really started each time
}

// Run asks and judges.
func (s Stage) Run(ctx context.Context, run *stage.Run) (stage.Outcome, error) {
	if why := run.Plan.Skipped("smoke"); why != "" {
		run.Result.Unverified = append(run.Result.Unverified, "the server was not asked for a prediction")
		return stage.Skip("%s", why)
	}
	proto, err := protocol.For(run.Plan.Smoke.Protocol)
	if err != nil {
		return stage.Outcome{}, err
	}
	spec := s.spec(run, proto)
	if len(spec.Command) == 0 {
		return stage.Fail("the image has no entrypoint and no command, so there is nothing to start", "give it one, or set serve.command in slipway.yaml")
	}
	seen, err := s.observe(ctx, run, spec)
	if err != nil {
		return stage.Outcome{}, err
	}
	return judge(run, proto, spec.Port, seen)
}

// spec is what the probe is told.
func (s Stage) spec(run *stage.Run, proto protocol.Protocol) protocol.Spec {
	p := run.Plan.Smoke
	image := run.Container.Config()
	spec := protocol.Spec{
		Version: protocol.SpecVersion, Run: s.Nonce, Protocol: p.Protocol, Model: run.Plan.Model,
		Command: p.Command, Env: p.Env, Port: port(p, image.Ports, proto),
		Ready: protocol.Ready{Path: p.ReadyPath, TimeoutMS: p.Timeout.Milliseconds()},
	}
	if len(spec.Command) == 0 {
		spec.Command = image.Command()
	}
	for _, c := range p.Cases {
		spec.Cases = append(spec.Cases, c.Request)
	}
	return spec
}

// port is the configured one, else the only one the image exposes, else the protocol's.
func port(p *plan.Smoke, exposed []int, proto protocol.Protocol) int {
	switch {
	case p.Port != 0:
		return p.Port
	case len(exposed) == 1:
		return exposed[0]
	}
	return proto.DefaultPort()
}

func (s Stage) observe(ctx context.Context, run *stage.Run, spec protocol.Spec) (protocol.Observations, error) {
	var seen protocol.Observations
	told, err := json.Marshal(spec)
	if err != nil {
		return seen, fmt.Errorf("writing the probe's orders: %w", err)
	}
	dir := filepath.Join(s.Scratch, "smoke")
	x := stage.Supervise(s.Probe, run.Container.Config(), "smoke", "--spec", "/slipway/spec.json", "--out", outDir+"/observations.json")
	x.Files["/slipway/spec.json"] = stage.File{Content: told}
	x.Output, x.OutputTo = outDir, dir
	_, err = run.Container.Exec(ctx, x)
	var exit *stage.ExitError
	if errors.As(err, &exit) {
		return seen, fmt.Errorf("the probe ended with %d: %s", exit.Code, stage.LastLine(exit.Stderr))
	}
	if err != nil {
		return seen, err
	}
	data, err := stage.ReadOutput(dir, "observations.json")
	if err != nil {
		return seen, fmt.Errorf("reading what the probe saw: %w", err)
	}
	if err := json.Unmarshal(data, &seen); err != nil {
		return seen, fmt.Errorf("reading what the probe saw: %w", err)
	}
	if seen.Error != "" {
		return seen, fmt.Errorf("the probe could not do its work: %s", seen.Error)
	}
	return seen, nil
}

// notStarted is the reason of a server that was never ready.
func notStarted(seen protocol.Observations) string {
	if e := seen.Exit; e != nil {
		return "the server ended before it was ready: " + ended(*e)
	}
	return "the server was never ready: " + seen.NotReady
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

// answered says in a few words how many cases were as recorded.
func answered(cases []result.Case) string {
	var wrong []string
	for _, c := range cases {
		if c.Status != result.StagePassed {
			wrong = append(wrong, c.Name)
		}
	}
	if len(wrong) == 1 {
		return "the answer to " + wrong[0] + " is not as recorded"
	}
	return fmt.Sprintf("%d of %d answers are not as recorded: %s", len(wrong), len(cases), strings.Join(wrong, ", "))
}
