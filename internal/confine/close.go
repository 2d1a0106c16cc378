//go:build linux

package confine

import (
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// Close starts this program anew, as the same process, without a network but
// for loopback and without the privileges that this took. Its arguments are
// what argv makes of why the network could not be closed, or of "" when it was.
//
// It returns only when privileges are left: nothing of a model's may run then.
func Close(argv func(why string) []string) error {
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this program: %w", err)
	}
	failed := make(chan error)
	go func() {
		// Never unlocked: namespaces and privileges are a thread's, and end with it.
		runtime.LockOSThread()
		why, err := confine()
		if err == nil {
			err = unix.Exec(program, argv(why), os.Environ())
		}
		failed <- err
	}()
	return <-failed
}

// confine changes the calling thread.
func confine() (why string, err error) {
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		why = fmt.Sprintf("no network namespace can be made: %v", err)
	} else if err := loopback(); err != nil {
		return "", fmt.Errorf("bringing loopback up: %w", err)
	}
	privileged, err := holds(unix.CAP_SYS_ADMIN)
	if err != nil {
		return "", err
	}
	if privileged {
		if err := hideHost(); err != nil {
			return "", fmt.Errorf("hiding the host: %w", err)
		}
	}
	if err := dropCapabilities(); err != nil {
		return "", err
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return "", fmt.Errorf("forbidding new privileges: %w", err)
	}
	return why, refuseCalls()
}

// loopback brings the interface lo up, as netdevice(7) describes it.
func loopback() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd) //nolint:errcheck // nothing was written
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFFLAGS, lo); err != nil {
		return err
	}
	lo.SetUint16(lo.Uint16() | unix.IFF_UP)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, lo)
}
