package content

import (
	"os"
	"syscall"
)

// identify is false for what has no identity: not a file of its own.
func identify(info os.FileInfo) (identity, bool) {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.Mode().IsRegular() {
		return identity{}, false
	}
	return identity{
		Device: uint64(s.Dev), Inode: s.Ino, Size: s.Size, //nolint:unconvert // 32 bits on some architectures
		Mtime: s.Mtim.Nano(), Ctime: s.Ctim.Nano(),
	}, true
}
