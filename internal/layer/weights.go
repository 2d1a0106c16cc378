package layer

import "golang.org/x/sync/errgroup"

// Group is a layer of weights with the files in it, each with its SHA256.
type Group struct {
	Layer Layer
	Files []Entry
}

// WriteWeights writes files of this machine as layers of weights, or finds those
// that were written before. See Split for which file comes into which layer.
func (s Store) WriteWeights(entries []Entry, o Options) ([]Group, error) {
	// The parts are looked at together, for what is there twice.
	if _, err := complete(entries); err != nil {
		return nil, err
	}
	parts, err := Split(entries)
	if err != nil {
		return nil, err
	}
	groups := make([]Group, len(parts))
	var writing errgroup.Group
	writing.SetLimit(2) // one hashes while the other waits for the disk
	for n, files := range parts {
		writing.Go(func() (err error) {
			groups[n], err = s.group(files, o)
			return err
		})
	}
	return groups, writing.Wait()
}

func (s Store) group(files []Entry, o Options) (Group, error) {
	for n := range files {
		if e := &files[n]; e.Mode.IsRegular() && e.SHA256 == "" {
			var err error
			if e.SHA256, err = s.sum(*e); err != nil {
				return Group{}, err
			}
		}
	}
	l, err := s.Write(Weights, files, o)
	return Group{l, files}, err
}
