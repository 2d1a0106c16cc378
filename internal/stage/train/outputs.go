package train

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/slipway-dev/slipway/internal/layer"
	"github.com/slipway-dev/slipway/internal/plan"
	"github.com/slipway-dev/slipway/internal/result"
)

// maxMetrics bounds the metrics file, in bytes.
const maxMetrics = 4 << 20

// taken are the files below root that are outputs, sorted. An output that is
// not there, or is nothing that an image can hold, is the model's fault.
func taken(root *os.Root, outputs []string) ([]string, error) {
	var names, missing []string
	for _, out := range outputs {
		before := len(names)
		info, err := root.Lstat(out)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			missing = append(missing, out)
			continue
		case err != nil:
			return nil, fmt.Errorf("reading what training wrote: %w", err)
		case info.Mode()&fs.ModeSymlink != 0:
			return nil, &mistake{"training wrote " + out + " as a link", "write the file itself"}
		}
		err = fs.WalkDir(root.FS(), out, func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			if d.Type()&fs.ModeSymlink != 0 {
				if _, err := root.Stat(p); err != nil {
					return &mistake{fmt.Sprintf("training wrote %s as a link to what is not in the outputs", p), "write the file itself"}
				}
			}
			names = append(names, p)
			return nil
		})
		if err != nil {
			return nil, err
		}
		if len(names) == before {
			missing = append(missing, out+" (an empty directory)")
		}
	}
	if len(missing) > 0 {
		return nil, &mistake{"training did not write " + strings.Join(missing, ", "), "is it written to this path, relative to the working directory " + plan.AppDir + "? if so, correct train.outputs in slipway.yaml"}
	}
	slices.Sort(names)
	return names, nil
}

// contents lists the files of layers, and reads the metrics file among them.
// What is told of outputs is what is in their layers, wherever those come from.
func contents(layers []layer.Layer, metrics string) (files []result.Weight, data []byte, err error) {
	at := path.Join(plan.AppDir, metrics)
	for _, l := range layers {
		r, err := l.Tar()
		if err != nil {
			return nil, nil, err
		}
		in, found, err := list(tar.NewReader(r), at)
		if err = errors.Join(err, r.Close()); err != nil {
			return nil, nil, fmt.Errorf("reading the outputs of training: %w", err)
		}
		if found != nil {
			data = found
		}
		for _, f := range in {
			f.LayerDigest = l.Digest
			files = append(files, f)
		}
	}
	slices.SortFunc(files, func(a, b result.Weight) int { return strings.Compare(a.Path, b.Path) })
	return files, data, nil
}

// origin is where a trained file is said to be from.
const origin = "train"

// list reads one layer; metrics is where the metrics file lies in the image.
func list(t *tar.Reader, metrics string) (files []result.Weight, data []byte, err error) {
	buffer := make([]byte, 1<<20)
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return files, data, nil
		}
		if err != nil {
			return nil, nil, err
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		f := result.Weight{Path: path.Clean("/" + h.Name), Source: origin, Size: h.Size}
		sum := sha256.New()
		var kept bytes.Buffer
		var to io.Writer = sum
		if f.Path == metrics {
			if h.Size > maxMetrics {
				return nil, nil, &mistake{fmt.Sprintf("training wrote %d bytes of metrics to %s", h.Size, f.Path), "write an object of numbers"}
			}
			to = io.MultiWriter(sum, &kept)
		}
		if _, err := io.CopyBuffer(to, t, buffer); err != nil {
			return nil, nil, err
		}
		if f.Path == metrics {
			data = kept.Bytes()
		}
		f.Digest = "sha256:" + hex.EncodeToString(sum.Sum(nil))
		files = append(files, f)
	}
}
