package train

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slipway-dev/slipway/internal/config"
	"github.com/slipway-dev/slipway/internal/content"
	"github.com/slipway-dev/slipway/internal/layer"
	"github.com/slipway-dev/slipway/internal/plan"
	"github.com/slipway-dev/slipway/internal/protocol"
	"github.com/slipway-dev/slipway/internal/result"
	"github.com/slipway-dev/slipway/internal/stage"
)

// engine is one whose command writes these files, by path; "-> target" is a
// link and a name with a slash at its end a directory.
type engine struct {
	writes map[string]string
	end    protocol.Exit
	log    string

	ran  int
	exec stage.Exec
	tree stage.Tree
	open []string
}

func (e *engine) Compose(context.Context, stage.Image) (stage.Container, error) {
	return container{e}, nil
}

func (e *engine) Directory(t stage.Tree, _ string, open ...string) stage.Directory {
	e.tree, e.open = t, open
	return "inputs"
}

func (e *engine) Export(_ context.Context, d stage.Directory, names []string, to string) error {
	if d != "left" {
		return os.ErrInvalid
	}
	for path, content := range e.writes {
		if !below(names, path) {
			continue
		}
		full := filepath.Join(to, path)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			return err
		}
		var err error
		if strings.HasSuffix(path, "/") {
			err = os.MkdirAll(full, 0o755)
		} else if target, ok := strings.CutPrefix(content, "-> "); ok {
			err = os.Symlink(target, full)
		} else {
			err = os.WriteFile(full, []byte(content), 0o600)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

type container struct{ *engine }

func (c container) Config() layer.Config { return layer.Config{} }

func (c container) Exec(_ context.Context, x stage.Exec) (stage.Output, error) {
	c.ran++
	c.exec = x
	if err := os.MkdirAll(x.OutputTo, 0o755); err != nil {
		return stage.Output{}, err
	}
	end, err := json.Marshal(c.end)
	if err != nil {
		return stage.Output{}, err
	}
	for name, data := range map[string]string{"exit.json": string(end), "log": c.log} {
		if err := os.WriteFile(filepath.Join(x.OutputTo, name), []byte(data), 0o644); err != nil {
			return stage.Output{}, err
		}
	}
	return stage.Output{Kept: "left"}, nil
}

// trial is a model to train in a directory of its own.
type trial struct {
	dir    string
	stage  Stage
	engine *engine
}

func newTrial(t *testing.T) trial {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{"train.py": "train", "data/a.csv": "1", "more.txt": "lightgbm"} {
		write(t, filepath.Join(dir, name), content)
	}
	e := &engine{writes: map[string]string{"weights/model.bin": "trained", "metrics.json": `{"a": 1}`, "leftover": "x"}, end: protocol.Exit{AfterMS: 1500}}
	return trial{dir, Stage{Engine: e, Store: layer.Store{Dir: t.TempDir()}, Nonce: "n"}, e}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func (x trial) newRun() *stage.Run {
	p := plan.Plan{
		Dir: x.dir, Metrics: "metrics.json", Steps: []plan.Step{{Stage: "train", Do: "train"}},
		Train: &plan.Train{
			Train: config.Train{
				Command: []string{"python", "train.py"}, Inputs: []string{"train.py", "data", "da*/*.csv"},
				Outputs: []string{"weights/model.bin", "metrics.json"}, Timeout: time.Minute,
			},
			Files: []string{"data/a.csv", "train.py"}, Owner: "1000:1000", Config: layer.Config{Env: []string{"A=1"}},
		},
	}
	run := &stage.Run{Plan: p, Result: &result.Result{}}
	run.Image = stage.Image{Platform: "linux/amd64", Base: &stage.Base{Digest: "sha256:aa"}, Layers: []layer.Layer{{Kind: layer.Deps, DiffID: "sha256:bb"}}}
	return run
}

// run carries the stage out and wants it to pass.
func (x trial) run(t *testing.T, run *stage.Run) *stage.Run {
	t.Helper()
	got, err := x.stage.Run(t.Context(), run)
	if err != nil || got.Status != result.StagePassed {
		t.Fatalf("%+v, %v", got, err)
	}
	return run
}

func TestRun(t *testing.T) {
	x := newTrial(t)
	run := x.run(t, x.newRun())
	var paths []string
	for _, o := range run.Result.Train.Outputs {
		paths = append(paths, o.Path)
	}
	if !slices.Equal(paths, []string{"metrics.json", "weights/model.bin"}) || string(run.Trained.Metrics) != `{"a": 1}` || len(run.Trained.Layers) != 1 {
		t.Errorf("outputs %v, trained %+v", paths, run.Trained)
	}
	if o := run.Result.Train.Outputs[1]; o.Size != 7 || o.SHA256 != fmt.Sprintf("%x", sha256.Sum256([]byte("trained"))) {
		t.Errorf("output %+v", o)
	}
	if f := run.Trained.Files[1]; f.Path != "/app/weights/model.bin" || f.Source != "train" || f.LayerDigest != run.Trained.Layers[0].Digest {
		t.Errorf("file %+v", f)
	}
	if run.Result.Train.Hit != "" || *run.Result.Train.DurationMS != 1500 || len(run.Result.Warnings) > 0 {
		t.Errorf("record %+v, warnings %v", run.Result.Train, run.Result.Warnings)
	}
	if !slices.Equal(x.engine.tree.Include, []string{"train.py", "data"}) || !slices.Equal(x.engine.open, []string{"weights"}) || x.engine.exec.Mounts[plan.AppDir] != "inputs" {
		t.Errorf("tree %+v, open %v", x.engine.tree, x.engine.open)
	}

	again := x.run(t, x.newRun())
	if x.engine.ran != 1 || again.Result.Train.Hit != "store" || *again.Result.Train.DurationMS != 1500 ||
		again.Trained.Layers[0].DiffID != run.Trained.Layers[0].DiffID || string(again.Trained.Metrics) != `{"a": 1}` || len(again.Result.Train.Outputs) != 2 {
		t.Errorf("the second time: ran %d times, %+v", x.engine.ran, again.Result.Train)
	}

	write(t, filepath.Join(x.dir, "data/a.csv"), "2")
	if x.run(t, x.newRun()); x.engine.ran != 2 {
		t.Error("changed data were not trained on")
	}
}

// TestFresh: what is known is not asked for, but compared with.
func TestFresh(t *testing.T) {
	x := newTrial(t)
	x.run(t, x.newRun())
	fresh := x.newRun()
	fresh.Plan.Fresh = true
	if x.run(t, fresh); x.engine.ran != 2 || len(fresh.Result.Warnings) > 0 {
		t.Errorf("ran %d times, warnings %v", x.engine.ran, fresh.Result.Warnings)
	}
	x.engine.writes["weights/model.bin"] = "otherwise"
	fresh = x.newRun()
	fresh.Plan.Fresh = true
	x.run(t, fresh)
	if len(fresh.Result.Warnings) != 1 || !strings.Contains(fresh.Result.Warnings[0], "training is not reproducible: weights/model.bin came out otherwise") {
		t.Errorf("warnings %v", fresh.Result.Warnings)
	}
	if after := x.run(t, x.newRun()); after.Trained.Layers[0].DiffID != fresh.Trained.Layers[0].DiffID || x.engine.ran != 3 {
		t.Error("what was trained last is not what is kept")
	}
}

// TestDamaged: outputs that are not as they were written are made again.
func TestDamaged(t *testing.T) {
	x := newTrial(t)
	run := x.run(t, x.newRun())
	if err := os.Truncate(run.Trained.Layers[0].Archive, 600); err != nil {
		t.Fatal(err)
	}
	again := x.run(t, x.newRun())
	if x.engine.ran != 2 || again.Result.Train.Hit != "" || len(again.Result.Warnings) != 1 {
		t.Errorf("ran %d times, %+v, warnings %v", x.engine.ran, again.Result.Train, again.Result.Warnings)
	}
}

// TestMistakes: what is the model's fault, in words.
func TestMistakes(t *testing.T) {
	for name, test := range map[string]struct {
		end     protocol.Exit
		log     string
		writes  map[string]string
		outputs []string
		reason  string
	}{
		"an error":           {end: protocol.Exit{Code: 1}, log: "a\nValueError: no\n", reason: "training ended with exit code 1: ValueError: no"},
		"too long":           {end: protocol.Exit{TimedOut: true, Code: 0}, log: "epoch 3", reason: "training did not end within 1m0s: epoch 3"},
		"out of memory":      {end: protocol.Exit{Code: 137, Signal: "SIGKILL", OOM: true}, reason: "training ran out of memory"},
		"a signal":           {end: protocol.Exit{Code: 139, Signal: "SIGSEGV", AfterMS: 2000}, reason: "training was ended by SIGSEGV after 2 s"},
		"nothing written":    {writes: map[string]string{}, reason: "training did not write weights/model.bin, metrics.json"},
		"one is missing":     {writes: map[string]string{"weights/model.bin": "x"}, reason: "training did not write metrics.json"},
		"an empty directory": {writes: map[string]string{"weights/": ""}, outputs: []string{"weights"}, reason: "training did not write weights (an empty directory)"},
		"a link":             {writes: map[string]string{"weights/model.bin": "-> /etc/passwd", "metrics.json": "{}"}, reason: "training wrote weights/model.bin as a link"},
		"a link out":         {writes: map[string]string{"weights/a": "x", "weights/b": "-> ../../../../etc/passwd"}, outputs: []string{"weights"}, reason: "training wrote weights/b as a link to what is not in the outputs"},
		"a whiteout":         {writes: map[string]string{"weights/.wh.app.py": "x"}, outputs: []string{"weights"}, reason: "what training wrote cannot be in an image"},
	} {
		t.Run(name, func(t *testing.T) {
			x := newTrial(t)
			x.engine.end, x.engine.log = test.end, test.log
			if test.writes != nil {
				x.engine.writes = test.writes
			}
			run := x.newRun()
			if test.outputs != nil {
				run.Plan.Train.Outputs = test.outputs
			}
			got, err := x.stage.Run(t.Context(), run)
			if err != nil || got.Status != result.StageFailed || !strings.Contains(got.Reason, test.reason) || got.Remedy == "" {
				t.Errorf("%+v, %v; want %q", got, err, test.reason)
			}
			if run.Result.Train == nil || run.Result.Train.Outputs != nil || test.log != "" && run.Result.Train.Log == "" {
				t.Errorf("record %+v", run.Result.Train)
			}
			if run.Trained != nil {
				t.Error("what failed is handed on")
			}
		})
	}
}

// TestLinksInside: a directory may hold links to its own files.
func TestLinksInside(t *testing.T) {
	x := newTrial(t)
	x.engine.writes = map[string]string{"weights/blobs/a": "x", "weights/model.bin": "-> blobs/a"}
	run := x.newRun()
	run.Plan.Train.Outputs = []string{"weights"}
	if x.run(t, run); len(run.Result.Train.Outputs) != 1 {
		t.Errorf("outputs %+v", run.Result.Train.Outputs)
	}
}

// TestKey: all that training sees changes the key, and nothing else does.
func TestKey(t *testing.T) {
	x := newTrial(t)
	first, err := key(x.newRun(), content.Index{})
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		change func(*stage.Run)
		same   bool
	}{
		"nothing":      {func(*stage.Run) {}, true},
		"time-out":     {func(r *stage.Run) { r.Plan.Train.Timeout++ }, true},
		"--fresh":      {func(r *stage.Run) { r.Plan.Fresh = true }, true},
		"the checkout": {func(r *stage.Run) { r.Plan.Below = "elsewhere" }, true},
		"command":      {func(r *stage.Run) { r.Plan.Train.Command = []string{"python", "train.py", "-v"} }, false},
		"words":        {func(r *stage.Run) { r.Plan.Train.Command = []string{"python train.py"} }, false},
		"environment":  {func(r *stage.Run) { r.Plan.Train.Config.Env = []string{"A=2"} }, false},
		"base":         {func(r *stage.Run) { r.Image.Base = &stage.Base{Digest: "sha256:ab"} }, false},
		"platform":     {func(r *stage.Run) { r.Image.Platform = "linux/arm64" }, false},
		"dependencies": {func(r *stage.Run) { r.Image.Layers[0].DiffID = "sha256:bc" }, false},
		"packages":     {func(r *stage.Run) { r.Plan.Train.Requirements = "more.txt" }, false},
		"outputs":      {func(r *stage.Run) { r.Plan.Train.Outputs = []string{"weights/model.bin"} }, false},
		"user":         {func(r *stage.Run) { r.Plan.Train.Owner = "" }, false},
		"fewer inputs": {func(r *stage.Run) { r.Plan.Train.Files = []string{"train.py"} }, false},
	} {
		run := x.newRun()
		test.change(run)
		got, err := key(run, content.Index{})
		if err != nil || (got == first) != test.same {
			t.Errorf("%s: %s, %v; the first was %s", name, got, err, first)
		}
	}
	for name, change := range map[string]func() error{
		"mode":    func() error { return os.Chmod(filepath.Join(x.dir, "train.py"), 0o755) },
		"content": func() error { return os.WriteFile(filepath.Join(x.dir, "train.py"), []byte("other"), 0o755) },
		"a link to the same": func() error {
			file := filepath.Join(x.dir, "data/a.csv")
			return errors.Join(os.Rename(file, file+".bak"), os.Symlink("a.csv.bak", file))
		},
	} {
		before, err := key(x.newRun(), content.Index{})
		if err != nil {
			t.Fatal(err)
		}
		if err := change(); err != nil {
			t.Fatal(err)
		}
		if after, err := key(x.newRun(), content.Index{}); err != nil || after == before {
			t.Errorf("%s: the key was %s and is %s, %v", name, before, after, err)
		}
	}
}
