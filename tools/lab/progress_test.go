package main

import (
	"bytes"
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"
)

func TestFailedCommandShowsTheEndOfItsOutput(t *testing.T) {
	var lines []string
	err := command{
		args: []string{"/bin/sh", "-c", "echo first; echo second >&2; printf last; exit 3"},
		line: func(line string) { lines = append(lines, line) },
	}.run(context.Background())
	if err == nil {
		t.Fatal("want an error")
	}
	for _, part := range []string{"exit status 3", "    first", "    second", "    last"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not contain %q", err, part)
		}
	}
	if len(lines) != 2 {
		t.Errorf("got lines %q, want the two that ended", lines)
	}
}

func TestStepNamesTaskAndWhatFailed(t *testing.T) {
	var out bytes.Buffer
	p := newProgress(&out)
	if err := p.step("engine", "starting", func(func(string)) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if want := regexp.MustCompile(`^\[ +0\.0s\] engine    starting …\n\[ +0\.0s\] engine    starting: done in 0\.0 s\n$`); !want.MatchString(out.String()) {
		t.Errorf("got %q", out.String())
	}
	cause := errors.New("no socket")
	err := p.step("engine", "starting", func(func(string)) error { return cause })
	if !errors.Is(err, cause) || err.Error() != "engine: starting: no socket" {
		t.Errorf("got %v", err)
	}
}
