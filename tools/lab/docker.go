package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"time"
)

// registryContainer is the name of the registry's container where Docker runs.
const registryContainer = "slipway-lab-registry"

// dockerPrograms are the commands that are built where Docker runs.
var dockerPrograms = []string{"dagger"}

// registryImage is the CNCF distribution server, in the major version that Debian also has.
const registryImage = "registry:2.8.3"

// dockerAnswers reports whether a Docker daemon can be used.
func dockerAnswers(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return exec.CommandContext(ctx, "docker", "info", "--format", "{{.ServerVersion}}").Run() == nil
}

// hubAnswers reports whether Docker Hub can be reached. It answers 401 to those who have not logged in.
func hubAnswers(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://registry-1.docker.io/v2/", nil)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	_ = response.Body.Close()
	return response.StatusCode == http.StatusOK || response.StatusCode == http.StatusUnauthorized
}

// startDockerRegistry runs the registry in a container. The engine is left to the Dagger SDK.
func startDockerRegistry(ctx context.Context, port int, p *progress) error {
	if registryAnswers(ctx, port) {
		return nil
	}
	return p.step("registry", "starting "+registryImage+" under Docker", func(report func(string)) error {
		if err := removeDockerRegistry(ctx); err != nil {
			return err
		}
		run := []string{"docker", "run", "--detach", "--name", registryContainer, "--restart", "unless-stopped",
			"--publish", fmt.Sprintf("127.0.0.1:%d:5000", port), "--env", "REGISTRY_STORAGE_DELETE_ENABLED=true", registryImage}
		if err := (command{args: run, line: report}).run(ctx); err != nil {
			return err
		}
		return waitFor(ctx, 30*time.Second, func() (bool, error) { return registryAnswers(ctx, port), nil },
			"the registry did not answer within 30 s; see `docker logs "+registryContainer+"`")
	})
}

// removeDockerRegistry removes the container, if there is one.
func removeDockerRegistry(ctx context.Context) error {
	out, err := exec.CommandContext(ctx, "docker", "rm", "--force", "--volumes", registryContainer).CombinedOutput()
	if err != nil && !strings.Contains(string(out), "No such container") {
		return errors.Join(fmt.Errorf("remove the container %s: %s", registryContainer, strings.TrimSpace(string(out))), err)
	}
	return nil
}
