//go:build linux

package confine

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	passwd = `root:x:0:0:root:/root:/bin/sh
app:x:1000:100:An App,,,:/home/app:/bin/sh
1234:x:7:7::/seven:
broken
far:x:99999999999:1::/:
homeless:x:8:8:::
`
	group = `root:x:0:
users:x:100:
video:x:44:app,other
render:x:109:other, app,app
apps:x:1000:app
`
)

func TestUser(t *testing.T) {
	for _, tc := range []struct {
		user   string
		want   *syscall.Credential
		home   string
		failed string
	}{
		{"", &syscall.Credential{Groups: []uint32{0}}, "/root", ""},
		{"root", &syscall.Credential{Groups: []uint32{0}}, "/root", ""},
		{"app", &syscall.Credential{Uid: 1000, Gid: 100, Groups: []uint32{100, 44, 109, 1000}}, "/home/app", ""},
		{"1000", &syscall.Credential{Uid: 1000, Gid: 100, Groups: []uint32{100, 44, 109, 1000}}, "/home/app", ""},
		{"1000:1000", &syscall.Credential{Uid: 1000, Gid: 1000, Groups: []uint32{1000}}, "/home/app", ""},
		{"app:video", &syscall.Credential{Uid: 1000, Gid: 44, Groups: []uint32{44}}, "/home/app", ""},
		{":video", &syscall.Credential{Uid: 0, Gid: 44, Groups: []uint32{44}}, "/root", ""},
		{"4711", &syscall.Credential{Uid: 4711, Groups: []uint32{0}}, "/", ""},
		{"4711:12", &syscall.Credential{Uid: 4711, Gid: 12, Groups: []uint32{12}}, "/", ""},
		{"1234", &syscall.Credential{Uid: 1234, Groups: []uint32{0}}, "/", ""},
		{"homeless", &syscall.Credential{Uid: 8, Gid: 8, Groups: []uint32{8}}, "/", ""},
		{"nobody", nil, "", `the image's user "nobody": unable to find user nobody`},
		{"app:nogroup", nil, "", `the image's user "app:nogroup": unable to find group nogroup`},
		{"-1", nil, "", `the image's user "-1": `},
		{"4294967296", nil, "", `the image's user "4294967296": `},
	} {
		t.Run(tc.user, func(t *testing.T) {
			got, home, err := find(tc.user, write(t, passwd), write(t, group))
			if tc.failed != "" {
				if err == nil || !strings.HasPrefix(err.Error(), tc.failed) {
					t.Errorf("%+v, %v", got, err)
				}
				return
			}
			if diff := cmp.Diff(tc.want, got); diff != "" || home != tc.home || err != nil {
				t.Errorf("home %q, error %v, credential (-want +got):\n%s", home, err, diff)
			}
		})
	}
}

// TestUserWithoutAccounts: an image from scratch has neither file, and a hostile one has no end of them.
func TestUserWithoutAccounts(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{filepath.Join(t.TempDir(), "none"), pipe, t.TempDir(), "/dev/zero"} {
		got, home, err := find("1000:1000", file, file)
		if diff := cmp.Diff(&syscall.Credential{Uid: 1000, Gid: 1000, Groups: []uint32{1000}}, got); diff != "" || home != "/" || err != nil {
			t.Errorf("%s: home %q, error %v, credential (-want +got):\n%s", file, home, err, diff)
		}
		if _, _, err := find("app", file, file); err == nil {
			t.Errorf("%s has a user app", file)
		}
	}
}

func FuzzUser(f *testing.F) {
	for _, user := range []string{"", "app", "1000:1000", "app:video", "a:b:c"} {
		f.Add(user, passwd, group)
	}
	f.Fuzz(func(t *testing.T, user, passwd, group string) {
		c, _, err := find(user, write(t, passwd), write(t, group))
		if err == nil && (len(c.Groups) == 0 || c.Groups[0] != c.Gid) {
			t.Errorf("user %q is %+v", user, c)
		}
	})
}

func write(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
