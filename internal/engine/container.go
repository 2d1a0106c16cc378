package engine

import (
	"context"
	"maps"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"dagger.io/dagger"

	"github.com/slipway-dev/slipway/internal/layer"
	"github.com/slipway-dev/slipway/internal/secret"
	"github.com/slipway-dev/slipway/internal/stage"
)

// container is an image in the engine.
type container struct {
	engine *Engine
	value  *dagger.Container
	config layer.Config
}

var _ stage.Container = (*container)(nil)

// Compose makes a container of a base and layers. Each layer is imported as an
// image of its own and laid over the ones below, so that a changed layer
// leaves the work for all others in the engine's cache.
//
// An engine on this machine pulls the whole image instead; see pulled.
func (e *Engine) Compose(ctx context.Context, image stage.Image) (stage.Container, error) {
	if c, ok := e.pulled(ctx, image); ok {
		return &container{engine: e, value: c, config: image.Config}, nil
	}
	c := e.client.Container(dagger.ContainerOpts{Platform: dagger.Platform(image.Platform)})
	if image.Base.Archive != "" {
		c = c.Import(e.hostFile(image.Base.Archive))
	} else {
		c = c.From(pinned(image.Base))
	}
	for _, l := range image.Layers {
		one := e.client.Container().Import(e.hostFile(l.Archive)).Rootfs()
		c = c.WithDirectory("/", one)
	}
	c = configure(c, image.Config)
	c, err := c.Sync(ctx)
	if err != nil {
		return nil, e.explain(ctx, err)
	}
	return &container{engine: e, value: c, config: image.Config}, nil
}

// pinned is the base's reference with its digest: the tag is for people.
func pinned(base *stage.Base) string {
	name, _, _ := strings.Cut(base.Ref, "@")
	return name + "@" + base.Digest
}

func configure(c *dagger.Container, config layer.Config) *dagger.Container {
	for _, kv := range config.Env {
		key, value, _ := strings.Cut(kv, "=")
		c = c.WithEnvVariable(key, value)
	}
	if config.WorkingDir != "" {
		c = c.WithWorkdir(config.WorkingDir)
	}
	if config.User != "" {
		c = c.WithUser(config.User)
	}
	return c
}

// hostFile is a file of the host under an identity of its own: loaded by
// itself, so that a change beside it does not make the engine do its work again.
func (e *Engine) hostFile(name string) *dagger.File {
	dir, base := filepath.Split(name)
	return e.client.Host().Directory(filepath.Clean(dir), dagger.HostDirectoryOpts{Include: literal(base)}).File(base)
}

// literal makes patterns of names: what is special in a pattern stands for any one character.
func literal(names ...string) []string {
	patterns := make([]string, len(names))
	for n, name := range names {
		patterns[n] = special.ReplaceAllString(name, "?")
	}
	return patterns
}

var special = regexp.MustCompile(`[\\*?\[\]]|^!`)

// Config is the image's own configuration.
func (c *container) Config() layer.Config { return c.config }

// Exec runs one command; see stage.Container.
func (c *container) Exec(ctx context.Context, x stage.Exec) (stage.Output, error) {
	run, err := c.run(ctx, x)
	if err != nil {
		return stage.Output{}, err
	}
	var out stage.Output
	if x.Keep != "" {
		out.Kept = run.Directory(x.Keep)
	}
	if x.OutputTo != "" {
		wanted := run.Directory(x.Output).Filter(dagger.DirectoryFilterOpts{Include: literal(x.Names...)})
		if _, err := wanted.Export(ctx, x.OutputTo); err != nil {
			return stage.Output{}, c.engine.explain(ctx, err)
		}
	}
	if out.Stdout, err = run.Stdout(ctx); err != nil {
		return stage.Output{}, c.engine.explain(ctx, err)
	}
	return out, nil
}

// mountsAtMost is how many files are mounted one by one; more are copied. A
// copy costs about 0.6 s on top of an image of 300 MB, whatever their number.
const mountsAtMost = 64

// prepare puts everything an Exec asks for around the image. Files and the
// output directory are mounted, not copied: a copy is a new snapshot on top of
// the whole file system, and costs more than most commands.
func (c *container) prepare(x stage.Exec) *dagger.Container {
	client, v := c.engine.client, c.value
	if x.User != "" {
		v = v.WithUser(x.User)
	}
	for _, t := range x.Trees {
		tree := client.Host().Directory(t.Host, dagger.HostDirectoryOpts{Include: literal(t.Include...)})
		if len(t.Include) > mountsAtMost {
			v = v.WithDirectory(t.Path, tree)
			continue
		}
		for _, name := range t.Include {
			v = v.WithMountedFile(path.Join(t.Path, name), tree.File(name))
		}
	}
	for _, at := range slices.Sorted(maps.Keys(x.Files)) {
		v = v.WithMountedFile(at, c.file(x.Files[at]))
	}
	for _, at := range slices.Sorted(maps.Keys(x.Mounts)) {
		v = v.WithMountedDirectory(at, x.Mounts[at].(*dagger.Directory))
	}
	if x.Output != "" {
		// Open to every user: the image's own may be any.
		const name = "open"
		open := client.Directory().WithNewDirectory(name, dagger.DirectoryWithNewDirectoryOpts{Permissions: 0o777})
		v = v.WithMountedDirectory(x.Output, open.Directory(name))
	}
	for _, key := range slices.Sorted(maps.Keys(x.Env)) {
		v = v.WithEnvVariable(key, x.Env[key])
	}
	for _, key := range slices.Sorted(maps.Keys(x.SecretEnv)) {
		v = v.WithSecretVariable(key, c.engine.secret(x.SecretEnv[key]))
	}
	for _, at := range slices.Sorted(maps.Keys(x.SecretFiles)) {
		v = v.WithMountedSecret(at, c.engine.secret(x.SecretFiles[at]), dagger.ContainerWithMountedSecretOpts{Owner: "0:0", Mode: 0o444})
	}
	return v
}

// secret hands a secret over. The engine knows it by its name alone, also in its cache.
func (e *Engine) secret(s secret.Secret) *dagger.Secret {
	return e.client.SetSecret("slipway:"+s.Env, s.Reveal()) // apart from the ids of a Dockerfile
}

func (c *container) file(f stage.File) *dagger.File {
	if f.Host != "" {
		return c.engine.hostFile(f.Host)
	}
	const name = "file"
	return c.engine.client.Directory().WithNewFile(name, string(f.Content)).File(name)
}
