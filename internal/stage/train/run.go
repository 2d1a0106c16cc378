package train

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/slipway-dev/slipway/internal/layer"
	"github.com/slipway-dev/slipway/internal/plan"
	"github.com/slipway-dev/slipway/internal/protocol"
	"github.com/slipway-dev/slipway/internal/result"
	"github.com/slipway-dev/slipway/internal/source"
	"github.com/slipway-dev/slipway/internal/stage"
)

const (
	outDir = "/slipway/out"
	// logLines is how much of a failing command's output the result keeps.
	logLines = 60
)

// train runs the command and makes layers of what it wrote.
func (s Stage) train(ctx context.Context, run *stage.Run, record *result.Train) (*outputs, error) {
	room, err := s.Store.Room()
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(room) //nolint:errcheck // a leftover is swept by a later run
	written, took, err := s.run(ctx, run, record, room)
	if err != nil {
		return nil, err
	}
	t := run.Plan.Train
	files := filepath.Join(room, "files")
	if err := os.Mkdir(files, 0o755); err != nil {
		return nil, err
	}
	if err := s.Engine.Export(ctx, written, t.Outputs, files); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(files)
	if err != nil {
		return nil, err
	}
	defer root.Close() //nolint:errcheck // read only
	names, err := taken(root, t.Outputs)
	if err != nil {
		return nil, err
	}
	made := &outputs{about: about{DurationMS: &took}}
	if made.layers, err = s.layers(root, names, t.Owner); err != nil {
		return nil, err
	}
	made.about.Files, made.about.Metrics, err = contents(made.layers, run.Plan.Metrics)
	return made, err
}

// run runs the command in the dependencies, with the inputs and nothing else of
// the model in its working directory. It returns that directory as the command
// left it, and for how many milliseconds it ran.
func (s Stage) run(ctx context.Context, run *stage.Run, record *result.Train, room string) (stage.Directory, int64, error) {
	t := run.Plan.Train
	container, err := s.Engine.Compose(ctx, stage.Image{Platform: run.Image.Platform, Base: run.Image.Base, Layers: run.Image.Layers, Config: t.Config})
	if err != nil {
		return nil, 0, err
	}
	exec := stage.Supervise(s.Probe, t.Config, append([]string{"exec", "--timeout", t.Timeout.String(), "--out", outDir, "--"}, t.Command...)...)
	exec.Env["SLIPWAY_RUN"] = s.Nonce
	inputs := stage.Tree{Host: run.Plan.Dir, Include: include(t), Exclude: source.Never()}
	exec.Mounts = map[string]stage.Directory{plan.AppDir: s.Engine.Directory(inputs, t.Owner, above(t.Outputs)...)}
	exec.Keep = plan.AppDir
	exec.Output, exec.OutputTo = outDir, filepath.Join(room, "out")
	exec.Names = []string{"exit.json", "log"}
	if t.Requirements != "" {
		if err := s.packages(ctx, run, container, &exec); err != nil {
			return nil, 0, err
		}
	}
	out, err := container.Exec(ctx, exec)
	if err != nil {
		var exit *stage.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("the helper ended with %d: %s", exit.Code, stage.LastLine(exit.Stderr))
		}
		return nil, 0, err
	}
	took, err := judge(t.Timeout.String(), record, exec.OutputTo)
	return out.Kept, took, err
}

// packages has the packages installed that only training needs.
func (s Stage) packages(ctx context.Context, run *stage.Run, container stage.Container, exec *stage.Exec) error {
	content, err := requirements(run)
	if err != nil {
		return err
	}
	pip, err := s.Engine.Compose(ctx, stage.Image{Platform: run.Image.Platform, Base: run.Image.Base, Config: run.Image.Base.Config})
	if err != nil {
		return err
	}
	file := path.Join(run.Plan.Below, run.Plan.Train.Requirements)
	return stage.Beside{What: "the packages for training", Installed: container, Pip: pip, File: file, Requirements: content}.Install(ctx, exec)
}

// judge says how the command ended: with an error unless it did as it should.
func judge(timeout string, record *result.Train, dir string) (tookMS int64, err error) {
	var end protocol.Exit
	data, err := stage.ReadOutput(dir, "exit.json")
	if err == nil {
		err = json.Unmarshal(data, &end)
	}
	if err != nil {
		return 0, fmt.Errorf("reading how training ended: %w", err)
	}
	log, err := stage.ReadOutput(dir, "log")
	if err != nil {
		return 0, fmt.Errorf("reading what training said: %w", err)
	}
	took := int64(end.AfterMS)
	record.DurationMS = &took
	if end.Code == 0 && end.Signal == "" && !end.TimedOut {
		return took, nil
	}
	record.Log = stage.Tail(string(log), logLines)
	remedy := "the end of its output is in the report, all of it in engine.log"
	said := stage.LastLine(string(log))
	if said != "" {
		said = ": " + said
	}
	switch {
	case end.TimedOut:
		return took, &mistake{"training did not end within " + timeout + said, "`train: {timeout: …}` in slipway.yaml gives it more time; a run's own bound is --timeout"}
	case end.OOM:
		return took, &mistake{"training ran out of memory" + said, "train on a machine with more memory, or with less at a time"}
	case end.Signal != "":
		return took, &mistake{fmt.Sprintf("training was ended by %s after %.0f s", end.Signal, end.AfterMS/1000) + said, remedy}
	}
	return took, &mistake{fmt.Sprintf("training ended with exit code %d", end.Code) + said, remedy}
}

// include is what of the inputs is to be named: files below a directory that is an input come with it.
func include(t *plan.Train) []string {
	var names []string
	for _, in := range t.Inputs {
		if !strings.ContainsAny(in, `*?[{\`) {
			names = append(names, in)
		}
	}
	plain := len(names)
	for _, f := range t.Files {
		if !below(names[:plain], f) {
			names = append(names, f)
		}
	}
	return names
}

// above are the directories of the outputs: training need not make them.
func above(outputs []string) []string {
	var dirs []string
	for _, out := range outputs {
		if dir := path.Dir(out); dir != "." {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// below is true for what is one of the names, or lies below one.
func below(names []string, p string) bool {
	for _, n := range names {
		if n == "." || p == n || strings.HasPrefix(p, n+"/") {
			return true
		}
	}
	return false
}

// layers writes the outputs as layers, by the rules for weights.
func (s Stage) layers(root *os.Root, names []string, owner string) ([]layer.Layer, error) {
	uid, gid, err := layer.ParseOwner(owner)
	if err != nil {
		return nil, err
	}
	entries, err := layer.FromFS(root.FS(), names, plan.AppDir)
	if err != nil {
		return nil, &mistake{"what training wrote cannot be in an image: " + err.Error(), "write files, directories and links inside of them only"}
	}
	groups, err := s.Store.WriteWeights(entries, layer.Options{UID: uid, GID: gid})
	if err != nil {
		return nil, err
	}
	var layers []layer.Layer
	for _, g := range groups {
		layers = append(layers, g.Layer)
	}
	return layers, nil
}
