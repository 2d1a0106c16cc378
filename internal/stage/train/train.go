// Package train makes the weights: it runs the model's training in the image's
// dependencies, or finds what the same training wrote before.
package train

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/slipway-dev/slipway/internal/layer"
	"github.com/slipway-dev/slipway/internal/plan"
	"github.com/slipway-dev/slipway/internal/result"
	"github.com/slipway-dev/slipway/internal/stage"
)

// Engine is what the engine does for this stage.
type Engine interface {
	stage.Composer
	// Directory makes a directory of files of the host that belong to the user;
	// everybody may write into it and into the directories in open, which are made.
	Directory(t stage.Tree, user string, open ...string) stage.Directory
	// Export copies files and directories of these names to the host; what is not there is left out.
	Export(ctx context.Context, d stage.Directory, names []string, to string) error
}

// Stage trains.
type Stage struct {
	Engine Engine
	Store  layer.Store
	Shelf  Shelf  // nil: there is none
	Probe  string // path of the helper binary for the image's platform
	Nonce  string // differs from run to run: the engine's cache does not answer for a training
}

// Run looks the outputs up by their key and trains when they are not known.
func (s Stage) Run(ctx context.Context, run *stage.Run) (stage.Outcome, error) {
	if why := run.Plan.Skipped("train"); why != "" {
		return stage.Skip("%s", why)
	}
	hash, err := key(run, s.Store.Index)
	if err != nil {
		return stage.Outcome{}, err
	}
	record := &result.Train{Key: hash}
	run.Result.Train = record
	kept, err := s.lookUp(run, hash)
	if err != nil {
		return stage.Outcome{}, err
	}
	if kept == nil && !run.Plan.Fresh {
		if kept, err = s.pull(ctx, run, hash); err != nil {
			return stage.Outcome{}, err
		}
	}
	found := kept
	if run.Plan.Fresh || found == nil {
		var mistake *mistake
		if found, err = s.train(ctx, run, record); errors.As(err, &mistake) {
			return stage.Fail(mistake.what, mistake.remedy)
		} else if err != nil {
			return stage.Outcome{}, err
		}
		if err := found.keep(s.Store, hash); err != nil {
			return stage.Outcome{}, err
		}
		compare(run, kept, found)
	} else {
		record.Hit = found.from
	}
	s.share(ctx, run, hash, found)
	record.DurationMS = found.about.DurationMS
	for _, f := range found.about.Files {
		path := strings.TrimPrefix(f.Path, plan.AppDir+"/")
		record.Outputs = append(record.Outputs, result.TrainOutput{Path: path, Size: f.Size, SHA256: strings.TrimPrefix(f.Digest, "sha256:")})
	}
	run.Trained = &stage.Trained{Key: hash, Layers: found.layers, Files: found.about.Files, Metrics: found.about.Metrics}
	return stage.Pass()
}

// outputs are what a training wrote, as layers of the store.
type outputs struct {
	layers []layer.Layer
	about  about
	from   string // where they were found
}

// about is what the store remembers of outputs beside their layers.
type about struct {
	Files      []result.Weight `json:"files"`
	Metrics    []byte          `json:"metrics"`
	DurationMS *int64          `json:"duration_ms"`
}

func (o *outputs) keep(store layer.Store, hash string) error {
	data, err := json.Marshal(o.about)
	if err != nil {
		return err
	}
	return store.PutSet(name(hash), layer.Set{Layers: o.layers, About: data})
}

// name is what outputs are called by where they are kept.
func name(hash string) string { return "train-" + hash }

// lookUp finds the outputs with this key; nil when they are not known.
func (s Stage) lookUp(run *stage.Run, hash string) (*outputs, error) {
	set, ok, why, err := s.Store.GetSet(name(hash))
	if err != nil {
		return nil, err
	}
	found := &outputs{layers: set.Layers, from: "store"}
	if ok && (json.Unmarshal(set.About, &found.about) != nil || len(found.about.Files) == 0) {
		ok, why = false, "its record is damaged"
	}
	if !ok {
		if why != "" {
			run.Result.Warnings = append(run.Result.Warnings, "the stored outputs of training were not used: "+why)
		}
		return nil, nil
	}
	return found, nil
}

// compare warns of a training that writes something else each time: nobody can
// make the same image again.
func compare(run *stage.Run, before, now *outputs) {
	if before == nil {
		return
	}
	had := map[string]string{}
	for _, f := range before.about.Files {
		had[f.Path] = f.Digest
	}
	for _, f := range now.about.Files {
		if had[f.Path] != f.Digest {
			run.Result.Warnings = append(run.Result.Warnings, fmt.Sprintf("training is not reproducible: %s came out otherwise than the last time, with the same inputs, packages and base; a seed, and one thread, are what most often helps", strings.TrimPrefix(f.Path, plan.AppDir+"/")))
			return
		}
	}
}

// mistake is the model's fault: its training does not do what slipway.yaml says.
type mistake struct{ what, remedy string }

func (m *mistake) Error() string { return m.what }
