package secret

import (
	"bytes"
	"io"
	"sync"
)

// Writer takes secrets out of what is written through it, also when one comes
// in pieces. It keeps back only what may be the beginning of one: Close writes that.
type Writer struct {
	w io.Writer
	s Scrubber

	mu   sync.Mutex
	kept []byte
}

// Writer makes a writer that scrubs.
func (s Scrubber) Writer(w io.Writer) *Writer { return &Writer{w: w, s: s} }

// Unwrap is where it goes in the end.
func (w *Writer) Unwrap() io.Writer { return w.w }

// Write writes p, less what may be the beginning of a secret.
func (w *Writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	text := append(w.kept, p...)
	keep := w.s.unfinished(text)
	if _, err := w.w.Write(w.s.Bytes(text[:len(text)-keep])); err != nil {
		return 0, err
	}
	w.kept = bytes.Clone(text[len(text)-keep:])
	return len(p), nil
}

// Close writes what was kept back. It does not close what it writes to.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, err := w.w.Write(w.s.Bytes(w.kept))
	w.kept = nil
	return err
}

// unfinished is the length of the longest end of text that is the beginning of a form.
func (s Scrubber) unfinished(text []byte) int {
	longest := 0
	for _, form := range s.forms {
		for n := min(len(form)-1, len(text)); n > longest; n-- {
			if bytes.HasSuffix(text, form[:n]) {
				longest = n
				break
			}
		}
	}
	return longest
}
