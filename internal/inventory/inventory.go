// Package inventory finds the packages that are installed in a file system:
// Python's, Debian's and npm's, by what their installers write down. It trusts
// none of it and runs nothing.
package inventory

import (
	"cmp"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// The kinds of packages, by their names in a package URL
// (https://github.com/package-url/purl-spec/blob/main/PURL-TYPES.rst).
const (
	Python = "pypi"
	Debian = "deb"
	Npm    = "npm"
)

// Inventory is what was found in one file system.
type Inventory struct {
	Distribution Distribution `json:"distribution"`
	Packages     []Package    `json:"packages"`
	// Unread are package databases of other kinds, whose packages are not in the list.
	Unread []string `json:"unread,omitempty"`
}

// Distribution is the system that an image is made of, as /etc/os-release has it; empty when there is none.
type Distribution struct {
	ID      string `json:"id,omitempty"`      // debian, ubuntu
	Version string `json:"version,omitempty"` // 13, 24.04
}

// Package is one installed package.
type Package struct {
	Type         string `json:"type"` // Python, Debian or Npm
	Name         string `json:"name"` // npm: with its scope
	Version      string `json:"version"`
	Architecture string `json:"architecture,omitempty"` // Debian
	Source       string `json:"source,omitempty"`       // Debian: the source package, when it has another name
	// Path is the file that says so.
	Path string `json:"path"`
}

// Bounds on what an image may make us keep: what lies in it is anybody's.
const (
	maxPackages = 100_000
	maxText     = 256 // of a name, a version
)

// others are the databases of packages that are not read.
var others = []string{"lib/apk/db/installed", "usr/lib/apk/db/installed", "var/lib/rpm/rpmdb.sqlite", "var/lib/rpm/Packages", "usr/lib/sysimage/rpm/rpmdb.sqlite"}

// notInImages are not part of an image, though they may be mounted where it is looked at.
var notInImages = []string{"dev", "proc", "sys"}

// Find lists what is installed below root, sorted. What cannot be read is
// left out: an image may hold broken metadata and work.
func Find(root fs.FS) (Inventory, error) {
	v := Inventory{Distribution: distribution(root)}
	for _, path := range others {
		if _, err := fs.Stat(root, path); err == nil {
			v.Unread = append(v.Unread, "/"+path)
		}
	}
	err := fs.WalkDir(root, ".", func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil && p == ".":
			return err
		case err != nil:
			return nil //nolint:nilerr // no right to read it, or gone
		case d.IsDir() && slices.Contains(notInImages, p):
			return fs.SkipDir
		case !d.Type().IsRegular():
			return nil
		}
		for _, r := range readers {
			if !r.matches(p) {
				continue
			}
			for _, found := range r.read(root, p) {
				if found.Type = r.kind; found.valid() {
					found.Path = "/" + p
					v.Packages = append(v.Packages, found)
				}
			}
			if len(v.Packages) > maxPackages {
				return errors.New("more packages than can be real are installed in the image")
			}
		}
		return nil
	})
	slices.SortFunc(v.Packages, func(a, b Package) int {
		return cmp.Or(strings.Compare(a.Type, b.Type), strings.Compare(a.Name, b.Name), strings.Compare(a.Version, b.Version),
			strings.Compare(a.Architecture, b.Architecture), strings.Compare(a.Path, b.Path))
	})
	return v, err
}

// reader knows one place where packages are written down.
type reader struct {
	kind    string
	matches func(p string) bool
	read    func(root fs.FS, p string) []Package
}

var readers = []reader{
	{Python, isPython, readPython},
	{Debian, isDebian, readDebian},
	{Npm, isNpm, readNpm},
}

func (p Package) valid() bool {
	return printable(p.Name) && printable(p.Version) && len(p.Architecture) <= maxText && len(p.Source) <= maxText
}

func printable(s string) bool {
	return s != "" && len(s) <= maxText && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '\uFFFD' })
}

// distribution reads os-release
// (https://www.freedesktop.org/software/systemd/man/latest/os-release.html).
func distribution(root fs.FS) (d Distribution) {
	for _, at := range []string{"etc/os-release", "usr/lib/os-release"} {
		values := map[string]string{}
		for key, value := range lines(root, at, "=") {
			values[key] = strings.Trim(value, `"'`)
		}
		if id := values["ID"]; printable(id) {
			return Distribution{ID: id, Version: values["VERSION_ID"][:min(len(values["VERSION_ID"]), maxText)]}
		}
	}
	return d
}

// in tells whether p is a file of this name in a directory with this ending.
func in(p, ending, name string) bool {
	return path.Base(p) == name && strings.HasSuffix(path.Dir(p), ending)
}
