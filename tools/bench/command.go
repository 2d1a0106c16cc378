package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// command runs a program that ends, and returns what it printed to standard output. A failure shows the end of both.
func command(ctx context.Context, dir string, env []string, args ...string) (string, error) {
	cmd := prepared(ctx, dir, env, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, tail(errs.String()+out.String(), 25))
	}
	return out.String(), nil
}

// timed runs a program and returns how long it took, in seconds.
func timed(ctx context.Context, dir string, env []string, args ...string) (float64, error) {
	started := time.Now()
	_, err := command(ctx, dir, env, args...)
	return time.Since(started).Seconds(), err
}

func prepared(ctx context.Context, dir string, env []string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// daemon is a server that the benchmark started. It ends with the benchmark, however that ends.
type daemon struct {
	cmd  *exec.Cmd
	log  *os.File
	done chan error
}

// startDaemon starts a server, in mounts and process ids of its own when it is a container engine: then the kernel
// undoes its mounts and ends its containers with it.
func startDaemon(log string, own bool, args ...string) (*daemon, error) {
	file, err := os.Create(log)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr = file, file
	// A session of its own keeps a Ctrl-C from it: it is ended in order, after its clients.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	if own {
		cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWNS | syscall.CLONE_NEWPID
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	d := &daemon{cmd: cmd, log: file, done: make(chan error, 1)}
	go func() { d.done <- cmd.Wait() }()
	return d, nil
}

// ready polls until the server answers.
func (d *daemon) ready(ctx context.Context, check func() bool) error {
	for deadline := time.Now().Add(30 * time.Second); !check(); time.Sleep(20 * time.Millisecond) {
		select {
		case err := <-d.done:
			d.done <- err
			return fmt.Errorf("%s ended while starting: %w\n%s", d.cmd.Path, err, d.said())
		case <-ctx.Done():
			return ctx.Err()
		default:
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s did not answer within 30 s\n%s", d.cmd.Path, d.said())
		}
	}
	return nil
}

func (d *daemon) said() string {
	data, err := os.ReadFile(d.log.Name())
	if err != nil {
		return err.Error()
	}
	return tail(string(data), 10)
}

func (d *daemon) stop() error {
	defer d.log.Close() //nolint:errcheck // a log
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return nil // it is gone
	}
	select {
	case <-d.done:
	case <-time.After(15 * time.Second):
		if err := d.cmd.Process.Kill(); err != nil {
			return err
		}
		<-d.done
	}
	return nil
}

func tail(text string, lines int) string {
	all := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
