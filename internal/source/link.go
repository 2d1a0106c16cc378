package source

import (
	"io/fs"
	"path"
	"strings"
)

// maxLinks is how many links one path may go through, as in Linux (path_resolution(7)).
const maxLinks = 40

// linkStays is true when the link at p ends inside the model directory, which
// is what the image holds of the tree. It goes link by link, never outside of
// the file system's root: a name that looks inside may go through a directory that
// is a link itself. A target that does not exist counts by where it would be.
func (s *scanner) linkStays(p string) bool {
	ahead := strings.Split(p, "/")
	at := "."
	for links := 0; len(ahead) > 0; {
		part := ahead[0]
		ahead = ahead[1:]
		switch part {
		case "", ".":
			continue
		case "..":
			if at == "." {
				return false
			}
			at = path.Dir(at)
			continue
		}
		next := path.Join(at, part)
		info, err := fs.Lstat(s.fsys, next)
		if err != nil || info.Mode()&fs.ModeSymlink == 0 {
			at = next
			continue
		}
		if links++; links > maxLinks {
			return false
		}
		target, err := fs.ReadLink(s.fsys, next)
		if err != nil || path.IsAbs(target) {
			return false
		}
		ahead = append(strings.Split(target, "/"), ahead...)
	}
	return inside(s.options.Dir, at)
}
