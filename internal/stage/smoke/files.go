package smoke

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"

	"github.com/slipway-dev/slipway/internal/protocol"
	"github.com/slipway-dev/slipway/internal/stage"
)

const (
	filesDir = "/slipway/files"
	// inSpec is how large a file is that the probe holds all the time; it reads
	// a larger one when its case is asked.
	inSpec = 4 << 10
)

// orders writes what the probe is told, and what is to be laid beside it.
func orders(scratch string, spec protocol.Spec) (file string, files stage.Tree, err error) {
	if spec.Cases, files, err = apart(filepath.Join(scratch, "files"), spec.Cases); err != nil {
		return "", files, err
	}
	told, err := json.Marshal(spec) // indented, JSON that cases send would be ten times as long
	if err != nil {
		return "", files, err
	}
	file = filepath.Join(scratch, "spec.json")
	return file, files, os.WriteFile(file, told, 0o644)
}

// apart writes the files that the cases send to dir, which is to be laid into
// the container, and returns the cases with where they are there.
func apart(dir string, cases []protocol.Request) ([]protocol.Request, stage.Tree, error) {
	tree := stage.Tree{Host: dir, Path: filesDir}
	err := os.MkdirAll(dir, 0o755)
	out := make([]protocol.Request, len(cases))
	for n, r := range cases {
		out[n] = r.Files(func(b protocol.Binary) protocol.Binary {
			if len(b.Content) <= inSpec || err != nil {
				return b
			}
			name := strconv.Itoa(len(tree.Include))
			err = os.WriteFile(filepath.Join(dir, name), b.Content, 0o644)
			tree.Include = append(tree.Include, name)
			return b.At(filesDir + "/" + name)
		})
	}
	if err != nil {
		return nil, tree, err
	}
	return out, tree, nil
}
