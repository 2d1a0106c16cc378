package layer

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Entry is one file, directory or symbolic link of a layer.
type Entry struct {
	// Path in the image, without a leading slash.
	Path string
	Mode fs.FileMode // type and executable bits; the rest is normalised
	Size int64
	Link string // target of a symbolic link
	Open func() (io.ReadCloser, error)
	// Host is the path of a regular file on this machine, when it has one, and
	// SHA256 the hex of its content, when that is known: it is held against
	// what is read.
	Host, SHA256 string
}

// FromFile takes one file of this machine into a layer, at a path in the image.
func FromFile(host, at string) (Entry, error) {
	info, err := os.Stat(host)
	if err != nil {
		return Entry{}, fmt.Errorf("taking %s into a layer: %w", at, err)
	}
	e, err := entry(info, at, nil)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no file", host)
	}
	e.Host, e.Open = host, func() (io.ReadCloser, error) { return os.Open(host) }
	return e, err
}

// FromFS takes the named files of a tree into a layer under dest.
func FromFS(fsys fs.FS, names []string, dest string) ([]Entry, error) {
	var entries []Entry
	for _, name := range names {
		info, err := fs.Lstat(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("taking %s into a layer: %w", name, err)
		}
		e, err := entry(info, path.Join(dest, name), func() (string, error) { return fs.ReadLink(fsys, name) })
		if err != nil {
			return nil, err
		}
		e.Open = func() (io.ReadCloser, error) { return fsys.Open(name) }
		entries = append(entries, e)
	}
	return entries, nil
}

// FromDir takes everything under root into a layer under dest. Names that are
// hard links to one file each become a file: which of them would be the file
// and which the link depends on the order in which they are found.
func FromDir(root, dest string) ([]Entry, error) {
	var entries []Entry
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		e, err := entry(info, path.Join(dest, filepath.ToSlash(rel)), func() (string, error) { return os.Readlink(name) })
		if err != nil {
			return err
		}
		e.Host, e.Open = name, func() (io.ReadCloser, error) { return os.Open(name) }
		entries = append(entries, e)
		return nil
	})
	return entries, err
}

// whiteout begins the names by which a layer says what to remove from the layers below
// (https://github.com/opencontainers/image-spec/blob/v1.1.0/layer.md#whiteouts).
const whiteout = ".wh."

func entry(info fs.FileInfo, at string, readLink func() (string, error)) (Entry, error) {
	e := Entry{Path: strings.TrimPrefix(path.Clean("/"+at), "/"), Mode: info.Mode(), Size: info.Size()}
	if strings.HasPrefix(path.Base(e.Path), whiteout) {
		return e, fmt.Errorf("%s cannot be in an image: names that begin with %s mean removal there; rename it", at, whiteout)
	}
	switch info.Mode().Type() {
	case 0, fs.ModeDir:
	case fs.ModeSymlink:
		var err error
		if e.Link, err = readLink(); err != nil {
			return e, fmt.Errorf("taking %s into a layer: %w", at, err)
		}
	default:
		return e, fmt.Errorf("%s is a %s: a layer holds files, directories and symbolic links; leave it out", at, describeType(info.Mode()))
	}
	return e, nil
}

func describeType(m fs.FileMode) string {
	switch m.Type() {
	case fs.ModeNamedPipe:
		return "named pipe"
	case fs.ModeSocket:
		return "socket"
	}
	return "device"
}

// complete adds the directories above each entry and sorts all by path, so
// that a layer does not depend on the order in which files were found.
func complete(entries []Entry) ([]Entry, error) {
	byPath := make(map[string]Entry, len(entries))
	for _, e := range entries {
		if e.Path == "" {
			continue // the root itself
		}
		if _, twice := byPath[e.Path]; twice {
			return nil, fmt.Errorf("%s is in the layer twice", e.Path)
		}
		byPath[e.Path] = e
	}
	for _, e := range entries {
		for dir := path.Dir(e.Path); dir != "."; dir = path.Dir(dir) {
			if above, ok := byPath[dir]; !ok {
				byPath[dir] = Entry{Path: dir, Mode: fs.ModeDir}
			} else if !above.Mode.IsDir() {
				return nil, fmt.Errorf("%s cannot lie below %s, which is no directory", e.Path, dir)
			}
		}
	}
	out := make([]Entry, 0, len(byPath))
	for _, e := range byPath {
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b Entry) int { return strings.Compare(a.Path, b.Path) })
	return out, nil
}

// ParseOwner reads "uid:gid" or "uid"; empty is 0:0. Names are refused: what
// they mean is up to the base image.
func ParseOwner(user string) (uid, gid int, err error) {
	if user == "" {
		return 0, 0, nil
	}
	first, second, both := strings.Cut(user, ":")
	if !both {
		second = first
	}
	if uid, err = strconv.Atoi(first); err == nil {
		gid, err = strconv.Atoi(second)
	}
	if err != nil || uid < 0 || gid < 0 {
		return 0, 0, fmt.Errorf("user %q is not uid:gid in numbers, such as 1000:1000", user)
	}
	return uid, gid, nil
}
