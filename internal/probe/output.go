//go:build linux

package probe

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
)

const (
	// logBytes is how much of a command's output is kept: the end of it.
	logBytes = 256 << 10
	// lineBytes is how much of a line is kept: one that is endless must not
	// push out all that was printed before.
	lineBytes = 16 << 10
)

// tail keeps the end of what is written to it, and passes everything on to
// copy where there is one. Its memory is bounded, however much comes.
type tail struct {
	copy io.Writer // nil: nowhere

	mu    sync.Mutex
	ring  []byte
	total int64
	line  int64 // the length of the last line so far
}

func newTail(copy io.Writer) *tail { return &tail{copy: copy, ring: make([]byte, logBytes)} }

// Write never fails: a reader that went away must not end the command.
func (t *tail) Write(p []byte) (int, error) {
	if t.copy != nil {
		_, _ = t.copy.Write(p)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for rest := p; len(rest) > 0; {
		end := bytes.IndexAny(rest, "\n\r") // a progress bar is drawn anew after "\r"
		if end < 0 {
			t.add(rest)
			break
		}
		t.add(rest[:end])
		t.put([]byte(t.dropped()))
		t.put(rest[end : end+1])
		t.line, rest = 0, rest[end+1:]
	}
	return len(p), nil
}

// add keeps what there is room for in the line.
func (t *tail) add(piece []byte) {
	t.put(piece[:min(int64(len(piece)), max(0, lineBytes-t.line))])
	t.line += int64(len(piece))
}

func (t *tail) put(p []byte) {
	for len(p) > 0 {
		n := copy(t.ring[t.total%logBytes:], p)
		t.total += int64(n)
		p = p[n:]
	}
}

// dropped says what was left out of the last line.
func (t *tail) dropped() string {
	if t.line <= lineBytes {
		return ""
	}
	return fmt.Sprintf(" [%d bytes more]", t.line-lineBytes)
}

// readFrom takes everything from r until it ends.
func (t *tail) readFrom(r io.Reader) {
	buf := make([]byte, 64<<10)
	for {
		n, err := r.Read(buf)
		_, _ = t.Write(buf[:n])
		if err != nil {
			return
		}
	}
}

// String is the end of the output, in whole lines when something is left out.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text()
}

// take is String, and begins anew with what comes from now on.
func (t *tail) take() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := t.text()
	t.total, t.line = 0, 0
	return out
}

func (t *tail) text() string {
	if t.total <= logBytes {
		return strings.ToValidUTF8(string(t.ring[:t.total])+t.dropped(), "\uFFFD")
	}
	at := t.total % logBytes
	out := string(t.ring[at:]) + string(t.ring[:at])
	if _, rest, ok := strings.Cut(out, "\n"); ok && rest != "" {
		out = rest
	}
	return fmt.Sprintf("[%d bytes before]\n", t.total-int64(len(out))) + strings.ToValidUTF8(out+t.dropped(), "\uFFFD")
}
