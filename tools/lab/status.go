package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

func statusCommand(out io.Writer) *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Say what runs",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			l, r, err := runningLab()
			if err != nil {
				return err
			}
			fmt.Fprintf(out, "settings  %s\n", l.RunnerFile)
			fmt.Fprintf(out, "engine    %s\n", engineStatus(l, *r, usual))
			for _, i := range instances[1:] {
				if _, alive := readProcess(l.pidFile(i.Name)); alive {
					fmt.Fprintf(out, "%-9s %s\n", i.Name, engineStatus(l, *r, i))
				}
			}
			_, text, _ := strings.Cut(r.Registry, ":")
			port, err := strconv.Atoi(text)
			if err != nil {
				return fmt.Errorf("%s: registry %q has no port: run `lab down` and `lab up`", l.RunnerFile, r.Registry)
			}
			fmt.Fprintf(out, "registry  %s, %s\n", r.Registry, answers(registryAnswers(c.Context(), port)))
			if len(r.Mirrors) == 0 {
				fmt.Fprintln(out, "images    from Docker Hub")
				return nil
			}
			for _, image := range standIns {
				if standInServed(c.Context(), l, r.Registry, image) {
					fmt.Fprintf(out, "images    %s: stand-in\n", strings.ReplaceAll(strings.Join(image.Names, " "), "library/", ""))
				}
			}
			return nil
		},
	}
}

func engineStatus(l layout, r runner, i instance) string {
	if r.Engine == "" {
		return "started by the Dagger SDK, under Docker"
	}
	process, alive := readProcess(l.pidFile(i.Name))
	if !alive {
		return "not running: `lab up` starts it"
	}
	return fmt.Sprintf("%s, process %d, state %s, %s", i.address(), process.PID, filepath.Base(process.State), answers(i.answers()))
}

func answers(yes bool) string {
	if yes {
		return "answers"
	}
	return "does not answer"
}
