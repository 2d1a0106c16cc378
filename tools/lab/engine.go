package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// engineVersion is the version of github.com/dagger/dagger in tools/engine/go.mod; clients refuse an engine that
// does not say which version it is.
const engineVersion = "v0.19.10"

// hiddenDirs are directories that the engine, runc and the CNI plugins write to without asking. In the engine's
// mount namespace each is an empty tmpfs: nothing of it is left on the machine, and nothing of a Docker, buildkitd
// or containerd on the same machine is touched.
var hiddenDirs = []string{"/run/buildkit", "/run/runc", "/run/containers", "/var/lib/cni"}

// engineScript runs as process 1 of a PID namespace and in a mount namespace of its own, and becomes the engine.
// When the engine dies, however it dies, the kernel ends its containers and its DNS server with it.
//
// An engine listens on the socket that it was compiled with, whatever else it is told. So the directory of that socket is
// each engine's own.
//
// The engine puts its own DNS server into /etc/resolv.conf; the namespace keeps that from the machine. /etc/ssl is
// read-only because the engine would otherwise run update-ca-certificates on the machine.
const engineScript = `set -e
bin=$1 resolv=$2 run=$3; shift 3
mount --make-rprivate /
mount --bind "$run" ` + runtimeDir + `
mount -t proc proc /proc
mount --bind "$bin" ` + runtimeDir + `/bin
mount --bind "$resolv" /etc/resolv.conf
if [ -d /etc/ssl ]; then mount --bind /etc/ssl /etc/ssl; mount -o remount,bind,ro /etc/ssl; fi
for dir in $HIDDEN; do mount -t tmpfs -o mode=755 tmpfs "$dir"; done
unset HIDDEN
exec "$bin/engine" "$@"
`

// nativePrograms are the commands that make up an engine on the machine itself. Under Docker only dagger is wanted.
var nativePrograms = []string{"engine", "dagger", "dnsname", "init"}

// engineKey identifies what the programs are built from. A machine that has them with this key need not build.
func engineKey(source string, programs []string) (string, error) {
	sum := sha256.New()
	fmt.Fprintln(sum, engineVersion, programs, patches)
	for _, name := range []string{"go.mod", "go.sum", "tools.go", "distconsts/go.mod", "distconsts/distconsts.go"} {
		data, err := os.ReadFile(filepath.Join(source, name))
		if err != nil {
			return "", err
		}
		fmt.Fprintf(sum, "%s %d\n%s", name, len(data), data)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

func (l layout) engineKeyFile() string { return filepath.Join(l.bin(), "engine.key") }

func (l layout) engineBuilt(key string) bool {
	data, err := os.ReadFile(l.engineKeyFile())
	return err == nil && strings.TrimSpace(string(data)) == key
}

// buildEngine builds the programs, and writes the key last.
func buildEngine(ctx context.Context, l layout, source string, programs []string, p *progress) error {
	key, err := engineKey(source, programs)
	if err != nil || l.engineBuilt(key) {
		return err
	}
	err = p.step("engine", "building "+strings.Join(programs, ", ")+" from Go modules", func(report func(string)) error {
		patched, err := os.MkdirTemp("", "slipway-lab-*")
		if err != nil {
			return err
		}
		defer os.RemoveAll(patched) //nolint:errcheck // temporary
		modfile, err := patchedSource(ctx, source, patched)
		if err != nil {
			return err
		}
		packages := 0
		stamp := "-s -w -X github.com/dagger/dagger/engine.Version=" + engineVersion + " -X github.com/dagger/dagger/engine.Tag=" + engineVersion
		build := []string{"go", "build", "-v", "-modfile", modfile, "-ldflags", stamp, "-o", l.bin() + "/"}
		for _, program := range programs {
			build = append(build, "github.com/dagger/dagger/cmd/"+program)
		}
		return command{
			args: build,
			dir:  source,
			env:  []string{"CGO_ENABLED=0", "GOWORK=off"},
			line: func(line string) {
				if what, ok := strings.CutPrefix(line, "go: downloading "); ok {
					report("downloading " + what)
					return
				}
				packages++
				report(fmt.Sprintf("%d packages compiled, now %s", packages, line))
			},
		}.run(ctx)
	})
	if err != nil {
		return err
	}
	return os.WriteFile(l.engineKeyFile(), []byte(key+"\n"), 0o644)
}

// startEngine starts an engine with the given state directory and waits until it answers.
func startEngine(ctx context.Context, l layout, i instance, state string, cfg engineConfig) error {
	if err := linkCNI(l); err != nil {
		return err
	}
	if err := wrapDNS(l); err != nil {
		return err
	}
	config := filepath.Join(l.run(), i.Name+".toml")
	if err := os.WriteFile(config, []byte(cfg.toml()), 0o644); err != nil {
		return err
	}
	resolv := filepath.Join(l.run(), "resolv.conf")
	data, err := os.ReadFile("/etc/resolv.conf")
	if err != nil {
		return fmt.Errorf("the engine needs a name server: %w", err)
	}
	if err := os.WriteFile(resolv, data, 0o644); err != nil { //nolint:gosec // G703: the lab writes below the directory its user chose
		return err
	}
	dirs := append([]string{state, i.Dir + "/bin", i.Dir + "/content/blobs/sha256"}, hiddenDirs...)
	for _, dir := range dirs {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	if err := os.Remove(i.socket()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	cmd := exec.Command("/bin/sh", "-c", engineScript, "engine", l.bin(), resolv, i.Dir,
		"--config", config, "--root", state, "--network-name", i.Network, "--network-cidr", i.CIDR)
	cmd.Env = engineEnv(l, os.Environ())
	cmd.SysProcAttr = ownNamespaces()
	key, err := os.ReadFile(l.engineKeyFile())
	if err != nil {
		return err
	}
	identity := process{State: state, Key: strings.TrimSpace(string(key))}
	started, err := startDetached(cmd, l.pidFile(i.Name), l.logFile(i.Name), identity)
	if err != nil {
		return fmt.Errorf("start the engine: %w", err)
	}
	return waitFor(ctx, 60*time.Second, func() (bool, error) {
		if i.answers() {
			return true, nil
		}
		if !started.alive() {
			return false, fmt.Errorf("the engine stopped while starting; the end of %s:\n%s", l.logFile(i.Name), tailOfFile(l.logFile(i.Name), 10))
		}
		return false, nil
	}, "the engine did not answer on "+i.socket()+" within 60 s; see "+l.logFile(i.Name))
}

// engineEnv is what the engine may see of the lab's environment: how to reach the network, and no more.
func engineEnv(l layout, environ []string) []string {
	env := []string{
		"PATH=" + l.wrappers() + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"HIDDEN=" + strings.Join(hiddenDirs, " "),
		"DO_NOT_TRACK=1",
	}
	for _, entry := range environ {
		switch name, _, _ := strings.Cut(entry, "="); strings.ToUpper(name) {
		case "HOME", "SSL_CERT_FILE", "SSL_CERT_DIR", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY":
			env = append(env, entry)
		}
	}
	return env
}

// wrapDNS has the engine's DNS server take the addresses of its own bridge only. By itself dnsmasq takes port 53 of
// every address, which the second engine, or a name server of the machine, would then not get.
func wrapDNS(l layout) error {
	dnsmasq, err := exec.LookPath("dnsmasq")
	if err != nil {
		return err
	}
	script := "#!/bin/sh\nexec " + shellQuote(dnsmasq) + " --bind-dynamic \"$@\"\n"
	return os.WriteFile(filepath.Join(l.wrappers(), "dnsmasq"), []byte(script), 0o755) //nolint:gosec // G306: a program
}

// linkCNI puts Debian's network plugins and our dnsname into the one directory that the engine searches.
func linkCNI(l layout) error {
	links := map[string]string{"dnsname": filepath.Join(l.bin(), "dnsname")}
	for _, plugin := range []string{"bridge", "firewall", "host-local", "loopback"} {
		links[plugin] = filepath.Join("/usr/lib/cni", plugin)
	}
	for name, target := range links {
		link := filepath.Join(l.cni(), name)
		if current, err := os.Readlink(link); err == nil && current == target {
			continue
		}
		if err := os.Remove(link); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := os.Symlink(target, link); err != nil {
			return err
		}
	}
	return nil
}

// stopEngine ends the engine, if it is ours and there, and clears away what it left.
func stopEngine(l layout, i instance, grace time.Duration) error {
	if process, _ := readProcess(l.pidFile(i.Name)); process.PID != 0 {
		if err := process.stop(l.pidFile(i.Name), grace); err != nil {
			return err
		}
	}
	return cleanNetwork(i)
}

// waitFor polls check until it holds, fails, or limit has passed.
func waitFor(ctx context.Context, limit time.Duration, check func() (bool, error), late string) error {
	deadline := time.Now().Add(limit)
	for {
		if ok, err := check(); ok || err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return errors.New(late)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
