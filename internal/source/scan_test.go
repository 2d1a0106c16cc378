package source_test

import (
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-dev/slipway/internal/source"
)

const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n"

// tree makes a file system of lines: "path", "path = content", "path -> target", "path !" (executable).
func tree(lines string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for line := range strings.Lines(lines) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		if p, target, ok := strings.Cut(line, " -> "); ok {
			fsys[p] = &fstest.MapFile{Data: []byte(target), Mode: fs.ModeSymlink | 0o777}
		} else if p, content, ok := strings.Cut(line, " = "); ok {
			fsys[p] = &fstest.MapFile{Data: []byte(strings.ReplaceAll(content, `\n`, "\n")), Mode: 0o644}
		} else if p, ok := strings.CutSuffix(line, " !"); ok {
			fsys[p] = &fstest.MapFile{Mode: 0o755}
		} else {
			fsys[line] = &fstest.MapFile{Mode: 0o644}
		}
	}
	return fsys
}

// show is a tree in lines: "code run.sh !", "weights a.bin 12" with the size, "problem a.bin: …".
func show(t source.Tree) []string {
	out := []string{}
	for _, list := range []struct {
		name  string
		files []source.File
	}{{"code", t.Code}, {"weights", t.Weights}, {"tests", t.Tests}, {"smoke", t.Smoke}, {"meta", t.Meta}, {"input", t.Inputs}} {
		for _, f := range list.files {
			line := list.name + " " + f.Path
			if f.Link != "" {
				line += " -> " + f.Link
			}
			if f.Executable {
				line += " !"
			}
			if list.name == "weights" && f.Link == "" {
				line += fmt.Sprintf(" %d", f.Size)
			}
			if f.Object != "" {
				line += " of " + f.Object
			}
			out = append(out, line)
		}
	}
	for _, p := range t.Problems {
		out = append(out, "problem "+p.File+": "+p.Message)
	}
	return out
}

func TestScan(t *testing.T) {
	for _, test := range []struct {
		name    string
		files   string
		options source.Options
		want    []string
	}{
		{
			name: "what files are for",
			files: `app.py = x
				run.sh !
				src/model.py
				src/model_test.py
				tests/test_app.py
				tests/data/held_out.json
				conftest.py
				smoke/a.yaml
				slipway.yaml
				slipway.lock
				README.md
				requirements.txt
				requirements-test.in
				Dockerfile
				.gitignore
				pyproject.toml
				weights/model.joblib = xyz
				train.py`,
			options: source.Options{Weights: []string{"weights/"}},
			want: []string{
				"code app.py", "code pyproject.toml", "code run.sh !", "code src/model.py", "code train.py",
				"weights weights/model.joblib 3",
				"tests conftest.py", "tests src/model_test.py", "tests tests/data/held_out.json", "tests tests/test_app.py",
				"smoke smoke/a.yaml",
				"meta .gitignore", "meta Dockerfile", "meta README.md", "meta requirements-test.in", "meta requirements.txt", "meta slipway.lock", "meta slipway.yaml",
			},
		},
		{
			name: "what tools leave behind",
			files: `app.py
				app.pyc
				__pycache__/app.cpython-311.pyc
				src/__pycache__/x.pyc
				.venv/bin/python
				src/venv/x
				.git/config
				node_modules/x.js
				.pytest_cache/x
				dist/iris/result.json
				src/dist/kept.py
				.DS_Store`,
			want: []string{"code app.py", "code src/dist/kept.py"},
		},
		{
			name: "nested .gitignore files",
			files: `.gitignore = *.csv\n/data/\n!keep.csv\ncache/
				a.csv
				keep.csv
				data/keep.csv
				src/.gitignore = !b.csv\nlocal.py
				src/a.csv
				src/b.csv
				src/local.py
				src/cache/x.py
				local.py`,
			want: []string{"code keep.csv", "code local.py", "code src/b.csv", "meta .gitignore", "meta src/.gitignore"},
		},
		{
			name: "weights that git ignores",
			files: `.gitignore = weights/\n*.bin
				weights/a.bin = x
				weights/.gitignore = *
				weights/__pycache__/x.pyc
				b.bin = y
				c.bin = z
				app.py`,
			options: source.Options{Weights: []string{"weights", "./b.bin", "weights/a.bin"}},
			want:    []string{"code app.py", "weights b.bin 1", "weights weights/a.bin 1", "meta .gitignore"},
		},
		{
			name:    "a file named as weights and its directory",
			files:   "w/a.bin = x",
			options: source.Options{Weights: []string{"w/a.bin", "w"}},
			want:    []string{"weights w/a.bin 1"},
		},
		{
			name:    "weights that are not there",
			files:   "app.py\nempty/__pycache__/x.pyc",
			options: source.Options{Weights: []string{"gone.bin", "empty"}},
			want: []string{
				"code app.py",
				"problem gone.bin: weights: there is no such file or directory",
				"problem empty: weights: the directory holds no file",
			},
		},
		{
			name:    "git-LFS pointers",
			files:   "w/a.bin = " + strings.ReplaceAll(pointer, "\n", `\n`) + "\napp.py = version https://git-lfs.github.com/spec/v1",
			options: source.Options{Weights: []string{"w"}},
			want: []string{
				"code app.py",
				"problem w/a.bin: is a git-LFS pointer, not the file itself: run `git lfs pull`, or set `lfs: true` for actions/checkout",
			},
		},
		{
			name: "git-LFS objects",
			files: "models/m/w/a.bin = " + strings.ReplaceAll(strings.ReplaceAll(pointer, "size 12345", "size 3"), "\n", `\n`) + `
				.git/lfs/objects/4d/7a/4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393 = abc
				models/m/w/cut.bin = ` + strings.ReplaceAll(pointer, "\n", `\n`) + `
				models/m/w/text = version https://git-lfs.github.com/spec/v1
				models/m/code.png = ` + strings.ReplaceAll(strings.ReplaceAll(pointer, "size 12345", "size 3"), "\n", `\n`),
			options: source.Options{Dir: "models/m", Weights: []string{"w"}},
			want: []string{
				"weights w/a.bin 3 of .git/lfs/objects/4d/7a/4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393", "weights w/text 42",
				"problem models/m/w/cut.bin: is a git-LFS pointer, not the file itself: run `git lfs pull`, or set `lfs: true` for actions/checkout",
				"problem models/m/code.png: is a git-LFS pointer, not the file itself: run `git lfs pull`, or set `lfs: true` for actions/checkout",
			},
		},
		{
			name: "patterns for code",
			files: `app.py
				lib/a.py
				lib/b.txt
				src/x/y.json
				notes.md
				README.md
				tests/test_a.py`,
			options: source.Options{Files: []string{"*.py", "src/", "lib/*.{py,pyx}", "README.md", "scr/**"}},
			want: []string{
				"code README.md", "code app.py", "code lib/a.py", "code src/x/y.json", "tests tests/test_a.py",
				`problem slipway.yaml: build.files: no file for the code layer matches "scr/**"`,
			},
		},
		{
			name:    "cases elsewhere",
			files:   "app.py\ncases/a.yaml\ncases/b.yaml",
			options: source.Options{Cases: []string{"cases/a.yaml"}},
			want:    []string{"code app.py", "code cases/b.yaml", "smoke cases/a.yaml"},
		},
		{
			name: "links",
			files: `a.py = x
				lib/b.py -> ../a.py
				lib/dir -> ../data
				data/x
				gone -> nowhere
				out -> ../secret
				abs -> /etc/passwd
				loop -> loop
				lib/up -> dir/../../../x
				through -> lib/dir/x`,
			want: []string{
				"code a.py", "code data/x", "code gone -> nowhere", "code lib/b.py -> ../a.py", "code lib/dir -> ../data",
				"code through -> lib/dir/x",
				`problem abs: is a link to "/etc/passwd", outside of the model directory, where the image ends: put the file itself here`,
				`problem lib/up: is a link to "dir/../../../x", outside of the model directory, where the image ends: put the file itself here`,
				`problem loop: is a link to "loop", outside of the model directory, where the image ends: put the file itself here`,
				`problem out: is a link to "../secret", outside of the model directory, where the image ends: put the file itself here`,
			},
		},
		{
			name: "what training reads and writes",
			files: `.gitignore = data/
				app.py
				train.py
				data/a.csv = 1
				data/deep/b.csv = 12
				data/__pycache__/x.pyc
				data/link -> a.csv
				metrics.json = {}
				weights/model.bin = old
				weights/base.bin = x
				weights/tokenizer/a = old`,
			options: source.Options{
				Weights: []string{"weights/", "new.bin", "gone"}, Inputs: []string{"train.py", "data/", "data/**/*.csv", "*.tsv"},
				Outputs: []string{"weights/model.bin", "weights/tokenizer", "metrics.json", "new.bin"},
			},
			want: []string{
				"code app.py", "code train.py", "weights weights/base.bin 1", "meta .gitignore",
				"input data/a.csv", "input data/deep/b.csv", "input data/link -> a.csv", "input train.py",
				"problem gone: weights: there is no such file or directory",
				"problem *.tsv: train.inputs: there is no such file",
			},
		},
		{
			name:    "weights that only training writes",
			files:   "app.py\nm/train.py\nm/w/.gitignore",
			options: source.Options{Dir: "m", Weights: []string{"w", "x"}, Inputs: []string{"train.py"}, Outputs: []string{"w/a.bin", "x/y/b.bin"}},
			want:    []string{"code train.py", "meta w/.gitignore", "input train.py"},
		},
		{
			name: "a model in a repository",
			files: `.gitignore = *.log\n/models/iris/private/
				models/.gitignore = *.tmp
				models/rose/app.py
				models/iris/app.py
				models/iris/a.log
				models/iris/a.tmp
				models/iris/private/x
				models/iris/dist/x
				models/iris/in -> ../iris/app.py
				models/iris/out -> ../rose/app.py`,
			options: source.Options{Dir: "models/iris", Weights: []string{"gone"}},
			want: []string{
				"code app.py", "code in -> ../iris/app.py",
				"problem models/iris/gone: weights: there is no such file or directory",
				`problem models/iris/out: is a link to "../rose/app.py", outside of the model directory, where the image ends: put the file itself here`,
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := source.Scan(tree(test.files), test.options)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, show(got)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestDisk: what only a real file system has.
func TestDisk(t *testing.T) {
	top := t.TempDir()
	model := filepath.Join(top, "models", "iris")
	for _, dir := range []string{model, filepath.Join(top, ".git")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(model, "run.sh"), nil, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("run.sh", filepath.Join(model, "start")); err != nil {
		t.Fatal(err)
	}
	socket, err := net.Listen("unix", filepath.Join(model, "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = socket.Close() }()

	if got := source.Top(model); got != top {
		t.Errorf("top is %s, want %s", got, top)
	}
	if lone := t.TempDir(); source.Top(lone) != lone {
		t.Errorf("top of %s is %s", lone, source.Top(lone))
	}
	got, err := source.Scan(os.DirFS(top), source.Options{Dir: "models/iris"})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"code run.sh !", "code start -> run.sh", "problem models/iris/s: is neither a file nor a directory: remove it, or let git ignore it"}
	if diff := cmp.Diff(want, show(got)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"run.sh", "start"}, source.Paths(got.Code)); diff != "" {
		t.Errorf("paths: -want +got:\n%s", diff)
	}
	if _, err := source.Scan(os.DirFS(top), source.Options{Dir: "gone"}); err == nil {
		t.Error("a model directory that does not exist is no error")
	}
}
