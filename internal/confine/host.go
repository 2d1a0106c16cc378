//go:build linux

package confine

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"golang.org/x/sys/unix"
)

// What runtimes show of the host as read-only, or not at all. An engine leaves
// both out for a privileged command, lets it use every device, and adds some.
// https://github.com/containerd/containerd/blob/v2.1.5/pkg/oci/spec.go (populateDefaultUnixSpec)
// https://github.com/dagger/dagger/blob/v0.19.10/internal/buildkit/util/entitlements/security/security_linux.go
var (
	readOnly = []string{"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"}
	masked   = []string{
		"/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
		"/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi",
		"/sys/firmware", "/sys/devices/virtual/powercap",
	}
	// devices are those of any container, and GPUs.
	devices = regexp.MustCompile(`^/dev/(null|zero|full|random|urandom|tty|console|ptmx|nvidia.*|dri/.*|kfd|dxg)$`)
)

// hideHost undoes what a privileged command sees of the host more than others,
// in a mount namespace of its own.
func hideHost() error {
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return fmt.Errorf("a mount namespace: %w", err)
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("keeping mounts to ourselves: %w", err)
	}
	// Device files that came with the image must not open the host's devices.
	if err := remount("/", unix.MS_NODEV); err != nil {
		return err
	}
	extra, err := moreDevices()
	if err != nil {
		return err
	}
	for _, path := range append(extra, masked...) {
		if err := mask(path); err != nil {
			return err
		}
	}
	below, err := mountedBelow("/sys")
	if err != nil {
		return err
	}
	for _, path := range readOnly {
		err := unix.Mount(path, path, "", unix.MS_BIND|unix.MS_REC, "")
		if errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return fmt.Errorf("binding %s: %w", path, err)
		}
		below = append(below, path)
	}
	for _, path := range below {
		if err := remount(path, unix.MS_RDONLY|unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC); err != nil {
			return err
		}
	}
	return nil
}

// moreDevices are the device files that containers do not have.
func moreDevices() (paths []string, err error) {
	err = filepath.WalkDir("/dev", func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case path == "/dev/pts":
			return fs.SkipDir
		case e.Type()&fs.ModeDevice != 0 && !devices.MatchString(path):
			paths = append(paths, path)
		}
		return nil
	})
	return paths, err
}

// mask puts nothing in the place of a file or directory.
func mask(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err == nil && info.IsDir():
		err = unix.Mount("tmpfs", path, "tmpfs", unix.MS_RDONLY, "size=0")
	case err == nil:
		err = unix.Mount("/dev/null", path, "", unix.MS_BIND, "")
	}
	if err != nil {
		return fmt.Errorf("masking %s: %w", path, err)
	}
	return nil
}

// remount gives one mount more flags.
func remount(path string, flags uintptr) error {
	var now unix.Statfs_t
	if err := unix.Statfs(path, &now); err != nil {
		return fmt.Errorf("the mount %s: %w", path, err)
	}
	// The flags of statfs(2) have the values of mount(2), as far as these go.
	const kept = unix.MS_RDONLY | unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC
	flags |= uintptr(now.Flags) & kept //nolint:gosec // G115: a set of flags
	if err := unix.Mount("", path, "", unix.MS_BIND|unix.MS_REMOUNT|flags, ""); err != nil {
		return fmt.Errorf("mounting %s anew: %w", path, err)
	}
	return nil
}

// mountedBelow are the mount points at and below a directory.
func mountedBelow(dir string) (paths []string, err error) {
	data, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line) // 36 35 98:0 /mnt1 /mnt2 rw,noatime …: proc_pid_mountinfo(5)
		if len(fields) > 4 && (fields[4] == dir || strings.HasPrefix(fields[4], dir+"/")) {
			paths = append(paths, fields[4])
		}
	}
	return paths, nil
}
