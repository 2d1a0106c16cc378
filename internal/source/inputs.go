package source

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// inputs lists what training reads. A file counts once, however often it is named.
func (s *scanner) inputs() error {
	seen := s.seen
	defer func() { s.seen = seen }()
	s.seen = map[string]bool{} // of their own: train.py is code as well
	for _, pattern := range s.options.Inputs {
		if err := s.input(pattern); err != nil {
			return fmt.Errorf("reading the inputs of training: %w", err)
		}
	}
	return nil
}

// input adds the files that a pattern matches, and all that is below the
// directories that it matches. Links are not followed: they are inputs as links.
func (s *scanner) input(pattern string) error {
	model, err := fs.Sub(s.fsys, s.full(""))
	if err != nil {
		return err
	}
	found, err := doublestar.Glob(model, path.Clean(pattern), doublestar.WithNoFollow(), doublestar.WithFailOnIOErrors())
	if err != nil {
		return err
	}
	empty := true
	for _, name := range found {
		info, err := fs.Lstat(model, name)
		if err != nil {
			return err
		}
		if !info.IsDir() { // WalkDir would follow a link here
			empty = false
			if err := s.add(&s.tree.Inputs, name, info); err != nil {
				return err
			}
			continue
		}
		err = fs.WalkDir(model, name, func(p string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case p != name && s.options.neverIn(p):
				if d.IsDir() {
					return fs.SkipDir
				}
				return nil
			case d.IsDir():
				return nil
			}
			info, err := d.Info()
			if err != nil {
				return err
			}
			empty = false
			return s.add(&s.tree.Inputs, p, info)
		})
		if err != nil {
			return err
		}
	}
	if empty {
		s.problemf(pattern, "train.inputs: there is no such file")
	}
	return nil
}

// output is true for what training writes.
func (o Options) output(rel string) bool {
	return slices.ContainsFunc(o.Outputs, func(out string) bool { return inside(path.Clean(out), rel) })
}

// written is true for a file or directory that is there once training has run.
func (o Options) written(rel string) bool {
	return o.output(rel) || slices.ContainsFunc(o.Outputs, func(out string) bool { return strings.HasPrefix(path.Clean(out), rel+"/") })
}
