package layer

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func archive(t *testing.T, path string, when time.Time) Layer {
	t.Helper()
	fsys := tree(when, 0o644)
	entries, err := FromFS(fsys, names(fsys), "/app")
	if err != nil {
		t.Fatal(err)
	}
	l, err := WriteArchive(path, Code, entries, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestArchive reads an archive as any reader of image layouts would: from
// index.json downwards, each blob by its digest.
func TestArchive(t *testing.T) {
	path := filepath.Join(t.TempDir(), "layer.tar")
	l := archive(t, path, time.Now())
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for r := tar.NewReader(bytes.NewReader(data)); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if files[h.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
		if want, ok := strings.CutPrefix(h.Name, "blobs/sha256/"); ok {
			got := sha256.Sum256(files[h.Name])
			if hex.EncodeToString(got[:]) != want {
				t.Errorf("%s holds something else", h.Name)
			}
		}
	}
	if len(files) != 5 {
		t.Errorf("the archive holds %d files, want 5", len(files))
	}
	read := func(name string, into any) {
		t.Helper()
		if err := json.Unmarshal(files[name], into); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	var version struct{ ImageLayoutVersion string }
	if read("oci-layout", &version); version.ImageLayoutVersion != "1.0.0" {
		t.Errorf("layout version %q", version.ImageLayoutVersion)
	}
	var index struct{ Manifests []descriptor }
	read("index.json", &index)
	var manifest struct {
		Config descriptor
		Layers []descriptor
	}
	read(blobName(index.Manifests[0].Digest), &manifest)
	if got, want := manifest.Layers[0], (descriptor{l.MediaType, l.Digest, l.Size}); got != want {
		t.Errorf("the manifest lists %+v, want %+v", got, want)
	}
	var config struct {
		RootFS struct {
			DiffIDs []string `json:"diff_ids"`
		}
	}
	if read(blobName(manifest.Config.Digest), &config); config.RootFS.DiffIDs[0] != l.DiffID {
		t.Errorf("the config lists %v, want %s", config.RootFS.DiffIDs, l.DiffID)
	}

	blob, err := l.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer blob.Close() //nolint:errcheck // read only
	opened, err := io.ReadAll(blob)
	if err != nil || !bytes.Equal(opened, files[blobName(l.Digest)]) {
		t.Errorf("Open gives %d bytes (%v), want the blob's %d", len(opened), err, l.Size)
	}

	again := filepath.Join(t.TempDir(), "layer.tar")
	archive(t, again, time.Unix(1, 0))
	if other, err := os.ReadFile(again); err != nil || !bytes.Equal(data, other) {
		t.Errorf("the archive is not the same twice (%v)", err)
	}
}

func TestArchiveLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "layer.tar")
	bad := Entry{Path: "app/x", Size: 10, Open: func() (io.ReadCloser, error) { return nil, errors.New("gone") }}
	if _, err := WriteArchive(path, Code, []Entry{bad}, Options{}); err == nil || !strings.Contains(err.Error(), "gone") {
		t.Errorf("got %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if _, err := WriteArchive(filepath.Join(dir, "nowhere", "x"), Code, nil, Options{}); err == nil {
		t.Error("an archive was written into a directory that is not there")
	}
	if _, err := (Layer{Digest: "sha256:0"}).Open(); err == nil {
		t.Error("a layer without an archive was opened")
	}
}
