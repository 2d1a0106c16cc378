package engine

import (
	"io"
	"regexp"
	"strings"
	"sync"
	"time"
)

// logTail passes the engine's log on and remembers its end: an instruction's
// own output is nowhere else when a Dockerfile build fails.
type logTail struct {
	w io.Writer

	mu      sync.Mutex
	text    []byte
	dropped int // bytes before text
}

const (
	logTailBytes = 64 << 10
	// logLag is how long the log may be behind the answer that a build failed.
	logLag = 500 * time.Millisecond
	// outputLines is how much of a failed instruction's output is worth telling.
	outputLines = 15
)

func (l *logTail) Write(p []byte) (int, error) {
	l.mu.Lock()
	l.text = append(l.text, p...)
	if len(l.text) > 2*logTailBytes {
		l.dropped += len(l.text) - logTailBytes
		l.text = append([]byte(nil), l.text[len(l.text)-logTailBytes:]...)
	}
	l.mu.Unlock()
	return l.w.Write(p)
}

// size is how much was written.
func (l *logTail) size() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dropped + len(l.text)
}

// since is what was written after the log had this size, as far as it is remembered.
func (l *logTail) since(size int) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text[max(0, size-l.dropped):])
}

// Lines of the log as `dagger session` writes them: a number for each step,
// then what it printed behind a bar, or that it failed.
var (
	printed = regexp.MustCompile(`^(\d+)\s*: (?:┆ )*\[[\d.]+s\] \| ?(.*)$`)
	failed  = regexp.MustCompile(`^(\d+)\s*: .* ERROR \[[\d.]+s\]$`)
)

// failedOutput is what the last step that failed printed, empty when it printed nothing.
func (l *logTail) failedOutput() string {
	for wait := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		l.mu.Lock()
		out := failedOutput(string(l.text))
		l.mu.Unlock()
		if out != "" || time.Since(wait) > logLag {
			return out
		}
	}
}

func failedOutput(text string) string {
	output := map[string][]string{}
	var order []string // steps that failed
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if m := printed.FindStringSubmatch(line); m != nil {
			output[m[1]] = append(output[m[1]], m[2])
		} else if m := failed.FindStringSubmatch(line); m != nil {
			order = append(order, m[1])
		}
	}
	for n := len(order) - 1; n >= 0; n-- {
		if lines := output[order[n]]; len(lines) > 0 {
			return strings.Join(lines[max(0, len(lines)-outputLines):], "\n")
		}
	}
	return ""
}
