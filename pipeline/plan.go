package main

import (
	"encoding/json"
	"fmt"
	"strings"
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
			j := ship(modelDir(args), f)
			l := p.load(j)
			if len(l.problems) > 0 {
				p.printProblems(l)
				return ended{result.Invalid}
			}
			if l.err != nil {
				return p.errored(cmd, j, &l, l.err)
			}
			if !f.offline {
				bases, err := l.bases(cmd.Context(), "")
				if err != nil {
					return p.errored(cmd, j, &l, err)
				}
				l.facts.Base, l.facts.Others = bases.facts()
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
func (p program) errored(cmd *cobra.Command, j job, l *loaded, err error) error {
	res := l.result(time.Now())
	fail(cmd.Context(), res, err, j)
	fmt.Fprintf(p.stderr, "slipway: %s (%s)\n  %s\n", res.Error.What, res.Error.Where, res.Error.Remedy)
	return ended{res.Status}
}

func (p program) printPlan(pl plan.Plan, f flags) error {
	if f.json {
		encoder := json.NewEncoder(p.stdout)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return encoder.Encode(planned(pl))
	}
	fmt.Fprintf(p.stdout, "%s for %s\n\n", pl.Model, strings.Join(pl.Platforms(), " and "))
	for _, s := range pl.Steps {
		if s.Skip != "" {
			fmt.Fprintf(p.stdout, "  %-8s skipped: %s\n", s.Stage, s.Skip)
		} else {
			fmt.Fprintf(p.stdout, "  %-8s %s\n", s.Stage, s.Do)
		}
	}
	for _, d := range pl.Found {
		if d.Value != "" {
			fmt.Fprintf(p.stdout, "\n%s is %s: %s", d.Field, d.Value, d.Why)
		}
	}
	if len(pl.Found) > 0 {
		fmt.Fprintln(p.stdout)
	}
	for _, w := range pl.Warnings {
		fmt.Fprintf(p.stdout, "\nwarning: %s\n", w)
	}
	return nil
}

// plannedJSON is what scripts get of a plan: its decisions, not the content it is about.
type plannedJSON struct {
	Model     string        `json:"model"`
	Platforms []string      `json:"platforms"`
	Base      string        `json:"base,omitempty"`
	DepsKey   string        `json:"deps_key,omitempty"`
	Steps     []plannedStep `json:"steps"`
	Publish   struct {
		To   string   `json:"to"`
		Tags []string `json:"tags"`
		Why  string   `json:"why"`
	} `json:"publish"`
	Warnings []string `json:"warnings"`
}

type plannedStep struct {
	Stage string `json:"stage"`
	Do    string `json:"do,omitempty"`
	Skip  string `json:"skip,omitempty"`
}

func planned(pl plan.Plan) plannedJSON {
	out := plannedJSON{Model: pl.Model, Platforms: pl.Platforms(), Base: pl.Image.Base, Warnings: append([]string{}, pl.Warnings...)}
	if pl.Deps != nil {
		out.DepsKey = pl.Deps.Key
	}
	for _, s := range pl.Steps {
		out.Steps = append(out.Steps, plannedStep(s))
	}
	out.Publish.To, out.Publish.Why = pl.Publish.To, pl.Publish.Why
	out.Publish.Tags = append([]string{}, pl.Publish.Tags...)
	return out
}
