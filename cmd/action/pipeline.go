package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/slipway-dev/slipway/internal/result"
)

// patience is how long the pipeline may take to end after a signal. The
// runner sends SIGINT, SIGTERM after 7.5 s, and kills 2.5 s later
// (https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-cancellation).
const patience = 6 * time.Second

// arguments is the pipeline's command line.
func arguments(in inputs, p place) []string {
	args := []string{"run", "--out", p.out}
	if in.publish == "false" {
		args = append(args, "--publish", "none")
	} else if in.image != "" {
		args = append(args, "--publish", in.image)
	}
	for _, t := range in.tags {
		args = append(args, "--tag", t)
	}
	if in.fresh {
		args = append(args, "--fresh")
	}
	for _, platform := range in.platforms {
		args = append(args, "--platform", platform)
	}
	if in.timeout > 0 {
		args = append(args, "--timeout", in.timeout.String())
	}
	if in.engine != "" {
		args = append(args, "--engine", in.engine)
	}
	return append(args, "--", in.model) // a directory may be called like a flag
}

// pipeline is one run of slipway in a process of its own.
type pipeline struct {
	path    string
	args    []string
	dir     string
	env     []string
	output  io.Writer
	signals <-chan os.Signal
	// patience is how long it may take to end after the first signal.
	patience time.Duration
}

// run starts the pipeline and waits for it; it hands signals on, and does not
// wait longer than its patience after the first. The error says how the process
// ended when that was not an exit code of its own.
func (p pipeline) run() (stopped bool, err error) {
	cmd := exec.Command(p.path, p.args...) //nolint:noctx // it is ended by signals, below, which leave it time to clean up
	cmd.Dir, cmd.Env = p.dir, p.env
	cmd.Stdout, cmd.Stderr = p.output, p.output // one value, so that exec uses one pipe and lines stay in order
	// A group of its own: what is left of it at the end can be ended as a whole,
	// and a Ctrl-C at a terminal arrives once, from us.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	// A grandchild that holds the output open does not hold us.
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		return false, fmt.Errorf("the pipeline could not be started: %w", err)
	}
	group := -cmd.Process.Pid
	defer syscall.Kill(group, syscall.SIGKILL) //nolint:errcheck // usually nobody is left
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()

	var late <-chan time.Time
	for {
		select {
		case err := <-ended:
			return stopped, killed(cmd.ProcessState, err)
		case s := <-p.signals:
			if !stopped {
				stopped, late = true, time.After(p.patience)
			}
			_ = cmd.Process.Signal(s) // it may have ended just now
		case <-late:
			_ = syscall.Kill(group, syscall.SIGKILL)
			<-ended //nolint:errcheck // how it ended is known: we killed it
			return stopped, fmt.Errorf("the pipeline did not end within %s after it was asked to", p.patience)
		}
	}
}

// killed makes an error of an end by a signal. Exit codes are no errors: what they mean is in the result.
func killed(state *os.ProcessState, err error) error {
	var exit *exec.ExitError
	if err == nil || errors.Is(err, exec.ErrWaitDelay) {
		return nil
	}
	if !errors.As(err, &exit) {
		return fmt.Errorf("waiting for the pipeline: %w", err)
	}
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		if status.Signal() == syscall.SIGKILL {
			return errors.New("the pipeline was killed; the machine may have run out of memory")
		}
		return fmt.Errorf("the pipeline was ended by a signal: %s", status.Signal())
	}
	return nil
}

// readResult reads what the pipeline left, or makes the result that is true
// when it left nothing.
func readResult(path string, stopped bool, runErr error) result.Result {
	r, err := result.Read(path)
	if err == nil {
		return r
	}
	missing := result.Result{
		Schema: result.Schema, Model: filepath.Base(filepath.Dir(path)), Status: result.Errored,
		Error: &result.Error{What: "the pipeline left no result that can be read: " + err.Error(), Where: path, Remedy: "see the end of the step's log"},
	}
	switch {
	case stopped:
		missing.Status = result.Cancelled
		missing.Error = &result.Error{What: "the run was cancelled before it wrote its result", Where: path, Remedy: "run it again"}
	case runErr != nil:
		missing.Error.What = runErr.Error() + ", and left no result"
	}
	return missing
}
