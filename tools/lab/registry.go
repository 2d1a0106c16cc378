package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// registryAddress is how clients, the engine's configuration and the runner file name the lab's registry. Every
// tool takes "localhost" for a registry without TLS.
func registryAddress(port int) string { return "localhost:" + strconv.Itoa(port) }

// registryConfig is the configuration of the CNCF distribution server (https://distribution.github.io/distribution/about/configuration/).
// Deletion is on: slipway removes staging tags.
func registryConfig(root string, port int) string {
	return fmt.Sprintf(`version: 0.1
log: {level: warn, accesslog: {disabled: true}}
storage:
  filesystem: {rootdirectory: %q}
  delete: {enabled: true}
http: {addr: "127.0.0.1:%d"}
`, root, port)
}

// registryAnswers reports whether a registry serves the distribution API on the port.
func registryAnswers(ctx context.Context, port int) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d/v2/", port), nil)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	return response.Body.Close() == nil && response.StatusCode == http.StatusOK
}

// portTaken reports whether anything listens on the port of the loopback address.
func portTaken(port int) bool {
	conn, err := net.DialTimeout("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), time.Second)
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

// startRegistry starts the registry server and waits until it answers.
func startRegistry(ctx context.Context, l layout, port int) error {
	if running, alive := readProcess(l.pidFile("registry")); alive {
		if registryAnswers(ctx, port) {
			return nil
		}
		if err := running.stop(l.pidFile("registry"), 5*time.Second); err != nil { // on another port, or stuck
			return err
		}
	}
	program, err := registryProgram(l)
	if err != nil {
		return err
	}
	config := filepath.Join(l.run(), "registry.yml")
	if err := os.WriteFile(config, []byte(registryConfig(l.registry(), port)), 0o644); err != nil {
		return err
	}
	started, err := startDetached(exec.Command(program, "serve", config), l.pidFile("registry"), l.logFile("registry"), process{})
	if err != nil {
		return fmt.Errorf("start the registry: %w", err)
	}
	return waitFor(ctx, 20*time.Second, func() (bool, error) {
		if registryAnswers(ctx, port) {
			return true, nil
		}
		if !started.alive() {
			return false, fmt.Errorf("the registry stopped while starting; the end of %s:\n%s", l.logFile("registry"), tailOfFile(l.logFile("registry"), 10))
		}
		return false, nil
	}, fmt.Sprintf("the registry did not answer on port %d within 20 s; see %s", port, l.logFile("registry")))
}

func stopRegistry(l layout) error {
	process, _ := readProcess(l.pidFile("registry"))
	if process.PID == 0 {
		return nil
	}
	return process.stop(l.pidFile("registry"), 5*time.Second)
}
