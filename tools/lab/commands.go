package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"
)

// newCommand wires the commands. Results go to out, progress to errs.
func newCommand(out, errs io.Writer) *cobra.Command {
	root := &cobra.Command{
		Use:           "lab",
		Short:         "A Dagger engine, a registry and base images for this machine",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(upCommand(out, errs), downCommand(errs), statusCommand(out), envCommand(out), logsCommand(out), engineCommand(out, errs))
	return root
}

func upCommand(out, errs io.Writer) *cobra.Command {
	options := upOptions{}
	c := &cobra.Command{
		Use:   "up",
		Short: "Bring up what is not up yet, and print how to use it",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return locked(func(l layout) error {
				p := newProgress(errs)
				r, err := up(c.Context(), l, options, p)
				if err != nil {
					return err
				}
				p.say("lab", "up: registry %s, engine %s, settings in %s", r.Registry, orElse(r.Engine, "started by the Dagger SDK"), l.RunnerFile)
				_, err = fmt.Fprintf(out, "export PATH=%s:\"$PATH\"\n", shellQuote(l.path()))
				return err
			})
		},
	}
	c.Flags().StringSliceVar(&options.Images, "images", []string{"python"}, "stand-ins to make where Docker Hub does not answer: "+strings.Join(standInNames(), ", "))
	c.Flags().IntVar(&options.Port, "registry-port", 5000, "port of the registry on 127.0.0.1")
	return c
}

func downCommand(errs io.Writer) *cobra.Command {
	var all bool
	c := &cobra.Command{
		Use:   "down",
		Short: "Stop the engine and the registry, and clean up after them",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return locked(func(l layout) error { return down(c.Context(), l, all, newProgress(errs)) })
		},
	}
	c.Flags().BoolVar(&all, "all", false, "also remove programs, images, caches and logs")
	return c
}

func envCommand(out io.Writer) *cobra.Command {
	return &cobra.Command{
		Use:   "env",
		Short: "Print the environment for using the lab by hand: eval \"$(lab env)\"",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			l, r, err := runningLab()
			if err != nil {
				return err
			}
			_, err = io.WriteString(out, environment(l, *r))
			return err
		},
	}
}

func logsCommand(out io.Writer) *cobra.Command {
	var lines int
	c := &cobra.Command{
		Use:       "logs [engine|test|bench|registry]",
		Short:     "Print the end of the logs",
		Args:      cobra.MatchAll(cobra.MaximumNArgs(1), cobra.OnlyValidArgs),
		ValidArgs: []string{"engine", "test", "bench", "registry"},
		RunE: func(_ *cobra.Command, args []string) error {
			l, err := newLayout(os.Getenv)
			if err != nil {
				return err
			}
			if len(args) == 0 {
				args = []string{usual.Name, "registry"}
			}
			for _, name := range args {
				fmt.Fprintf(out, "%s\n%s\n", l.logFile(name), tailOfFile(l.logFile(name), lines))
			}
			return nil
		},
	}
	c.Flags().IntVarP(&lines, "lines", "n", 40, "how many lines of each")
	return c
}

// runningLab returns the lab that the runner file describes.
func runningLab() (layout, *runner, error) {
	l, err := newLayout(os.Getenv)
	if err != nil {
		return layout{}, nil, err
	}
	r, err := readRunner(l.RunnerFile)
	if err == nil && r == nil {
		err = fmt.Errorf("no lab here: %s does not exist: run `lab up`", l.RunnerFile)
	}
	return l, r, err
}

// locked runs f while no other lab command changes the machine.
func locked(f func(layout) error) error {
	l, err := newLayout(os.Getenv)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(l.Home), 0o755); err != nil {
		return err
	}
	// Beside the lab's home, which `down --all` removes.
	lock, err := os.OpenFile(l.Home+".lock", os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return err
	}
	defer func() { _ = lock.Close() }()
	err = waitFor(context.Background(), 15*time.Minute, func() (bool, error) {
		err := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if errors.Is(err, unix.EWOULDBLOCK) {
			return false, nil
		}
		return err == nil, err
	}, "another lab command has been running for 15 minutes: look for it with `ps`")
	if err != nil {
		return err
	}
	return f(l)
}

func orElse(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}
