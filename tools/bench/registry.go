package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/google/go-containerregistry/pkg/crane"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// base is the image that all build on.
const base = "library/python:3.11-slim"

// registry is the benchmark's own, of the lab's kind. It answers for Docker Hub, and holds the base image.
type registry struct {
	address string
	daemon  *daemon
}

func startRegistry(ctx context.Context, p place) (*registry, error) {
	program := filepath.Join(p.lab, "bin", "docker-registry")
	if _, err := os.Stat(program); err != nil {
		if program, err = exec.LookPath("docker-registry"); err != nil {
			return nil, err
		}
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	config := fmt.Sprintf(`version: 0.1
log: {level: warn, accesslog: {disabled: true}}
storage:
  filesystem: {rootdirectory: %q}
http: {addr: "127.0.0.1:%d"}
`, p.work("registry"), port)
	file := p.work("registry.yml")
	if err := os.WriteFile(file, []byte(config), 0o644); err != nil {
		return nil, err
	}
	r := &registry{address: fmt.Sprintf("localhost:%d", port)}
	if r.daemon, err = startDaemon(p.work("registry.log"), false, program, "serve", file); err != nil {
		return nil, err
	}
	err = r.daemon.ready(ctx, func() bool {
		answer, err := http.Get("http://" + r.address + "/v2/")
		return err == nil && answer.Body.Close() == nil && answer.StatusCode == http.StatusOK
	})
	if err != nil {
		return r, err
	}
	from := base
	if mirror := p.runner.Mirrors["docker.io"]; mirror != "" {
		from = mirror + "/" + base
	}
	return r, crane.Copy(from, r.address+"/"+base, crane.WithContext(ctx), crane.WithPlatform(&v1.Platform{OS: "linux", Architecture: "amd64"}))
}

func (r *registry) stop() error { return r.daemon.stop() }

// size of an image as it is pulled: configuration and layers, compressed.
func size(ctx context.Context, reference string) (int64, error) {
	ref, err := name.ParseReference(reference)
	if err != nil {
		return 0, err
	}
	image, err := remote.Image(ref, remote.WithContext(ctx), remote.WithPlatform(v1.Platform{OS: "linux", Architecture: "amd64"}))
	if err != nil {
		return 0, err
	}
	manifest, err := image.Manifest()
	if err != nil {
		return 0, err
	}
	total := manifest.Config.Size
	for _, layer := range manifest.Layers {
		total += layer.Size
	}
	return total, nil
}

func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close() //nolint:errcheck // only its number was wanted
	return listener.Addr().(*net.TCPAddr).Port, nil
}
