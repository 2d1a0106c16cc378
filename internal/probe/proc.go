//go:build linux

package probe

import (
	"bytes"
	"io/fs"
	"strconv"
	"strings"
)

// descendants are the processes below root, found in a /proc.
func descendants(proc fs.FS, root int) []int {
	children := map[int][]int{}
	for _, pid := range pids(proc) {
		if parent, ok := parentOf(proc, pid); ok {
			children[parent] = append(children[parent], pid)
		}
	}
	var all []int
	for queue := []int{root}; len(queue) > 0; queue = queue[1:] {
		all = append(all, children[queue[0]]...)
		queue = append(queue, children[queue[0]]...)
	}
	return all
}

// ancestors are the processes above pid.
func ancestors(proc fs.FS, pid int) []int {
	var all []int
	for {
		parent, ok := parentOf(proc, pid)
		if !ok || parent == 0 {
			return all
		}
		all, pid = append(all, parent), parent
	}
}

func pids(proc fs.FS) []int {
	entries, err := fs.ReadDir(proc, ".")
	if err != nil {
		return nil
	}
	var all []int
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil {
			all = append(all, pid)
		}
	}
	return all
}

// parentOf reads the fourth field of stat; the second, the name, may hold anything, also ")".
func parentOf(proc fs.FS, pid int) (int, bool) {
	data, err := fs.ReadFile(proc, strconv.Itoa(pid)+"/stat")
	if err != nil {
		return 0, false
	}
	fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))
	if len(fields) < 2 {
		return 0, false
	}
	parent, err := strconv.Atoi(fields[1])
	return parent, err == nil
}
