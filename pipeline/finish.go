package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/slipway-dev/slipway/internal/report"
	"github.com/slipway-dev/slipway/internal/result"
)

// finish writes result and report and tells the person at the terminal.
func (p program) finish(res *result.Result, l loaded, started time.Time, f flags) result.Status {
	res.Run.DurationMS = time.Since(started).Milliseconds()
	res.Verified = res.Status == result.Passed && len(res.Unverified) == 0
	l.secrets.Scrubber().Clean(res)
	out, screen := l.out, p.stdout
	if f.json {
		screen = p.stderr
	}
	var written error
	if out != "" {
		written = write(*res, out)
	}
	if written != nil {
		fmt.Fprintf(p.stderr, "slipway: the result could not be written: %v; name another directory with --out\n", written)
		if res.Status == result.Passed {
			res.Status = result.Errored
		}
	}
	fmt.Fprint(screen, "\n"+strings.TrimRight(report.Terminal(*res, p.colour(screen)), "\n")+"\n")
	if out != "" && written == nil {
		fmt.Fprintf(screen, "\nreport  %s\nresult  %s\n", shown(filepath.Join(out, "report.md")), shown(filepath.Join(out, "result.json")))
	}
	if f.json {
		if err := json.NewEncoder(p.stdout).Encode(res); err != nil {
			fmt.Fprintf(p.stderr, "slipway: printing the result: %v\n", err)
		}
	}
	return res.Status
}

func write(res result.Result, out string) error {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	if err := res.Write(filepath.Join(out, "result.json")); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, "report.md"), []byte(report.Markdown(res)), 0o644)
}

// shown is a path as a person would type it from here.
func shown(path string) string {
	wd, err := os.Getwd()
	if err != nil {
		return path
	}
	if rel, err := filepath.Rel(wd, path); err == nil && len(rel) < len(path) {
		return rel
	}
	return path
}
