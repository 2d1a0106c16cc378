package layer

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// TestReceive: a layer that comes from elsewhere is the archive that was
// written, with its packages, or it is refused.
func TestReceive(t *testing.T) {
	files := fstest.MapFS{
		"lib/python3.11/site-packages/six-1.16.0.dist-info/METADATA": {Data: []byte("Metadata-Version: 2.1\nName: six\nVersion: 1.16.0\n\nText\n")},
		"lib/big": {Data: []byte(strings.Repeat("big ", 1<<20))},
	}
	entries, err := FromFS(files, []string{"lib/big", "lib/python3.11/site-packages/six-1.16.0.dist-info/METADATA"}, "venv")
	if err != nil {
		t.Fatal(err)
	}
	made, err := WriteArchive(filepath.Join(t.TempDir(), "made.tar"), Deps, entries, Options{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := made.Open()
	if err != nil {
		t.Fatal(err)
	}
	blob, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	said := Received{Deps, made.DiffID, made.Digest, made.MediaType, made.Size, "localhost:5000/iris"}
	at := filepath.Join(t.TempDir(), "received.tar")
	got, err := Receive(at, bytes.NewReader(blob), said)
	if err != nil {
		t.Fatal(err)
	}
	want := made
	want.Archive, want.From, want.Packages = at, said.From, []Package{{"six", "1.16.0"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	first, err1 := os.ReadFile(made.Archive)
	second, err2 := os.ReadFile(at)
	if err1 != nil || err2 != nil || !bytes.Equal(first, second) {
		t.Errorf("the archives differ: %v, %v", err1, err2)
	}

	damaged := bytes.Clone(blob)
	damaged[len(damaged)/2] ^= 1
	other := said
	other.DiffID = "sha256:" + strings.Repeat("0", 64)
	kind := said
	kind.MediaType = "text/html"
	for name, test := range map[string]struct {
		blob []byte
		said Received
		want string
	}{
		"damaged":        {damaged, said, "it is no layer: "},
		"cut off":        {blob[:len(blob)-9], said, "it is no layer: unexpected EOF"},
		"more behind it": {append(bytes.Clone(blob), 1), said, "it is no layer: "},
		"not a gzip":     {[]byte("<html>"), said, "its bytes are no gzip: "},
		"another layer":  {blob, other, "its content is " + made.DiffID},
		"another kind":   {blob, kind, "it is of another kind"},
	} {
		t.Run(name, func(t *testing.T) {
			at := filepath.Join(t.TempDir(), "layer.tar")
			_, err := Receive(at, bytes.NewReader(test.blob), test.said)
			var wrong *WrongError
			if !errors.As(err, &wrong) || !strings.HasPrefix(wrong.What, test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
			if _, err := os.Stat(at); err == nil {
				t.Error("its archive is there")
			}
		})
	}
}
