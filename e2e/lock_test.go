//go:build e2e

package e2e

import (
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway-dev/slipway/internal/lock"
	"github.com/slipway-dev/slipway/internal/result"
)

// machine is an environment with a cache of its own: as good as another machine.
type machine struct {
	t   *testing.T
	dir string
	env []string
}

func newMachine(t *testing.T, env ...string) machine {
	t.Helper()
	out, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	config, err := os.UserConfigDir()
	if err != nil {
		t.Fatal(err)
	}
	return machine{t, dir, append(env, "XDG_CACHE_HOME="+dir, "XDG_CONFIG_HOME="+config, "GOCACHE="+strings.TrimSpace(string(out)))}
}

// forget empties the store, and leaves the probe that was built.
func (m machine) forget() {
	m.t.Helper()
	for _, what := range []string{"layers", "resolved", "index"} {
		if err := os.RemoveAll(filepath.Join(m.dir, "slipway", what)); err != nil {
			m.t.Fatal(err)
		}
	}
}

func (m machine) do(args ...string) outcome { m.t.Helper(); return do(m.t, m.env, args...) }

// TestLock follows requirements without hashes from their first run to a
// locked one on another machine.
func TestLock(t *testing.T) {
	dir, repository := copyTree(t, filepath.Join("e2e", "testdata", "packages")), repository(t)
	write(t, filepath.Join(dir, "requirements.txt"), "iniconfig==2.0.0\n")
	m := newMachine(t)

	o := m.do("run", dir, "--publish", "none", "--frozen")
	if o.Status != result.Invalid || !strings.Contains(o.output, "slipway.lock is missing") || !strings.Contains(o.output, "slipway lock") {
		t.Fatalf("frozen without a lock: %s\n%s", o.Status, o.output)
	}
	o = m.do("run", dir, "--publish", "none")
	o.wantStatus(t, result.Passed)
	unlocked := o.Deps.DiffID
	if !strings.Contains(strings.Join(o.Warnings, "\n"), "requirements.txt is not locked by hash") || len(o.LockStale) != 1 {
		t.Errorf("warnings %q, stale %q", o.Warnings, o.LockStale)
	}

	m.do("lock", dir).wantStatus(t, result.Passed)
	first := content(t, dir, lock.File)
	locked, problems := lock.Parse(lock.File, first)
	if len(problems) > 0 || locked.Dependencies.Layers["linux/amd64"].DiffID != unlocked || !bytes.Contains(content(t, dir, lock.Requirements), []byte("--hash=sha256:")) {
		t.Fatalf("%v\n%s", problems, first)
	}
	m.do("lock", dir).wantStatus(t, result.Passed)
	m.do("lock", dir, "--update").wantStatus(t, result.Passed)
	if again := content(t, dir, lock.File); !bytes.Equal(again, first) {
		t.Errorf("nothing has changed, and the lock has:\n%s", again)
	}

	o = m.do("run", dir, "--publish", repository, "--frozen")
	o.wantStatus(t, result.Passed)
	if o.Deps.Hit != "store" || o.Deps.DiffID != unlocked || len(o.Warnings) != 0 || len(o.LockStale) != 0 {
		t.Errorf("%+v, warnings %q, stale %q", o.Deps, o.Warnings, o.LockStale)
	}
	digest := o.Image.Digest

	// Another machine: from the registry, the same image.
	m.forget()
	o = m.do("run", dir, "--publish", repository, "--frozen")
	o.wantStatus(t, result.Passed)
	if o.Deps.Hit != "registry" || o.Image.Digest != digest || len(o.Dependencies) != 1 {
		t.Errorf("%+v, %s, dependencies %v", o.Deps, o.Image.Digest, o.Dependencies)
	}

	// What the registry has is not believed: without a lock it is made again.
	m.forget()
	if err := os.Rename(filepath.Join(dir, lock.File), filepath.Join(dir, "away")); err != nil {
		t.Fatal(err)
	}
	o = m.do("run", dir, "--publish", repository)
	if o.wantStatus(t, result.Passed); o.Deps.Hit != "" || !strings.Contains(o.Deps.Why, "no slipway.lock vouches") {
		t.Errorf("%+v", o.Deps)
	}
	if err := os.Rename(filepath.Join(dir, "away"), filepath.Join(dir, lock.File)); err != nil {
		t.Fatal(err)
	}

	// A planted one is noticed, told, and made again.
	m.forget()
	plant(t, repository, o.Deps.Key, "dev")
	o = m.do("run", dir, "--publish", repository, "--frozen")
	o.wantStatus(t, result.Passed)
	if o.Deps.Hit != "" || o.Image.Digest != digest || !strings.Contains(strings.Join(o.Warnings, "\n"), "is not the layer in slipway.lock") {
		t.Errorf("%+v, warnings %q", o.Deps, o.Warnings)
	}

	// Requirements that have changed since make it stale; CI is warned of it.
	write(t, filepath.Join(dir, "requirements.txt"), "iniconfig==2.0.0\n# changed\n")
	o = m.do("run", dir, "--publish", "none", "--frozen")
	if o.Status != result.Invalid || !strings.Contains(strings.Join(strings.Fields(o.output), " "), "requirements.txt has changed since") {
		t.Errorf("frozen with a stale lock: %s\n%s", o.Status, o.output)
	}
	event := filepath.Join(t.TempDir(), "event.json")
	write(t, event, `{"repository": {"default_branch": "main"}}`)
	m.env = append(m.env, "GITHUB_EVENT_PATH="+event, "GITHUB_EVENT_NAME=workflow_dispatch", "GITHUB_REF=refs/heads/main", "GITHUB_REPOSITORY=acme/packages")
	o = m.do("run", dir, "--publish", "none")
	if o.wantStatus(t, result.Passed); !strings.Contains(strings.Join(o.Warnings, "\n"), "slipway.lock is stale") {
		t.Errorf("warnings %q", o.Warnings)
	}
}

// TestLockedBase: with a lock, what the tag of the base means today does not matter.
func TestLockedBase(t *testing.T) {
	dir := copyTree(t, filepath.Join("e2e", "testdata", "packages"))
	if err := os.RemoveAll(filepath.Join(dir, "smoke")); err != nil {
		t.Fatal(err)
	}
	do(t, nil, "lock", dir).wantStatus(t, result.Passed)
	before := content(t, dir, lock.File)
	locked, _ := lock.Parse(lock.File, before)
	digest := locked.Base.Digests["linux/amd64"]
	// The registry does not have this one: it is what was asked for, all the same.
	const other = "sha256:0000000000000000000000000000000000000000000000000000000000000001"
	write(t, filepath.Join(dir, lock.File), strings.ReplaceAll(string(before), digest, other))
	o := do(t, nil, "run", dir, "--publish", "none")
	if o.Status != result.Errored || !strings.Contains(o.Error.What+o.Error.Remedy, other) || !strings.Contains(o.Error.Remedy, "slipway lock --update") {
		t.Errorf("%s: %+v", o.Status, o.Error)
	}
	do(t, nil, "lock", dir, "--update").wantStatus(t, result.Passed)
	if again := content(t, dir, lock.File); !bytes.Equal(again, before) {
		t.Errorf("the update did not mend it:\n%s", again)
	}
}

// plant puts another image in the place of a dependency layer.
func plant(t *testing.T, repository, key, tag string) {
	t.Helper()
	status, manifest := get(t, repository, tag)
	if status != http.StatusOK {
		t.Fatalf("the registry answers %d", status)
	}
	host, name, _ := strings.Cut(repository, "/")
	request, err := http.NewRequest(http.MethodPut, "http://"+host+"/v2/"+name+"/manifests/slipway-deps-"+key, bytes.NewReader(manifest))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
	response, err := http.DefaultClient.Do(request)
	if err != nil || response.StatusCode != http.StatusCreated {
		t.Fatalf("planting: %v, %v", response, err)
	}
	_ = response.Body.Close()
}

func content(t *testing.T, dir, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}
