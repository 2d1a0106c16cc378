package source

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/slipway-dev/slipway/internal/result"
)

// Scan lists a model's files. What the user can put right is a problem in the
// tree; an error means that the file system could not be read.
func Scan(fsys fs.FS, o Options) (Tree, error) {
	o.Dir = strings.TrimPrefix(path.Clean(o.Dir), ".")
	s := &scanner{fsys: fsys, options: o, seen: map[string]bool{}}
	for _, w := range o.Weights {
		if err := s.weights(path.Clean(w)); err != nil {
			return Tree{}, err
		}
	}
	ignores, err := s.above()
	if err != nil {
		return Tree{}, err
	}
	if err := s.directory("", ignores); err != nil {
		return Tree{}, err
	}
	s.unmatched()
	if err := s.inputs(); err != nil {
		return Tree{}, err
	}
	for _, files := range []*[]File{&s.tree.Code, &s.tree.Weights, &s.tree.Tests, &s.tree.Smoke, &s.tree.Meta, &s.tree.Inputs} {
		slices.SortFunc(*files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	}
	return s.tree, nil
}

// scanner walks one model's directory.
type scanner struct {
	fsys    fs.FS
	options Options
	tree    Tree
	seen    map[string]bool // weights, which nothing else may count again
}

// full is the path in fsys of a path relative to the model directory.
func (s *scanner) full(rel string) string { return or(path.Join(s.options.Dir, rel), ".") }

func (s *scanner) problemf(rel, format string, args ...any) {
	s.tree.Problems = append(s.tree.Problems, result.Problem{File: s.full(rel), Message: fmt.Sprintf(format, args...)})
}

// gitsOwn are files among weights that are for git, and keep the directory in it.
var gitsOwn = map[string]bool{".gitignore": true, ".gitattributes": true, ".gitkeep": true}

// weights adds a file or a directory that the configuration names.
func (s *scanner) weights(rel string) error {
	if s.options.output(rel) {
		return nil
	}
	info, err := fs.Lstat(s.fsys, s.full(rel))
	switch {
	case missing(err) && s.options.written(rel):
		return nil
	case missing(err):
		s.problemf(rel, "weights: there is no such file or directory")
		return nil
	case err != nil:
		return fmt.Errorf("reading the weights: %w", err)
	}
	if !info.IsDir() {
		return s.add(&s.tree.Weights, rel, info)
	}
	empty := !s.options.written(rel)
	err = fs.WalkDir(s.fsys, s.full(rel), func(p string, d fs.DirEntry, err error) error {
		below := strings.TrimPrefix(strings.TrimPrefix(p, s.options.Dir), "/")
		switch {
		case err != nil:
			return err
		case below != rel && s.options.neverIn(below), s.options.output(below):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir(), gitsOwn[d.Name()]:
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		empty = false
		return s.add(&s.tree.Weights, below, info)
	})
	if err != nil {
		return fmt.Errorf("reading the weights: %w", err)
	}
	if empty {
		s.problemf(rel, "weights: the directory holds no file")
	}
	return nil
}

// above reads the .gitignore files between the root and the model directory.
func (s *scanner) above() ([]ignoreFile, error) {
	var files []ignoreFile
	if s.options.Dir == "" {
		return nil, nil
	}
	parts := strings.Split(s.options.Dir, "/")
	for i := range parts {
		f, err := s.ignoreFile(strings.Join(parts[:i], "/"))
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return files, nil
}

// maxIgnoreBytes bounds a .gitignore; git's own limit is 100 MB.
const maxIgnoreBytes = 1 << 20

// ignoreFile reads the .gitignore of a directory. As in git, a link is not followed.
func (s *scanner) ignoreFile(dir string) (ignoreFile, error) {
	name := path.Join(dir, ".gitignore")
	info, err := fs.Lstat(s.fsys, name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
		return ignoreFile{}, nil
	}
	if err != nil {
		return ignoreFile{}, fmt.Errorf("reading what git ignores: %w", err)
	}
	content, err := s.head(name, maxIgnoreBytes)
	if err != nil {
		return ignoreFile{}, fmt.Errorf("reading what git ignores: %w", err)
	}
	return parseIgnore(dir, content), nil
}

// directory adds what is in a directory that git does not ignore. As in git,
// nothing below an ignored directory can be taken back.
func (s *scanner) directory(rel string, above []ignoreFile) error {
	entries, err := fs.ReadDir(s.fsys, s.full(rel))
	if err != nil {
		return fmt.Errorf("reading the model directory: %w", err)
	}
	dir := s.full(rel)
	if dir == "." {
		dir = ""
	}
	own, err := s.ignoreFile(dir)
	if err != nil {
		return err
	}
	ignores := above
	if len(own.rules) > 0 {
		ignores = append(slices.Clip(above), own)
	}
	entries = withoutResults(entries)
	for _, e := range entries {
		p := path.Join(rel, e.Name())
		if s.seen[p] || s.options.neverIn(p) || s.options.output(p) || ignored(ignores, s.full(p), e.IsDir()) {
			continue
		}
		if e.IsDir() {
			if err := s.directory(p, ignores); err != nil {
				return err
			}
			continue
		}
		if err := s.file(p, e); err != nil {
			return err
		}
	}
	return nil
}

// file adds a file to the list of its purpose.
func (s *scanner) file(p string, e fs.DirEntry) error {
	var files *[]File
	switch purposeOf(p, s.options) {
	case code:
		files = &s.tree.Code
	case tests:
		files = &s.tree.Tests
	case smoke:
		files = &s.tree.Smoke
	case meta:
		files = &s.tree.Meta
	default:
		return nil
	}
	info, err := e.Info()
	if err != nil {
		return fmt.Errorf("reading the model directory: %w", err)
	}
	return s.add(files, p, info)
}

// add puts one file into a list, once, and checks that an image can hold it.
func (s *scanner) add(files *[]File, p string, info fs.FileInfo) error {
	if s.seen[p] {
		return nil
	}
	s.seen[p] = true
	f := File{Path: p, Size: info.Size(), Executable: info.Mode()&0o111 != 0}
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		target, err := fs.ReadLink(s.fsys, s.full(p))
		if err != nil {
			return fmt.Errorf("reading a link: %w", err)
		}
		f.Link, f.Size, f.Executable = target, 0, false
		if !s.linkStays(s.full(p)) {
			s.problemf(p, "is a link to %s, outside of the model directory, where the image ends: put the file itself here", strconv.Quote(target))
			return nil
		}
	case !info.Mode().IsRegular():
		s.problemf(p, "is neither a file nor a directory: remove it, or let git ignore it")
		return nil
	default:
		found, err := s.pointer(p, info.Size())
		if err != nil {
			return err
		}
		if found == nil {
			break
		}
		object := ""
		if files == &s.tree.Weights {
			object = s.object(found)
		}
		if object == "" {
			s.problemf(p, "is a git-LFS pointer, not the file itself: run `git lfs pull`, or set `lfs: true` for actions/checkout")
			return nil
		}
		f.Object, f.SHA256, f.Size = object, found.oid, found.size
	}
	*files = append(*files, f)
	return nil
}

// head reads the beginning of a file.
func (s *scanner) head(name string, most int64) (string, error) {
	f, err := s.fsys.Open(name)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }() // read only
	content, err := io.ReadAll(io.LimitReader(f, most))
	return string(content), err
}

// unmatched reports patterns of build.files that no file matches: mistyped ones, mostly.
func (s *scanner) unmatched() {
	for _, pattern := range s.options.Files {
		found := func(f File) bool { return matches(pattern, f.Path) }
		if !slices.ContainsFunc(s.tree.Code, found) {
			s.problemf("slipway.yaml", "build.files: no file for the code layer matches %s", strconv.Quote(pattern))
		}
	}
}

// missing is true where there is nothing.
func missing(err error) bool { return errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) }

// inside is true when p is dir or below it.
func inside(dir, p string) bool {
	return dir == "." || dir == "" || p == dir || strings.HasPrefix(p, dir+"/")
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
