package plan

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-dev/slipway/internal/config"
	"github.com/slipway-dev/slipway/internal/event"
	"github.com/slipway-dev/slipway/internal/lock"
)

// TestStaleLock: each thing that may change since a lock was written is told, and only that.
func TestStaleLock(t *testing.T) {
	asked, resolved := []byte("numpy\n"), []byte("numpy==2.0 --hash=sha256:00\n")
	type world struct {
		config config.Config
		facts  Facts
	}
	for name, test := range map[string]struct {
		change func(*world)
		want   []string
	}{
		"nothing":       {func(*world) {}, nil},
		"a Dockerfile":  {func(w *world) { w.facts.Locked, w.config.Build.Dockerfile = nil, "Dockerfile" }, nil},
		"no lock":       {func(w *world) { w.facts.Locked = nil }, []string{"slipway.lock is missing"}},
		"the base":      {func(w *world) { w.config.Build.Base = "python:3.12-slim" }, []string{"it locks the base image python:3.11-slim, and the model stands on python:3.12-slim"}},
		"a platform":    {func(w *world) { w.facts.Platforms = []string{"linux/amd64", "linux/arm64"} }, []string{"it has no base image for linux/arm64", "it has no dependency layer for linux/arm64"}},
		"requirements":  {func(w *world) { w.facts.Lock = []byte("numpy\nscipy\n") }, []string{"requirements.txt has changed since"}},
		"the resolved":  {func(w *world) { w.facts.Beside[lock.Requirements] = []byte("x") }, []string{"requirements.lock is not what it locks"}},
		"uv":            {func(w *world) { w.facts.UV = "2" }, []string{"it is of uv 1 and recipe 2, and this slipway has uv 2 and recipe 2"}},
		"none required": {func(w *world) { w.facts.Lock = nil }, []string{"it locks packages from requirements.lock, and none are required now"}},
		"another file": {func(w *world) { w.config.Build.Requirements, w.facts.Lock = "uv.lock", []byte("x") },
			[]string{"it locks packages from requirements.lock of requirements.txt, and they come from uv.lock"}},
		"locked by hash since": {func(w *world) { w.facts.Lock = resolved }, []string{"it locks packages from requirements.lock of requirements.txt, and they come from requirements.txt"}},
		"none locked":          {func(w *world) { w.facts.Locked.Dependencies = nil }, []string{"it locks no packages, and requirements.txt requires some"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := world{
				config.Config{Build: config.Build{Base: "python:3.11-slim", Requirements: "requirements.txt"}},
				Facts{
					Below: "iris", Platform: "linux/amd64", Platforms: []string{"linux/amd64"}, UV: "1", Lock: asked, Beside: map[string][]byte{lock.Requirements: resolved},
					Locked: &lock.Lock{
						Base: lock.Base{Ref: "python:3.11-slim", Digests: map[string]string{"linux/amd64": "sha256:1"}},
						Dependencies: &lock.Dependencies{
							File: lock.Requirements, Digest: Digest(resolved), From: "requirements.txt", FromDigest: Digest(asked), UV: "1", Recipe: Recipe,
							Layers: map[string]lock.Layer{"linux/amd64": {Key: "k", DiffID: "sha256:2"}},
						},
					},
				},
			}
			test.change(&w)
			if diff := cmp.Diff(test.want, StaleLock(w.config, w.facts)); diff != "" {
				t.Error(diff)
			}
			p := Make(w.config, event.Event{Name: "push"}, w.facts)
			told := strings.Contains(strings.Join(p.Warnings, "\n"), "`slipway lock iris` locks it")
			if told != (len(test.want) > 0) {
				t.Errorf("CI is warned: %q", p.Warnings)
			}
			if d := p.Deps; d != nil && (len(d.Locked) > 0) != !strings.Contains(strings.Join(test.want, " "), "dependency layer") && len(test.want) == 0 {
				t.Errorf("the lock vouches for %v", d.Locked)
			}
			for _, w := range Make(w.config, event.Event{}, w.facts).Warnings {
				if strings.Contains(w, lock.File) {
					t.Errorf("a laptop is warned: %s", w)
				}
			}
		})
	}
}

func TestPinned(t *testing.T) {
	const commit = "0123456789abcdef0123456789abcdef01234567"
	for content, want := range map[string]bool{
		"numpy==2.0 \\\n    --hash=sha256:00 \\\n    --hash=sha256:01\n# a remark\nscipy==1 --hash=sha256:02 # via x\n": true,
		"numpy==2.0 --hash=sha256:00\nscipy==1\n": false,
		"numpy==2.0\n": false,
		"x @ git+https://git.acme.example/x.git@" + commit + "\n":     true,
		"x @ git+https://git.acme.example/x.git@main\n":               false,
		"--index-url https://acme.example\nx==1 --hash=sha256:00\r\n": true,
		"x==1 # --hash=sha256:00\n":                                   false,
	} {
		if got := pinned([]byte(content)); got != want {
			t.Errorf("%q: %v", content, got)
		}
	}
}
