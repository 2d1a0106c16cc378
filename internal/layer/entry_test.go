package layer

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestFromDir(t *testing.T) {
	root := t.TempDir()
	for _, dir := range []string{"bin", "lib/empty"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(root, "bin/python"), []byte("elf"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(filepath.Join(root, "bin/python"), filepath.Join(root, "bin/python3")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/usr/bin/python3", filepath.Join(root, "bin/link")); err != nil {
		t.Fatal(err)
	}
	entries, err := FromDir(root, "/opt/venv")
	if err != nil {
		t.Fatal(err)
	}
	all, err := complete(entries)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range all {
		got = append(got, strings.TrimSpace(e.Mode.Type().String()+" "+e.Path+" "+e.Link))
	}
	want := []string{
		"d--------- opt", "d--------- opt/venv", "d--------- opt/venv/bin",
		"L--------- opt/venv/bin/link /usr/bin/python3",
		"---------- opt/venv/bin/python", "---------- opt/venv/bin/python3",
		"d--------- opt/venv/lib", "d--------- opt/venv/lib/empty",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
}

func TestRefusedEntries(t *testing.T) {
	root := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(root, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := FromDir(root, "/app"); err == nil || !strings.Contains(err.Error(), "app/pipe is a named pipe") {
		t.Errorf("a named pipe: %v", err)
	}
	if _, err := FromDir(filepath.Join(root, "nowhere"), "/app"); err == nil {
		t.Error("a directory that is not there was read")
	}
	fsys := tree(time.Now(), 0o644)
	fsys["lib/.wh.x"] = &fstest.MapFile{}
	for name, want := range map[string]string{
		"lib/.wh.x": "mean removal",
		"nothing":   "nothing",
	} {
		if _, err := FromFS(fsys, []string{name}, "/app"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q in it", name, err, want)
		}
	}
	for name, test := range map[string]struct {
		paths []string
		want  string
	}{
		"twice":        {[]string{"app.py", "app.py"}, "app/app.py is in the layer twice"},
		"below a file": {[]string{"app.py", "run.sh"}, "app/run.sh/x cannot lie below app/run.sh"},
	} {
		entries, err := FromFS(fsys, test.paths, "/app")
		if err != nil {
			t.Fatal(err)
		}
		if name == "below a file" {
			entries = append(entries, Entry{Path: "app/run.sh/x"})
		}
		if _, err := Write(io.Discard, Code, entries, Options{}); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q in it", name, err, test.want)
		}
	}
}

func TestParseOwner(t *testing.T) {
	for _, test := range []struct {
		user     string
		uid, gid int
		bad      bool
	}{
		{"", 0, 0, false}, {"1000:1001", 1000, 1001, false}, {"1000", 1000, 1000, false},
		{"app", 0, 0, true}, {"1000:app", 0, 0, true}, {"-1:0", 0, 0, true},
	} {
		uid, gid, err := ParseOwner(test.user)
		if uid != test.uid || gid != test.gid || (err != nil) != test.bad {
			t.Errorf("ParseOwner(%q) = %d, %d, %v", test.user, uid, gid, err)
		}
	}
}
