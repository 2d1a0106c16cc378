package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
)

// machine is what was measured on.
type machine struct {
	OS     string  `json:"os"`
	Kernel string  `json:"kernel"`
	CPU    string  `json:"cpu"`
	Cores  int     `json:"cores"`
	Memory int64   `json:"memory_bytes"`
	Load   float64 `json:"load_before"` // the average of the minute before
}

func (m machine) String() string {
	text := fmt.Sprintf("%d cores of %s, %d GiB of memory, %s %s", m.Cores, m.CPU, (m.Memory+1<<29)>>30, m.OS, m.Kernel)
	if m.Load > 0.5*float64(m.Cores) {
		text += fmt.Sprintf("; it was busy with something else before (load %.1f): do not trust the times", m.Load)
	}
	return text
}

func thisMachine(ctx context.Context) machine {
	m := machine{OS: runtime.GOOS + "/" + runtime.GOARCH, Cores: runtime.NumCPU(), CPU: field("/proc/cpuinfo", "model name")}
	if kernel, err := command(ctx, "/", nil, "uname", "-r"); err == nil {
		m.Kernel = strings.TrimSpace(kernel)
	}
	if kb, err := strconv.ParseInt(strings.TrimSuffix(field("/proc/meminfo", "MemTotal"), " kB"), 10, 64); err == nil {
		m.Memory = kb << 10
	}
	if data, err := os.ReadFile("/proc/loadavg"); err == nil {
		m.Load, _ = strconv.ParseFloat(strings.Fields(string(data))[0], 64) // 0 says: not known
	}
	return m
}

// field is the first value of a name in a file of lines "name: value".
func field(file, name string) string {
	data, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(data)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// versions of everything that was compared.
func (b *bench) versions(ctx context.Context) (map[string]string, error) {
	versions := map[string]string{"go": runtime.Version()}
	for name, args := range map[string][]string{
		"slipway":  {"git", "-C", b.root, "describe", "--always", "--dirty"},
		"dagger":   {"go", "list", "-C", b.root, "-m", "-f", "{{.Version}}", "dagger.io/dagger"},
		"buildkit": {"go", "list", "-C", b.root + "/tools/buildkit", "-m", "-f", "{{.Version}}", "github.com/moby/buildkit"},
		"podman":   {"podman", "--version"},
		"runc":     {"/usr/sbin/runc", "--version"},
	} {
		out, err := command(ctx, b.root, nil, args...)
		if err != nil {
			return nil, err
		}
		line, _, _ := strings.Cut(out, "\n")
		words := strings.Fields(line)
		versions[name] = words[len(words)-1]
	}
	return versions, nil
}
