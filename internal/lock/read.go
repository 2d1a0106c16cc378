package lock

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/slipway-dev/slipway/internal/result"
)

// maxBytes is more than a lock has a reason to be.
const maxBytes = 4 << 20

var (
	digestFormat   = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)
	keyFormat      = regexp.MustCompile(`^[0-9a-f]{64}$`)
	platformFormat = regexp.MustCompile(`^linux/[a-z0-9]+(/[a-z0-9]+)?$`)
)

// file is a lock as YAML has it.
type file struct {
	Schema int `yaml:"schema"`
	Base   struct {
		Ref       string            `yaml:"ref"`
		Platforms map[string]string `yaml:"platforms"`
	} `yaml:"base"`
	Dependencies *struct {
		File       string           `yaml:"file"`
		Digest     string           `yaml:"digest"`
		From       string           `yaml:"from"`
		FromDigest string           `yaml:"from_digest"`
		UV         string           `yaml:"uv"`
		Recipe     int              `yaml:"recipe"`
		Layers     map[string]entry `yaml:"layers"`
	} `yaml:"dependencies"`
	Apt *struct {
		Asked    []string            `yaml:"asked"`
		Recipe   int                 `yaml:"recipe"`
		Layers   map[string]entry    `yaml:"layers"`
		Packages map[string][]string `yaml:"packages"`
	} `yaml:"apt"`
	Train *struct {
		Key    string   `yaml:"key"`
		Layers []string `yaml:"layers"`
	} `yaml:"train"`
	Weights map[string]string `yaml:"weights"`
}

type entry struct {
	Key    string `yaml:"key"`
	DiffID string `yaml:"diff_id"`
	Image  string `yaml:"image"`
}

// rewrite is what to do about every mistake in a file that no person writes.
const rewrite = ": `slipway lock` writes the file anew"

// Parse reads a lock. It returns every problem with its place; name is how they name the file.
func Parse(name string, data []byte) (Lock, []result.Problem) {
	r := reader{name: name}
	if len(data) > maxBytes {
		r.add(0, 0, fmt.Sprintf("has more than %d bytes, which no lock has%s", maxBytes, rewrite))
		return Lock{}, r.problems
	}
	if at := bytes.Index(data, []byte("<<<<<<< ")); at >= 0 {
		r.add(1+bytes.Count(data[:at], []byte("\n")), 1, "a merge left its marks here"+rewrite)
		return Lock{}, r.problems
	}
	var f file
	if err := decode(data, &f); err != nil {
		var at yaml.Error
		if errors.As(err, &at) && at.GetToken() != nil {
			p, message := at.GetToken().Position, oneLine(at.GetMessage())
			if strings.Contains(message, "Go struct field") {
				message = "a value of another kind is expected"
			}
			r.add(p.Line, p.Column, message+rewrite)
		} else {
			r.add(1, 1, oneLine(err.Error())+rewrite)
		}
		return Lock{}, r.problems
	}
	if f.Schema != Schema {
		r.add(1, 1, fmt.Sprintf("schema is %d, and this slipway reads %d%s", f.Schema, Schema, rewrite))
		return Lock{}, r.problems
	}
	r.tree, _ = parser.ParseBytes(data, 0) // it could be decoded
	return r.lock(f), r.problems
}

// decode turns a panic of the parser into what it is: a file that is no YAML.
func decode(data []byte, into *file) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("not valid YAML: %v", p)
		}
	}()
	return yaml.NewDecoder(bytes.NewReader(data), yaml.Strict()).Decode(into)
}

type reader struct {
	name     string
	tree     *ast.File
	problems []result.Problem
}

func (r *reader) add(line, col int, message string) {
	r.problems = append(r.problems, result.Problem{File: r.name, Line: line, Column: col, Message: message})
}

// want adds a problem with the value under these keys unless ok.
func (r *reader) want(ok bool, message string, keys ...string) {
	if ok {
		return
	}
	line, col := 1, 1
	for n := len(keys); n > 0; n-- { // of what is not there, the place of what should have it
		where := "$"
		for _, k := range keys[:n] {
			where += ".'" + strings.ReplaceAll(k, "'", `\'`) + "'"
		}
		at, err := yaml.PathString(where)
		if err != nil {
			continue
		}
		if found, err := at.FilterFile(r.tree); err == nil && found != nil && found.GetToken() != nil {
			line, col = found.GetToken().Position.Line, found.GetToken().Position.Column
			break
		}
	}
	r.add(line, col, strings.Join(keys, ".")+" "+message+rewrite)
}

func (r *reader) lock(f file) Lock {
	l := Lock{Base: Base{Ref: f.Base.Ref, Digests: f.Base.Platforms}, Weights: f.Weights}
	r.want(f.Base.Ref != "", "is missing", "base", "ref")
	r.want(len(f.Base.Platforms) > 0, "is missing", "base", "platforms")
	for _, p := range slices.Sorted(maps.Keys(f.Base.Platforms)) {
		r.want(platformFormat.MatchString(p), "is no platform", "base", "platforms", p)
		r.digest(f.Base.Platforms[p], "base", "platforms", p)
	}
	if d := f.Dependencies; d != nil {
		l.Dependencies = &Dependencies{File: d.File, Digest: d.Digest, From: d.From, FromDigest: d.FromDigest, UV: d.UV, Recipe: d.Recipe}
		r.want(inside(d.File), "is no path below the model's directory", "dependencies", "file")
		r.digest(d.Digest, "dependencies", "digest")
		if d.From != "" {
			r.want(inside(d.From), "is no path below the model's directory", "dependencies", "from")
			r.digest(d.FromDigest, "dependencies", "from_digest")
		}
		l.Dependencies.Layers = r.layers(d.Layers, "dependencies")
	}
	if a := f.Apt; a != nil {
		l.Apt = &Apt{Asked: a.Asked, Recipe: a.Recipe, Packages: a.Packages, Layers: r.layers(a.Layers, "apt")}
	}
	if t := f.Train; t != nil {
		l.Train = &Train{Key: t.Key, Layers: t.Layers}
		r.want(keyFormat.MatchString(t.Key), "is no key of 64 hexadecimal digits", "train", "key")
		r.want(len(t.Layers) > 0, "is missing", "train", "layers")
		for _, id := range t.Layers {
			r.digest(id, "train", "layers")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(f.Weights)) {
		r.digest(f.Weights[name], "weights", name)
	}
	return l
}

func (r *reader) layers(entries map[string]entry, section string) map[string]Layer {
	out := map[string]Layer{}
	for _, p := range slices.Sorted(maps.Keys(entries)) {
		e := entries[p]
		r.want(platformFormat.MatchString(p), "is no platform", section, "layers", p)
		r.want(keyFormat.MatchString(e.Key), "is no key of 64 hexadecimal digits", section, "layers", p, "key")
		r.digest(e.DiffID, section, "layers", p, "diff_id")
		if e.Image != "" {
			r.digest(e.Image, section, "layers", p, "image")
		}
		out[p] = Layer(e)
	}
	return out
}

func (r *reader) digest(s string, keys ...string) {
	r.want(digestFormat.MatchString(s), "is no digest (sha256: and 64 hexadecimal digits)", keys...)
}

// inside is true for a path that stays below where it begins.
func inside(p string) bool {
	return p != "" && !path.IsAbs(p) && !strings.Contains(p, `\`) && path.Clean(p) != ".." && !strings.HasPrefix(path.Clean(p), "../")
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
