//go:build linux

package confine

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// usual are the capabilities that runtimes give a command, but for CAP_MKNOD:
// the devices that a privileged command could make are the host's own.
// https://github.com/moby/moby/blob/v28.5.1/oci/caps/defaults.go
const usual uint64 = 1<<unix.CAP_CHOWN | 1<<unix.CAP_DAC_OVERRIDE | 1<<unix.CAP_FSETID | 1<<unix.CAP_FOWNER |
	1<<unix.CAP_NET_RAW | 1<<unix.CAP_SETGID | 1<<unix.CAP_SETUID | 1<<unix.CAP_SETFCAP | 1<<unix.CAP_SETPCAP |
	1<<unix.CAP_NET_BIND_SERVICE | 1<<unix.CAP_SYS_CHROOT | 1<<unix.CAP_KILL | 1<<unix.CAP_AUDIT_WRITE

// dropCapabilities leaves the usual capabilities to this thread and what it
// becomes, and none to a user other than root.
func dropCapabilities() error {
	for c := uintptr(0); ; c++ {
		in, err := unix.PrctlRetInt(unix.PR_CAPBSET_READ, c, 0, 0, 0)
		if errors.Is(err, unix.EINVAL) {
			break // the kernel knows no more
		}
		if err == nil && in == 1 && usual>>c&1 == 0 {
			err = unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0)
		}
		if err != nil {
			return fmt.Errorf("dropping capability %d: %w", c, err)
		}
	}
	if err := unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); err != nil {
		return fmt.Errorf("clearing the ambient capabilities: %w", err)
	}
	header, sets, err := capabilities()
	if err != nil {
		return err
	}
	for n := range sets {
		left := sets[n].Permitted & uint32(usual>>(32*n)) //nolint:gosec // G115: one half of it
		sets[n] = unix.CapUserData{Effective: left, Permitted: left}
	}
	if err := unix.Capset(&header, &sets[0]); err != nil {
		return fmt.Errorf("dropping capabilities: %w", err)
	}
	return nil
}

// holds tells whether this thread has a capability.
func holds(capability uint) (bool, error) {
	_, sets, err := capabilities()
	return sets[capability/32].Effective>>(capability%32)&1 == 1, err
}

func capabilities() (header unix.CapUserHeader, sets [2]unix.CapUserData, err error) {
	header.Version = unix.LINUX_CAPABILITY_VERSION_3
	if err := unix.Capget(&header, &sets[0]); err != nil {
		return header, sets, fmt.Errorf("reading the capabilities: %w", err)
	}
	return header, sets, nil
}
