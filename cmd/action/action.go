package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/slipway-dev/slipway/internal/event"
	"github.com/slipway-dev/slipway/internal/github"
	"github.com/slipway-dev/slipway/internal/reporting"
	"github.com/slipway-dev/slipway/internal/result"
)

// Time for the report: it is a courtesy, and must not hold up a job. After a
// cancellation the runner leaves less than three seconds.
const (
	reportTime    = time.Minute
	cancelledTime = 2 * time.Second
)

// action is the step with everything it gets from outside.
type action struct {
	args    []string
	getenv  func(string) string
	environ []string
	stdout  io.Writer
	signals <-chan os.Signal
}

// main runs the step and returns its exit code, which is the run's.
func (a action) main() int {
	commands := github.NewCommands(a.stdout, a.getenv)
	in, problems := readInputs(a.getenv)
	commands.Mask(in.token)
	commands.MaskLogin(in.username, in.password)

	workspace := a.getenv("GITHUB_WORKSPACE")
	if workspace == "" {
		workspace, _ = os.Getwd() // without one every path below is reported
	}
	where, more := locate(in, workspace)
	problems = append(problems, more...)
	if len(a.args) != 1 {
		problems = append(problems, result.Problem{Message: "usage: action PATH_OF_SLIPWAY"})
	}
	ev, err := event.Parse(a.getenv, os.ReadFile)
	if err != nil {
		problems = append(problems, result.Problem{Message: err.Error()})
	}
	if in.publish == "true" && ev.PullRequest != nil && ev.PullRequest.Fork {
		problems = append(problems, result.Problem{Message: "input publish: true, but the pull request comes from a fork, whose runs may not publish; with auto they build and test only"})
	}
	reporter := reporting.Reporter{Commands: commands, Log: a.stdout, Mode: in.comment, CommentID: in.commentID, ModelDir: where.model}
	if len(problems) > 0 {
		reporter.Target.Why = "the step's inputs are invalid"
		reporter.ModelDir = ""
		return a.report(reporter, invalid(where, problems))
	}
	a.aim(&reporter, in, ev)

	file := filepath.Join(where.out, "result.json")
	for _, earlier := range []string{file, filepath.Join(where.out, "report.md")} { // an earlier run's are not this one's
		if err := os.Remove(earlier); err != nil && !os.IsNotExist(err) {
			return a.report(reporter, errored(where, err, earlier))
		}
	}
	secrets := declared(where, ev)
	for _, name := range secrets {
		commands.Mask(a.getenv(name))
	}
	output := github.NewForeign(a.stdout)
	stopped, runErr := pipeline{
		path: a.args[0], args: arguments(in, where), dir: where.dir, env: environment(a.environ, secrets, in),
		output: output, signals: a.signals, patience: patience,
	}.run()
	if err := output.Close(); err != nil {
		fmt.Fprintf(a.stdout, "slipway: passing on the pipeline's output: %v\n", err)
	}
	reporter.Files = reporting.Files{Result: existing(file), Report: existing(filepath.Join(where.out, "report.md"))}
	res := readResult(file, stopped, runErr)
	complete(&res, ev)
	return a.report(reporter, res)
}

// aim finds where the comment goes.
func (a action) aim(r *reporting.Reporter, in inputs, ev event.Event) {
	r.Target = reporting.ChooseTarget(in.comment, ev, in.token != "")
	if r.Target.Number == 0 {
		return
	}
	api := a.getenv("GITHUB_API_URL")
	if api == "" {
		api = github.PublicAPI
	}
	client, err := github.New(github.Options{APIURL: api, Token: in.token})
	if err != nil {
		r.Target = reporting.Target{Why: err.Error()}
		return
	}
	pr, err := client.PullRequest(ev.Repository, r.Target.Number)
	if err != nil {
		r.Target = reporting.Target{Why: err.Error()}
		return
	}
	r.Commenter = &reporting.Commenter{Comments: pr, Identity: client}
}

func (a action) report(r reporting.Reporter, res result.Result) int {
	limit := reportTime
	if res.Status == result.Cancelled {
		limit = cancelledTime
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	r.Report(ctx, res)
	return res.Status.ExitCode()
}

// invalid is the result of a step whose inputs are wrong: nothing was run.
func invalid(p place, problems []result.Problem) result.Result {
	return result.Result{
		Schema: result.Schema, Model: filepath.Base(p.out), Status: result.Invalid, Problems: problems,
		Error: &result.Error{What: fmt.Sprintf("the step has %d problem(s) with its inputs", len(problems)), Where: "with:", Remedy: "correct what is listed"},
	}
}

func errored(p place, err error, where string) result.Result {
	return result.Result{
		Schema: result.Schema, Model: filepath.Base(p.out), Status: result.Errored,
		Error: &result.Error{What: err.Error(), Where: where, Remedy: "name another directory with the input out"},
	}
}

// complete names run and commit in a result that was made without the pipeline.
func complete(r *result.Result, ev event.Event) {
	if r.Run.ID == "" {
		r.Run.ID, r.Run.Attempt, r.Run.URL = ev.RunID, ev.Attempt, ev.RunURL
	}
	if r.Commit == "" {
		r.Commit = ev.Commit
	}
	if r.Event == "" {
		r.Event = ev.Name
	}
}

// existing is path, or empty when there is no such file.
func existing(path string) string {
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	return path
}
