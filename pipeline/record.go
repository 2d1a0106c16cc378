package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/slipway-dev/slipway/internal/stage"
	"github.com/slipway-dev/slipway/internal/stage/smoke"
)

func (p program) recordCommand() *cobra.Command {
	var f flags
	r := smoke.Recording{}
	cmd := &cobra.Command{
		Use:   "record [MODEL_DIR]",
		Short: "Write the answers of the running image into the cases",
		Long: `Record builds the image, starts its server, asks every case several times and
writes the answers into the case files: from then on, each run compares with
them. It shows what it changes. Numbers that differ from round to round get a
tolerance. What a person wrote stays: a tolerance as long as it holds, an
answer unless --force says otherwise. A case that is left without an answer
that holds is named, the others are recorded, and the command ends with 1.

  slipway record models/iris             record what is not recorded yet, or has changed
  slipway record --dry-run models/iris   only show it

Look at what it writes before you commit it: a recorded mistake is a mistake
that is expected.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if r.Rounds < 1 || r.Rounds > 100 {
				return fmt.Errorf("--rounds is %d; valid: 1 to 100", r.Rounds)
			}
			return ended{p.run(cmd.Context(), p.recording(modelDir(args), f, r))}
		},
	}
	f.addEngine(cmd)
	f.addOut(cmd)
	f.addJSON(cmd)
	fs := cmd.Flags()
	fs.IntVar(&r.Rounds, "rounds", 5, "how often each case is asked")
	fs.BoolVar(&r.Force, "force", false, "replace also answers that a person wrote")
	fs.BoolVar(&r.DryRun, "dry-run", false, "show what would be written, and write nothing")
	f.addPlatform(cmd)
	return cmd
}

// recording is a job that builds as a run does, and then writes cases.
func (p program) recording(dir string, f flags, r smoke.Recording) job {
	j := ship(dir, f)
	j.suffix, j.secrets = "-record", []string{"build", "weights", "train", "smoke"}
	j.plan = alone
	r.Dir, r.Show = absolute(dir), p.stdout
	if f.json {
		r.Show = p.stderr
	}
	j.stages = func(t tools) []stage.Stage {
		r.Stage = smoke.Stage{Probe: t.probe(t.platform), Scratch: t.scratch, Out: t.out, Nonce: t.nonce}
		return []stage.Stage{
			// the image as a run builds it
			{Name: "deps", Run: t.deps().Run},
			{Name: "train", Run: t.train().Run},
			{Name: "image", Run: t.image().Run},
			// its answers, several rounds of them, written down
			{Name: "record", Run: r.Run},
		}
	}
	return j
}
