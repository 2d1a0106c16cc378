package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// need is a program or file of the machine, and the Debian package it comes in.
type need struct {
	path string // absolute, or a name to be found on PATH
	pkg  string
}

// nativeNeeds is what an engine without Docker uses.
var nativeNeeds = []need{
	{"/usr/sbin/runc", "runc"},
	{"/usr/lib/cni/bridge", "containernetworking-plugins"},
	{"dnsmasq", "dnsmasq-base"},
	{"iptables", "iptables"},
	{"ip", "iproute2"},
}

// standInNeeds is what making base images uses.
var standInNeeds = []need{
	{"mmdebstrap", "mmdebstrap"},
	{"/usr/share/keyrings/debian-archive-keyring.gpg", "debian-archive-keyring"},
}

// missing returns the packages of the needs that are not there.
func missing(needs []need, there func(string) bool) []string {
	var packages []string
	for _, n := range needs {
		if !there(n.path) && !slices.Contains(packages, n.pkg) {
			packages = append(packages, n.pkg)
		}
	}
	return packages
}

func onMachine(path string) bool {
	if filepath.IsAbs(path) {
		_, err := os.Stat(path)
		return err == nil
	}
	_, err := exec.LookPath(path)
	return err == nil
}

// installPackages installs what is missing, and fetches the registry server. The server's package starts a
// service on port 5000 when it is installed; so it is only unpacked, into the lab's own directory.
func installPackages(ctx context.Context, l layout, packages []string, p *progress) error {
	_, err := registryProgram(l)
	wantRegistry := err != nil
	if len(packages) == 0 && !wantRegistry {
		return nil
	}
	noninteractive := []string{"DEBIAN_FRONTEND=noninteractive"}
	names := packages
	if wantRegistry {
		names = append(slices.Clone(packages), registryPackage)
	}
	return p.step("packages", "installing "+strings.Join(names, " "), func(report func(string)) error {
		if err := (command{args: []string{"apt-get", "update"}, line: report}).run(ctx); err != nil {
			return fmt.Errorf("%w\ncheck the machine's network and /etc/apt/sources.list*, then run `lab up` again", err)
		}
		if len(packages) > 0 {
			install := append([]string{"apt-get", "install", "-y", "--no-install-recommends"}, packages...)
			if err := (command{args: install, env: noninteractive, line: report}).run(ctx); err != nil {
				return fmt.Errorf("%w\ninstall by hand: apt-get install %s", err, strings.Join(packages, " "))
			}
		}
		if wantRegistry {
			return unpackRegistry(ctx, l, report)
		}
		return nil
	})
}

// registryPackage is Debian's package of the CNCF distribution server.
const registryPackage = "docker-registry"

func registryProgram(l layout) (string, error) {
	unpacked := filepath.Join(l.bin(), "docker-registry")
	if onMachine(unpacked) {
		return unpacked, nil
	}
	return exec.LookPath("docker-registry")
}

func unpackRegistry(ctx context.Context, l layout, report func(string)) error {
	dir, err := os.MkdirTemp(l.run(), "registry-package-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	// apt downloads as the user _apt where it can.
	if err := os.Chmod(dir, 0o777); err != nil {
		return err
	}
	if err := (command{args: []string{"apt-get", "download", registryPackage}, dir: dir, line: report}).run(ctx); err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.deb"))
	if err != nil || len(files) != 1 {
		return fmt.Errorf("`apt-get download %s` left %d packages in %s: expected one", registryPackage, len(files), dir)
	}
	root := filepath.Join(dir, "root")
	if err := (command{args: []string{"dpkg-deb", "-x", files[0], root}, line: report}).run(ctx); err != nil {
		return err
	}
	return os.Rename(filepath.Join(root, "usr/bin/docker-registry"), filepath.Join(l.bin(), "docker-registry"))
}
