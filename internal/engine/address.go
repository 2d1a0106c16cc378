package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/slipway-dev/slipway/internal/stage"
)

// Address is where the engine is and how it was found.
type Address struct {
	// Session is true inside `dagger run`, which has already opened one.
	Session bool
	// RunnerHost is what Dagger calls the engine's address ("unix://…",
	// "tcp://…"); empty lets the SDK start an engine in Docker.
	RunnerHost string
	// CLI is the path of the dagger binary; empty lets the SDK fetch its own.
	CLI string
	// Why says how the address was found.
	Why string
}

func (a Address) String() string {
	switch {
	case a.Session:
		return "the session of dagger run"
	case a.RunnerHost != "":
		return a.RunnerHost
	}
	return "an engine in Docker"
}

// Runner is the file that tells slipway of the engine, registry and mirrors of
// this machine. `make lab` writes it.
type Runner struct {
	Engine   string            `json:"engine"`
	CLI      string            `json:"cli"`
	Registry string            `json:"registry"`
	Mirrors  map[string]string `json:"mirrors"` // registry host to the mirror that is asked first
}

// ReadRunner reads the runner file in the user's configuration directory; it is no error when there is none.
func ReadRunner(configDir string) (Runner, error) {
	path := filepath.Join(configDir, "slipway", "runner.json")
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Runner{}, nil
	}
	if err != nil {
		return Runner{}, err
	}
	var r Runner
	if err := json.Unmarshal(data, &r); err != nil {
		return Runner{}, &stage.Error{What: "the runner file is not JSON: " + err.Error(), Where: path, Remedy: "delete it, or run `make lab` again", Err: err}
	}
	return r, nil
}

// Locate decides which engine to use: what the command line says, an open
// session, the environment's runner host, the runner file, then Docker.
func Locate(flag string, getenv func(string) string, runner Runner) (Address, error) {
	cli := getenv("_EXPERIMENTAL_DAGGER_CLI_BIN")
	if cli == "" {
		cli = runner.CLI
	}
	switch {
	case flag != "":
		return Address{RunnerHost: flag, CLI: cli, Why: "--engine"}, nil
	case getenv("DAGGER_SESSION_PORT") != "":
		// The session is open; the address is for noticing when its engine goes away.
		return Address{Session: true, RunnerHost: getenv("_EXPERIMENTAL_DAGGER_RUNNER_HOST"), Why: "dagger run"}, nil
	case getenv("_EXPERIMENTAL_DAGGER_RUNNER_HOST") != "":
		return Address{RunnerHost: getenv("_EXPERIMENTAL_DAGGER_RUNNER_HOST"), CLI: cli, Why: "_EXPERIMENTAL_DAGGER_RUNNER_HOST"}, nil
	case runner.Engine != "":
		return Address{RunnerHost: runner.Engine, CLI: cli, Why: "the runner file"}, nil
	}
	if _, err := exec.LookPath("docker"); err == nil && dockerAnswers() {
		return Address{CLI: cli, Why: "Docker"}, nil
	}
	return Address{}, &stage.Error{
		What:   "there is no Dagger engine to run in",
		Where:  "no session, no _EXPERIMENTAL_DAGGER_RUNNER_HOST, no runner file, and Docker does not answer",
		Remedy: "start Docker; or `make lab` (root on Linux) for an engine without it; or name one with --engine",
	}
}

func dockerAnswers() bool {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	return exec.CommandContext(ctx, "docker", "info").Run() == nil
}

// reachable dials the engine before the SDK does, which retries for a minute before it gives up.
func (a Address) reachable(ctx context.Context) error {
	network, target, ok := strings.Cut(a.RunnerHost, "://")
	if !ok || (network != "unix" && network != "tcp") {
		return nil
	}
	dialer := net.Dialer{Timeout: 2 * time.Second}
	conn, err := dialer.DialContext(ctx, network, target)
	if err != nil {
		return &stage.Error{What: "the Dagger engine does not answer", Where: fmt.Sprintf("%s, from %s", a.RunnerHost, a.Why), Remedy: "start it (`make lab` starts the one of this repository's lab), or name another with --engine", Err: err}
	}
	return conn.Close()
}
