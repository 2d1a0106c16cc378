// Package plan decides, before anything runs, everything that can be decided:
// what is built, which stages have nothing to do, where the image goes and
// under which tags. It is pure, so a plan can be printed and tested.
package plan

import (
	"slices"

	"github.com/slipway-dev/slipway/internal/config"
	"github.com/slipway-dev/slipway/internal/event"
	"github.com/slipway-dev/slipway/internal/layer"
	"github.com/slipway-dev/slipway/internal/lock"
)

// Facts are what was found out before planning: about the model's files, its
// base image and what the user asked for on the command line.
type Facts struct {
	Dir      string // the model directory, absolute
	Below    string // the same, relative to the top of the repository, with slashes
	Platform string // "linux/amd64": what is tried in full
	// Code, Weights and Tests are the model's files by what they are for, relative to Dir.
	Code, Weights, Tests []string
	// Objects are the weights that git-LFS keeps elsewhere, by their path among Weights.
	Objects map[string]Object
	// Inputs are the files that training reads, relative to Dir.
	Inputs []string
	// Lock is the content of the requirements file; nil when there is none.
	Lock []byte
	// Beside are the files that a lock needs besides: a pyproject.toml, a
	// requirements.lock; by their path relative to Dir.
	Beside map[string][]byte
	// Locked is what slipway.lock says; nil when there is none.
	Locked *lock.Lock
	UV     string // the version of uv that installs
	// Platforms are all that the image is for.
	Platforms []string
	// Base is what the registry says of the base image; nil when it was not asked (Dockerfile builds, --offline).
	Base *BaseFacts
	// Others are the base images of the other platforms; of a Dockerfile build, the platforms alone.
	Others []BaseFacts
	// Publish and Tags are the command line's; empty when it does not say.
	Publish string
	Tags    []string
	Out     string // where the result goes, absolute
	// Written are the places below Dir that runs write to, relative to it: no build sees them.
	Written []string
	// InContext are those below the context of a Dockerfile build, relative to it.
	InContext []string
	// Ignored are the patterns of the .dockerignore, less what the build needs all the same.
	Ignored []string
	// OtherModes is true when a file of the context has a mode that git does not know.
	OtherModes bool
	// Head is the commit that is checked out; empty when that is not known.
	Head  string
	Fresh bool // look nothing up, make everything again
}

// Object is a file that git-LFS has fetched and not put in its place.
type Object struct {
	Host   string // where it is, absolute
	SHA256 string // hex, as the pointer says
}

// BaseFacts is a base image as its registry describes it.
type BaseFacts struct {
	Ref      string
	Platform string
	Digest   string
	Config   layer.Config
}

// Plan is what a run will do.
type Plan struct {
	Model    string
	Dir      string
	Below    string // Dir relative to the top of the repository: how problems name files
	Platform string // what is tried in full
	// Others are the other platforms.
	Others []Variant
	// Dockerfile is set for Dockerfile builds, which make deps and layers by themselves.
	Dockerfile *Dockerfile
	Deps       *Deps  // nil: nothing to install
	Train      *Train // nil: the weights are there
	// Indexes are where packages are looked for before the public index.
	Indexes []config.Index
	Image   Image
	Test    *Test  // nil: no tests
	Smoke   *Smoke // nil: nothing to ask
	Metrics string // path of the metrics file, relative to Dir
	Gates   []config.Gate
	// StaleLock says what of slipway.lock is not as the model is now; empty when it is current.
	StaleLock []string
	Publish   Publish
	Fresh     bool
	// Steps says for each stage what it will do, or why it has nothing to do.
	Steps    []Step
	Warnings []string
	// Found is what slipway.yaml leaves open and the files told.
	Found []config.Detection

	noTests string // why there is no test command; empty when nothing even looked like a test
}

// Variant is what is planned for one more platform.
type Variant struct {
	Platform string       // "linux/arm64"
	DepsKey  string       // of its dependency layer; empty without one
	Config   layer.Config // of its image; empty for a Dockerfile build
}

// Platforms are all platforms, the one that is tried in full first.
func (p Plan) Platforms() []string {
	all := []string{p.Platform}
	for _, v := range p.Others {
		all = append(all, v.Platform)
	}
	return all
}

// Step is one stage as planned. Skip is empty for stages that run.
type Step struct{ Stage, Do, Skip string }

// Skipped returns why the stage has nothing to do; empty when it runs.
func (p Plan) Skipped(stage string) string {
	for _, s := range p.Steps {
		if s.Stage == stage {
			return s.Skip
		}
	}
	return ""
}

// Train makes the weights in the dependencies, before there is an image.
type Train struct {
	config.Train
	Files  []string     // that it reads, all of them, relative to the model directory
	Owner  string       // who runs it and whose the outputs are: "uid:gid", empty for root
	Config layer.Config // of the container that it runs in
	// Locked is what slipway.lock vouches for; its key is empty where it says nothing.
	Locked lock.Train
	// Repository is where outputs are kept for other machines; empty: nowhere. Keep is true when this run may write there.
	Repository string
	Keep       bool
}

// Image is what is put on the base.
type Image struct {
	Base    string // reference
	Code    []string
	Weights []string // in the model's directory
	Objects map[string]Object
	Sources []config.Weight // that are fetched; To is absolute
	User    string
	Config  layer.Config
}

// Test is the model's own tests, run in the image.
type Test struct {
	config.Test
	Files []string
}

// Smoke is what the running image is asked.
type Smoke struct {
	config.Smoke
	ProtocolWhy string
	Command     []string // empty: the image's own
	Port        int      // 0: the image's, or the protocol's
	Env         map[string]string
}

// Publish is where the image goes when everything has passed.
type Publish struct {
	To   string // "registry/repository" or "oci:DIR"; empty: nowhere
	Tags []string
	Why  string // how To was decided
	// AllowUnverified publishes also what was not fully checked.
	AllowUnverified bool
}

// Make plans a run of one model.
func Make(c config.Config, e event.Event, f Facts) Plan {
	p := Plan{
		Model: c.Model, Dir: f.Dir, Below: f.Below, Platform: f.Platform,
		Metrics: c.Metrics, Gates: c.Gates, Fresh: f.Fresh,
		Publish: destination(c, e, f), Indexes: c.Build.Index,
	}
	if c.Build.Dockerfile != "" {
		p.Dockerfile = dockerfile(c, f, p.Publish)
	} else {
		p.Deps = deps(c, f)
		p.Train = train(c, f, p.Deps)
		p.Image = image(c, e, f, p.Deps)
		if p.Deps != nil {
			p.Deps.Repository, p.Deps.Keep = shelf(c, f, p.Publish)
		}
		if p.Train != nil {
			p.Train.Repository, p.Train.Keep = shelf(c, f, p.Publish)
		}
	}
	for _, other := range f.Others {
		p.Others = append(p.Others, variant(c, e, f, other))
	}
	if len(c.Test.Command) > 0 {
		p.Test = &Test{Test: c.Test, Files: f.Tests}
	}
	p.Smoke = smoke(c)
	p.Found = c.Detected
	for _, d := range c.Detected {
		if d.Field == "test.command" && p.Test == nil {
			p.noTests = d.Why
		}
	}
	p.StaleLock = StaleLock(c, f)
	p.Steps = steps(p)
	p.Warnings = slices.Concat(warnings(p), lockWarnings(e, f, p.StaleLock), c.Warnings)
	if elsewhere(e, f) && p.Publish.To != "" && len(p.Publish.Tags) == 0 {
		p.Warnings = append(p.Warnings, "no tags: "+f.Head+" is checked out, and the event is about "+e.Commit)
	}
	return p
}

// ForSmoke plans what asks an image, or a server, that is there already.
func ForSmoke(c config.Config, platform string) Plan {
	return Plan{Model: c.Model, Platform: platform, Smoke: smoke(c), Found: c.Detected, Warnings: c.Warnings}
}

func smoke(c config.Config) *Smoke {
	if c.Smoke.Protocol == "" {
		return nil
	}
	s := &Smoke{Smoke: c.Smoke, Command: c.Serve.Command, Port: c.Serve.Port, Env: smokeEnv(c)}
	for _, d := range c.Detected {
		if d.Field == "smoke.protocol" {
			s.ProtocolWhy = d.Why
		}
	}
	return s
}

// smokeEnv is what the server gets on top of the image's own environment. For
// a Dockerfile build that includes serve.env, which is baked into other images.
func smokeEnv(c config.Config) map[string]string {
	env := map[string]string{}
	if c.Build.Dockerfile != "" {
		for k, v := range c.Serve.Env {
			env[k] = v
		}
	}
	for k, v := range c.Smoke.Env {
		env[k] = v
	}
	return env
}

func warnings(p Plan) []string {
	var out []string
	if p.Deps != nil && !p.Deps.Hashed {
		out = append(out, p.Deps.Requirements+" is not locked by hash: it is locked for this run alone, to what is newest today; "+relock(p.Below))
	}
	return out
}
