package layer

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
)

// How weights are shared out over layers.
const (
	// alone is the size from which a file has a layer of its own. Below it, a
	// layer costs more (a request, a snapshot) than the bytes that it saves.
	alone = 32 << 20
	// full is the size at which a group of small files may end.
	full = 64 << 20
	// MaxSize is the largest group. Registries have limits (10 GB on ghcr.io),
	// and an interrupted upload begins a layer anew.
	MaxSize = 4 << 30
	// maxFile is what fits an archive's header, with the padding; see finishArchive.
	maxFile = 8<<30 - 1<<20
	// mostLayers leaves room for the base below the 125 or so that overlayfs mounts.
	mostLayers = 64
)

// Split shares weights out over layers, so that a file that comes, goes or
// changes leaves the layers of the others as they are: each large file has its
// own, and small ones are grouped. The large ones come first, each part sorted by path.
func Split(entries []Entry) ([][]Entry, error) {
	sorted := slices.Clone(entries)
	slices.SortFunc(sorted, func(a, b Entry) int { return strings.Compare(a.Path, b.Path) })
	for _, e := range sorted {
		if e.Size > maxFile {
			return nil, fmt.Errorf("%s has %d GiB, and a layer of an image holds at most 8: save the model in several files (shards)", e.Path, e.Size>>30)
		}
	}
	// Where there are more large files than an image has layers, large begins at a larger size.
	for large := int64(alone); ; large *= 2 {
		if groups := split(sorted, large); len(groups) <= mostLayers || large > maxFile {
			return groups, nil
		}
	}
}

func split(sorted []Entry, large int64) [][]Entry {
	var groups [][]Entry
	var small []Entry
	for _, e := range sorted {
		if e.Size >= large {
			groups = append(groups, []Entry{e})
		} else {
			small = append(small, e)
		}
	}
	var group []Entry
	var size int64
	for _, e := range small {
		if size+e.Size > MaxSize {
			groups, group, size = append(groups, group), nil, 0
		}
		group, size = append(group, e), size+e.Size
		if size >= full && ends(e.Path) {
			groups, group, size = append(groups, group), nil, 0
		}
	}
	if len(group) > 0 {
		groups = append(groups, group)
	}
	return groups
}

// ends says whether a group may end with this file, which its name alone
// decides: with the ends at fixed sizes, a new file would move all behind it.
func ends(path string) bool { return sha256.Sum256([]byte(path))[0]%4 == 0 }
