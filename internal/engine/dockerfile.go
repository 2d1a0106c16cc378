package engine

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"regexp"
	"slices"

	"dagger.io/dagger"

	"github.com/slipway-dev/slipway/internal/layer"
	"github.com/slipway-dev/slipway/internal/stage"
)

// Build builds a Dockerfile and writes the image as an archive to path. The
// container is made of that archive and of nothing else: what is tried is what
// is published, and the build's secrets, which Dagger would mount again for
// every command in what it built, are gone
// (https://github.com/dagger/dagger/blob/v0.19.10/core/container.go, Build).
func (e *Engine) Build(ctx context.Context, b stage.Dockerfile, path string) (stage.Built, error) {
	built, err := e.dockerBuild(b).Sync(ctx)
	if err != nil {
		return stage.Built{}, e.refused(ctx, err)
	}
	made, err := json.Marshal(b.Made)
	if err != nil {
		return stage.Built{}, err
	}
	const by, in, out = "/slipway/made.json", "/slipway/built.tar", "/slipway/out"
	rewritten := e.alone(b.Helper).
		WithNewFile(by, string(made)).
		WithMountedFile(in, built.AsTarball()).
		WithMountedDirectory(out, e.client.Directory()).
		WithExec([]string{helperPath, "rewrite", by, in, out + "/image.tar"})
	archive := rewritten.File(out + "/image.tar")
	if _, err := archive.Export(ctx, path); err != nil {
		return stage.Built{}, e.helperFailed(ctx, err)
	}
	base, err := rewritten.Stdout(ctx)
	if err != nil {
		return stage.Built{}, e.explain(ctx, err)
	}
	image, err := e.client.Container(dagger.ContainerOpts{Platform: dagger.Platform(b.Platform)}).Import(archive).Sync(ctx)
	if err != nil {
		return stage.Built{}, e.explain(ctx, err)
	}
	config, err := readConfig(ctx, image)
	if err != nil {
		return stage.Built{}, e.explain(ctx, err)
	}
	return stage.Built{Container: &container{engine: e, value: image, config: config}, Base: base}, nil
}

// dockerBuild is the build as the engine is asked for it. What the model's
// directory has by itself or by us and no image wants (.git, dist/) stays out
// of the context: with it, every commit and every run would change `ADD .`.
func (e *Engine) dockerBuild(b stage.Dockerfile) *dagger.Container {
	options := dagger.DirectoryDockerBuildOpts{
		Dockerfile: b.Path,
		Platform:   dagger.Platform(b.Platform),
		Target:     b.Target,
	}
	for _, name := range slices.Sorted(maps.Keys(b.Args)) {
		options.BuildArgs = append(options.BuildArgs, dagger.BuildArg{Name: name, Value: b.Args[name]})
	}
	for _, id := range slices.Sorted(maps.Keys(b.Secrets)) {
		// The build finds a secret by the name that it was set with.
		options.Secrets = append(options.Secrets, e.client.SetSecret(id, b.Secrets[id].Reveal()))
	}
	context := e.client.Host().Directory(b.Dir, dagger.HostDirectoryOpts{Exclude: b.Exclude})
	if b.Modes {
		// A checkout under another umask is the same commit, and no call of the engine changes modes.
		const at = "/slipway/context"
		context = e.alone(b.Helper).WithMountedDirectory(at, context).WithExec([]string{helperPath, "modes", at}).Directory(at)
	}
	return context.DockerBuild(options)
}

// helperFailed keeps a failure of ours from being taken for an instruction's.
func (e *Engine) helperFailed(ctx context.Context, err error) error {
	var exit *stage.ExitError
	if explained := e.explain(ctx, err); !errors.As(explained, &exit) {
		return explained
	}
	return &stage.Error{What: "the built image could not be made ready: " + stage.LastLine(exit.Stderr), Where: e.address.String(), Remedy: "see engine.log beside the result, and please report it", Err: err}
}

// surroundings matches what the engine says when a registry or a file to ADD
// could not be reached or may not be read, its disk is full, or it is stopping.
var surroundings = regexp.MustCompile(`no space left|database not open|unauthorized|authorization failed|denied|failed to do request|connection refused|i/o timeout|no such host|dial tcp|TLS handshake|status code 5\d\d|429 Too Many`)

// noise is what an error of the engine holds for machines.
var noise = regexp.MustCompile(`\s*\[traceparent:[^\]]*\]|failed to calculate checksum of ref [^:]+::\S+: `)

// refused tells a Dockerfile that cannot be built, which is the model's fault, from an engine that cannot build.
func (e *Engine) refused(ctx context.Context, err error) error {
	explained := e.explain(ctx, err)
	var exit *stage.ExitError
	if errors.As(explained, &exit) || ctx.Err() != nil || e.address.reachable(ctx) != nil || surroundings.MatchString(err.Error()) {
		return explained
	}
	what := noise.ReplaceAllString(firstLine(err.Error()), "")
	if output := e.log.failedOutput(); output != "" {
		what += "\n" + output
	}
	return &stage.BuildError{What: what}
}

func readConfig(ctx context.Context, c *dagger.Container) (layer.Config, error) {
	var config layer.Config
	var err error
	if config.Entrypoint, err = c.Entrypoint(ctx); err != nil {
		return config, err
	}
	if config.Cmd, err = c.DefaultArgs(ctx); err != nil {
		return config, err
	}
	if config.WorkingDir, err = c.Workdir(ctx); err != nil {
		return config, err
	}
	if config.User, err = c.User(ctx); err != nil {
		return config, err
	}
	variables, err := c.EnvVariables(ctx)
	if err != nil {
		return config, err
	}
	for _, v := range variables {
		name, err := v.Name(ctx)
		if err != nil {
			return config, err
		}
		value, err := v.Value(ctx)
		if err != nil {
			return config, err
		}
		config.Env = append(config.Env, name+"="+value)
	}
	ports, err := c.ExposedPorts(ctx)
	if err != nil {
		return config, err
	}
	for _, p := range ports {
		number, err := p.Port(ctx)
		if err != nil {
			return config, err
		}
		config.Ports = append(config.Ports, number)
	}
	return config, nil
}
