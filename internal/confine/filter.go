//go:build linux

package confine

import (
	"fmt"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// refused are the system calls that the default profile of container runtimes
// keeps from a command with the usual capabilities; those of one architecture
// only are in filter_*.go.
// https://github.com/moby/profiles/blob/seccomp/v0.1.0/seccomp/default.json
var refused = append([]uint32{
	unix.SYS_ACCT, unix.SYS_ADD_KEY, unix.SYS_BPF, unix.SYS_CLOCK_SETTIME, unix.SYS_DELETE_MODULE,
	unix.SYS_FANOTIFY_INIT, unix.SYS_FINIT_MODULE, unix.SYS_FSCONFIG, unix.SYS_FSMOUNT, unix.SYS_FSOPEN, unix.SYS_FSPICK,
	unix.SYS_GET_MEMPOLICY, unix.SYS_INIT_MODULE, unix.SYS_IO_URING_ENTER, unix.SYS_IO_URING_REGISTER, unix.SYS_IO_URING_SETUP,
	unix.SYS_KCMP, unix.SYS_KEXEC_FILE_LOAD, unix.SYS_KEXEC_LOAD, unix.SYS_KEYCTL, unix.SYS_LOOKUP_DCOOKIE,
	unix.SYS_LSM_GET_SELF_ATTR, unix.SYS_LSM_LIST_MODULES, unix.SYS_LSM_SET_SELF_ATTR,
	unix.SYS_MBIND, unix.SYS_MIGRATE_PAGES, unix.SYS_MOUNT, unix.SYS_MOUNT_SETATTR, unix.SYS_MOVE_MOUNT, unix.SYS_MOVE_PAGES,
	unix.SYS_NFSSERVCTL, unix.SYS_OPEN_BY_HANDLE_AT, unix.SYS_OPEN_TREE, unix.SYS_PERF_EVENT_OPEN,
	unix.SYS_PIDFD_GETFD, unix.SYS_PIVOT_ROOT, unix.SYS_PROCESS_MADVISE, unix.SYS_QUOTACTL, unix.SYS_QUOTACTL_FD,
	unix.SYS_REBOOT, unix.SYS_REQUEST_KEY, unix.SYS_SETDOMAINNAME, unix.SYS_SETHOSTNAME, unix.SYS_SETNS, unix.SYS_SETTIMEOFDAY,
	unix.SYS_SET_MEMPOLICY, unix.SYS_SET_MEMPOLICY_HOME_NODE, unix.SYS_SWAPOFF, unix.SYS_SWAPON, unix.SYS_SYSLOG,
	unix.SYS_UMOUNT2, unix.SYS_UNSHARE, unix.SYS_USERFAULTFD, unix.SYS_VHANGUP,
}, refusedHere...)

// newNamespaces are the flags with which clone(2) makes namespaces.
const newNamespaces = unix.CLONE_NEWNS | unix.CLONE_NEWCGROUP | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC |
	unix.CLONE_NEWUSER | unix.CLONE_NEWPID | unix.CLONE_NEWNET

// firstUnknown is the first system call that the profile does not know.
const firstUnknown = unix.SYS_OPEN_TREE_ATTR

// Offsets in struct seccomp_data (linux/seccomp.h): the call's number, its
// architecture, and the low half of its first argument.
const (
	offNumber = 0
	offArch   = 4
	offFirst  = 16
)

// refuseCalls installs the filter on this thread and what it becomes.
func refuseCalls() error {
	program := filter()
	whole := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}                                            //nolint:gosec // G115: 150 instructions
	_, _, errno := syscall.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, uintptr(unsafe.Pointer(&whole))) //nolint:gosec // G103: how seccomp(2) takes it
	runtime.KeepAlive(program)
	if errno != 0 {
		return fmt.Errorf("filtering system calls: %w", errno)
	}
	return nil
}

// filter is the program that the kernel asks about every system call. A test
// goes on with the next instruction when it is true, else it skips some.
func filter() []unix.SockFilter {
	p := []unix.SockFilter{
		load(offArch),
		// A program for another architecture, a 32-bit one, has other numbers for its calls.
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: arch, Jt: 1}, answer(unix.ENOSYS),
		load(offNumber),
		test(unix.BPF_JGE, firstUnknown, 1), answer(unix.ENOSYS), // those of x32 as well
		// The flags of clone3 are out of sight; where there is none, C libraries use clone.
		test(unix.BPF_JEQ, unix.SYS_CLONE3, 1), answer(unix.ENOSYS),
	}
	for _, number := range refused {
		p = append(p, test(unix.BPF_JEQ, number, 1), answer(unix.EPERM))
	}
	return append(p,
		test(unix.BPF_JEQ, unix.SYS_CLONE, 4), load(offFirst), test(unix.BPF_JSET, newNamespaces, 1), answer(unix.EPERM), allow,
		// Virtual machines talk to their host through these, whatever the network namespace.
		test(unix.BPF_JEQ, unix.SYS_SOCKET, 4), load(offFirst), test(unix.BPF_JEQ, unix.AF_VSOCK, 1), answer(unix.EPERM), allow,
		allow)
}

var allow = unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW}

func answer(errno syscall.Errno) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(errno)} //nolint:gosec // G115: below 4096
}

func load(offset uint32) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offset}
}

func test(how uint16, value uint32, otherwiseSkip uint8) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_K | how, K: value, Jf: otherwiseSkip}
}
