//go:build linux

package probe

import (
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
)

// cgroup is the memory cgroup that we are in, version 1 or 2.
// https://docs.kernel.org/admin-guide/cgroup-v2.html#memory
type cgroup struct {
	root fs.FS  // of the file system
	dir  string // relative to root; empty: none was found
	v2   bool
}

// findCgroup looks where the kernel says we are below the usual mount points,
// and then at the mount points themselves: a container without a cgroup
// namespace is told its path on the host but sees only its own part.
func findCgroup(root fs.FS) cgroup {
	data, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return cgroup{}
	}
	for line := range strings.Lines(string(data)) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) != 3 {
			continue
		}
		v2 := fields[0] == "0" && fields[1] == ""
		mount, usage := "sys/fs/cgroup", "memory.current"
		if !v2 {
			mount, usage = "sys/fs/cgroup/memory", "memory.usage_in_bytes"
			if !slices.Contains(strings.Split(fields[1], ","), "memory") {
				continue
			}
		}
		for _, dir := range []string{path.Join(mount, fields[2]), mount} {
			if _, err := fs.Stat(root, path.Join(dir, usage)); err == nil {
				return cgroup{root: root, dir: dir, v2: v2}
			}
		}
	}
	return cgroup{}
}

// ours is true when the cgroup holds nothing but us, what we started and what
// started us, so that its memory is the command's.
func (c cgroup) ours() bool {
	if c.dir == "" {
		return false
	}
	data, err := fs.ReadFile(c.root, path.Join(c.dir, "cgroup.procs"))
	if err != nil {
		return false
	}
	proc, err := fs.Sub(c.root, "proc")
	if err != nil {
		return false
	}
	self := os.Getpid()
	known := append(descendants(proc, self), ancestors(proc, self)...)
	here := false
	for _, field := range strings.Fields(string(data)) {
		pid, err := strconv.Atoi(field) // 0 is a process of another pid namespace
		here = here || pid == self
		if err != nil || pid != self && !slices.Contains(known, pid) {
			return false
		}
	}
	return here
}

// anonymous is the memory that is nobody's file, in bytes.
func (c cgroup) anonymous() (int64, bool) {
	if c.v2 {
		return c.number("memory.stat", "anon")
	}
	return c.number("memory.stat", "total_rss")
}

func (c cgroup) source() string {
	if c.v2 {
		return "cgroup v2 anon"
	}
	return "cgroup v1 rss"
}

// oomKills counts the processes that the out-of-memory killer ended here.
func (c cgroup) oomKills() int64 {
	file := "memory.oom_control"
	if c.v2 {
		file = "memory.events"
	}
	n, _ := c.number(file, "oom_kill")
	return n
}

// number finds "key 123" in a flat keyed file.
func (c cgroup) number(file, key string) (int64, bool) {
	if c.dir == "" {
		return 0, false
	}
	data, err := fs.ReadFile(c.root, path.Join(c.dir, file))
	if err != nil {
		return 0, false
	}
	return keyed(string(data), key)
}

// keyed finds the number after key in lines like "anon 123" or "Pss: 123 kB".
func keyed(data, key string) (int64, bool) {
	for line := range strings.Lines(data) {
		fields := strings.Fields(line)
		if len(fields) >= 2 && strings.TrimSuffix(fields[0], ":") == key {
			n, err := strconv.ParseInt(fields[1], 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}
