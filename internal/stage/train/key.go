package train

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/slipway-dev/slipway/internal/content"
	"github.com/slipway-dev/slipway/internal/layer"
	"github.com/slipway-dev/slipway/internal/stage"
)

// recipe is the version of how a training is carried out and its outputs are
// taken. It is part of the key: raise it with every change that can change them.
const recipe = 1

// key names what training writes by all that it sees: two runs with one key
// would do the same again. The time-out is not in it, for it changes no result.
func key(run *stage.Run, index content.Index) (string, error) {
	t := run.Plan.Train
	inputs, err := describe(run.Plan.Dir, t.Files, index)
	if err != nil {
		return "", err
	}
	requirements, err := requirements(run)
	if err != nil {
		return "", err
	}
	var below []string // the diff IDs of what is on the base already
	for _, l := range run.Image.Layers {
		if l.Kind == layer.Deps {
			below = append(below, l.DiffID)
		}
	}
	h := sha256.New()
	err = json.NewEncoder(h).Encode([]any{
		recipe, run.Image.Base.Digest, run.Image.Platform, below,
		t.Command, t.Config.Env, t.Owner, t.Outputs, string(requirements), inputs,
	})
	return hex.EncodeToString(h.Sum(nil)), err
}

// input is what is in the key of one file.
type input struct {
	Path, SHA256, Link string
	Executable         bool
}

// describe reads all inputs.
func describe(dir string, files []string, index content.Index) ([]input, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("reading the inputs of training: %w", err)
	}
	defer root.Close() //nolint:errcheck // read only
	inputs := make([]input, 0, len(files))
	for _, file := range files {
		info, err := root.Lstat(file)
		if err != nil {
			return nil, fmt.Errorf("reading the inputs of training: %w", err)
		}
		i := input{Path: file, Executable: info.Mode()&0o111 != 0}
		if info.Mode()&fs.ModeSymlink != 0 {
			i.Executable = false
			i.Link, err = root.Readlink(file)
		} else {
			i.SHA256, err = sum(root, dir, file, info.Size(), index)
		}
		if err != nil {
			return nil, fmt.Errorf("reading the inputs of training: %w", err)
		}
		inputs = append(inputs, i)
	}
	return inputs, nil
}

// remembered is the size from which what a file holds is remembered: below it,
// reading the file costs no more than looking it up.
const remembered = 1 << 20

func sum(root *os.Root, dir, file string, size int64, index content.Index) (string, error) {
	if size >= remembered {
		return index.SHA256(filepath.Join(dir, filepath.FromSlash(file)))
	}
	f, err := root.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close() //nolint:errcheck // read only
	return content.Sum(f)
}

// requirements is the content of the file with the packages that only training needs; nil without one.
func requirements(run *stage.Run) ([]byte, error) {
	file := run.Plan.Train.Requirements
	if file == "" {
		return nil, nil
	}
	data, err := os.ReadFile(filepath.Join(run.Plan.Dir, filepath.FromSlash(file)))
	if err != nil {
		return nil, fmt.Errorf("reading the packages for training: %w", err)
	}
	return data, nil
}
