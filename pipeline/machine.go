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
	changed           []string // files below the model's directory, from it, that are not as in the commit, or not in it
	server, name      string   // of the repository it was cloned from: "https://github.com", "acme/iris"
}

func readGit(dir string) git {
	ask := func(args ...string) string {
		out, err := exec.Command("git", append([]string{"-C", dir}, args...)...).Output()
		if err != nil { // not a repository, no commit yet, or no git: nothing to say
			return ""
		}
		return strings.TrimRight(string(out), "\n")
	}
	g := git{commit: ask("rev-parse", "HEAD"), tree: ask("rev-parse", "HEAD^{tree}"), ref: ask("symbolic-ref", "-q", "HEAD")}
	// https://git-scm.com/docs/git-status#_porcelain_format_version_1: "XY PATH", of a rename the old path follows as a record of its own.
	below := ask("rev-parse", "--show-prefix")
	for _, record := range strings.Split(ask("status", "--porcelain", "-z", "--untracked-files=all", "--", "."), "\x00") {
		if len(record) < 4 || record[2] != ' ' {
			continue
		}
		g.changed = append(g.changed, strings.TrimPrefix(record[3:], below))
		if record[:2] != "??" {
			g.tree = "" // what is built is in no tree
		}
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
