package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// writeDaggerWrapper puts `dagger` on the path that the lab prints: the real one, told which engine to use.
func writeDaggerWrapper(l layout, r runner) error {
	return os.WriteFile(filepath.Join(l.path(), "dagger"), []byte(daggerWrapper(r)), 0o755)
}

func daggerWrapper(r runner) string {
	defaults := []string{"DO_NOT_TRACK=1", "DAGGER_NO_NAG=1"}
	if r.Engine != "" {
		defaults = append(defaults, "_EXPERIMENTAL_DAGGER_RUNNER_HOST="+r.Engine)
	}
	var b strings.Builder
	b.WriteString("#!/bin/sh\n# Written by `lab up`: Dagger's command, with the lab's engine unless another is named.\n")
	for _, assignment := range defaults {
		name, value, _ := strings.Cut(assignment, "=")
		fmt.Fprintf(&b, "export %s=\"${%s:-%s}\"\n", name, name, value)
	}
	fmt.Fprintf(&b, "exec %s \"$@\"\n", shellQuote(r.CLI))
	return b.String()
}

func shellQuote(s string) string {
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// environment is what a shell needs to use the lab by hand, one assignment a line.
func environment(l layout, r runner) string {
	var b strings.Builder
	fmt.Fprintf(&b, "export PATH=%s:\"$PATH\"\n", shellQuote(l.path()))
	fmt.Fprintf(&b, "export _EXPERIMENTAL_DAGGER_CLI_BIN=%s\n", shellQuote(r.CLI))
	if r.Engine != "" {
		fmt.Fprintf(&b, "export _EXPERIMENTAL_DAGGER_RUNNER_HOST=%s\n", shellQuote(r.Engine))
	}
	b.WriteString("export DO_NOT_TRACK=1\n")
	return b.String()
}
