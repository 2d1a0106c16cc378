package main

import (
	"os"
	"os/exec"
	"strings"
)

// git is what the checkout says of itself; empty outside a repository.
type git struct{ commit, tree, ref string }

func readGit(dir string) git {
	ask := func(args ...string) string {
		out, err := exec.Command("git", append([]string{"-C", dir}, args...)...).Output()
		if err != nil { // not a repository, no commit yet, or no git: nothing to say
			return ""
		}
		return strings.TrimSpace(string(out))
	}
	return git{commit: ask("rev-parse", "HEAD"), tree: ask("rev-parse", "HEAD^{tree}"), ref: ask("symbolic-ref", "-q", "HEAD")}
}

// cpuModel is the processor's name, for readers who compare latencies.
func cpuModel() string {
	data, err := os.ReadFile("/proc/cpuinfo")
	if err != nil { // not Linux
		return ""
	}
	for line := range strings.Lines(string(data)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
