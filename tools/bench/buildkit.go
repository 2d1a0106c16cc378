package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
)

// buildkit is plain BuildKit: its daemon and its command, built from Go modules.
type buildkit struct {
	place    place
	registry string
	daemon   *daemon
}

// buildkitScript becomes the daemon, in namespaces of its own, and hides the places that it shares with others.
const buildkitScript = `set -e
mount --make-rprivate /
mount -t proc proc /proc
for dir in /run/runc /run/buildkit; do if [ -d $dir ]; then mount -t tmpfs tmpfs $dir; fi; done
exec "$@"
`

func newBuildKit(ctx context.Context, p place, registry string) (*buildkit, error) {
	_, err := command(ctx, filepath.Join(p.root, "tools", "buildkit"), []string{"CGO_ENABLED=0", "GOWORK=off"}, "go", "build", "-ldflags", "-s -w", "-o", p.bin("")+"/",
		"github.com/moby/buildkit/cmd/buildkitd", "github.com/moby/buildkit/cmd/buildctl")
	if err != nil {
		return nil, err
	}
	// The containers of RUN use the machine's network: nothing is faster. Garbage collection would only disturb.
	config := fmt.Sprintf(`[registry."docker.io"]
  mirrors = [%q]
[registry.%q]
  http = true
[worker.oci]
  enabled = true
  snapshotter = "overlayfs"
  binary = "/usr/sbin/runc"
  networkMode = "host"
  gc = false
[worker.containerd]
  enabled = false
`, registry, registry)
	b := &buildkit{place: p, registry: registry}
	return b, os.WriteFile(p.work("buildkit.toml"), []byte(config), 0o644)
}

func (b *buildkit) address() string { return "unix://" + b.place.work("buildkit.sock") }

func (b *buildkit) name() string { return "buildkit" }

func (b *buildkit) empty(ctx context.Context) error {
	if err := b.stop(); err != nil {
		return err
	}
	if err := os.RemoveAll(b.place.work("buildkit")); err != nil {
		return err
	}
	var err error
	b.daemon, err = startDaemon(b.place.work("buildkit.log"), true, "/bin/sh", "-c", buildkitScript, "buildkit", b.place.bin("buildkitd"),
		"--config", b.place.work("buildkit.toml"), "--root", b.place.work("buildkit"), "--addr", b.address())
	if err != nil {
		return err
	}
	return b.daemon.ready(ctx, func() bool {
		conn, err := net.Dial("unix", b.place.work("buildkit.sock"))
		return err == nil && conn.Close() == nil
	})
}

func (b *buildkit) ship(ctx context.Context, m model, repository string) (shipment, error) {
	args := []string{
		b.place.bin("buildctl"), "--addr", b.address(), "build", "--progress", "plain", "--frontend", "dockerfile.v0",
		"--local", "context=" + m.dir, "--local", "dockerfile=" + filepath.Dir(m.dockerfile), "--output", "type=image,name=" + repository + tag + ",push=true",
	}
	if _, err := os.Stat(certificates); err == nil {
		args = append(args, "--secret", "id=certificates,src="+certificates, "--opt", "build-arg:PIP_CERT=/run/certificates.crt")
	}
	whole, err := timed(ctx, m.dir, nil, args...)
	return shipment{whole, whole, repository + tag}, err
}

func (b *buildkit) stop() error {
	if b.daemon == nil {
		return nil
	}
	d := b.daemon
	b.daemon = nil
	return d.stop()
}
