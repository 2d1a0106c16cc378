package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slipway-dev/slipway/internal/protocol"
)

// warn notes what stops nothing. What it quotes is made fit for a line before.
func (l *loader) warn(format string, args ...any) {
	l.cfg.Warnings = append(l.cfg.Warnings, fmt.Sprintf(format, args...))
}

// warnCog tells what cog.yaml asks of Cog's own builder, which is not used
// (https://github.com/replicate/cog/blob/main/docs/yaml.md). An image that
// slipway.yaml names may have it already.
func (l *loader) warnCog() {
	const file = "cog.yaml"
	if f := l.server; f == nil || f.protocol != "cog" {
		return
	}
	n, _ := l.foreign(file)
	build := n.get("build")
	if asks := set(build, "system_packages", "pre_install", "run"); len(asks) > 0 && !l.has("build.base") {
		l.warn("%s: %s: not done, because Cog's own builder is not used; write a Dockerfile that does it, or name an image that has it as build.base", file, strings.Join(asks, ", "))
	}
	if asks := set(build, "gpu", "cuda", "cudnn"); len(asks) > 0 && l.cfg.Smoke.GPUs == 0 {
		l.warn("%s: %s: not done, because Cog's own builder is not used; CUDA comes with Python packages such as torch or with build.base, and `smoke: {requires: {gpu: 1}}` says that the server needs a GPU", file, strings.Join(asks, ", "))
	}
}

// set are the keys of build that ask for something: not for false, nor for nothing.
func set(build *node, keys ...string) []string {
	var out []string
	for _, key := range keys {
		if v := build.get(key); v != nil && v.kind != null && v.value != "false" && (v.kind != list || len(v.items) > 0) {
			out = append(out, "build."+key)
		}
	}
	return out
}

// warnPorts tells of a Dockerfile with several ports, none of which is the one
// that the protocol's servers listen on.
func (l *loader) warnPorts(ports []int) {
	name := or(strings.TrimPrefix(l.cfg.Smoke.Protocol, "auto"), l.spoken.Value)
	if name == "auto" {
		name, _ = protocol.OfImage(protocol.Image{})
	}
	p, err := protocol.For(name)
	ports = slices.Compact(slices.Sorted(slices.Values(ports)))
	if err != nil || p.DefaultPort() == 0 || l.has("serve.port") || len(ports) < 2 || slices.Contains(ports, p.DefaultPort()) {
		return
	}
	l.warn("%s exposes the ports %s, and port %d is asked, as is usual for %s: say which is the server's, such as `serve: {port: %d}` in %s",
		oneLine(l.cfg.Build.Dockerfile), strings.ReplaceAll(strings.Trim(fmt.Sprint(ports), "[]"), " ", ", "), p.DefaultPort(), name, ports[0], File)
}

// warnModels tells which of several models is asked, where a server has them all.
func (l *loader) warnModels() {
	f := l.server
	if f.protocol != "oip-v2" || len(f.others) == 0 {
		return
	}
	l.warn("the server has more models than one (also %s), and only %s is asked: `smoke: {model: NAME}` names another, a case's path (/v2/models/NAME/infer) any",
		oneLine(strings.Join(f.others, ", ")), oneLine(f.model))
}
