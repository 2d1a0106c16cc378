//go:build e2e

package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/slipway-dev/slipway/internal/result"
)

// emulated is true where the kernel starts programs for the other platform:
// the lab registers qemu wherever the kernel has binfmt_misc.
func emulated() bool {
	_, err := os.Stat("/proc/sys/fs/binfmt_misc/qemu-aarch64")
	return err == nil && runtime.GOARCH == "amd64"
}

// TestPlatforms: packages for arm64 are installed without emulation, its image
// is asked under emulation, and only what was run is in the index.
func TestPlatforms(t *testing.T) {
	to := repository(t)
	o := ship(t, model("iris"), "--platform", "linux/amd64,linux/arm64", "--publish", to)
	o.wantStatus(t, result.Passed)
	want := "linux/amd64"
	if emulated() {
		want = "linux/amd64 linux/arm64"
	}
	if o.Verified != emulated() {
		t.Errorf("verified is %t: %v", o.Verified, o.Unverified)
	}
	if got := listed(t, to, o.Image.Digest); got != want {
		t.Errorf("the registry has %q, want %q", got, want)
	}
	for _, p := range o.Image.Platforms {
		if p.Tested != strings.Contains(want, p.Platform) {
			t.Errorf("%s: tested is %t, %q", p.Platform, p.Tested, p.Reason)
		}
	}
	// A directory gets the same digest, and slipway asks the image of the other platform in it too.
	dir := filepath.Join(t.TempDir(), "image")
	again := ship(t, model("iris"), "--platform", "linux/arm64,linux/amd64", "--publish", "oci:"+dir)
	again.wantStatus(t, result.Passed)
	if again.Image.Digest != o.Image.Digest {
		t.Errorf("the digest in a directory is %s, in the registry %s", again.Image.Digest, o.Image.Digest)
	}
	if emulated() {
		do(t, nil, "smoke", to+"@"+o.Image.Digest, model("iris"), "--platform", "linux/arm64").wantStatus(t, result.Passed)
	}
}

// listed are the platforms that a reference leads to.
func listed(t *testing.T, repository, reference string) string {
	t.Helper()
	status, body := get(t, repository, reference)
	if status != 200 {
		t.Fatalf("the registry answers %d: %s", status, body)
	}
	var index struct {
		Manifests []struct {
			Platform struct{ OS, Architecture string }
		}
	}
	if err := json.Unmarshal(body, &index); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, m := range index.Manifests {
		all = append(all, m.Platform.OS+"/"+m.Platform.Architecture)
	}
	if len(all) == 0 {
		return "linux/" + runtime.GOARCH // a plain image
	}
	return strings.Join(all, " ")
}

// TestNoWheel: a package that would have to be built on the other platform is named.
func TestNoWheel(t *testing.T) {
	dir := copyModel(t, "iris-exec")
	write(t, filepath.Join(dir, "requirements.txt"), "docopt==0.6.2 --hash=sha256:49b3a825280bd66b3aa83585ef59c4a8c82f2c8a522dbe754a8bc8d08c85c491\n")
	o := ship(t, dir, "--platform", "linux/arm64", "--publish", "none")
	o.wantStatus(t, result.Failed)
	if s := o.stage(t, "deps"); s.Status != result.StageFailed || !strings.Contains(s.Reason, "docopt") || !strings.Contains(s.Reason, "linux/arm64") {
		t.Errorf("deps is %s: %s", s.Status, s.Reason)
	}
}

// TestNoEmulator: an image that cannot be run is not tried, not verified and not published.
func TestNoEmulator(t *testing.T) {
	if !emulated() {
		return // TestPlatforms has seen it
	}
	const switched = "/proc/sys/fs/binfmt_misc/qemu-aarch64"
	write(t, switched, "0") // until it is given a 1 again
	t.Cleanup(func() { write(t, switched, "1") })
	to := repository(t)
	o := ship(t, model("iris"), "--platform", "linux/amd64,linux/arm64", "--publish", to)
	o.wantStatus(t, result.Passed)
	if o.Verified || !strings.Contains(strings.Join(o.Unverified, "\n"), "linux/arm64 was not run") {
		t.Errorf("verified is %t: %v", o.Verified, o.Unverified)
	}
	if got := listed(t, to, "dev"); got != "linux/amd64" {
		t.Errorf("the registry has %q", got)
	}
	alone := ship(t, model("iris"), "--platform", "linux/arm64", "--publish", to)
	alone.wantStatus(t, result.Passed)
	if s := alone.stage(t, "publish"); s.Status != result.StageSkipped || alone.Verified {
		t.Errorf("publish is %s: %s", s.Status, s.Reason)
	}
}
