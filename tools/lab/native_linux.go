package main

import (
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// ownNamespaces gives a program mounts and process ids of its own. When its first process dies, the kernel ends all
// the others and undoes the mounts.
func ownNamespaces() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID}
}

// fileSystem says how many bytes are free for use where dir lies, and whether that is an overlay file system.
func fileSystem(dir string) (free uint64, overlay bool, err error) {
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		return 0, false, fmt.Errorf("%s: %w", dir, err)
	}
	block := uint64(fs.Bsize) //nolint:gosec // G115: no file system has blocks of negative size
	return fs.Bavail * block, fs.Type == unix.OVERLAYFS_SUPER_MAGIC, nil
}
