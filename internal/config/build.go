package config

import (
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
)

// What only a Dockerfile build has: its context, its caches, and what Slipway
// has to say of the Dockerfile itself.

// context reads the directory that the Dockerfile copies from. In a repository
// of several models it may be one that they share.
func (l *loader) context(n *node, field string) string {
	p := l.str(n, field, "a directory such as . or ../..")
	if p == "" {
		return ""
	}
	clean := filepath.ToSlash(filepath.Clean(p))
	if message := l.checkContext(clean); message != "" {
		l.problemf(n, "%s: %s", field, message)
	}
	return clean
}

func (l *loader) checkContext(p string) string {
	if !filepath.IsAbs(p) && l.inside(p) && !l.insideModel(p) {
		real, err := filepath.EvalSymlinks(filepath.Join(l.dir, filepath.FromSlash(p)))
		switch {
		case err != nil:
			return quote(p) + " cannot be read: " + cause(err)
		case !within(l.top, real):
			return quote(p) + " is a link that leaves the repository"
		}
		return "" // above the model
	}
	if message := l.check(p, anything); message != "" {
		return message
	}
	if info, err := os.Stat(filepath.Join(l.dir, filepath.FromSlash(p))); err == nil && !info.IsDir() {
		return quote(p) + " is a file, a directory is expected"
	}
	return ""
}

const cacheList = "a list of references such as [ghcr.io/acme/iris:buildcache]"

// cache reads one cache as docker/build-push-action takes it: a reference, or
// type=registry,ref=… (https://docs.docker.com/build/cache/backends/registry/).
// The engine has no other kind that works: GitHub's own cache has a new
// interface that it does not speak, and a local one lies in the engine.
func (l *loader) cache(n *node, field string) string {
	written := l.str(n, field, "a reference such as ghcr.io/acme/iris:buildcache")
	if written == "" {
		return ""
	}
	ref := written
	if strings.Contains(written, "=") {
		ref = ""
		for part := range strings.SplitSeq(written, ",") {
			key, value, _ := strings.Cut(part, "=")
			switch {
			case key == "ref":
				ref = value
			case key == "type" && value != "registry":
				l.problemf(n, "%s: a cache of the type %s is not supported; valid: registry", field, quote(value))
				return ""
			case key == "type" || key == "mode" && value == "max":
			default:
				l.problemf(n, "%s: %s has no effect; write ghcr.io/acme/iris:buildcache or type=registry,ref=ghcr.io/acme/iris:buildcache", field, quote(part))
				return ""
			}
		}
	}
	parsed, err := name.ParseReference(ref)
	if err != nil || !proper(parsed.Context(), ref) || strings.ContainsAny(ref, ",;") {
		l.problemf(n, "%s: %s is no reference of a cache%s; write it like ghcr.io/acme/iris:buildcache", field, quote(written), because(ref))
		return ""
	}
	if _, byDigest := parsed.(name.Digest); byDigest || !strings.Contains(path.Base(ref), ":") {
		// Without one it would be latest, which is an image to everybody else.
		l.problemf(n, "%s: %s names no tag, which a cache needs: write it like ghcr.io/acme/iris:buildcache", field, quote(written))
		return ""
	}
	return ref
}

// secretName matches how people call what nobody else may know.
var secretName = regexp.MustCompile(`(?i)(^|_)(token|password|passwd|passphrase|secret|credentials?|api_?key|private_?key|access_?key|auth)(_|$)`)

// completeDockerfile fills in what is left open of a Dockerfile build, and says
// what will not be as the Dockerfile has it.
func (l *loader) completeDockerfile() {
	b := &l.cfg.Build
	if b.Context == "" {
		b.Context = "."
	}
	if b.Dockerfile == "" {
		return
	}
	if !l.below(b.Context, b.Dockerfile) {
		l.keyProblemf("build.dockerfile", "%s lies outside of build.context, %s: move it there, or name a context that has it", quote(b.Dockerfile), quote(b.Context))
	}
	for _, arg := range slices.Sorted(maps.Keys(b.Args)) {
		if secretName.MatchString(arg) {
			l.warn("build.args: %s reads like a secret, and build arguments are none: the engine's log and cache have them, and whatever an instruction makes of them is in the image; use `secrets: [{id: %s, env: %s}]` and RUN --mount=type=secret,id=%s", oneLine(arg), strings.ToLower(arg), oneLine(arg), strings.ToLower(arg))
		}
	}
	l.warnDockerfile(b.Dockerfile, l.text(b.Dockerfile))
}

// below is true when a file lies in a directory; both are relative to the model directory.
func (l *loader) below(dir, file string) bool {
	return within(path.Join(filepath.ToSlash(l.dir), dir), path.Join(filepath.ToSlash(l.dir), file))
}

// lost are the instructions whose effect an image of Slipway does not have.
// https://github.com/dagger/dagger/issues/9515
var lost = map[string]string{
	"HEALTHCHECK": "the OCI format has no place for it: say in what runs the image how its health is asked",
	"ONBUILD":     "the engine drops it: images that are built on this one do not get it",
}

// directive matches a line that tells how the Dockerfile is read; they come
// before all else (https://docs.docker.com/reference/dockerfile/#parser-directives).
var directive = regexp.MustCompile(`^#\s*([A-Za-z]+)\s*=\s*(\S+)`)

// frontend is the image that the Dockerfile has itself built by; empty for the engine's own.
func frontend(content string) string {
	for line := range strings.Lines(strings.TrimPrefix(content, "\ufeff")) {
		m := directive.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil {
			return ""
		}
		if strings.EqualFold(m[1], "syntax") {
			return m[2]
		}
	}
	return ""
}

// warnDockerfile says what the Dockerfile asks for and does not get, and what it needs that others do not.
func (l *loader) warnDockerfile(file, content string) {
	file = oneLine(file)
	if image := frontend(content); image != "" {
		l.warn("%s: its syntax line has the engine pull and run %s, whose registry must be there for each new engine; without that line the engine's own Dockerfile frontend is used", file, oneLine(image))
	}
	said := map[string]bool{}
	for _, line := range instructions(content) {
		keyword, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		keyword = strings.ToUpper(keyword)
		if keyword == "HEALTHCHECK" && strings.EqualFold(strings.TrimSpace(rest), "NONE") {
			continue // there is none anyway
		}
		if why := lost[keyword]; why != "" && !said[keyword] {
			said[keyword] = true
			l.warn("%s: %s is not in the image: %s", file, keyword, why)
		}
	}
}
