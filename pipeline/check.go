package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/slipway-dev/slipway/internal/config"
	"github.com/slipway-dev/slipway/internal/result"
)

func (p program) checkCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check [MODEL_DIR]",
		Short: "Look for mistakes in slipway.yaml and the cases, without an engine",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			j := ship(modelDir(args), flags{})
			j.load = config.LoadCheck
			l := p.load(j)
			if len(l.problems) > 0 {
				p.printProblems(l)
				return ended{result.Invalid}
			}
			found := "no problems"
			if b := l.config.Build; b.Base == "" && b.Dockerfile == "" {
				found = "no problems in the cases; there is nothing to build"
			}
			fmt.Fprintf(p.stdout, "%s: %s\n", l.config.Model, found)
			for _, w := range l.config.Warnings {
				fmt.Fprintf(p.stdout, "warning: %s\n", w)
			}
			return nil
		},
	}
}

// printProblems prints one problem a line, as compilers do, with the path from
// here, so that editors and terminals can jump to it.
func (p program) printProblems(l loaded) {
	for _, x := range l.problems {
		place := x.File
		if path := filepath.Join(l.top, x.File); x.File != "" && exists(path) { // else a flag, or the directory as it was typed
			place = shown(path)
		}
		if x.Line > 0 {
			place = fmt.Sprintf("%s:%d:%d", place, x.Line, x.Column)
		}
		if place != "" {
			place += ": "
		}
		fmt.Fprintf(p.stderr, "%s%s\n", place, x.Message)
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
