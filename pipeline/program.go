package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/slipway-dev/slipway/internal/result"
)

// program is slipway with everything it gets from outside.
type program struct {
	args   []string
	getenv func(string) string
	// take reads a variable and removes it from the environment: no child of slipway inherits it.
	take   func(string) string
	stdout io.Writer
	stderr io.Writer
}

// ended carries a run's outcome through the command parser to the exit code.
type ended struct{ status result.Status }

func (e ended) Error() string { return string(e.status) }

const longHelp = `Slipway takes a machine-learning model from its repository to a container that
is built, tested, asked for real predictions, and published by digest.

  slipway                      ship the model in this directory
  slipway models/iris          ship that one
  slipway plan models/iris     say what would be done, and why; do nothing
  slipway check models/iris    look for mistakes in slipway.yaml, without an engine
  slipway lock models/iris     write down what its image is made of, so that every machine makes the same one
  slipway record models/iris   write its answers into the cases, to be compared from now on
  slipway judge dist/iris models/iris   judge again what that run saw
  slipway verify REF@DIGEST    check what is attached to a published image
  slipway reproduce REF@DIGEST build a published image again, and compare
  slipway smoke IMAGE          ask an image that somebody else built

A run writes result.json, report.md and engine.log to --out, whatever happens.

Exit codes: 0 passed, 1 failed (the model's fault), 2 invalid configuration or
command line, 3 errored (engine, registry, network), 130 cancelled.`

// main runs the command line and returns the exit code.
func (p program) main(ctx context.Context) int {
	root := p.root()
	root.SetArgs(p.args)
	root.SetOut(p.stdout)
	root.SetErr(p.stderr)
	err := root.ExecuteContext(ctx)
	var end ended
	switch {
	case err == nil:
		return 0
	case errors.As(err, &end):
		return end.status.ExitCode()
	}
	fmt.Fprintf(p.stderr, "slipway: %v\n", err)
	return result.Invalid.ExitCode()
}

func (p program) root() *cobra.Command {
	var f flags
	run := func(cmd *cobra.Command, args []string) error {
		return ended{p.run(cmd.Context(), ship(modelDir(args), f))}
	}
	root := &cobra.Command{
		Use:           "slipway [MODEL_DIR]",
		Short:         "From a model's repository to a tested, published container",
		Long:          longHelp,
		Version:       version(),
		Args:          cobra.MaximumNArgs(1),
		RunE:          run,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	f.add(root)
	explicit := &cobra.Command{Use: "run [MODEL_DIR]", Short: "Build, test, smoke, publish (the default)", Args: cobra.MaximumNArgs(1), RunE: run}
	f.add(explicit)
	root.AddCommand(explicit, p.planCommand(), p.checkCommand(), p.lockCommand(), p.recordCommand(), p.smokeCommand(), p.judgeCommand(), p.reproduceCommand(), p.verifyCommand())
	return root
}

// version is the module version this was built as, or the commit of a checkout.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return s.Value[:12]
		}
	}
	return info.Main.Version
}

func modelDir(args []string) string {
	if len(args) == 0 {
		return "."
	}
	return args[0]
}

// terminal says whether w is a screen that a person looks at.
func terminal(w io.Writer) bool {
	if through, ok := w.(interface{ Unwrap() io.Writer }); ok {
		w = through.Unwrap()
	}
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// colour follows https://no-color.org and leaves dumb terminals alone.
func (p program) colour(w io.Writer) bool {
	return terminal(w) && p.getenv("NO_COLOR") == "" && p.getenv("TERM") != "dumb"
}
