package content

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func put(t *testing.T, path, text string) os.FileInfo {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

// counted returns a way to ask an index, and how often it had to find out.
func counted(t *testing.T, x Index, path string) (ask func() string, found *int) {
	found = new(int)
	return func() string {
		t.Helper()
		got, err := x.Value(path, "text", func() (string, error) {
			*found++
			data, err := os.ReadFile(path)
			return string(data), err
		})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}, found
}

func TestIndex(t *testing.T) {
	dir := t.TempDir()
	x, path := Index{Dir: filepath.Join(dir, "index")}, filepath.Join(dir, "f")
	ask, found := counted(t, x, path)

	put(t, path, "one")
	ask()
	if ask(); *found != 2 {
		t.Errorf("read %d times; just changed, it is not to be relied on", *found)
	}
	time.Sleep(2 * tick)
	ask()
	if got := ask(); got != "one" || *found != 3 {
		t.Errorf("%q after reading %d times", got, *found)
	}
	// The same length, and the time set back: the inode's own time tells.
	before := put(t, path, "one")
	time.Sleep(2 * tick)
	ask()
	asked := *found
	put(t, path, "two")
	if err := os.Chtimes(path, before.ModTime(), before.ModTime()); err != nil {
		t.Fatal(err)
	}
	if got := ask(); got != "two" || *found != asked+1 {
		t.Errorf("%q after a change that hides", got)
	}
	// Another file by this name.
	time.Sleep(2 * tick)
	ask()
	put(t, path+"2", "six")
	if err := os.Rename(path+"2", path); err != nil {
		t.Fatal(err)
	}
	if got := ask(); got != "six" {
		t.Errorf("%q of a file that was replaced", got)
	}
	if _, err := x.Value(filepath.Join(dir, "gone"), "text", nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is gone: %v", err)
	}
	ask, found = counted(t, Index{}, path)
	ask()
	if ask(); *found != 2 {
		t.Error("an index without a directory remembers")
	}
}

// TestIndexKnow: what was found out while writing holds, unless the file changed since.
func TestIndexKnow(t *testing.T) {
	dir := t.TempDir()
	x, path := Index{Dir: filepath.Join(dir, "index")}, filepath.Join(dir, "f")
	x.Know(path, "text", "known", put(t, path, "one"))
	ask, found := counted(t, x, path)
	if got := ask(); got != "known" || *found != 0 {
		t.Errorf("%q, read %d times", got, *found)
	}
	written := put(t, path, "two")
	time.Sleep(tick)
	put(t, path, "six")
	x.Know(path, "text", "known", written)
	if got := ask(); got != "six" {
		t.Errorf("%q of a file that changed before it was known", got)
	}
}

func TestIndexDamaged(t *testing.T) {
	dir := t.TempDir()
	x, path := Index{Dir: filepath.Join(dir, "index")}, filepath.Join(dir, "f")
	x.Know(path, "text", "known", put(t, path, "one"))
	if err := os.WriteFile(x.place(path, "text"), []byte(`{"val`), 0o644); err != nil {
		t.Fatal(err)
	}
	ask, _ := counted(t, x, path)
	if got := ask(); got != "one" {
		t.Errorf("got %q", got)
	}
}

const hello = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

func TestFiles(t *testing.T) {
	f := Files{Dir: filepath.Join(t.TempDir(), "files")}
	if _, ok := f.Find(hello); ok {
		t.Error("found in an empty cache")
	}
	p, err := f.Begin(hello)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.ReadFrom(t.Context(), strings.NewReader("hel")); err != nil {
		t.Fatal(err)
	}
	// A second process does not write into what the first one does.
	other, err := f.Begin(hello)
	if err != nil || other.Size != 0 {
		t.Fatalf("%+v, %v", other, err)
	}
	other.Leave()
	p.Leave()
	if p, err = f.Begin(hello); err != nil || p.Size != 3 {
		t.Fatalf("what was left: %+v, %v", p, err)
	}
	if err := p.ReadFrom(t.Context(), strings.NewReader("lo")); err != nil {
		t.Fatal(err)
	}
	path, err := p.Finish()
	if err != nil {
		t.Fatal(err)
	}
	if found, ok := f.Find(hello); !ok || found != path {
		t.Errorf("found %q, %v", found, ok)
	}
	if data, err := os.ReadFile(path); err != nil || !bytes.Equal(data, []byte("hello")) {
		t.Errorf("%q, %v", data, err)
	}
	put(t, path, "jello")
	if _, ok := f.Find(hello); ok {
		t.Error("a damaged file was found")
	}
	if p, err = f.Begin(hello); err != nil || p.Size != 0 {
		t.Fatalf("%+v, %v", p, err)
	}
	if err := p.ReadFrom(t.Context(), strings.NewReader("jello")); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Finish(); !errors.Is(err, ErrOther) {
		t.Errorf("another content: %v", err)
	}
	if left, err := os.ReadDir(f.Dir); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
