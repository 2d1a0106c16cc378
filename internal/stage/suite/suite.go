// Package suite runs the model's own tests in the image, with what they need
// and the image does not have added beside it, never over it.
package suite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/slipway-dev/slipway/internal/layer"
	"github.com/slipway-dev/slipway/internal/plan"
	"github.com/slipway-dev/slipway/internal/protocol"
	"github.com/slipway-dev/slipway/internal/result"
	"github.com/slipway-dev/slipway/internal/stage"
)

const (
	outDir = "/slipway/out"
	// logLines is how much of a failing command's output the result keeps.
	logLines = 60
)

// Stage runs the test command.
type Stage struct {
	Composer stage.Composer
	Probe    string // path of the helper binary for the image's platform
	Scratch  string // a directory for files of this run
	Nonce    string // differs from run to run: tests are never answered from a cache
}

// Run runs the tests and records what failed where.
func (s Stage) Run(ctx context.Context, run *stage.Run) (stage.Outcome, error) {
	p := run.Plan
	if why := p.Skipped("test"); why != "" {
		run.Result.Unverified = append(run.Result.Unverified, "no tests were run: "+why)
		return stage.Skip("%s", why)
	}
	exec := stage.Supervise(s.Probe, run.Container.Config(), append([]string{"exec", "--timeout", p.Test.Timeout.String(), "--out", outDir, "--"}, p.Test.Command...)...)
	exec.Env["SLIPWAY_RUN"] = s.Nonce
	exec.Env["PYTEST_ADDOPTS"] = "-p no:cacheprovider -o junit_family=xunit1 --junitxml=" + outDir + "/junit.xml"
	exec.Output, exec.OutputTo = outDir, filepath.Join(s.Scratch, "test")
	exec.Names = []string{"exit.json", "log", "junit.xml"}
	for k, v := range p.Test.Env {
		if k == "PATH" {
			k = "SLIPWAY_PATH" // the helper's own is not the tests'
		}
		exec.Env[k] = v
	}
	exec.AddSecrets(run, p.Test.Secrets)
	if len(p.Test.Files) > 0 {
		host := filepath.Join(s.Scratch, "tests")
		if err := copyFiles(p.Dir, host, p.Test.Files); err != nil {
			return stage.Outcome{}, err
		}
		exec.Trees = []stage.Tree{{Host: host, Include: p.Test.Files, Path: workDir(run.Container.Config())}}
	}
	if err := s.runs(ctx, run); err != nil {
		return cannot(run, err)
	}
	if p.Test.Requirements != "" {
		if err := s.prepare(ctx, run, &exec); err != nil {
			return cannot(run, err)
		}
	}
	if _, err := run.Container.Exec(ctx, exec); err != nil {
		var exit *stage.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("the helper ended with %d: %s", exit.Code, stage.LastLine(exit.Stderr))
		}
		return cannot(run, err)
	}
	return judge(run, exec.OutputTo)
}

// runs is ErrForeign for a platform that the engine cannot run: our helper
// tells before anything is installed for it.
func (s Stage) runs(ctx context.Context, run *stage.Run) error {
	if run.Native == nil || run.Native.Platform == run.Image.Platform {
		return nil
	}
	_, err := run.Container.Exec(ctx, stage.Supervise(s.Probe, run.Container.Config(), "help"))
	var exit *stage.ExitError
	if errors.As(err, &exit) {
		return nil // it ran
	}
	return err
}

// cannot is the end of tests that could not be run: no fault of anybody's where
// the engine cannot run the platform.
func cannot(run *stage.Run, err error) (stage.Outcome, error) {
	if errors.Is(err, stage.ErrForeign) {
		return stage.Skip("%s: %s", run.Image.Platform, stage.NoEmulator)
	}
	return stage.Outcome{}, err
}

// workDir is where the tests go: the image's working directory, the model's own place.
func workDir(c layer.Config) string {
	if c.WorkingDir == "" || c.WorkingDir == "/" {
		return plan.AppDir
	}
	return c.WorkingDir
}

// judge turns what the command left behind into an outcome.
func judge(run *stage.Run, dir string) (stage.Outcome, error) {
	var end protocol.Exit
	data, err := stage.ReadOutput(dir, "exit.json")
	if err != nil {
		return stage.Outcome{}, fmt.Errorf("reading how the tests ended: %w", err)
	}
	if err := json.Unmarshal(data, &end); err != nil {
		return stage.Outcome{}, fmt.Errorf("reading how the tests ended: %w", err)
	}
	log, err := stage.ReadOutput(dir, "log")
	if err != nil {
		return stage.Outcome{}, fmt.Errorf("reading what the tests said: %w", err)
	}
	report, err := stage.ReadOutput(dir, "junit.xml")
	if err == nil {
		run.Result.Tests, err = parseJUnit(report)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		run.Result.Warnings = append(run.Result.Warnings, "the JUnit report of the tests could not be read: "+err.Error())
	}
	if run.Result.Tests != nil {
		run.Result.Tests.DurationMS = &end.AfterMS
	}
	if end.Code == 0 && end.Signal == "" && (run.Result.Tests == nil || run.Result.Tests.Failed == 0) {
		if t := run.Result.Tests; t != nil && t.Passed == 0 {
			run.Result.Unverified = append(run.Result.Unverified, "no test was run")
		}
		return stage.Pass()
	}
	if run.Result.Tests == nil {
		run.Result.Tests = &result.Tests{}
	}
	run.Result.Tests.Log = stage.Tail(string(log), logLines)
	remedy := "the failed tests are listed with file and line"
	switch {
	case end.TimedOut:
		remedy = "the end of their output is in the report; `test: {timeout: …}` in slipway.yaml gives them more time"
	case run.Result.Tests.Failed == 0:
		remedy = "the end of the test command's output is in the report"
	}
	return stage.Fail(reason(run.Result.Tests, end, string(log)), remedy)
}

func reason(t *result.Tests, end protocol.Exit, log string) string {
	switch {
	case end.TimedOut:
		return fmt.Sprintf("the tests did not end within %.0f s", end.AfterMS/1000)
	case end.OOM:
		return "the tests ran out of memory"
	case end.Signal != "":
		return fmt.Sprintf("the test command was ended by %s after %.0f s", end.Signal, end.AfterMS/1000)
	case t.Failed == 1:
		return "1 test failed: " + t.Failures[0].Name
	case t.Failed > 1:
		return fmt.Sprintf("%d of %d tests failed", t.Failed, t.Total)
	case end.Code == 5 && strings.Contains(log, "no tests ran"):
		// https://docs.pytest.org/en/stable/reference/exit-codes.html
		return "pytest found no tests to run"
	}
	return fmt.Sprintf("the test command ended with exit code %d: %s", end.Code, stage.LastLine(log))
}
