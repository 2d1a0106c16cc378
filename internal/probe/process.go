//go:build linux

package probe

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/slipway-dev/slipway/internal/client"
	"github.com/slipway-dev/slipway/internal/protocol"
)

// prSetChildSubreaper makes orphaned descendants our children, as if we were
// pid 1, so that none is left behind. linux/prctl.h.
const prSetChildSubreaper = 36

// command is what to start.
type command struct {
	args, env []string
	stdin     protocol.Body       // nil: none
	user      *syscall.Credential // nil: the probe's own
	fault     error               // why it cannot be started, known before
	// stdout takes what is printed, until nothing more comes; stderr likewise, nil: stdout takes both.
	stdout, stderr func(io.Reader)
}

// process is a command under supervision. There is one at a time in the life
// of a probe: it reaps every child, whoever made it.
type process struct {
	pid     int
	started time.Time
	// ended is closed once the command itself has ended; exit is valid then.
	ended chan struct{}
	exit  protocol.Exit
	// alone is closed once no descendant is left at all.
	alone chan struct{}
	// pipes are our ends of its input and output, drained is done once
	// everything that was printed has been read.
	pipes   []*os.File
	drained sync.WaitGroup
	oomKill func() int64
	ooms    int64
}

// start runs a command in its own process group. One that cannot be started
// has ended, as in a shell, with code 127 when there is no such file and 126
// when it cannot be executed; why is what it printed.
func start(c command, oomKills func() int64) (*process, error) {
	p := &process{oomKill: oomKills, ooms: oomKills(), ended: make(chan struct{}), alone: make(chan struct{}), started: time.Now()}
	// Where this fails, an orphan goes to the container's pid 1 and ends with it.
	_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, prSetChildSubreaper, 1, 0)
	files, err := p.connect(c)
	defer func() {
		for _, f := range files {
			_ = f.Close()
		}
	}()
	if err != nil {
		return nil, err
	}
	stderr := files[len(files)-1]
	path, err := "", c.fault
	if err == nil {
		path, err = lookPath(c.args[0], c.env)
	}
	if err == nil {
		p.pid, err = syscall.ForkExec(path, c.args, &syscall.ProcAttr{
			Env:   c.env,
			Files: []uintptr{files[0].Fd(), files[1].Fd(), stderr.Fd()},
			Sys:   &syscall.SysProcAttr{Setpgid: true, Credential: c.user},
		})
	}
	if err != nil {
		p.exit.Code = 126
		if errors.Is(err, fs.ErrNotExist) {
			p.exit.Code = 127
		}
		_, _ = fmt.Fprintf(stderr, "cannot start %s: %v\n", c.args[0], explain(c.args[0], err))
		close(p.ended)
		close(p.alone)
		return p, nil
	}
	go p.reap()
	return p, nil
}

// connect makes the command's ends of its input and output: two files, three
// when stderr is apart. They are to be closed once it has them.
func (p *process) connect(c command) (files []*os.File, err error) {
	if c.stdin == nil {
		in, err := os.Open(os.DevNull)
		if err != nil {
			return nil, err
		}
		files = append(files, in)
	} else {
		in, feed, err := os.Pipe()
		if err != nil {
			return nil, err
		}
		c.give(in)
		files, p.pipes = append(files, in), append(p.pipes, feed)
		go func() {
			body := c.stdin.Open()
			_, _ = io.Copy(feed, body) // it need not read it
			_, _ = body.Close(), feed.Close()
		}()
	}
	for _, take := range []func(io.Reader){c.stdout, c.stderr} {
		if take == nil {
			continue
		}
		r, w, err := os.Pipe()
		if err != nil {
			return files, err
		}
		c.give(w)
		files, p.pipes = append(files, w), append(p.pipes, r)
		p.drained.Go(func() { take(r) })
	}
	return files, nil
}

// give makes a pipe the user's, as runtimes do: else the user could not open
// /dev/stdout, which many a server is told to log to.
func (c command) give(pipe *os.File) {
	if c.user != nil {
		_ = pipe.Chown(int(c.user.Uid), -1)
	}
}

// explain adds what the kernel's error numbers leave unsaid.
func explain(name string, err error) error {
	switch {
	case errors.Is(err, syscall.ENOEXEC):
		return fmt.Errorf("%w (a program for another processor, or a script without a #! line)", err)
	case errors.Is(err, fs.ErrNotExist) && strings.Contains(name, "/"):
		if _, e := os.Stat(name); e == nil {
			return errors.New("the file is there, but the interpreter it names is not in the image")
		}
	}
	return err
}

// reap waits for children until there are none: the command, and whatever it left to us.
func (p *process) reap() {
	defer close(p.alone)
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, 0, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
		case err != nil:
			return
		case pid == p.pid && (status.Exited() || status.Signaled()):
			p.exit = exitOf(status, time.Since(p.started))
			killed := p.exit.Signal == "SIGKILL" || p.exit.Code == 128+int(syscall.SIGKILL)
			p.exit.OOM = killed && p.oomKill() > p.ooms
			close(p.ended)
		}
	}
}

func exitOf(status syscall.WaitStatus, after time.Duration) protocol.Exit {
	exit := protocol.Exit{Code: status.ExitStatus(), AfterMS: client.Milliseconds(after)}
	if status.Signaled() {
		exit.Signal = signalName(status.Signal())
		exit.Code = 128 + int(status.Signal()) // as a shell and docker say it
	}
	return exit
}

// stop asks the command to end, as docker stop does, and makes it end when it
// has not after grace. Then it ends whatever is left.
func (p *process) stop(ask syscall.Signal, grace time.Duration) (took time.Duration, killed bool) {
	begin := time.Now()
	if !p.hasEnded() {
		_ = syscall.Kill(p.pid, ask)
	}
	select {
	case <-p.ended:
	case <-time.After(grace):
		killed = true
	}
	took = time.Since(begin)
	p.killAll()
	return took, killed
}

func (p *process) hasEnded() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// killAll ends every descendant, also those that left the process group, and
// waits for the last of their output. Both waits are bounded: a process stuck
// in the kernel cannot be ended by anybody.
func (p *process) killAll() {
	deadline := time.After(2 * time.Second)
	for alone := false; !alone; {
		if p.pid > 0 {
			_ = syscall.Kill(-p.pid, syscall.SIGKILL)
		}
		for _, pid := range descendants(os.DirFS("/proc"), os.Getpid()) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		select {
		case <-p.alone:
			alone = true
		case <-deadline:
			alone = true
		case <-time.After(5 * time.Millisecond):
		}
	}
	for _, pipe := range p.pipes {
		_ = pipe.SetDeadline(time.Now().Add(time.Second))
	}
	p.drained.Wait()
	for _, pipe := range p.pipes {
		_ = pipe.Close()
	}
}

// lookPath finds a program as the container runtime does: in the PATH of the environment it gets.
func lookPath(name string, env []string) (string, error) {
	if strings.Contains(name, "/") {
		return name, nil
	}
	search := ""
	for _, kv := range env {
		if value, ok := strings.CutPrefix(kv, "PATH="); ok {
			search = value
		}
	}
	denied := false
	for _, dir := range filepath.SplitList(search) {
		path := filepath.Join(dir, name)
		info, err := os.Stat(path)
		switch {
		case err != nil || info.IsDir():
		case info.Mode()&0o111 == 0:
			denied = true
		case strings.Contains(path, "/"):
			return path, nil
		default:
			return "./" + path, nil
		}
	}
	if denied {
		return "", fmt.Errorf("%w: the file on PATH is not executable", fs.ErrPermission)
	}
	return "", fmt.Errorf("%w on PATH (%s)", fs.ErrNotExist, search)
}

// signalName is "SIGKILL" for 9: syscall has only the sentence "killed".
func signalName(s syscall.Signal) string {
	names := map[syscall.Signal]string{
		syscall.SIGHUP: "SIGHUP", syscall.SIGINT: "SIGINT", syscall.SIGQUIT: "SIGQUIT", syscall.SIGILL: "SIGILL",
		syscall.SIGTRAP: "SIGTRAP", syscall.SIGABRT: "SIGABRT", syscall.SIGBUS: "SIGBUS", syscall.SIGFPE: "SIGFPE",
		syscall.SIGKILL: "SIGKILL", syscall.SIGUSR1: "SIGUSR1", syscall.SIGSEGV: "SIGSEGV", syscall.SIGUSR2: "SIGUSR2",
		syscall.SIGPIPE: "SIGPIPE", syscall.SIGALRM: "SIGALRM", syscall.SIGTERM: "SIGTERM", syscall.SIGSYS: "SIGSYS",
		syscall.SIGXCPU: "SIGXCPU", syscall.SIGXFSZ: "SIGXFSZ",
	}
	if name, ok := names[s]; ok {
		return name
	}
	return fmt.Sprintf("signal %d", int(s))
}
