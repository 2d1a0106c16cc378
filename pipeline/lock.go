package main

import (
	"github.com/spf13/cobra"

	"github.com/slipway-dev/slipway/internal/stage"
	"github.com/slipway-dev/slipway/internal/stage/deps"
)

func (p program) lockCommand() *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:   "lock [MODEL_DIR]",
		Short: "Write down what the image is made of: slipway.lock",
		Long: `Lock writes slipway.lock beside slipway.yaml: the base image's digest, the
packages and the layer that they come out as, for each platform. With it, every
machine makes the same image, and may take the packages' layer from the registry
instead of installing again. Requirements without hashes are resolved to
requirements.lock, beside it. Commit both.

  slipway lock models/iris             what is not locked yet, or has changed
  slipway lock --update models/iris    newer versions: of the base image and of what is not locked by hash`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			f.relock = true
			return ended{p.run(cmd.Context(), p.locking(modelDir(args), f))}
		},
	}
	f.addEngine(cmd)
	f.addOut(cmd)
	f.addJSON(cmd)
	f.addPlatform(cmd)
	cmd.Flags().BoolVar(&f.update, "update", false, "take newer versions over what is locked")
	return cmd
}

// locking is a job that makes the layers that are locked, and writes the lock.
func (p program) locking(dir string, f flags) job {
	j := ship(dir, f)
	j.suffix, j.secrets, j.plan = "-lock", []string{"build", "train"}, alone
	show := p.stdout
	if f.json {
		show = p.stderr
	}
	j.stages = func(t tools) []stage.Stage {
		s := t.deps()
		if f.update {
			s.Day = t.nonce // not what was newest this morning
		}
		return []stage.Stage{
			// the layers as a run makes them
			{Name: "deps", Run: s.Run},
			{Name: "train", Run: t.train().Run},
			// and what they are, written down
			{Name: "lock", Run: deps.Locking{Dir: absolute(dir), Show: show}.Run},
		}
	}
	return j
}
