package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
)

// engineCommand is for tests and benchmarks: of an engine that dies, of engines that share nothing, of an empty one.
func engineCommand(out, errs io.Writer) *cobra.Command {
	c := &cobra.Command{Use: "engine", Short: "Stop, kill or restart one native engine alone"}
	var which string
	c.PersistentFlags().StringVar(&which, "name", usual.Name, "which one: engine, the usual; or test or bench, which leave it alone")
	var state, mirror string
	var empty bool
	start := &cobra.Command{
		Use:   "start",
		Short: "Start the engine, ending the one that runs, and print its address",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			i, err := named(which)
			if err != nil {
				return err
			}
			if state == "" {
				state = i.Name
			}
			err = withEngine(func(l layout, r runner) error {
				if mirror != "" {
					r.Registry, r.Mirrors = mirror, map[string]string{"docker.io": mirror}
				}
				return newProgress(errs).step(i.Name, "starting with the state "+state, func(func(string)) error {
					return restartEngine(c.Context(), l, i, state, empty, r)
				})
			})
			if err == nil {
				_, err = fmt.Fprintln(out, i.address())
			}
			return err
		},
	}
	start.Flags().StringVar(&state, "state", "", "name of the engine's state directory (default: the engine's own name)")
	start.Flags().BoolVar(&empty, "empty", false, "empty the state directory first")
	start.Flags().StringVar(&mirror, "mirror", "", "host:port of a registry without TLS that answers for Docker Hub, instead of the lab's own")
	stopping := func(use, short string, grace time.Duration) *cobra.Command {
		return &cobra.Command{Use: use, Short: short, Args: cobra.NoArgs, RunE: func(*cobra.Command, []string) error {
			i, err := named(which)
			if err != nil {
				return err
			}
			return withEngine(func(l layout, _ runner) error { return stopEngine(l, i, grace) })
		}}
	}
	c.AddCommand(start,
		stopping("stop", "Stop the engine; the registry stays", engineGrace),
		stopping("kill", "End the engine at once, as a crash would", 0))
	return c
}

func withEngine(f func(layout, runner) error) error {
	return locked(func(layout) error {
		l, r, err := runningLab()
		if err != nil {
			return err
		}
		if r.Engine == "" {
			return errors.New("the engine runs under Docker and belongs to the Dagger SDK: use docker to stop it")
		}
		return f(l, *r)
	})
}
