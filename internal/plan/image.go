package plan

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/slipway-dev/slipway/internal/config"
	"github.com/slipway-dev/slipway/internal/event"
	"github.com/slipway-dev/slipway/internal/layer"
)

// Where things lie in the images we assemble. Directories at the root: a
// parent that the engine had to create would carry the time of its creation.
const (
	AppDir  = "/app"
	VenvDir = "/venv"
)

// variant plans the image for another platform: the same but for its base.
func variant(c config.Config, e event.Event, f Facts, base BaseFacts) Variant {
	v := Variant{Platform: base.Platform}
	if c.Build.Dockerfile != "" {
		return v
	}
	f.Base, f.Platform = &base, base.Platform
	d := deps(c, f)
	if d != nil {
		v.DepsKey = d.Key
	}
	v.Config = image(c, e, f, d).Config
	return v
}

func image(c config.Config, e event.Event, f Facts, d *Deps) Image {
	img := Image{Base: c.Build.Base, Code: f.Code, Weights: f.Weights, Objects: f.Objects, User: c.Build.User}
	for _, w := range c.Weights {
		if w.Path == "" {
			if !path.IsAbs(w.To) {
				w.To = path.Join(AppDir, w.To)
			}
			img.Sources = append(img.Sources, w)
		}
	}
	var base layer.Config
	if f.Base != nil {
		base = f.Base.Config
	}
	img.Config = layer.Config{
		Env:        imageEnv(base.Env, c.Serve.Env, d != nil),
		Cmd:        c.Serve.Command,
		WorkingDir: AppDir,
		User:       c.Build.User,
		Ports:      []int{c.Serve.Port},
		Labels:     map[string]string{"org.opencontainers.image.title": c.Model},
	}
	if e.Repository != "" {
		// Constant over runs, unlike revision and created, which belong into attestations:
		// https://github.com/opencontainers/image-spec/blob/v1.1.0/annotations.md
		img.Config.Labels["org.opencontainers.image.source"] = e.ServerURL + "/" + e.Repository
	}
	return img
}

// imageEnv is the base's environment, ours and then the user's, each variable
// once. Unbuffered output: a server that dies must have said why.
func imageEnv(base []string, serve map[string]string, venv bool) []string {
	values := map[string]string{}
	for _, kv := range base {
		k, v, _ := strings.Cut(kv, "=")
		values[k] = v
	}
	values["PYTHONUNBUFFERED"] = "1"
	if venv {
		search := values["PATH"]
		if search == "" {
			search = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
		}
		values["PATH"] = VenvDir + "/bin:" + search
		values["VIRTUAL_ENV"] = VenvDir
	}
	maps.Copy(values, serve)
	env := make([]string, 0, len(values))
	for _, k := range slices.Sorted(maps.Keys(values)) {
		env = append(env, k+"="+values[k])
	}
	return env
}
