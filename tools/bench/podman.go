package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
)

// podman is Debian's, with a storage of its own.
type podman struct {
	place    place
	registry string
}

func newPodman(ctx context.Context, p place, registry string) (*podman, error) {
	if _, err := exec.LookPath("podman"); err != nil {
		fmt.Fprintln(os.Stderr, "bench: installing Debian's podman")
		if _, err := command(ctx, "/", nil, "apt-get", "update"); err != nil {
			return nil, err
		}
		if _, err := command(ctx, "/", []string{"DEBIAN_FRONTEND=noninteractive"}, "apt-get", "install", "-y", "--no-install-recommends", "podman"); err != nil {
			return nil, err
		}
	}
	config := fmt.Sprintf(`unqualified-search-registries = ["docker.io"]
[[registry]]
location = "docker.io"
[[registry.mirror]]
location = %q
insecure = true
[[registry]]
location = %q
insecure = true
`, registry, registry)
	return &podman{place: p, registry: registry}, os.WriteFile(p.work("registries.conf"), []byte(config), 0o644)
}

func (p *podman) name() string { return "podman" }

// empty removes the storage. No mount of it is left: they end with the namespace of each command.
func (p *podman) empty(context.Context) error {
	for _, name := range []string{"podman", "podman-run"} {
		if err := os.RemoveAll(p.place.work(name)); err != nil {
			return err
		}
	}
	return nil
}

func (p *podman) ship(ctx context.Context, m model, repository string) (shipment, error) {
	build := []string{"build", "--quiet", "--network", "host", "--tag", repository + tag, "--file", m.dockerfile}
	if _, err := os.Stat(certificates); err == nil {
		build = append(build, "--secret", "id=certificates,src="+certificates, "--build-arg", "PIP_CERT=/run/certificates.crt")
	}
	built, err := timed(ctx, m.dir, p.env(), p.args(append(build, m.dir)...)...)
	if err != nil {
		return shipment{}, err
	}
	pushed, err := timed(ctx, m.dir, p.env(), p.args("push", "--quiet", "--tls-verify=false", repository+tag)...)
	return shipment{built + pushed, built + pushed, repository + tag}, err
}

func (p *podman) env() []string {
	return []string{"CONTAINERS_REGISTRIES_CONF=" + p.place.work("registries.conf")}
}

func (p *podman) args(args ...string) []string {
	return append([]string{
		"unshare", "--mount", "podman", "--root", p.place.work("podman"), "--runroot", p.place.work("podman-run"), "--storage-driver", "overlay",
		"--cgroup-manager", "cgroupfs", "--events-backend", "none",
	}, args...)
}

func (p *podman) stop() error { return nil }
