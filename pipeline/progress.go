package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/slipway-dev/slipway/internal/result"
)

// progress chooses how a run is shown while it goes: a line that moves for a
// person at a screen, plain lines everywhere else. In GitHub's log each stage is a group.
func (p program) progress(f flags) display {
	w := p.stdout
	if f.json {
		w = p.stderr
	}
	switch {
	case p.getenv("GITHUB_ACTIONS") == "true":
		return &groups{w: w}
	case terminal(w) && p.getenv("TERM") != "dumb":
		return &screen{w: w, colour: p.colour(w)}
	}
	return &lines{w: w}
}

// lines is for logs: a line when a stage ends, and one now and then while it runs.
type lines struct {
	w     io.Writer
	stop  func()
	noted noted
}

// stillRunning is how often a log hears of a stage that goes on.
const stillRunning = 30 * time.Second

func (l *lines) Started(name string) {
	started := time.Now()
	l.stop = every(stillRunning, func() { fmt.Fprintf(l.w, "  %-8s still running, %s\n", name, elapsed(time.Since(started))) })
}

func (l *lines) Finished(s result.Stage) {
	l.stop()
	fmt.Fprintln(l.w, "  "+stageLine(s))
}

// groups is for GitHub's log: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#grouping-log-lines
type groups struct {
	w     io.Writer
	inner lines
}

func (g *groups) Started(name string) {
	fmt.Fprintf(g.w, "::group::%s\n", name)
	g.inner.w = g.w
	g.inner.Started(name)
}

func (g *groups) Finished(s result.Stage) {
	// A reason may hold foreign text, and the runner takes the older form of its commands anywhere in a line
	// (https://github.com/actions/runner/blob/v2.321.0/src/Runner.Common/ActionCommand.cs).
	s.Reason = strings.ReplaceAll(s.Reason, "##[", "## [")
	g.inner.Finished(s)
	fmt.Fprintln(g.w, "::endgroup::")
	if s.Status == result.StageFailed || s.Status == result.StageErrored {
		fmt.Fprintln(g.w, stageLine(s)) // outside the group, which GitHub folds
	}
}

// screen rewrites one line while a stage runs.
type screen struct {
	w      io.Writer
	colour bool
	stop   func()
	noted  noted
}

var frames = []string{"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"}

func (s *screen) Started(name string) {
	started, n := time.Now(), 0
	s.noted.clear()
	draw := func() {
		fmt.Fprintf(s.w, "\r\x1b[K%s %-8s %s  %s", frames[n%len(frames)], name, elapsed(time.Since(started)), s.noted.get())
		n++
	}
	draw()
	s.stop = every(100*time.Millisecond, draw)
}

func (s *screen) Finished(done result.Stage) {
	s.stop()
	mark, code := "✓", "32"
	switch done.Status {
	case result.StageFailed, result.StageErrored:
		mark, code = "✗", "31"
	case result.StageSkipped:
		mark, code = "-", "90"
	}
	if s.colour {
		mark = "\x1b[" + code + "m" + mark + "\x1b[0m"
	}
	fmt.Fprintf(s.w, "\r\x1b[K%s %s\n", mark, stageLine(done))
}

func stageLine(s result.Stage) string {
	line := fmt.Sprintf("%-8s %s", s.Name, s.Status)
	if s.DurationMS != nil && s.Status != result.StageSkipped {
		line += "  " + elapsed(time.Duration(*s.DurationMS)*time.Millisecond)
	}
	if s.Reason != "" {
		reason, _, _ := strings.Cut(s.Reason, "\n")
		line += "  " + reason
	}
	return line
}

// elapsed is a duration as a person reads it while waiting: "0.3s", "12s", "3m05s".
func elapsed(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1fs", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%.0fs", d.Seconds())
	}
	return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
}

// every calls f at each interval until the function it returns is called; no call runs after that.
func every(interval time.Duration, f func()) (stop func()) {
	var mu sync.Mutex
	stopped := false
	ticker := time.NewTicker(interval)
	done := make(chan struct{})
	go func() {
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				mu.Lock()
				if !stopped {
					f()
				}
				mu.Unlock()
			}
		}
	}()
	return func() {
		mu.Lock()
		defer mu.Unlock()
		if !stopped {
			stopped = true
			ticker.Stop()
			close(done)
		}
	}
}
