package confine

import "golang.org/x/sys/unix"

const arch = unix.AUDIT_ARCH_X86_64

var refusedHere = []uint32{
	unix.SYS_AFS_SYSCALL, unix.SYS_CREATE_MODULE, unix.SYS_GET_KERNEL_SYMS, unix.SYS_GETPMSG, unix.SYS_IOPERM, unix.SYS_IOPL,
	unix.SYS_PUTPMSG, unix.SYS_QUERY_MODULE, unix.SYS_SECURITY, unix.SYS_SYSFS, unix.SYS_TUXCALL, unix.SYS_UPROBE,
	unix.SYS_USELIB, unix.SYS_USTAT, unix.SYS_VSERVER, unix.SYS__SYSCTL,
}
