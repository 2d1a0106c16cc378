//go:build e2e

package e2e

import (
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway-dev/slipway/internal/result"
)

// TestHtpasswd: a registry that asks for a login, without one and with Docker's.
func TestHtpasswd(t *testing.T) {
	users := filepath.Join(t.TempDir(), "htpasswd") // robot, secret
	if err := os.WriteFile(users, []byte("robot:$2a$05$mLrTcbibIJUziIWioiE/Z.hQK4kAoGTuCTbKHXUoK4bgiu4kaY6QG\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := startRegistry(t, t.TempDir(), fmt.Sprintf("auth: {htpasswd: {realm: lab, path: %q}}\n", users))
	docker := t.TempDir()
	o := shipEnv(t, []string{"DOCKER_CONFIG=" + docker}, model("iris"), "--publish", r.host+"/iris")
	o.wantErrored(t, r.host)
	if !strings.Contains(o.Error.Remedy, "log in") {
		t.Errorf("without a login, what to do is %q", o.Error.Remedy)
	}
	login := base64.StdEncoding.EncodeToString([]byte("robot:secret"))
	if err := os.WriteFile(filepath.Join(docker, "config.json"), fmt.Appendf(nil, `{"auths": {%q: {"auth": %q}}}`, r.host, login), 0o600); err != nil {
		t.Fatal(err)
	}
	o = shipEnv(t, []string{"DOCKER_CONFIG=" + docker}, model("iris"), "--publish", r.host+"/iris")
	o.wantStatus(t, result.Passed)
	if got := sound(t, r.host, "iris")["dev"]; got.digest != o.Image.Digest {
		t.Errorf("the tag leads to %s, want %s", got.digest, o.Image.Digest)
	}
}

// disk is a file system of its own, of this size.
func disk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size="+size, "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("a full disk takes a disk to fill, and mounting one is not allowed here: %s", out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", "-l", dir).CombinedOutput(); err != nil {
			t.Errorf("unmounting: %v %s", err, out)
		}
	})
	return dir
}

func grow(t *testing.T, dir string) {
	t.Helper()
	if out, err := exec.Command("mount", "-o", "remount,size=1g", dir).CombinedOutput(); err != nil {
		t.Fatalf("growing the disk: %v %s", err, out)
	}
}

// TestRegistryFull: the registry's disk is full, and then it is not.
func TestRegistryFull(t *testing.T) {
	storage := disk(t, "16m")
	r := startRegistry(t, storage, "")
	o := ship(t, model("iris"), "--publish", r.host+"/iris")
	o.wantErrored(t, r.host)
	if !strings.Contains(o.Error.Remedy, "no room left") {
		t.Errorf("it ends with %+v", o.Error)
	}
	if tags := sound(t, r.host, "iris"); len(tags) != 0 || len(o.Image.Tags) != 0 {
		t.Errorf("a registry without room has the tags %v", tags)
	}
	grow(t, storage)
	o = ship(t, model("iris"), "--publish", r.host+"/iris")
	o.wantStatus(t, result.Passed)
	if got := sound(t, r.host, "iris")["dev"]; got.digest != o.Image.Digest {
		t.Errorf("the tag leads to %s, want %s", got.digest, o.Image.Digest)
	}
}

// TestDiskFull: the same with a directory.
func TestDiskFull(t *testing.T) {
	to := filepath.Join(disk(t, "16m"), "image")
	o := ship(t, model("iris"), "--publish", "oci:"+to)
	o.wantErrored(t, to)
	if !strings.Contains(o.Error.Remedy, "the disk is full") {
		t.Errorf("it ends with %+v", o.Error)
	}
	grow(t, filepath.Dir(to))
	ship(t, model("iris"), "--publish", "oci:"+to).wantStatus(t, result.Passed)
}
