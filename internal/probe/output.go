//go:build linux

package probe

import (
	"fmt"
	"io"
	"strings"
	"sync"
)

// logBytes is how much of a command's output is kept: the end of it.
const logBytes = 256 << 10

// tail keeps the end of what is written to it, and passes everything on to
// copy where there is one. Its memory is bounded, however much comes.
type tail struct {
	copy io.Writer // nil: nowhere

	mu    sync.Mutex
	ring  []byte
	total int64
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
		n := copy(t.ring[t.total%logBytes:], rest)
		t.total += int64(n)
		rest = rest[n:]
	}
	return len(p), nil
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
	if t.total <= logBytes {
		return strings.ToValidUTF8(string(t.ring[:t.total]), "\uFFFD")
	}
	at := t.total % logBytes
	out := string(t.ring[at:]) + string(t.ring[:at])
	if _, rest, ok := strings.Cut(out, "\n"); ok && rest != "" {
		out = rest
	}
	return fmt.Sprintf("[%d bytes before]\n", t.total-int64(len(out))) + strings.ToValidUTF8(out, "\uFFFD")
}
