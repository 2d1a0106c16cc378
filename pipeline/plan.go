package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/slipway-dev/slipway/internal/plan"
	"github.com/slipway-dev/slipway/internal/result"
)

func (p program) planCommand() *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:   "plan [MODEL_DIR]",
		Short: "Say what would be done, and why; do nothing",
		Long: `Plan says what a run would do at each stage, which stages have nothing to do
and why, and where the image would go. It asks the registry for the base image
unless --offline is given; it needs no engine.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			l := p.load(modelDir(args), f)
			if len(l.problems) > 0 {
				p.printProblems(l.problems)
				return ended{result.Invalid}
			}
			if !f.offline {
				base, err := l.base(cmd.Context(), f)
				if err != nil {
					return p.errored(cmd, &l, err)
				}
				if base != nil {
					l.facts.Base = &plan.BaseFacts{Ref: base.Ref, Digest: base.Digest, Config: base.Config}
				}
			}
			return p.printPlan(plan.Make(l.config, l.event, l.facts), f)
		},
	}
	f.addPlan(cmd)
	cmd.Flags().BoolVar(&f.offline, "offline", false, "do not ask the registry for the base image")
	cmd.Flags().BoolVar(&f.json, "json", false, "print the plan as JSON")
	return cmd
}

// errored tells of an error of the surroundings as a run would.
func (p program) errored(cmd *cobra.Command, l *loaded, err error) error {
	res := l.result(time.Now())
	fail(cmd.Context(), res, "facts", err)
	fmt.Fprintf(p.stderr, "slipway: %s (%s)\n  %s\n", res.Error.What, res.Error.Where, res.Error.Remedy)
	return ended{res.Status}
}

func (p program) printPlan(pl plan.Plan, f flags) error {
	if f.json {
		encoder := json.NewEncoder(p.stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(pl)
	}
	fmt.Fprintf(p.stdout, "%s for %s\n\n", pl.Model, pl.Platform)
	for _, s := range pl.Steps {
		if s.Skip != "" {
			fmt.Fprintf(p.stdout, "  %-8s skipped: %s\n", s.Stage, s.Skip)
		} else {
			fmt.Fprintf(p.stdout, "  %-8s %s\n", s.Stage, s.Do)
		}
	}
	for _, w := range pl.Warnings {
		fmt.Fprintf(p.stdout, "\nwarning: %s\n", w)
	}
	return nil
}
