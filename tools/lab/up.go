package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sync/errgroup"
)

// upOptions are the flags of `lab up`.
type upOptions struct {
	Images []string
	Port   int
}

// up brings the machine to the state asked for. What is there already is left as it is.
func up(ctx context.Context, l layout, options upOptions, p *progress) (*runner, error) {
	images, err := selectStandIns(options.Images)
	if err != nil {
		return nil, err
	}
	source, err := engineSource()
	if err != nil {
		return nil, err
	}
	if r := alreadyUp(ctx, l, source, images, options.Port); r != nil {
		return r, nil
	}
	hub := hubAnswers(ctx)
	if hub && dockerAnswers(ctx) {
		return upDocker(ctx, l, options.Port, p)
	}
	if hub {
		images = nil
	}
	return upNative(ctx, l, source, images, options.Port, hub, p)
}

func engineSource() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	return findEngineSource(dir)
}

// alreadyUp returns the runner file when everything it promises answers and the images are served.
func alreadyUp(ctx context.Context, l layout, source string, images []standIn, port int) *runner {
	r, err := readRunner(l.RunnerFile)
	if err != nil || r == nil || r.Registry != registryAddress(port) || !registryAnswers(ctx, port) {
		return nil
	}
	if r.Engine == "" {
		return r // under Docker the engine is the SDK's
	}
	key, err := engineKey(source)
	if err != nil || !l.engineBuilt(key) {
		return nil
	}
	if _, alive := readProcess(l.pidFile("engine")); !alive || !engineAnswers() {
		return nil
	}
	if len(r.Mirrors) > 0 {
		for _, image := range images {
			if !standInServed(ctx, l, r.Registry, image) {
				return nil
			}
		}
	}
	return r
}

// upDocker starts the registry under Docker; the Dagger SDK fetches and starts its own engine and command.
func upDocker(ctx context.Context, l layout, port int, p *progress) (*runner, error) {
	if err := startDockerRegistry(ctx, port, p); err != nil {
		return nil, err
	}
	r := runner{Registry: registryAddress(port)}
	return &r, writeRunner(l.RunnerFile, r)
}

// upNative builds and starts everything on the machine itself. The engine is built while packages are installed and
// base images are made: the one waits for the network and the processor in turns with the other.
func upNative(ctx context.Context, l layout, source string, images []standIn, port int, hub bool, p *progress) (*runner, error) {
	needs := nativeNeeds
	if len(images) > 0 {
		needs = append(append([]need(nil), nativeNeeds...), standInNeeds...)
	}
	_, registryAlive := readProcess(l.pidFile("registry"))
	_, engineAlive := readProcess(l.pidFile("engine"))
	key, err := engineKey(source)
	if err != nil {
		return nil, err
	}
	facts, err := lookAtMachine(l, runtime.GOOS, needs, port, registryAlive, engineAlive, l.engineBuilt(key))
	if err != nil {
		return nil, err
	}
	if err := preflightError(facts.problems()); err != nil {
		return nil, err
	}
	if err := l.makeDirs(); err != nil {
		return nil, err
	}
	if engineAlive && !l.engineBuilt(key) {
		p.say("engine", "stopping the running one: its sources have changed")
		if err := stopEngine(l, engineGrace); err != nil {
			return nil, err
		}
		engineAlive = false
	}

	group, ctx := errgroup.WithContext(ctx)
	registry := registryAddress(port)
	group.Go(func() error { return buildEngine(ctx, l, source, p) })
	group.Go(func() error {
		if err := installPackages(ctx, l, facts.Missing, p); err != nil {
			return err
		}
		if err := chooseIptables(filepath.Join(l.run(), "iptables")); err != nil {
			return err
		}
		if err := startRegistry(ctx, l, port); err != nil {
			return err
		}
		p.say("registry", "answers on %s", registry)
		for _, image := range images {
			if standInServed(ctx, l, registry, image) {
				continue
			}
			if err := makeLayer(ctx, l, image, p); err != nil {
				return err
			}
			if err := serveStandIn(ctx, l, registry, image, p); err != nil {
				return err
			}
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}

	r := runner{Engine: "unix://" + engineSocket, CLI: filepath.Join(l.bin(), "dagger"), Registry: registry}
	if !hub {
		r.Mirrors = map[string]string{"docker.io": registry}
	}
	if err := writeDaggerWrapper(l); err != nil {
		return nil, err
	}
	old, err := readRunner(l.RunnerFile)
	if err != nil {
		return nil, err
	}
	same := old != nil && old.Registry == r.Registry && maps.Equal(old.Mirrors, r.Mirrors)
	if !engineAlive || !engineAnswers() || !same {
		err := p.step("engine", "starting", func(func(string)) error {
			return restartEngine(context.WithoutCancel(ctx), l, defaultState, false, r)
		})
		if err != nil {
			return nil, err
		}
	}
	return &r, writeRunner(l.RunnerFile, r)
}

// writeDaggerWrapper puts `dagger` on the path that the lab prints: the real one, told which engine to use.
func writeDaggerWrapper(l layout) error {
	script := `#!/bin/sh
# Written by ` + "`lab up`" + `: Dagger's command, with the lab's engine unless another is named.
: "${_EXPERIMENTAL_DAGGER_RUNNER_HOST:=unix://` + engineSocket + `}" "${DO_NOT_TRACK:=1}" "${DAGGER_NO_NAG:=1}"
export _EXPERIMENTAL_DAGGER_RUNNER_HOST DO_NOT_TRACK DAGGER_NO_NAG
exec ` + shellQuote(filepath.Join(l.bin(), "dagger")) + ` "$@"
`
	return os.WriteFile(filepath.Join(l.path(), "dagger"), []byte(script), 0o755)
}

func shellQuote(s string) string {
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// environment is what a shell needs to use the lab by hand, one assignment a line.
func environment(l layout, r runner) string {
	var b strings.Builder
	if r.Engine != "" {
		fmt.Fprintf(&b, "export PATH=%s:\"$PATH\"\n", shellQuote(l.path()))
		fmt.Fprintf(&b, "export _EXPERIMENTAL_DAGGER_RUNNER_HOST=%s\n", shellQuote(r.Engine))
		fmt.Fprintf(&b, "export _EXPERIMENTAL_DAGGER_CLI_BIN=%s\n", shellQuote(r.CLI))
	}
	b.WriteString("export DO_NOT_TRACK=1\n")
	return b.String()
}
