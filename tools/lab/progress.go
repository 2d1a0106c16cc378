package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// heartbeat is how often a long task says that it is still going.
const heartbeat = 15 * time.Second

// progress prints one line for each thing that happens, with the time since the start. Tasks run side by side, so
// every line names its task; nothing is ever overwritten, so a log file reads the same as a terminal.
type progress struct {
	mu    sync.Mutex
	out   io.Writer
	start time.Time
}

func newProgress(out io.Writer) *progress { return &progress{out: out, start: time.Now()} }

func (p *progress) say(task, format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintf(p.out, "[%6.1fs] %-9s %s\n", time.Since(p.start).Seconds(), task, fmt.Sprintf(format, args...))
}

// step runs f between a line that says what begins and one that says how long it took. While f runs, a line every
// 15 seconds repeats what f last reported.
func (p *progress) step(task, what string, f func(report func(string)) error) error {
	p.say(task, "%s …", what)
	begun := time.Now()
	var mu sync.Mutex
	var latest string
	ticker := time.NewTicker(heartbeat)
	done := make(chan struct{})
	var wait sync.WaitGroup
	wait.Go(func() {
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				mu.Lock()
				now := latest
				mu.Unlock()
				p.say(task, "%s, still going: %s", what, now)
			}
		}
	})
	err := f(func(s string) { mu.Lock(); latest = s; mu.Unlock() })
	ticker.Stop()
	close(done)
	wait.Wait()
	if err != nil {
		return fmt.Errorf("%s: %s: %w", task, what, err)
	}
	p.say(task, "%s: done in %.1f s", what, time.Since(begun).Seconds())
	return nil
}

// command is a program whose output is shown only when it fails.
type command struct {
	args   []string
	dir    string
	env    []string     // added to the environment
	stdout io.Writer    // nil: kept with stderr
	line   func(string) // called with each line of stderr (and of stdout, when it is kept)
}

// run carries out the command. Its error ends with the last lines of what the program wrote.
func (c command) run(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, c.args[0], c.args[1:]...)
	cmd.Dir = c.dir
	cmd.Env = append(os.Environ(), c.env...)
	cmd.WaitDelay = 10 * time.Second // mmdebstrap removes its files first
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	tail := &tailWriter{each: c.line}
	cmd.Stderr = tail
	cmd.Stdout = c.stdout
	if cmd.Stdout == nil {
		cmd.Stdout = tail
	}
	err := cmd.Run()
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return fmt.Errorf("`%s` failed: %w\n%s", strings.Join(c.args, " "), err, tail.last(15))
}

// tailWriter keeps the lines written to it and hands each on.
type tailWriter struct {
	mu    sync.Mutex
	each  func(string)
	part  []byte
	lines []string
}

func (t *tailWriter) Write(data []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.part = append(t.part, data...)
	for {
		i := bytes.IndexByte(t.part, '\n')
		if i < 0 {
			return len(data), nil
		}
		line := string(bytes.TrimRight(t.part[:i], "\r"))
		t.part = t.part[i+1:]
		t.lines = append(t.lines, line)
		if len(t.lines) > 200 {
			t.lines = t.lines[100:]
		}
		if t.each != nil {
			t.each(line)
		}
	}
}

func (t *tailWriter) last(n int) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := t.lines
	if len(t.part) > 0 {
		lines = append(lines[:len(lines):len(lines)], string(t.part))
	}
	return indent(lines[max(0, len(lines)-n):])
}

// tailOfFile returns the last n lines of a log file, indented, for an error message.
func tailOfFile(path string, n int) string {
	file, err := os.Open(path)
	if err != nil {
		return "    " + err.Error()
	}
	defer func() { _ = file.Close() }()
	var lines []string
	scanner := bufio.NewScanner(file)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		if lines = append(lines, scanner.Text()); len(lines) > n {
			lines = lines[1:]
		}
	}
	return indent(lines)
}

func indent(lines []string) string {
	var b strings.Builder
	for i, line := range lines {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString("    " + line)
	}
	return b.String()
}
