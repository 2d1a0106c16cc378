package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// diskNeeded is what the lab itself needs: the engine's sources, build cache and programs (about 3 GiB), a base
// image, and room for an engine to work in.
const diskNeeded = 8 << 30

// machine is what the preflight looks at.
type machine struct {
	OS             string
	UID            int
	AptGet         bool     // there is an apt-get
	Missing        []string // Debian packages
	FreeBytes      uint64   // where the lab keeps its files
	Home           string
	OverlayFS      bool // Home lies on an overlay file system
	RegistryPort   int
	PortTaken      bool   // by something that the lab did not start
	NoCgroups      bool   // no cgroup hierarchy is mounted
	AddressClash   string // an interface whose address the engine's network would take
	ForeignEngine  bool   // an engine answers that this lab did not start
	EngineBuiltYet bool
}

// lookAtMachine gathers the facts. Nothing is changed.
func lookAtMachine(l layout, goos string, needs []need, port int, registryOurs, engineOurs, built bool) (machine, error) {
	m := machine{
		OS: goos, UID: os.Geteuid(), AptGet: onMachine("apt-get"), Missing: missing(needs, onMachine), Home: l.Home,
		RegistryPort: port, PortTaken: !registryOurs && portTaken(port), ForeignEngine: !engineOurs && usual.answers(), EngineBuiltYet: built,
	}
	if mounts, err := os.ReadFile("/proc/self/mountinfo"); err == nil {
		m.NoCgroups = !hasCgroups(string(mounts))
	}
	if !engineOurs {
		m.AddressClash = usual.clash()
	}
	dir := l.Home
	for {
		var err error
		m.FreeBytes, m.OverlayFS, err = fileSystem(dir)
		if err == nil || !errors.Is(err, fs.ErrNotExist) || dir == "/" {
			return m, err
		}
		dir = filepath.Dir(dir)
	}
}

// hasCgroups looks for a cgroup file system, of either version, in proc_pid_mountinfo(5): its type follows " - ".
func hasCgroups(mountinfo string) bool {
	for line := range strings.Lines(mountinfo) {
		if _, after, ok := strings.Cut(line, " - "); ok && (strings.HasPrefix(after, "cgroup ") || strings.HasPrefix(after, "cgroup2 ")) {
			return true
		}
	}
	return false
}

// problems lists all that stands in the way of a native engine; each says what to do.
func (m machine) problems() []string {
	if m.OS != "linux" {
		return []string{fmt.Sprintf("this is %s and Docker does not answer, or Docker Hub does not: start Docker, or run on Linux as root", m.OS)}
	}
	var found []string
	add := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	if m.UID != 0 {
		add("not root, and Docker does not answer, or Docker Hub does not: start Docker, or run again with sudo -E")
	}
	if len(m.Missing) > 0 && !m.AptGet {
		add("missing, and there is no apt-get to install them: install your distribution's packages for %s", strings.Join(m.Missing, ", "))
	}
	if need := uint64(diskNeeded); !m.EngineBuiltYet && m.FreeBytes < need {
		add("%s has %.1f GiB free, and %d GiB are needed: make room, or set XDG_CACHE_HOME to a directory on a larger disk", m.Home, float64(m.FreeBytes)/(1<<30), need>>30)
	}
	if m.OverlayFS {
		add("%s lies on an overlay file system, where an engine cannot keep its state: set XDG_CACHE_HOME to a directory on another one, a mounted volume for example", m.Home)
	}
	if m.NoCgroups {
		add("no cgroup file system is mounted, and containers need one: mount -t cgroup2 cgroup2 /sys/fs/cgroup")
	}
	if m.PortTaken {
		add("port %d of 127.0.0.1 is taken by a program that the lab did not start: stop it, or choose another port with --registry-port", m.RegistryPort)
	}
	if m.ForeignEngine {
		add("an engine that this lab did not start answers on %s: one machine runs one; stop that one first (`lab down` with its XDG_CACHE_HOME)", usual.socket())
	}
	if m.AddressClash != "" {
		add("the interface %s has an address in %s, which the engine's containers use: take that interface down", m.AddressClash, usual.CIDR)
	}
	return found
}

// preflightError puts all problems into one error.
func preflightError(problems []string) error {
	if len(problems) == 0 {
		return nil
	}
	return fmt.Errorf("this machine cannot run the lab yet:\n  - %s", strings.Join(problems, "\n  - "))
}

// chooseIptables finds an iptables whose tables the kernel has, and links it where the engine finds it first. Debian
// has two: the default translates to nftables, the other one is for kernels without it.
func chooseIptables(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	var tried []string
	for _, variant := range []string{"iptables", "iptables-nft", "iptables-legacy"} {
		program, err := exec.LookPath(variant)
		if err != nil {
			continue
		}
		out, err := exec.Command(program, "-w", "-t", "nat", "-L", "-n").CombinedOutput()
		if err != nil {
			tried = append(tried, fmt.Sprintf("%s: %s", variant, strings.TrimSpace(string(out))))
			continue
		}
		link := filepath.Join(dir, "iptables")
		if err := os.Remove(link); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		return os.Symlink(program, link)
	}
	return fmt.Errorf("the kernel has no nat table for containers' networks:\n    %s\nload the module (modprobe iptable_nat, or nf_tables and nft_chain_nat), or use a kernel that has it",
		strings.Join(tried, "\n    "))
}
