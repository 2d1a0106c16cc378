package source

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

// Context is what a Dockerfile build has to know of its context before it begins.
type Context struct {
	// Ignored are patterns of what the build does not see, in the order in which they count.
	Ignored []string
	// OtherModes is true when something in it has a mode that git does not know,
	// as in a checkout under another umask than 022.
	OtherModes bool
}

// ScanContext looks at a build context. dockerfile is the Dockerfile's path in
// it; patterns beside it, in NAME.dockerignore, stand for those of .dockerignore
// (https://docs.docker.com/build/concepts/context/#dockerignore-files).
func ScanContext(fsys fs.FS, dockerfile string) (Context, error) {
	var c Context
	for _, name := range []string{dockerfile + ".dockerignore", ".dockerignore"} {
		f, err := fsys.Open(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return c, err
		}
		patterns, err := ignorefile.ReadAll(io.LimitReader(f, maxIgnoreBytes))
		_ = f.Close() // read only
		if err != nil {
			return c, fmt.Errorf("%s: %w", name, err)
		}
		if len(patterns) > 0 {
			// The engine reads both itself, and the first is for it alone.
			c.Ignored = append(patterns, "!"+dockerfile, "!"+name)
		}
		break
	}
	ignored, err := patternmatcher.New(c.Ignored)
	if err != nil {
		return c, fmt.Errorf(".dockerignore: %w", err)
	}
	err = fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrPermission):
			return nil // the engine will say so, if it is needed
		case err != nil:
			return err
		case c.OtherModes:
			return fs.SkipAll
		case d.IsDir() && path.Base(p) == ".git":
			return fs.SkipDir
		}
		if skip, err := ignored.MatchesOrParentMatches(p); err != nil || skip && p != "." {
			if err == nil && d.IsDir() && !ignored.Exclusions() {
				return fs.SkipDir
			}
			return err
		}
		if d.Type()&^fs.ModeDir != 0 {
			return nil // a link has no mode of its own
		}
		info, err := d.Info()
		c.OtherModes = err == nil && info.Mode() != GitMode(info.Mode())
		return err
	})
	return c, err
}

// GitMode is the mode that git has for a file, or gives a directory: it knows who may execute a file and nothing else
// (https://git-scm.com/docs/git-fast-import, "filemodify").
func GitMode(m fs.FileMode) fs.FileMode {
	if m.IsDir() || m&0o100 != 0 {
		return m.Type() | 0o755
	}
	return m.Type() | 0o644
}
