package plan

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-dev/slipway/internal/config"
	"github.com/slipway-dev/slipway/internal/event"
	"github.com/slipway-dev/slipway/internal/layer"
)

const sha = "0123456789abcdef0123456789abcdef01234567"

func TestDestination(t *testing.T) {
	pull := func(fork bool) event.Event {
		return event.Event{Name: "pull_request", Ref: "refs/pull/7/merge", Commit: sha, PullRequest: &event.PullRequest{Number: 7, Fork: fork}}
	}
	push := func(ref string) event.Event {
		return event.Event{Name: "push", Ref: ref, Commit: sha, DefaultBranch: "main"}
	}
	release := func(tag string, pre bool) event.Event {
		return event.Event{Name: "release", Ref: "refs/tags/" + tag, Commit: sha, DefaultBranch: "main", Prerelease: pre}
	}
	for _, test := range []struct {
		name    string
		publish config.Publish
		event   event.Event
		facts   Facts
		to      string
		tags    string
	}{
		{name: "nothing said", facts: Facts{Out: "/out"}, to: "oci:/out/image", tags: "dev"},
		{name: "configured", publish: config.Publish{Image: "ghcr.io/a/b"}, to: "ghcr.io/a/b", tags: "dev"},
		{name: "the command line wins", publish: config.Publish{Image: "ghcr.io/a/b"}, facts: Facts{Publish: "localhost:5000/b"}, to: "localhost:5000/b", tags: "dev"},
		{name: "none", publish: config.Publish{Image: "ghcr.io/a/b"}, facts: Facts{Publish: "none"}},
		{name: "tags from the command line", facts: Facts{Publish: "r/b", Tags: []string{"x"}}, to: "r/b", tags: "x"},
		{name: "tags from the configuration", publish: config.Publish{Tags: []string{"stable"}}, facts: Facts{Publish: "r/b"}, to: "r/b", tags: "stable"},
		{name: "pull request", event: pull(false), facts: Facts{Publish: "r/b"}, to: "r/b", tags: "pr-7"},
		{name: "pull request by digest", publish: config.Publish{PullRequest: "digest"}, event: pull(false), facts: Facts{Publish: "r/b"}, to: "r/b"},
		{name: "pull request never", publish: config.Publish{PullRequest: "never"}, event: pull(false), facts: Facts{Publish: "r/b"}},
		{name: "fork", event: pull(true), facts: Facts{Publish: "r/b"}},
		{name: "default branch", event: push("refs/heads/main"), facts: Facts{Publish: "r/b"}, to: "r/b", tags: "edge main sha-0123456789ab"},
		{name: "branch", event: push("refs/heads/feature/x"), facts: Facts{Publish: "r/b"}, to: "r/b", tags: "feature-x sha-0123456789ab"},
		{name: "merge queue", event: event.Event{Name: "merge_group", Ref: "refs/heads/gh-readonly-queue/main/pr-7", Commit: sha, DefaultBranch: "main"}, facts: Facts{Publish: "r/b"}, to: "r/b", tags: "sha-0123456789ab"},
		{name: "another checkout", event: push("refs/heads/main"), facts: Facts{Publish: "r/b", Head: "another"}, to: "r/b"},
		{name: "a branch called like a release", event: push("refs/heads/1.2"), facts: Facts{Publish: "r/b"}, to: "r/b", tags: "branch-1.2 sha-0123456789ab"},
		{name: "a branch without a letter for a tag", event: push("refs/heads/功能"), facts: Facts{Publish: "r/b"}, to: "r/b", tags: "sha-0123456789ab"},
		{name: "release", event: push("refs/tags/v1.2.3"), facts: Facts{Publish: "r/b"}, to: "r/b", tags: "1.2.3 1.2 1 latest sha-0123456789ab"},
		{name: "before 1.0", event: push("refs/tags/v0.2.3"), facts: Facts{Publish: "r/b"}, to: "r/b", tags: "0.2.3 0.2 latest sha-0123456789ab"},
		{name: "pre-release", event: push("refs/tags/v1.2.3-rc.1"), facts: Facts{Publish: "r/b"}, to: "r/b", tags: "1.2.3-rc.1 sha-0123456789ab"},
		{name: "published release", event: release("v1.2.3", false), facts: Facts{Publish: "r/b"}, to: "r/b", tags: "1.2.3 1.2 1 latest sha-0123456789ab"},
		{name: "published release called otherwise", event: release("spring-1", false), facts: Facts{Publish: "r/b"}, to: "r/b", tags: "spring-1 latest sha-0123456789ab"},
		{name: "release marked as a pre-release", event: release("v1.2.3", true), facts: Facts{Publish: "r/b"}, to: "r/b", tags: "1.2.3 sha-0123456789ab"},
		{name: "schedule", event: event.Event{Name: "schedule", Ref: "refs/heads/main", Commit: sha, DefaultBranch: "main"}, facts: Facts{Publish: "r/b"}, to: "r/b", tags: "nightly"},
		{name: "by hand", event: event.Event{Name: "workflow_dispatch", Ref: "refs/heads/x", Commit: sha, DefaultBranch: "main"}, facts: Facts{Publish: "r/b"}, to: "r/b", tags: "x sha-0123456789ab"},
		{name: "a branch called like the schedule's tag", event: push("refs/heads/nightly"), facts: Facts{Publish: "r/b"}, to: "r/b", tags: "branch-nightly sha-0123456789ab"},
		{name: "another tag", event: push("refs/tags/spring+1"), facts: Facts{Publish: "r/b"}, to: "r/b", tags: "spring-1 sha-0123456789ab"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := Make(config.Config{Publish: test.publish}, test.event, test.facts).Publish
			if got.To != test.to || strings.Join(got.Tags, " ") != test.tags || got.Why == "" {
				t.Errorf("to %q, tags %v, because %q; want %q, %q", got.To, got.Tags, got.Why, test.to, test.tags)
			}
		})
	}
}

func base() *BaseFacts {
	return &BaseFacts{Ref: "python:3.11-slim", Digest: "sha256:aa", Config: layer.Config{Env: []string{"PATH=/usr/bin", "LANG=C.UTF-8"}}}
}

func TestDepsKey(t *testing.T) {
	c := config.Config{Build: config.Build{Requirements: "requirements.txt"}}
	f := Facts{Lock: []byte("numpy==2.0 --hash=sha256:00\n"), Base: base(), Platform: "linux/amd64"}
	key := Make(c, event.Event{}, f).Deps.Key
	if len(key) != 64 {
		t.Fatalf("key is %q", key)
	}
	same := f
	same.Code, same.Out = []string{"app.py"}, "/elsewhere"
	if got := Make(c, event.Event{Commit: sha}, same).Deps.Key; got != key {
		t.Error("the key depends on something that is not in the layer")
	}
	for name, change := range map[string]func(*Facts){
		"lock":     func(f *Facts) { f.Lock = []byte("numpy==2.1 --hash=sha256:01\n") },
		"base":     func(f *Facts) { f.Base = &BaseFacts{Digest: "sha256:bb"} },
		"platform": func(f *Facts) { f.Platform = "linux/arm64" },
	} {
		other := f
		change(&other)
		if got := Make(c, event.Event{}, other).Deps.Key; got == key {
			t.Errorf("another %s, the same key", name)
		}
	}
}

func TestNothingRequired(t *testing.T) {
	for name, lock := range map[string][]byte{"no file": nil, "empty": {}, "comments": []byte("# nothing\n\n  # really\n")} {
		p := Make(config.Config{Serve: config.Serve{Command: []string{"python", "app.py"}, Port: 8080}}, event.Event{}, Facts{Lock: lock, Base: base()})
		if p.Deps != nil || p.Skipped("deps") == "" {
			t.Errorf("%s: deps are %+v", name, p.Deps)
		}
		if path := p.Image.Config.Env; !cmp.Equal(path, []string{"LANG=C.UTF-8", "PATH=/usr/bin", "PYTHONUNBUFFERED=1"}) {
			t.Errorf("%s: environment is %v", name, path)
		}
	}
}

func TestImageConfig(t *testing.T) {
	c := config.Config{
		Model: "iris",
		Build: config.Build{Requirements: "requirements.txt", User: "1000:1000"},
		Serve: config.Serve{Command: []string{"uvicorn", "app:app"}, Port: 8080, Env: map[string]string{"LANG": "de_DE.UTF-8"}},
	}
	e := event.Event{Repository: "acme/iris", ServerURL: "https://github.com", Commit: sha}
	got := Make(c, e, Facts{Lock: []byte("numpy==2.0"), Base: base()}).Image.Config
	want := layer.Config{
		Env:        []string{"LANG=de_DE.UTF-8", "PATH=/venv/bin:/usr/bin", "PYTHONUNBUFFERED=1", "VIRTUAL_ENV=/venv"},
		Cmd:        []string{"uvicorn", "app:app"},
		WorkingDir: "/app",
		User:       "1000:1000",
		Ports:      []int{8080},
		// No revision and no time: what varies from run to run would change the digest.
		Labels: map[string]string{"org.opencontainers.image.title": "iris", "org.opencontainers.image.source": "https://github.com/acme/iris"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("config (-want +got):\n%s", diff)
	}
}

// TestSteps: every stage is in the plan, with what it will do or why not.
func TestSteps(t *testing.T) {
	p := Make(config.Config{Build: config.Build{Dockerfile: "Dockerfile"}}, event.Event{}, Facts{Out: "/out"})
	var names []string
	for _, s := range p.Steps {
		names = append(names, s.Stage)
		if (s.Do == "") == (s.Skip == "") {
			t.Errorf("%s: do %q, skip %q: want exactly one", s.Stage, s.Do, s.Skip)
		}
	}
	if got := strings.Join(names, " "); got != "deps train image test smoke gate publish" {
		t.Errorf("stages are %s", got)
	}
}

func TestWarnsOfUnlocked(t *testing.T) {
	c := config.Config{Build: config.Build{Requirements: "requirements.txt"}}
	if w := Make(c, event.Event{}, Facts{Lock: []byte("numpy\n")}).Warnings; len(w) != 1 || !strings.Contains(w[0], "requirements.txt") {
		t.Errorf("warnings are %v", w)
	}
	if w := Make(c, event.Event{}, Facts{Lock: bytes.Repeat([]byte("numpy==2 --hash=sha256:00\n"), 2)}).Warnings; len(w) != 0 {
		t.Errorf("warnings of a locked file: %v", w)
	}
}

func TestKeepsWarnings(t *testing.T) {
	c := config.Config{Warnings: []string{"build.gpu is not done"}}
	for name, p := range map[string]Plan{"Make": Make(c, event.Event{}, Facts{}), "ForSmoke": ForSmoke(c, "linux/amd64")} {
		if diff := cmp.Diff(c.Warnings, p.Warnings); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
