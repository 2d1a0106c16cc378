package config

import "regexp"

// The keys of slipway.yaml, one function a section: what a key is called, and
// how its value is read. A new key is a new line here.

var (
	envName    = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	pythonName = regexp.MustCompile(`^3\.[0-9]{1,2}(\.[0-9]{1,2})?$`)
	userName   = regexp.MustCompile(`^[0-9]{1,9}(:[0-9]{1,9})?$`)
	tagName    = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$`)
	// component is one part of a repository's name
	// (https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#pulling-manifests).
	component = regexp.MustCompile(`^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*$`)
)

// DefaultPlatform is what an image is for when nothing is said: the same on
// every machine, so that a laptop's digest is CI's.
const DefaultPlatform = "linux/amd64"

// The words that a key takes.
var (
	platforms     = []string{DefaultPlatform, "linux/arm64"}
	pullRequests  = []string{"never", "digest", "tag"}
	refuseOrAllow = []string{"refuse", "allow"}
)

func (l *loader) root(n *node) {
	c := &l.cfg
	if n.get("train") != nil {
		l.made = notYet // completeTrain looks whether training makes it
	}
	l.object(n, "", []field{
		{"schema", func(n *node, path string) {
			if n.kind != number || n.value != "1" {
				l.wrong(n, path, "1, the schema that this version reads")
			}
		}},
		{"model", l.model},
		{"build", l.build},
		{"weights", l.weights},
		{"train", l.train},
		{"metrics", func(n *node, path string) {
			c.Metrics = l.path(n, path, "a path such as metrics.json", l.made|aFile)
		}},
		{"gates", l.gates},
		{"test", l.test},
		{"serve", l.serve},
		{"smoke", l.smoke},
		{"publish", l.publish},
	})
}

func (l *loader) model(n *node, path string) {
	name := l.str(n, path, "a name such as iris")
	if name != "" && (!component.MatchString(name) || len(name) > maxModelName) {
		l.problemf(n, "%s: %s cannot name a repository: lower-case letters and digits, with single . _ or - between them, at most %d characters, such as %s",
			path, quote(name), maxModelName, validName(name))
		return // a name that is none must not name a directory either
	}
	l.cfg.Model = name
}

func (l *loader) build(n *node, path string) {
	b := &l.cfg.Build
	l.object(n, path, []field{
		{"context", func(n *node, path string) { b.Context = l.context(n, path) }},
		{"python", func(n *node, path string) {
			b.Python = l.word(n, path, `a version such as "3.11"`)
			if b.Python != "" && !pythonName.MatchString(b.Python) {
				l.problemf(n, `%s: %s is no Python version: write it like "3.11"`, path, quote(b.Python))
			}
		}},
		{"base", func(n *node, path string) { b.Base = l.reference(n, path) }},
		{"requirements", func(n *node, path string) { b.Requirements = l.requirements(n, path) }},
		{"index", func(n *node, path string) { b.Index = l.indexes(n, path) }},
		{"files", func(n *node, path string) {
			b.Files = l.words(n, path, `a list of patterns such as ["*.py", "src/**"]`, l.pattern)
		}},
		{"user", func(n *node, path string) {
			b.User = l.word(n, path, `numbers such as "1000:1000"`)
			if b.User != "" && !userName.MatchString(b.User) {
				l.problemf(n, `%s: %s is not numeric: write uid or uid:gid, such as "1000:1000" (names differ from image to image)`, path, quote(b.User))
			}
		}},
		{"dockerfile", func(n *node, path string) {
			b.Dockerfile = l.path(n, path, "a path such as Dockerfile", aFile)
		}},
		{"target", func(n *node, path string) { b.Target = l.str(n, path, "the name of a stage of the Dockerfile") }},
		{"args", func(n *node, path string) { b.Args = l.env(n, path) }},
		{"cache-from", func(n *node, path string) { b.CacheFrom = l.words(n, path, cacheList, l.cache) }},
		{"cache-to", func(n *node, path string) { b.CacheTo = l.words(n, path, cacheList, l.cache) }},
		{"platforms", func(n *node, path string) {
			b.Platforms = l.words(n, path, "a list such as [linux/amd64, linux/arm64]", l.platform)
		}},
		{"secrets", func(n *node, path string) { b.Secrets = l.secretMounts(n, path) }},
	})
}

func (l *loader) gates(n *node, path string) {
	if n.kind != list {
		l.wrong(n, path, "a list such as [{metric: accuracy, min: 0.9}]")
		return
	}
	for i, item := range n.items {
		path := indexed(path, i)
		g := Gate{}
		before := len(l.problems.list)
		l.object(item, path, []field{
			{"metric", func(n *node, path string) { g.Metric = l.str(n, path, "the name of a metric such as accuracy") }},
			{"min", func(n *node, path string) { g.Min = l.real(n, path, "0.9") }},
			{"max", func(n *node, path string) { g.Max = l.real(n, path, "0.1") }},
		})
		l.cfg.Gates = append(l.cfg.Gates, g)
		if item.kind != object || len(l.problems.list) > before {
			continue // said already
		}
		switch {
		case g.Metric == "":
			l.problemf(item, "%s: metric is missing: the name of a number in the metrics file", path)
		case g.Min == nil && g.Max == nil:
			l.problemf(item, "%s: no bound: set min, max or both", path)
		case g.Min != nil && g.Max != nil && *g.Min > *g.Max:
			l.problemf(item, "%s: min %v is above max %v: no value passes", path, *g.Min, *g.Max)
		}
	}
}

func (l *loader) test(n *node, path string) {
	t := &l.cfg.Test
	l.object(n, path, []field{
		{"command", func(n *node, path string) { t.Command = l.command(n, path, "[python, -m, pytest, -q]") }},
		{"requirements", func(n *node, path string) {
			t.Requirements = l.path(n, path, "a path such as requirements-test.txt", aFile)
		}},
		{"env", func(n *node, path string) { t.Env = l.env(n, path) }},
		{"secrets", func(n *node, path string) { t.Secrets = l.secretMounts(n, path) }},
		{"timeout", func(n *node, path string) { t.Timeout = l.duration(n, path) }},
	})
}

func (l *loader) serve(n *node, path string) {
	s := &l.cfg.Serve
	l.object(n, path, []field{
		{"command", func(n *node, path string) { s.Command = l.command(n, path, "[python, app.py]") }},
		{"port", func(n *node, path string) { s.Port = l.whole(n, path, 1, 65535, "8080") }},
		{"env", func(n *node, path string) { s.Env = l.env(n, path) }},
	})
}

func (l *loader) publish(n *node, path string) {
	p := &l.cfg.Publish
	l.object(n, path, []field{
		{"image", func(n *node, path string) { p.Image = l.destination(n, path) }},
		{"tags", func(n *node, path string) {
			if n.kind == text && n.value == "auto" {
				return // the plan derives them from the event
			}
			p.Tags = l.words(n, path, `auto or a list such as ["1.2", latest]`, l.tag)
		}},
		{"pull-request", func(n *node, path string) { p.PullRequest = l.choice(n, path, pullRequests) }},
		{"unverified", func(n *node, path string) { p.Unverified = l.choice(n, path, refuseOrAllow) }},
	})
}
