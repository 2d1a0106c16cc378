package main

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
)

// git is what the checkout says of itself; empty outside a repository.
type git struct {
	commit, tree, ref string
	dirty             bool   // tracked files differ from the commit
	server, name      string // of the repository it was cloned from: "https://github.com", "acme/iris"
}

func readGit(dir string) git {
	ask := func(args ...string) string {
		out, err := exec.Command("git", append([]string{"-C", dir}, args...)...).Output()
		if err != nil { // not a repository, no commit yet, or no git: nothing to say
			return ""
		}
		return strings.TrimSpace(string(out))
	}
	g := git{commit: ask("rev-parse", "HEAD"), tree: ask("rev-parse", "HEAD^{tree}"), ref: ask("symbolic-ref", "-q", "HEAD")}
	if g.dirty = ask("status", "--porcelain", "--untracked-files=no", "--", ".") != ""; g.dirty {
		g.tree = "" // what is built is in no tree
	}
	if m := hosted.FindStringSubmatch(ask("config", "--get", "remote.origin.url")); m != nil {
		g.server, g.name = "https://"+m[1], m[2]
	}
	return g
}

// hosted matches the addresses that a clone of owner/name on a host has: by HTTPS (never with its credentials) and by SSH.
var hosted = regexp.MustCompile(`^(?:https://(?:[^@/]*@)?|git@|ssh://git@)([A-Za-z0-9.-]+)[:/]([\w.-]+/[\w.-]+?)(?:\.git)?/?$`)

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
