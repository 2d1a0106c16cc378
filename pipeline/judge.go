package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/slipway-dev/slipway/internal/config"
	"github.com/slipway-dev/slipway/internal/plan"
	"github.com/slipway-dev/slipway/internal/protocol"
	"github.com/slipway-dev/slipway/internal/result"
	"github.com/slipway-dev/slipway/internal/stage"
	"github.com/slipway-dev/slipway/internal/stage/smoke"
)

func (p program) judgeCommand() *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:   "judge RESULT [MODEL_DIR]",
		Short: "Judge again what an earlier run saw",
		Long: `Judge holds the answers that an earlier run saw against the cases and budgets of
MODEL_DIR (default: here) as they are now. It runs nothing and publishes
nothing: to try another tolerance takes no time. RESULT is the directory that
run wrote, or its result.json; observations.json lies beside it.

  slipway judge dist/iris models/iris`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.out != "" && absolute(f.out) == absolute(resultDir(args[0])) {
				return fmt.Errorf("--out %s is the result that is judged: name another directory", f.out)
			}
			seen, err := readSeen(resultDir(args[0]))
			if err != nil {
				return err
			}
			return ended{p.run(cmd.Context(), judging(modelDir(args[1:]), f, saved{resultDir(args[0]), seen}))}
		},
	}
	cmd.Flags().StringVar(&f.out, "out", "", "directory to write this judgement to; default: it is only shown")
	f.addJSON(cmd)
	return cmd
}

// judging is a job that looks at another run's observations.
func judging(dir string, f flags, of saved) job {
	return job{
		dir: dir, flags: f, asked: of.dir, alone: true, unwritten: f.out == "",
		load:   func(dir, top string) (config.Config, []result.Problem) { return config.LoadSmoke(dir, top, "") },
		plan:   func(l loaded, _ plan.Facts) plan.Plan { return plan.ForSmoke(l.config, l.platforms[0]) },
		stages: func(tools) []stage.Stage { return []stage.Stage{{Name: "smoke", Run: of.Run}} },
	}
}

// resultDir is the directory of a result that is named by its file or its directory.
func resultDir(of string) string {
	if info, err := os.Stat(of); err == nil && !info.IsDir() {
		return filepath.Dir(of)
	}
	return of
}

// saved are the observations of an earlier run, and the directory of its result.
type saved struct {
	dir  string
	seen protocol.Observations
}

func (s saved) Run(_ context.Context, run *stage.Run) (stage.Outcome, error) {
	// The image's size has a budget too; a result that is not there has none.
	if before, err := result.Read(filepath.Join(s.dir, "result.json")); err == nil {
		run.Result.Image = before.Image
		run.Result.Unverified = append(run.Result.Unverified, leftOpen(before)...)
	}
	return smoke.Judge(run, s.seen)
}

// leftOpen is what the run that is judged did not pass or not check besides.
func leftOpen(before result.Result) []string {
	var open []string
	for _, s := range before.Stages {
		switch {
		case s.Name == "smoke" || s.Name == "publish" || s.Status == result.StagePassed:
		case s.Status == result.StageSkipped && s.Name == "test":
			open = append(open, "no tests were run: "+s.Reason)
		case s.Status != result.StageSkipped:
			open = append(open, fmt.Sprintf("%s %s in the run that is judged", s.Name, s.Status))
		}
	}
	return open
}

// readSeen reads what a run saw. An error is a mistake of the command line: it names something else.
func readSeen(dir string) (seen protocol.Observations, err error) {
	path := filepath.Join(dir, smoke.ObservationsFile)
	data, err := stage.ReadOutput(dir, smoke.ObservationsFile)
	if err != nil {
		return seen, fmt.Errorf("what an earlier run saw is not there: %w; name the directory of a run whose smoke stage ran", err)
	}
	if err := json.Unmarshal(data, &seen); err != nil {
		return seen, fmt.Errorf("%s is not what a run wrote: %w", path, err)
	}
	if seen.Version != protocol.SpecVersion {
		return seen, fmt.Errorf("%s has version %d, and this slipway reads version %d: run the model again", path, seen.Version, protocol.SpecVersion)
	}
	return seen, nil
}
