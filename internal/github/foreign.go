package github

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// Foreign passes the output of a program on to the runner's log, so that
// nothing in it is taken for a command: a model's test that prints
// "::add-mask::" or "::error::" is only read. Groups pass, because a run's
// stages are groups; a forged one folds some lines, and no more.
//
// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#stopping-and-starting-workflow-commands
type Foreign struct {
	w     io.Writer
	line  []byte
	token string // of the window that is open; empty: commands are heard
}

// maxLine bounds what is held back until a line ends, in bytes.
const maxLine = 64 << 10

// NewForeign writes to w. Close ends the last line and lets commands be heard again.
func NewForeign(w io.Writer) *Foreign { return &Foreign{w: w} }

// Write implements io.Writer. It holds back the last line until it is whole.
func (f *Foreign) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		line, after, whole := bytes.Cut(rest, []byte("\n"))
		f.line = append(f.line, line...)
		rest = after
		if !whole && len(f.line) < maxLine {
			break
		}
		if err := f.flush(); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// Close implements io.Closer. It does not close what it writes to.
func (f *Foreign) Close() error {
	if len(f.line) > 0 {
		if err := f.flush(); err != nil {
			return err
		}
	}
	return f.open()
}

func (f *Foreign) flush() error {
	// A carriage return inside would put what follows it at the start of a line.
	line := strings.ReplaceAll(strings.TrimSuffix(string(f.line), "\r"), "\r", "\n")
	f.line = f.line[:0]
	if line == "::endgroup::" || strings.HasPrefix(line, "::group::") && !strings.Contains(line, "\n") {
		if err := f.open(); err != nil {
			return err
		}
	} else if f.token == "" {
		f.token = token()
		if _, err := fmt.Fprintf(f.w, "::stop-commands::%s\n", f.token); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(f.w, line)
	return err
}

// open lets commands be heard again.
func (f *Foreign) open() error {
	if f.token == "" {
		return nil
	}
	_, err := fmt.Fprintf(f.w, "::%s::\n", f.token)
	f.token = ""
	return err
}
