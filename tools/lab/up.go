package main

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"runtime"

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
		return upDocker(ctx, l, source, options.Port, p)
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
	programs := nativePrograms
	if r.Engine == "" {
		programs = dockerPrograms
	}
	key, err := engineKey(source, programs)
	if err != nil || !l.engineBuilt(key) {
		return nil
	}
	if r.Engine == "" {
		return r // under Docker the engine is the SDK's
	}
	if foreign(images) && !emulates() {
		return nil
	}
	if engine, alive := readProcess(l.pidFile("engine")); !alive || engine.Key != key || !usual.answers() {
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

// upDocker starts the registry under Docker and builds the dagger command, which starts upstream's engine under
// Docker when it is first used.
func upDocker(ctx context.Context, l layout, source string, port int, p *progress) (*runner, error) {
	if err := l.makeDirs(); err != nil {
		return nil, err
	}
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() error { return startDockerRegistry(groupCtx, port, p) })
	group.Go(func() error { return buildEngine(groupCtx, l, source, dockerPrograms, p) })
	if err := group.Wait(); err != nil {
		return nil, err
	}
	r := runner{CLI: filepath.Join(l.bin(), "dagger"), Registry: registryAddress(port)}
	if err := writeDaggerWrapper(l, r); err != nil {
		return nil, err
	}
	return &r, writeRunner(l.RunnerFile, r)
}

// upNative builds and starts everything on the machine itself. The engine is built while packages are installed and
// base images are made: the one waits for the network and the processor in turns with the other.
func upNative(ctx context.Context, l layout, source string, images []standIn, port int, hub bool, p *progress) (*runner, error) {
	needs := nativeNeeds
	if len(images) > 0 {
		needs = append(append([]need(nil), nativeNeeds...), standInNeeds...)
	}
	if foreign(images) {
		needs = append(needs, emulatorNeeds...)
	}
	_, registryAlive := readProcess(l.pidFile("registry"))
	engine, engineAlive := readProcess(l.pidFile("engine"))
	key, err := engineKey(source, nativePrograms)
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

	group, groupCtx := errgroup.WithContext(ctx)
	registry := registryAddress(port)
	group.Go(func() error { return buildEngine(groupCtx, l, source, nativePrograms, p) })
	group.Go(func() error { return prepareServices(groupCtx, l, facts.Missing, images, port, p) })
	if err := group.Wait(); err != nil {
		return nil, err
	}

	r := runner{Engine: usual.address(), CLI: filepath.Join(l.bin(), "dagger"), Registry: registry}
	if !hub {
		r.Mirrors = map[string]string{"docker.io": registry}
	}
	if err := writeDaggerWrapper(l, r); err != nil {
		return nil, err
	}
	old, err := readRunner(l.RunnerFile)
	if err != nil {
		return nil, err
	}
	same := old != nil && old.Registry == r.Registry && maps.Equal(old.Mirrors, r.Mirrors)
	if !engineAlive || engine.Key != key || !usual.answers() || !same {
		err := p.step("engine", "starting", func(func(string)) error {
			return restartEngine(ctx, l, usual, usual.Name, false, r)
		})
		if err != nil {
			return nil, err
		}
	}
	return &r, writeRunner(l.RunnerFile, r)
}

// prepareServices installs the packages, starts the registry and serves the images from it.
func prepareServices(ctx context.Context, l layout, packages []string, images []standIn, port int, p *progress) error {
	if err := installPackages(ctx, l, packages, p); err != nil {
		return err
	}
	if foreign(images) {
		emulate(ctx, p)
	}
	if err := chooseIptables(l.wrappers()); err != nil {
		return err
	}
	if err := startRegistry(ctx, l, port); err != nil {
		return err
	}
	registry := registryAddress(port)
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
}
