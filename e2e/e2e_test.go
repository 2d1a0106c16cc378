//go:build e2e

// Package e2e runs slipway as its users do, with the real engine, the real
// registry and real models. It needs the lab (`make lab`) and fails without it.
package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slipway-dev/slipway/internal/result"
)

var (
	root    string // of the repository
	slipway string // the binary under test
	lab     labFile
)

// labFile is the part of the lab's runner file that the tests need.
type labFile struct {
	Engine   string `json:"engine"`
	CLI      string `json:"cli"`
	Registry string `json:"registry"`
}

// runnerHost is the environment that names the lab's engine to the dagger CLI; Docker's it finds by itself.
func (l labFile) runnerHost() []string {
	if l.Engine == "" {
		return nil
	}
	return []string{"_EXPERIMENTAL_DAGGER_RUNNER_HOST=" + l.Engine}
}

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	var err error
	if root, err = filepath.Abs(".."); err != nil {
		return complain(err)
	}
	config, err := os.UserConfigDir()
	if err != nil {
		return complain(err)
	}
	data, err := os.ReadFile(filepath.Join(config, "slipway", "runner.json"))
	if err != nil {
		return complain(fmt.Errorf("the lab is not up: %w; `make lab` starts it", err))
	}
	if err := json.Unmarshal(data, &lab); err != nil {
		return complain(err)
	}
	dir, err := os.MkdirTemp("", "slipway-e2e-*")
	if err != nil {
		return complain(err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // temporary
	slipway = filepath.Join(dir, "slipway")
	build := exec.Command("go", "build", "-o", slipway, "./pipeline")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return complain(fmt.Errorf("building slipway: %w\n%s", err, out))
	}
	defer func() {
		if toxiproxy.process != nil {
			_ = toxiproxy.process.Kill()
		}
	}()
	return m.Run()
}

func complain(err error) int {
	fmt.Fprintln(os.Stderr, "e2e:", err)
	return 1
}

// outcome is what one run of slipway left behind.
type outcome struct {
	result.Result
	exit   int
	output string
	out    string // the directory of the result
}

// ship runs slipway on a model and reads its result.
func ship(t *testing.T, model string, args ...string) outcome {
	t.Helper()
	return shipEnv(t, nil, model, args...)
}

func shipEnv(t *testing.T, env []string, model string, args ...string) outcome {
	t.Helper()
	return do(t, env, append([]string{model}, args...)...)
}

// do runs a command of slipway that ends with a result.
func do(t *testing.T, env []string, args ...string) outcome {
	t.Helper()
	out := t.TempDir()
	cmd := command(t, env, slipway, append(args, "--out", out)...)
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	started := time.Now()
	exit := exitCode(t, cmd.Run())
	t.Logf("slipway %s: exit %d after %.1f s", strings.Join(args, " "), exit, time.Since(started).Seconds())
	return read(t, out, exit, output.String())
}

func command(t testing.TB, env []string, name string, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), env...)
	return cmd
}

func exitCode(t *testing.T, err error) int {
	t.Helper()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	t.Fatal(err)
	return -1
}

// read reads result and report, which exist whatever happened.
func read(t *testing.T, out string, exit int, output string) outcome {
	t.Helper()
	r, err := result.Read(filepath.Join(out, "result.json"))
	if err != nil {
		t.Fatalf("no result: %v\n%s", err, output)
	}
	if report, err := os.ReadFile(filepath.Join(out, "report.md")); err != nil || len(report) == 0 {
		t.Errorf("no report: %v", err)
	}
	if exit != r.Status.ExitCode() {
		t.Errorf("exit code %d does not say %s", exit, r.Status)
	}
	return outcome{r, exit, output, out}
}

func (o outcome) report(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(o.out, "report.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// wantStatus fails with all that the run said when its status is another one.
func (o outcome) wantStatus(t *testing.T, want result.Status) {
	t.Helper()
	if o.Status != want {
		t.Fatalf("status is %s, want %s\n%s", o.Status, want, o.output)
	}
}

func (o outcome) stage(t *testing.T, name string) result.Stage {
	t.Helper()
	for _, s := range o.Stages {
		if s.Name == name {
			return s
		}
	}
	t.Fatalf("the result has no stage %s", name)
	return result.Stage{}
}

// repository is a place in the lab's registry that no other test writes to.
func repository(t *testing.T) string {
	t.Helper()
	name := strings.ToLower(strings.NewReplacer("/", "-", "_", "-").Replace(t.Name()))
	return fmt.Sprintf("%s/e2e/%s-%d", lab.Registry, name, time.Now().UnixNano())
}

func model(name string) string { return filepath.Join("testdata", "models", name) }
