package source

import (
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func TestScanContext(t *testing.T) {
	file := func(mode fs.FileMode, content ...string) *fstest.MapFile {
		data := ""
		for _, c := range content {
			data += c
		}
		return &fstest.MapFile{Mode: mode, Data: []byte(data)}
	}
	for name, test := range map[string]struct {
		files fstest.MapFS
		want  Context
	}{
		"as git has it":       {fstest.MapFS{"Dockerfile": file(0o644), "run.sh": file(0o755), "data": file(fs.ModeDir | 0o755), "data/link": file(fs.ModeSymlink | 0o777)}, Context{}},
		"another umask":       {fstest.MapFS{"app.py": file(0o664)}, Context{OtherModes: true}},
		"a private directory": {fstest.MapFS{"data": file(fs.ModeDir | 0o700), "data/x": file(0o644)}, Context{OtherModes: true}},
		"only git's own":      {fstest.MapFS{".git/index": file(0o600), "app.py": file(0o644)}, Context{}},
		"only what is ignored": {
			fstest.MapFS{".dockerignore": file(0o644, "# secrets\nkeys/\n/tmp\n"), "keys/private": file(0o600), "tmp/x": file(0o666)},
			Context{Ignored: []string{"keys", "tmp", "!docker/Dockerfile", "!.dockerignore"}},
		},
		"what is not ignored after all": {
			fstest.MapFS{".dockerignore": file(0o644, "*\n!app.py\n"), "app.py": file(0o666)},
			Context{Ignored: []string{"*", "!app.py", "!docker/Dockerfile", "!.dockerignore"}, OtherModes: true},
		},
		"the Dockerfile's own": {
			fstest.MapFS{".dockerignore": file(0o644, "*\n"), "docker/Dockerfile.dockerignore": file(0o644, "notes\n")},
			Context{Ignored: []string{"notes", "!docker/Dockerfile", "!docker/Dockerfile.dockerignore"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, dir := range []string{".git", "keys", "tmp", "docker"} { // MapFS makes up directories of mode 0555
				test.files[dir] = file(fs.ModeDir | 0o755)
			}
			test.files["."] = file(fs.ModeDir | 0o755)
			got, err := ScanContext(test.files, "docker/Dockerfile")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	if _, err := ScanContext(fstest.MapFS{".dockerignore": file(0o644, "[\n")}, "Dockerfile"); err == nil {
		t.Error("a pattern that is none was taken")
	}
}
