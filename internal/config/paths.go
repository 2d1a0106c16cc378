package config

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// wants says what a path in the configuration must be.
type wants int

const (
	anything wants = 0
	aFile    wants = 1 << iota // not a directory
	notYet                     // may be made later
)

// path reads a path relative to the model directory, and returns it clean and with slashes.
func (l *loader) path(n *node, field, expected string, w wants) string {
	p := l.str(n, field, expected)
	if p == "" {
		return ""
	}
	clean := filepath.ToSlash(filepath.Clean(p))
	if message := l.check(clean, w); message != "" {
		l.problemf(n, "%s: %s", field, message)
	}
	return clean
}

// check says what is wrong with a path, or nothing.
func (l *loader) check(p string, w wants) string {
	switch {
	case filepath.IsAbs(p):
		return quote(p) + " is absolute: write it relative to the model directory"
	case !l.inside(p):
		return quote(p) + " is outside of the repository"
	case !l.insideModel(p):
		return quote(p) + " is outside of the model directory"
	}
	full := filepath.Join(l.dir, filepath.FromSlash(p))
	real, err := filepath.EvalSymlinks(full)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if w&notYet != 0 {
			return ""
		}
		return quote(p) + " does not exist" + l.nearby(p)
	case err != nil:
		return quote(p) + " cannot be read: " + cause(err)
	case !within(l.top, real):
		return quote(p) + " is a link that leaves the repository"
	}
	info, err := os.Stat(real)
	switch {
	case err != nil:
		return quote(p) + " cannot be read: " + cause(err)
	case w&aFile != 0 && info.IsDir():
		return quote(p) + " is a directory, a file is expected"
	case w&aFile != 0 && !info.Mode().IsRegular():
		return quote(p) + " is no regular file"
	}
	return ""
}

// nearby suggests what else there is in the directory of a path that does not exist.
func (l *loader) nearby(p string) string {
	entries, err := os.ReadDir(filepath.Join(l.dir, filepath.Dir(filepath.FromSlash(p))))
	if err != nil {
		return ""
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return meant(filepath.Base(p), names)
}

func (l *loader) inside(p string) bool {
	return within(l.top, filepath.Join(l.dir, filepath.FromSlash(p)))
}

func (l *loader) insideModel(p string) bool { return filepath.IsLocal(filepath.FromSlash(p)) }

// within is true when p is dir or below it; both are absolute.
func within(dir, p string) bool {
	rel, err := filepath.Rel(dir, p)
	return err == nil && filepath.IsLocal(rel)
}

// exists is true when the model directory has a file or directory of this name.
func (l *loader) exists(p string) bool {
	_, err := os.Stat(filepath.Join(l.dir, p))
	return err == nil
}

// glob lists what a pattern matches in the model directory, sorted.
func (l *loader) glob(pattern string) []string {
	names, err := fs.Glob(os.DirFS(l.dir), pattern)
	if err != nil {
		return nil
	}
	return names
}

// cause is an error of the operating system without the path, which the message already names.
func cause(err error) string {
	var e *fs.PathError
	if errors.As(err, &e) {
		return e.Err.Error()
	}
	return oneLine(err.Error())
}

// readBytes reads a file of bounded size, and never more of it than that: a
// device, a directory or a disk image by the right name costs nothing.
func readBytes(file string, most int64) ([]byte, *fault) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, faultf(0, 0, "cannot be read: %s", cause(err))
	}
	switch {
	case info.IsDir():
		return nil, faultf(0, 0, "is a directory, a file is expected")
	case !info.Mode().IsRegular():
		return nil, faultf(0, 0, "is no regular file")
	case info.Size() > most:
		return nil, tooLarge(info.Size(), most)
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, faultf(0, 0, "cannot be read: %s", cause(err))
	}
	defer func() { _ = f.Close() }() // read only
	content, err := io.ReadAll(io.LimitReader(f, most+1))
	switch {
	case err != nil:
		return nil, faultf(0, 0, "cannot be read: %s", cause(err))
	case int64(len(content)) > most:
		return nil, tooLarge(int64(len(content)), most)
	}
	return content, nil
}

// readText reads a text file of bounded size.
func readText(file string, most int64) (string, *fault) {
	content, f := readBytes(file, most)
	if f != nil {
		return "", f
	}
	s := string(content)
	for i, r := range s {
		invalid := r == utf8.RuneError && !strings.HasPrefix(s[i:], "\ufffd")
		if r == 0 || invalid {
			line := 1 + strings.Count(s[:i], "\n")
			col := 1 + utf8.RuneCountInString(s[strings.LastIndexByte(s[:i], '\n')+1:i])
			return "", faultf(line, col, "is not UTF-8 text: it looks like a binary file, or one in another encoding")
		}
	}
	return s, nil
}

func tooLarge(size, most int64) *fault {
	return faultf(0, 0, "is too large: %.1f MiB, at most %d MiB are read", float64(size)/(1<<20), most>>20)
}
