//go:build linux

package confine

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"os"
	"slices"
	"syscall"

	"github.com/moby/sys/user"
	"golang.org/x/sys/unix"
)

// accountBytes bounds /etc/passwd and /etc/group, which the image brings.
const accountBytes = 1 << 20

// User finds who an image's USER is in the image's own /etc/passwd and
// /etc/group, as container runtimes do, and where that user's home is.
func User(spec string) (*syscall.Credential, string, error) {
	return find(spec, "/etc/passwd", "/etc/group")
}

func find(spec, passwd, group string) (*syscall.Credential, string, error) {
	found, err := user.GetExecUser(spec, &user.ExecUser{Home: "/"}, account(passwd), account(group))
	if err != nil {
		return nil, "", fmt.Errorf("the image's user %q: %w", spec, err)
	}
	c := &syscall.Credential{Uid: uint32(found.Uid), Gid: uint32(found.Gid)} //nolint:gosec // G115: what is out of range is refused by setgid(2)
	// The supplementary groups have the primary one among them:
	// https://github.com/moby/moby/security/advisories/GHSA-rc4r-wh2q-q6c4
	for _, g := range append([]int{found.Gid}, found.Sgids...) {
		if id := uint32(g); !slices.Contains(c.Groups, id) { //nolint:gosec // G115: likewise
			c.Groups = append(c.Groups, id)
		}
	}
	return c, cmp.Or(found.Home, "/"), nil
}

// account reads a file of accounts. One that is not there, or is no file, has none.
func account(path string) io.Reader {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0) // a pipe would wait for its writer
	if err != nil {
		return bytes.NewReader(nil)
	}
	defer f.Close() //nolint:errcheck // read only
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return bytes.NewReader(nil)
	}
	data, err := io.ReadAll(io.LimitReader(f, accountBytes))
	if err != nil {
		return bytes.NewReader(nil)
	}
	return bytes.NewReader(data)
}
