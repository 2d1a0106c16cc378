package plan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/slipway-dev/slipway/internal/config"
	"github.com/slipway-dev/slipway/internal/lock"
)

// Recipe is the version of how the dependency layer is made. It is part of the
// layer's key: raise it with every change that changes the layer's bytes.
const Recipe = 2

// Deps is the dependency layer: what goes in, and the key it is looked up by.
type Deps struct {
	Requirements string // path of the file that says which packages, relative to the model directory
	Format       string // of config.Format…
	// Lock is the content of what fixes every package: that file, or what
	// `slipway lock` resolved it to. Of unlocked requirements it is their
	// content, and Hashed is false: they are locked for this run alone.
	Lock       []byte
	LockFile   string // path of the file with this content, relative to the model directory
	LockDigest string // "sha256:<hex>" of Lock
	FromDigest string // of the content of Requirements
	// Project is the pyproject.toml beside a uv.lock; nil for other formats.
	Project []byte
	Hashed  bool
	Key     string // empty when the base is not known (--offline) or the requirements are not locked
	// Repository is where the layer is looked up when it is not in the store,
	// and kept for others when Keep is true; empty: nowhere.
	Repository string
	Keep       bool
	// Locked are the layers that slipway.lock vouches for, by platform.
	Locked map[string]lock.Layer
}

func deps(c config.Config, f Facts) *Deps {
	format := config.RequirementsFormat(c.Build.Requirements)
	if c.Build.Requirements == "" || format == config.FormatRequirements && !requires(f.Lock) {
		return nil
	}
	d := &Deps{Requirements: c.Build.Requirements, Format: format, Lock: f.Lock, LockFile: c.Build.Requirements, FromDigest: Digest(f.Lock)}
	switch format {
	case config.FormatUV:
		d.Hashed, d.Project = true, f.Beside[path.Join(path.Dir(d.Requirements), "pyproject.toml")]
	case config.FormatPylock:
		d.Hashed = true
	case config.FormatRequirements:
		d.Hashed = pinned(f.Lock)
	}
	if resolved, ok := f.resolved(d); ok {
		d.Lock, d.LockFile, d.Hashed, d.Format = resolved, lock.Requirements, true, config.FormatRequirements
	}
	d.LockDigest = Digest(d.Lock)
	if f.Base != nil && d.Hashed {
		d.Key = d.KeyOf(d.Lock, f.Base.Digest, f.Platform)
	}
	if f.Locked != nil && f.Locked.Dependencies != nil && len(staleDeps(f, d)) == 0 {
		d.Locked = f.Locked.Dependencies.Layers
	}
	return d
}

// resolved is what `slipway lock` wrote of requirements without hashes, when
// neither they nor it have changed since.
func (f Facts) resolved(d *Deps) ([]byte, bool) {
	if d.Hashed || f.Locked == nil || f.Locked.Dependencies == nil {
		return nil, false
	}
	l, content := f.Locked.Dependencies, f.Beside[lock.Requirements]
	ok := l.From == d.Requirements && l.FromDigest == Digest(f.Lock) && l.File == lock.Requirements && l.Digest == Digest(content)
	return content, ok
}

// KeyOf stands for everything that a dependency layer follows from: what is
// installed, the base image that it is installed in, and how.
func (d Deps) KeyOf(lock []byte, base, platform string) string {
	key := sha256.Sum256(fmt.Appendf(nil, "%d\n%s\n%s\n%s\n%s\n%s\n", Recipe, base, d.Format, Digest(lock), Digest(d.Project), platform))
	return hex.EncodeToString(key[:])
}

// Digest is "sha256:<hex>" of data.
func Digest(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// requires says whether a requirements file asks for anything at all.
func requires(lock []byte) bool {
	for line := range bytes.Lines(lock) {
		if line = bytes.TrimSpace(line); len(line) > 0 && line[0] != '#' {
			return true
		}
	}
	return false
}

// shelf decides where layers are looked up and kept for other machines: in the
// repository that the image is published to.
func shelf(c config.Config, f Facts, p Publish) (repository string, keep bool) {
	for _, to := range []string{p.To, f.Publish, c.Publish.Image} {
		if to != "" && to != "none" && !strings.HasPrefix(to, "oci:") {
			return to, to == p.To
		}
	}
	return "", false
}

var (
	// https://pip.pypa.io/en/stable/topics/vcs-support/#git
	gitCommit = regexp.MustCompile(`git\+[a-z]+://[^\s]+@[0-9a-f]{40}\b`)
	remark    = regexp.MustCompile(`(^|\s)#.*$`)
)

// pinned is true for requirements of which each is fixed, by the hashes of its
// files or by a commit of git, which is one.
func pinned(requirements []byte) bool {
	joined := strings.ReplaceAll(strings.ReplaceAll(string(requirements), "\r\n", "\n"), "\\\n", " ")
	for line := range strings.Lines(joined) {
		line = strings.TrimSpace(remark.ReplaceAllString(strings.TrimSpace(line), ""))
		if line == "" || strings.HasPrefix(line, "-") {
			continue
		}
		if !strings.Contains(line, "--hash=") && !gitCommit.MatchString(line) {
			return false
		}
	}
	return true
}
