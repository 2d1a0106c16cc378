// Package smoke starts the image's own server, asks it for predictions, and
// holds the answers against the recorded ones.
package smoke

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/slipway-dev/slipway/internal/client"
	"github.com/slipway-dev/slipway/internal/protocol"
	"github.com/slipway-dev/slipway/internal/result"
	"github.com/slipway-dev/slipway/internal/stage"
)

const outDir = "/slipway/out"

// ObservationsFile is where the observations of a run are kept beside its
// result, to be judged again.
const ObservationsFile = "observations.json"

// Stage runs the probe in the image and judges what it saw.
type Stage struct {
	Probe   string // path of the probe for the image's platform
	Scratch string // a directory for files of this run
	Out     string // the directory that the observations are kept in
	Nonce   string // differs from run to run: the server is really started each time
	// Others finds the probe for another platform; nil: there is none.
	Others func(platform string) string
}

// Run asks and judges.
func (s Stage) Run(ctx context.Context, run *stage.Run) (stage.Outcome, error) {
	if why := run.Plan.Skipped("smoke"); why != "" {
		run.Result.Unverified = append(run.Result.Unverified, "the server was not asked for a prediction")
		return stage.Skip("%s", why)
	}
	seen, err := s.Observe(ctx, run, 1)
	var nothing *NothingToStart
	if errors.As(err, &nothing) {
		return stage.Fail(nothing.Error(), "give it one, or set serve.command in slipway.yaml")
	}
	if errors.Is(err, stage.ErrForeign) {
		run.Result.NotRun(run.Image.Platform, stage.NoEmulator)
		return stage.Skip("%s: %s", run.Image.Platform, stage.NoEmulator)
	}
	if err != nil {
		return stage.Outcome{}, err
	}
	outcome, err := Judge(run, seen)
	if err != nil || outcome.Status != result.StagePassed || len(run.Others) == 0 {
		return outcome, err
	}
	return s.others(ctx, run)
}

// Observe starts the server in the run's container and asks every case in
// each of several rounds. What it saw is kept in the directory Out.
func (s Stage) Observe(ctx context.Context, run *stage.Run, rounds int) (protocol.Observations, error) {
	var seen protocol.Observations
	spec, err := makeSpec(run)
	if err != nil {
		return seen, err
	}
	spec.Run, spec.Rounds = s.Nonce, rounds
	if seen, err = s.see(ctx, run, spec); err != nil {
		return seen, err
	}
	return seen, keep(s.Out, seen)
}

// see is what the probe saw, when it could do its work.
func (s Stage) see(ctx context.Context, run *stage.Run, spec protocol.Spec) (protocol.Observations, error) {
	seen, err := s.probe(ctx, run, spec)
	clean(run.Secrets.Scrubber(), &seen)
	if err == nil && seen.Error != "" {
		err = fmt.Errorf("the probe could not do its work: %s", seen.Error)
	}
	return seen, err
}

// probe runs the probe, with the network closed when the spec says so. An
// engine that does not let it do that runs it with the network open: then
// what was seen says so.
func (s Stage) probe(ctx context.Context, run *stage.Run, spec protocol.Spec) (protocol.Observations, error) {
	if spec.Network != protocol.NetworkNone {
		return s.exec(ctx, run, spec)
	}
	closed := spec
	closed.User = run.Container.Config().User
	seen, err := s.exec(ctx, run, closed)
	if !errors.Is(err, stage.ErrInsecure) {
		return seen, err
	}
	spec.Network = protocol.NetworkOpen
	if seen, err = s.exec(ctx, run, spec); err == nil {
		seen.NetworkWhy = "the engine gives no container the privileges it takes"
	}
	return seen, err
}

func (s Stage) exec(ctx context.Context, run *stage.Run, spec protocol.Spec) (protocol.Observations, error) {
	var seen protocol.Observations
	told, files, err := orders(s.Scratch, spec)
	if err != nil {
		return seen, fmt.Errorf("writing the probe's orders: %w", err)
	}
	dir := filepath.Join(s.Scratch, "smoke")
	ctx, cancel := context.WithTimeoutCause(ctx, patience(spec), &stage.Error{
		What: "the probe did not come back within " + patience(spec).String(), Where: "smoke",
		Remedy: "something in the container stopped it, and nothing of the model's may: see engine.log beside the result",
	})
	defer cancel()
	x := stage.Supervise(s.Probe, run.Container.Config(), "smoke", "--spec", "/slipway/spec.json", "--out", outDir+"/"+ObservationsFile)
	x.Files["/slipway/spec.json"] = stage.File{Host: told} // not its content: that would be in the engine's log
	x.Trees = []stage.Tree{files}
	x.Output, x.Names, x.OutputTo = outDir, []string{ObservationsFile}, dir
	x.GPUs = spec.GPUs
	x.AddSecrets(run, run.Plan.Smoke.Secrets)
	if spec.Network == protocol.NetworkNone {
		x.Insecure, x.User = true, "0:0" // the probe gives all of it up before it starts the server
	}
	_, err = run.Container.Exec(ctx, x)
	var exit *stage.ExitError
	if errors.As(err, &exit) {
		return seen, fmt.Errorf("the probe ended with %d: %s", exit.Code, stage.LastLine(exit.Stderr))
	}
	if err != nil {
		return seen, err
	}
	if seen, err = ReadObservations(dir); err != nil {
		return seen, fmt.Errorf("reading what the probe saw: %w", err)
	}
	// Whatever runs as the probe's user could have written it.
	if seen.Run != spec.Run || seen.Network == protocol.NetworkNone && spec.Network != protocol.NetworkNone {
		return seen, errors.New("what the probe saw is of another run: something in the container wrote it")
	}
	return seen, nil
}

// patience is what a probe that is as slow as its spec allows takes, and a minute.
func patience(spec protocol.Spec) time.Duration {
	total := time.Duration(spec.Ready.TimeoutMS) * time.Millisecond
	for _, r := range spec.Cases {
		total += client.Timeout(r)
	}
	total *= time.Duration(max(1, spec.Rounds))
	return total + 3*time.Minute // discovery, the load, SIGTERM and its ten seconds, the engine's own time
}

// ReadObservations reads what a probe, or an earlier run, left in a directory.
func ReadObservations(dir string) (seen protocol.Observations, err error) {
	data, err := stage.ReadOutput(dir, ObservationsFile)
	if err != nil {
		return seen, err
	}
	if err := json.Unmarshal(data, &seen); err != nil {
		return seen, err
	}
	if seen.Version != protocol.SpecVersion {
		return seen, fmt.Errorf("its version is %d, this slipway reads version %d", seen.Version, protocol.SpecVersion)
	}
	return seen, nil
}

// keep writes the observations beside the result.
func keep(dir string, seen protocol.Observations) error {
	data, err := json.MarshalIndent(seen, "", "  ")
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, ObservationsFile), data, 0o644)
	}
	if err != nil {
		return fmt.Errorf("keeping what the probe saw: %w", err)
	}
	return nil
}
