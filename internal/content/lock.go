package content

import (
	"os"

	"golang.org/x/sys/unix"
)

// lock takes a file for this process until it is closed; false when another has it.
func lock(f *os.File) bool {
	return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil
}
