// Package lock reads and writes slipway.lock: what an image was made of, by
// digest, so that another machine makes the same one.
package lock

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// File is the name of the lock, beside slipway.yaml.
const File = "slipway.lock"

// Requirements is the name of the file that requirements without hashes are resolved to, beside the lock.
const Requirements = "requirements.lock"

// Schema is the version of the format that this package reads and writes.
const Schema = 1

// Lock is a slipway.lock. Digests are "sha256:<hex>", platforms "linux/amd64".
type Lock struct {
	Base Base
	// Dependencies is nil for a model without any.
	Dependencies *Dependencies
	// Apt is nil where no Debian packages are asked for.
	Apt *Apt
	// Train is nil where nothing is trained.
	Train *Train
	// Weights are the files of the weights by their path in the image, with the digest of their content.
	Weights map[string]string
}

// Base is the base image.
type Base struct {
	Ref string // as slipway.yaml names it
	// Digests are of the manifest of each platform.
	Digests map[string]string
}

// Dependencies are the Python packages.
type Dependencies struct {
	// File is what says which, relative to the model's directory, and Digest that of its content.
	File   string
	Digest string
	// From is what File was resolved from, empty when a person wrote File.
	From       string
	FromDigest string
	// UV and Recipe are the versions of what makes the layer.
	UV     string
	Recipe int
	// Layers are what comes out, by platform.
	Layers map[string]Layer
}

// Apt are the Debian packages.
type Apt struct {
	Asked  []string // as slipway.yaml names them, sorted
	Recipe int
	Layers map[string]Layer
	// Packages are what was installed, "name=version", by platform.
	Packages map[string][]string
}

// Train is what training writes.
type Train struct {
	Key string // what it follows from, as hexadecimal digits
	// Layers are the diff IDs of its outputs, bottom first.
	Layers []string
}

// Layer is a layer that is looked up before it is made.
type Layer struct {
	Key    string // what it follows from, as hexadecimal digits
	DiffID string
	// Image is the digest of the image that carries it in a registry.
	Image string
}

// header is for whoever opens the file.
const header = `# What the image of this model is made of, so that every machine makes the same one.
# Written by ` + "`slipway lock`" + `; commit it, and do not edit it. To take newer versions: ` + "`slipway lock --update`" + `.
`

// Bytes writes the lock: the same lock, the same bytes.
func (l Lock) Bytes() []byte {
	w := &writer{}
	w.WriteString(header)
	w.line(0, "schema", fmt.Sprint(Schema))
	w.line(0, "base", "")
	w.line(1, "ref", quoted(l.Base.Ref))
	w.digests(1, "platforms", l.Base.Digests)
	if d := l.Dependencies; d != nil {
		w.line(0, "dependencies", "")
		w.line(1, "file", quoted(d.File))
		w.line(1, "digest", d.Digest)
		if d.From != "" {
			w.line(1, "from", quoted(d.From))
			w.line(1, "from_digest", d.FromDigest)
		}
		w.line(1, "uv", quoted(d.UV))
		w.line(1, "recipe", fmt.Sprint(d.Recipe))
		w.layers(1, d.Layers)
	}
	if a := l.Apt; a != nil {
		w.line(0, "apt", "")
		w.list(1, "asked", a.Asked)
		w.line(1, "recipe", fmt.Sprint(a.Recipe))
		w.layers(1, a.Layers)
		w.line(1, "packages", "")
		for _, platform := range slices.Sorted(maps.Keys(a.Packages)) {
			w.list(2, platform, a.Packages[platform])
		}
	}
	if t := l.Train; t != nil {
		w.line(0, "train", "")
		w.line(1, "key", quoted(t.Key))
		w.list(1, "layers", t.Layers)
	}
	if len(l.Weights) > 0 {
		w.digests(0, "weights", l.Weights)
	}
	return []byte(w.String())
}

type writer struct{ strings.Builder }

func (w *writer) line(depth int, key, value string) {
	w.WriteString(strings.Repeat("  ", depth) + key + ":")
	if value != "" {
		w.WriteString(" " + value)
	}
	w.WriteString("\n")
}

func (w *writer) list(depth int, key string, items []string) {
	w.line(depth, key, "")
	for _, item := range items {
		w.WriteString(strings.Repeat("  ", depth+1) + "- " + quoted(item) + "\n")
	}
}

func (w *writer) digests(depth int, key string, digests map[string]string) {
	w.line(depth, key, "")
	for _, name := range slices.Sorted(maps.Keys(digests)) {
		w.line(depth+1, quoted(name), digests[name])
	}
}

func (w *writer) layers(depth int, layers map[string]Layer) {
	w.line(depth, "layers", "")
	for _, platform := range slices.Sorted(maps.Keys(layers)) {
		w.line(depth+1, platform, "")
		l := layers[platform]
		w.line(depth+2, "key", quoted(l.Key))
		w.line(depth+2, "diff_id", l.DiffID)
		if l.Image != "" {
			w.line(depth+2, "image", l.Image)
		}
	}
}

// quoted writes a text so that YAML reads it as one, whatever it looks like.
func quoted(s string) string {
	r := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`)
	return `"` + r.Replace(s) + `"`
}
