package github

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
)

// maxSummary is the size in bytes above which the runner drops a step's whole
// summary (https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#step-isolation-and-limits).
const maxSummary = 1 << 20

// SetOutput implements reporting.Commands.
//
// It does not use go-githubactions, whose delimiter is the same for every
// value: a value that holds it could set other outputs. Ours is random, and
// checked against the value (https://github.com/advisories/GHSA-7r3h-m5j6-3q42).
func (c *Commands) SetOutput(name, value string) error {
	path := c.getenv("GITHUB_OUTPUT")
	if path == "" {
		return nil
	}
	if strings.ContainsAny(name, "\r\n=<") {
		return fmt.Errorf("%q is no name for an output", name)
	}
	delimiter := "slipway_" + token()
	for strings.Contains(value, delimiter) {
		delimiter = "slipway_" + token()
	}
	return appendTo(path, name+"<<"+delimiter+"\n"+value+"\n"+delimiter+"\n")
}

// AppendSummary implements reporting.Commands.
func (c *Commands) AppendSummary(markdown string) error {
	path := c.getenv("GITHUB_STEP_SUMMARY")
	if path == "" {
		return nil
	}
	// Steps of a composite action share one file with what the caller's other steps wrote before.
	size := int64(len(markdown)) + 1
	if info, err := os.Stat(path); err == nil {
		size += info.Size()
	}
	if size > maxSummary {
		return fmt.Errorf("it would be %d bytes long, and GitHub drops a summary of more than %d: nothing was added to it", size, maxSummary)
	}
	return appendTo(path, strings.TrimRight(markdown, "\n")+"\n")
}

func appendTo(path, text string) (err error) {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
	}()
	_, err = f.WriteString(text)
	return err
}

// token is 128 random bits.
func token() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails: https://pkg.go.dev/crypto/rand#Read
	return hex.EncodeToString(b)
}
