//go:build linux

package probe

import (
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// interruptGrace is what a command that took too long has to say where it was:
// pytest answers SIGINT with the stack of the test that hangs.
const interruptGrace = 3 * time.Second

// Exec runs a command as its child and writes how it ended to exit.json and
// the end of its output to log, both in the directory --out. Everything the
// command prints goes to stdout as it comes. The error is nil whenever both
// could be written, however the command ended.
func Exec(ctx context.Context, args, env []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("probe exec", flag.ContinueOnError)
	flags.SetOutput(stderr)
	timeout := flags.Duration("timeout", 10*time.Minute, "`time` after which the command is interrupted, then killed")
	out := flags.String("out", "", "`directory` to write exit.json and log to")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *out == "" || flags.NArg() == 0 {
		return errors.New("--out and a command are needed: probe exec --timeout 600s --out DIR -- COMMAND…")
	}
	group := findCgroup(os.DirFS("/"))
	log := newTail(stdout)
	child, err := start(command{args: flags.Args(), env: serverEnv(env, nil), stdout: log.readFrom}, group.oomKills)
	if err != nil {
		return err
	}
	timedOut := false
	select {
	case <-child.ended:
		child.killAll()
	case <-time.After(*timeout):
		timedOut = true
		child.interrupt()
	case <-ctx.Done():
		child.interrupt()
	}
	if !child.hasEnded() {
		return errors.New("the command could not be ended: it is stuck in the kernel")
	}
	exit := child.exit
	exit.TimedOut = timedOut
	err = writeFile(filepath.Join(*out, "log"), func(w io.Writer) error {
		_, err := io.WriteString(w, log.String())
		return err
	})
	if err != nil {
		return err
	}
	return writeJSON(filepath.Join(*out, "exit.json"), exit)
}

// interrupt ends the command's whole group, in two steps.
func (p *process) interrupt() {
	if !p.hasEnded() {
		_ = syscall.Kill(-p.pid, syscall.SIGINT)
	}
	select {
	case <-p.ended:
	case <-time.After(interruptGrace):
	}
	p.killAll()
}
