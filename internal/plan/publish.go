package plan

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/slipway-dev/slipway/internal/config"
	"github.com/slipway-dev/slipway/internal/event"
)

// Registry is true when the image goes to a registry, not to a directory: the
// user's own disk takes anything, a tag is a promise to others.
func (p Publish) Registry() bool { return p.To != "" && !strings.HasPrefix(p.To, "oci:") }

// Verifiable is false when it is known beforehand that no run of this plan can be verified.
func (p Plan) Verifiable() bool {
	return p.Test != nil && p.Smoke != nil && slices.ContainsFunc(p.Smoke.Cases, func(c config.Case) bool { return c.Expect.Recorded() })
}

// destination decides where the image goes: the command line's word first, then
// what the event allows, then slipway.yaml, else a directory beside the result.
func destination(c config.Config, e event.Event, f Facts) Publish {
	p := Publish{AllowUnverified: c.Publish.Unverified == "allow"}
	switch {
	case f.Publish == "none":
		p.Why = "--publish none"
		return p
	case e.PullRequest != nil && e.PullRequest.Fork:
		p.Why = "the pull request comes from a fork, whose runs have no right to write"
		return p
	case e.PullRequest != nil && c.Publish.PullRequest == "never":
		p.Why = "publish.pull-request is never"
		return p
	case f.Publish != "":
		p.To, p.Why = f.Publish, "--publish"
	case c.Publish.Image != "":
		p.To, p.Why = c.Publish.Image, "publish.image"
	default:
		p.To, p.Why = "oci:"+filepath.Join(f.Out, "image"), "no registry was named"
	}
	p.Tags = tags(c, e, f)
	return p
}

// tags follows the defaults of docker/metadata-action
// (https://github.com/docker/metadata-action#tags-input): what users of
// docker/build-push-action expect. A run on a laptop is only ever "dev".
func tags(c config.Config, e event.Event, f Facts) []string {
	switch {
	case len(f.Tags) > 0:
		return f.Tags
	case len(c.Publish.Tags) > 0:
		return c.Publish.Tags
	case e.PullRequest != nil && c.Publish.PullRequest == "digest":
		return nil
	case e.PullRequest != nil:
		// No sha- tag: what is checked out is GitHub's merge of head and base, which is no commit of anybody's.
		return []string{"pr-" + itoa(e.PullRequest.Number)}
	case e.Name == "":
		return []string{"dev"}
	case elsewhere(e, f):
		return nil
	}
	var out []string
	switch {
	case e.Name == "merge_group":
		// The queue's branch is gone in a minute; its commit may become the default branch's.
	case e.Name == "schedule":
		// The same commit as yesterday's, with new data or a new base: no tag of the commit or its branch moves.
		return []string{"nightly"}
	case e.Tag() != "":
		out = append(out, semver(e.Tag())...)
		if e.Name == "release" && !e.Prerelease && version.FindStringSubmatch(e.Tag()) == nil {
			out = append(out, "latest") // the author says so, whatever the version is called
		}
		if e.Prerelease {
			out = out[:1]
		}
	case e.OnDefaultBranch():
		out = append(out, "edge", branch(e.Branch()))
	case e.Branch() != "":
		out = append(out, branch(e.Branch()))
	}
	out = slices.DeleteFunc(out, func(t string) bool { return t == "" })
	if len(e.Commit) >= 12 {
		out = append(out, "sha-"+e.Commit[:12])
	}
	return slices.Compact(out)
}

// elsewhere is true when the checkout is not what the event is about, as with
// `ref:` of actions/checkout: the event's tags would then name other code.
func elsewhere(e event.Event, f Facts) bool {
	return e.Name != "" && e.PullRequest == nil && f.Head != "" && e.Commit != "" && f.Head != e.Commit
}

// taken are tags with a meaning of their own, which a branch of that name must not write.
var taken = regexp.MustCompile(`^(latest|edge|dev|nightly|pr-\d+|sha-[0-9a-f]+|v?\d+(\.\d+)*(-.*)?)$`)

func branch(name string) string {
	t := clean(name)
	if taken.MatchString(t) {
		return "branch-" + t
	}
	return t
}

var version = regexp.MustCompile(`^v?(\d+)\.(\d+)\.(\d+)(-[0-9A-Za-z.-]+)?$`)

// semver gives 1.2.3, 1.2, 1 and latest for v1.2.3; a pre-release only its own name.
func semver(tag string) []string {
	m := version.FindStringSubmatch(tag)
	switch {
	case m == nil:
		return []string{clean(tag)}
	case m[4] != "":
		return []string{m[1] + "." + m[2] + "." + m[3] + m[4]}
	}
	out := []string{m[1] + "." + m[2] + "." + m[3], m[1] + "." + m[2]}
	if m[1] != "0" { // before 1.0 every minor may break: "0" would promise what nobody keeps
		out = append(out, m[1])
	}
	return append(out, "latest")
}

var notInTag = regexp.MustCompile(`[^A-Za-z0-9_.-]+`)

// clean makes a tag of a git name: [A-Za-z0-9_][A-Za-z0-9_.-]{0,127}
// (https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#pulling-manifests).
func clean(name string) string {
	t := strings.TrimLeft(notInTag.ReplaceAllString(name, "-"), ".-")
	if len(t) > 128 {
		t = t[:128]
	}
	return t
}
