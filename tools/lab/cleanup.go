package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// cleanNetwork removes what an engine leaves in the machine's network when it ends: its bridge, and the packet
// filter rules of its containers. Everything else of the engine ends with its namespaces.
func cleanNetwork(i instance) error {
	bridge := i.bridge()
	if _, err := net.InterfaceByName(bridge); err == nil {
		if out, err := exec.Command("ip", "link", "delete", bridge).CombinedOutput(); err != nil {
			return fmt.Errorf("remove the bridge %s: %w: %s", bridge, err, strings.TrimSpace(string(out)))
		}
	}
	for table, stale := range map[string]func(instance, string) [][]string{"nat": staleNAT, "filter": staleFilter} {
		rules, err := exec.Command("iptables", "-w", "-t", table, "-S").Output()
		if err != nil {
			continue // no iptables, or no such table: then no engine has run here
		}
		for _, args := range stale(i, string(rules)) {
			// A rule may go by itself in the meantime: a plugin that is still ending removes it too.
			_ = exec.Command("iptables", append([]string{"-w", "-t", table}, args...)...).Run()
		}
	}
	return nil
}

// staleNAT picks out of `iptables -t nat -S` what the bridge plugin made for the engine's network: a jump in POSTROUTING with
// a comment that names the network, and the chain it leads to. It returns the arguments that remove each.
func staleNAT(i instance, rules string) [][]string {
	var jumps, chains [][]string
	for line := range strings.Lines(rules) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "-A POSTROUTING ") || !strings.Contains(line, `name: \"`+i.Network+`\"`) {
			continue
		}
		_, chain, ok := strings.Cut(line, " -j ")
		if !ok || !strings.HasPrefix(chain, "CNI-") {
			continue
		}
		source := argument(line, "-s")
		comment, ok := quoted(line)
		if !ok || source == "" {
			continue
		}
		jumps = append(jumps, []string{"-D", "POSTROUTING", "-s", source, "-m", "comment", "--comment", comment, "-j", chain})
		chains = append(chains, []string{"-F", chain}, []string{"-X", chain})
	}
	return append(jumps, chains...)
}

// staleFilter picks the forward rules of addresses in the engine's range out of `iptables -t filter -S`.
func staleFilter(i instance, rules string) [][]string {
	var found [][]string
	_, network, err := net.ParseCIDR(i.CIDR)
	if err != nil {
		return nil
	}
	for line := range strings.Lines(rules) {
		fields := strings.Fields(line)
		if len(fields) < 2 || fields[0] != "-A" || fields[1] != "CNI-FORWARD" {
			continue
		}
		for _, flag := range []string{"-s", "-d"} {
			if ip, _, err := net.ParseCIDR(argument(line, flag)); err == nil && network.Contains(ip) {
				found = append(found, append([]string{"-D"}, fields[1:]...))
				break
			}
		}
	}
	return found
}

func argument(line, flag string) string {
	fields := strings.Fields(line)
	for i, field := range fields[:max(0, len(fields)-1)] {
		if field == flag {
			return fields[i+1]
		}
	}
	return ""
}

// quoted returns the text of the line's comment, with iptables' escapes undone.
func quoted(line string) (string, bool) {
	_, rest, ok := strings.Cut(line, `--comment "`)
	if !ok {
		return "", false
	}
	end := strings.LastIndex(rest, `" -j `)
	if end < 0 {
		return "", false
	}
	return strings.ReplaceAll(rest[:end], `\"`, `"`), true
}

// upstreamResolv is a mount point that the engine makes in /etc, empty, for the machine's own resolv.conf.
const upstreamResolv = "/etc/dnsmasq-resolv.conf"

// removeRuntime removes what the lab and its engine made outside the lab's home. Directories that hold something of
// another program stay.
func removeRuntime() error {
	if info, err := os.Stat(upstreamResolv); err == nil && info.Size() == 0 {
		if err := os.Remove(upstreamResolv); err != nil {
			return err
		}
	}
	for _, dir := range hiddenDirs {
		if err := syscall.Rmdir(dir); err != nil && !errors.Is(err, syscall.ENOENT) && !errors.Is(err, syscall.ENOTEMPTY) && !errors.Is(err, syscall.EEXIST) {
			return fmt.Errorf("remove %s: %w", dir, err)
		}
	}
	return os.RemoveAll(runtimeDir)
}
