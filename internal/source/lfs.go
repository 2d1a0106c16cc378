package source

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// pointerFirst begins a text that git-LFS leaves in place of a file. Its form and
// the bound on its size are of https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md.
const (
	pointerFirst = "version https://git-lfs.github.com/spec/v1\n"
	pointerMost  = 1024
)

// pointer is a file that git-LFS keeps elsewhere.
type pointer struct {
	oid  string // hex SHA-256 of the file; empty when the pointer does not say it
	size int64
}

var oid = regexp.MustCompile(`^oid sha256:([0-9a-f]{64})$`)

// pointer reads a pointer; nil for any other file.
func (s *scanner) pointer(p string, size int64) (*pointer, error) {
	if size < int64(len(pointerFirst)) || size >= pointerMost {
		return nil, nil
	}
	text, err := s.head(s.full(p), pointerMost)
	if err != nil {
		return nil, fmt.Errorf("reading the model directory: %w", err)
	}
	if !strings.HasPrefix(text, pointerFirst) {
		return nil, nil
	}
	found := &pointer{size: -1}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if m := oid.FindStringSubmatch(line); m != nil {
			found.oid = m[1]
		}
		if text, ok := strings.CutPrefix(line, "size "); ok {
			if n, err := strconv.ParseInt(text, 10, 64); err == nil && n >= 0 {
				found.size = n
			}
		}
	}
	return found, nil
}

// object is the path of the file that a pointer stands for, where git-LFS has
// fetched it and the checkout did not put it in its place; empty when it is not
// here. In a worktree, whose .git is a file, it never is.
func (s *scanner) object(of *pointer) string {
	if of.oid == "" {
		return ""
	}
	name := path.Join(".git/lfs/objects", of.oid[:2], of.oid[2:4], of.oid)
	info, err := fs.Stat(s.fsys, name)
	if err != nil || !info.Mode().IsRegular() || info.Size() != of.size {
		return ""
	}
	return name
}
