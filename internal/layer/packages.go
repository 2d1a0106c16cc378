package layer

import (
	"bufio"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
)

// Packages lists the Python distributions among the entries, by the metadata that each installs
// (https://packaging.python.org/en/latest/specifications/recording-installed-packages/).
func Packages(entries []Entry) ([]Package, error) {
	var found []Package
	for _, e := range entries {
		if path.Base(e.Path) != "METADATA" || !strings.HasSuffix(path.Dir(e.Path), ".dist-info") {
			continue
		}
		p, err := readMetadata(e)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", e.Path, err)
		}
		found = append(found, p)
	}
	slices.SortFunc(found, func(a, b Package) int {
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
	return found, nil
}

// readMetadata reads the fields at the top of a METADATA file, which end at the first empty line.
func readMetadata(e Entry) (p Package, err error) {
	f, err := e.Open()
	if err != nil {
		return p, err
	}
	defer f.Close() //nolint:errcheck // read only
	lines := bufio.NewScanner(io.LimitReader(f, 1<<20))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() && lines.Text() != "" {
		key, value, _ := strings.Cut(lines.Text(), ":")
		switch strings.ToLower(key) {
		case "name":
			p.Name = strings.TrimSpace(value)
		case "version":
			p.Version = strings.TrimSpace(value)
		}
	}
	return p, lines.Err()
}
