package layer

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Packages lists the Python distributions among the entries, by the metadata that each installs.
func Packages(entries []Entry) ([]Package, error) {
	var found []Package
	for _, e := range entries {
		if !isMetadata(e.Path) {
			continue
		}
		f, err := e.Open()
		if err != nil {
			return nil, err
		}
		p, err := readMetadata(f)
		if err = errors.Join(err, f.Close()); err != nil {
			return nil, fmt.Errorf("reading %s: %w", e.Path, err)
		}
		found = append(found, p)
	}
	sortPackages(found)
	return found, nil
}

func sortPackages(found []Package) {
	slices.SortFunc(found, func(a, b Package) int {
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
}

// readMetadata reads the fields at the top of a METADATA file, which end at the first empty line.
func readMetadata(f io.Reader) (p Package, err error) {
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
