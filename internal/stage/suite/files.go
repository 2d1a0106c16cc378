package suite

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// copyFiles copies the test files with modes that every user of the image can
// read, whatever the checkout's umask was: the image's own layers have them too.
func copyFiles(from, to string, names []string) error {
	for _, name := range names {
		if err := copyFile(filepath.Join(from, name), filepath.Join(to, name)); err != nil {
			return fmt.Errorf("taking the test file %s: %w", name, err)
		}
	}
	return nil
}

func copyFile(from, to string) error {
	info, err := os.Lstat(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		target, err := os.Readlink(from)
		if err != nil {
			return err
		}
		return os.Symlink(target, to)
	}
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	mode := fs.FileMode(0o644)
	if info.Mode()&0o111 != 0 {
		mode = 0o755
	}
	if err := os.WriteFile(to, data, mode); err != nil { //nolint:gosec // the name is one that the model's directory was listed with
		return err
	}
	return os.Chmod(to, mode) // WriteFile's mode is less our own umask
}
