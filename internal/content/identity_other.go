//go:build !linux

package content

import "os"

// identify knows no identity here: files are read each time.
func identify(os.FileInfo) (identity, bool) { return identity{}, false }
