package layer

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// tarOf is a layer as a build makes it: with times, owners, removals and attributes.
func tarOf(t *testing.T, at time.Time) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range []tar.Header{
		{Typeflag: tar.TypeDir, Name: "app/", Mode: 0o755},
		{Typeflag: tar.TypeReg, Name: "app/" + strings.Repeat("long/", 30) + "run", Mode: 0o4755, Uid: 1000, Gid: 3_000_000, Size: 1},
		{Typeflag: tar.TypeReg, Name: "app/cap", Mode: 0o600, Size: 1, PAXRecords: map[string]string{"SCHILY.xattr.security.capability": "\x01\x02"}},
		{Typeflag: tar.TypeSymlink, Name: "app/link", Linkname: "run", Mode: 0o777},
		{Typeflag: tar.TypeReg, Name: "etc/.wh.gone"},
	} {
		h.ModTime, h.Format = at, tar.FormatPAX // with the fraction of a second
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(bytes.Repeat([]byte("x"), int(h.Size))); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gzipped(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// builtImage writes an archive as the engine does, one layer for each instruction.
func builtImage(t *testing.T, at time.Time, createdBy ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "built.tar")
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	put := func(name string, data []byte) {
		t.Helper()
		if err := w.WriteHeader(fileHeader(name, int64(len(data)))); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	document := func(mediaType string, v any) descriptor {
		t.Helper()
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		d := describe(mediaType, data)
		put(blobName(d.Digest), data)
		return d
	}
	var layers []descriptor
	var diffIDs []string
	history := []map[string]any{{"created_by": "ENV A=b", "empty_layer": true, "created": at}}
	for n, by := range createdBy {
		data := tarOf(t, at.Add(time.Duration(n)*time.Second))
		blob := gzipped(t, data)
		put(blobName(describe("", blob).Digest), blob)
		layers = append(layers, describe(MediaTypeGzip, blob))
		diffIDs = append(diffIDs, describe("", data).Digest)
		history = append(history, map[string]any{"created_by": by, "created": at, "comment": "kept"})
	}
	config := document("application/vnd.oci.image.config.v1+json", map[string]any{
		"os": "linux", "architecture": "amd64", "config": map[string]any{"StopSignal": "SIGINT"}, "created": at,
		"rootfs": map[string]any{"type": "layers", "diff_ids": diffIDs}, "history": history,
	})
	manifest := document("application/vnd.oci.image.manifest.v1+json", map[string]any{"schemaVersion": 2, "config": config, "layers": layers})
	index, err := json.Marshal(map[string]any{"schemaVersion": 2, "manifests": []any{map[string]any{
		"mediaType": manifest.MediaType, "digest": manifest.Digest, "size": manifest.Size, "annotations": map[string]string{"org.opencontainers.image.created": at.String()},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	put("index.json", index)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// rewritten is what an archive holds after Rewrite: config, layers' digests, and the entries of a layer.
func rewritten(t *testing.T, from string) (config map[string]any, diffIDs []string, blobs map[string][]byte) {
	t.Helper()
	to := filepath.Join(t.TempDir(), "image.tar")
	base, err := Rewrite(from, to, Made{From: "python", Steps: []string{"COPY . /app", "RUN make", "WORKDIR /app"}})
	if err != nil || base != "python:3.11-slim@sha256:1" {
		t.Fatalf("built on %q, %v", base, err)
	}
	f, err := os.Open(to)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // read only
	files, err := places(f)
	if err != nil {
		t.Fatal(err)
	}
	var index struct{ Manifests []pointer }
	var manifest struct {
		Config pointer
		Layers []pointer
	}
	read := func(name string, into any) {
		t.Helper()
		if err := json.NewDecoder(io.NewSectionReader(files[name], 0, files[name].Size())).Decode(into); err != nil {
			t.Fatal(err)
		}
	}
	read("index.json", &index)
	read(blobName(index.Manifests[0].Digest), &manifest)
	read(blobName(manifest.Config.Digest), &config)
	blobs = map[string][]byte{}
	for n, l := range manifest.Layers {
		blob, err := io.ReadAll(io.NewSectionReader(files[blobName(l.Digest)], 0, l.Size))
		if err != nil {
			t.Fatal(err)
		}
		if is := describe("", blob); is.Digest != l.Digest || is.Size != l.Size {
			t.Errorf("layer %d is %+v, its manifest says %+v", n, is, l)
		}
		z, err := gzip.NewReader(bytes.NewReader(blob))
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		is := describe("", data).Digest
		diffIDs = append(diffIDs, is)
		blobs[is] = data
	}
	var want []any
	for _, d := range diffIDs {
		want = append(want, d)
	}
	if got := config["rootfs"].(map[string]any)["diff_ids"]; !cmp.Equal(got, want) {
		t.Errorf("the config lists %v, the layers are %v", got, want)
	}
	return config, diffIDs, blobs
}

// TestRewrite: a layer of the build context is the same at any time, whatever
// else is in it, and a command's layer keeps every byte.
func TestRewrite(t *testing.T) {
	by := []string{"pulled from python:3.11-slim@sha256:1", "[2/4] COPY . /app", "mount / from exec /bin/sh -c make", "[3/3] WORKDIR /app"}
	first, second := time.Unix(1_700_000_000, 123_000_000), time.Unix(1_800_000_000, 0)
	config, one, blobs := rewritten(t, builtImage(t, first, by...))
	_, two, _ := rewritten(t, builtImage(t, second, by...))
	for n, same := range []bool{false, true, false, true} {
		if (one[n] == two[n]) != same {
			t.Errorf("layer %d (%s): %s and %s", n, by[n], one[n], two[n])
		}
	}
	if want := describe("", tarOf(t, first)).Digest; one[0] != want {
		t.Errorf("the base's layer became %s, was %s", one[0], want)
	}
	if one[1] != one[3] {
		t.Errorf("layers of one content are two: %v", one)
	}
	var made []string
	for _, h := range config["history"].([]any) {
		made = append(made, h.(map[string]any)["created_by"].(string))
	}
	if want := []string{"ENV A=b", "FROM python", "COPY . /app", "RUN make", "WORKDIR /app"}; !cmp.Equal(made, want) {
		t.Errorf("history is %q, want %q", made, want)
	}
	if config["config"].(map[string]any)["StopSignal"] != "SIGINT" {
		t.Errorf("config is %v", config["config"])
	}
	// What is in the layer is what was in it, but for the times.
	was, is := tar.NewReader(bytes.NewReader(tarOf(t, first))), tar.NewReader(bytes.NewReader(blobs[one[1]]))
	for {
		want, err := was.Next()
		got, err2 := is.Next()
		if err != nil || err2 != nil {
			if err != io.EOF || err2 != io.EOF {
				t.Errorf("%v, %v", err, err2)
			}
			break
		}
		if !got.ModTime.Equal(time.Unix(0, 0)) {
			t.Errorf("%s has the time %s", got.Name, got.ModTime)
		}
		got.ModTime, got.Format = want.ModTime, want.Format
		for _, h := range []*tar.Header{want, got} {
			for _, key := range []string{"mtime", "path", "gid"} { // PAX where USTAR cannot say it; Header has them too
				delete(h.PAXRecords, key)
			}
			if len(h.PAXRecords) == 0 {
				h.PAXRecords = nil
			}
		}
		if diff := cmp.Diff(want, got, cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Xattrs" }, cmp.Ignore())); diff != "" {
			t.Errorf("%s changed:\n%s", want.Name, diff)
		}
	}
}

func TestRewriteBad(t *testing.T) {
	good := builtImage(t, time.Now(), "[1/1] COPY . /app")
	data, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"no tar": []byte(strings.Repeat("x", 1024)), "empty": nil, "cut": data[:len(data)/2]} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			bad := filepath.Join(dir, "bad.tar")
			if err := os.WriteFile(bad, content, 0o644); err != nil {
				t.Fatal(err)
			}
			if _, err := Rewrite(bad, filepath.Join(dir, "out.tar"), Made{}); err == nil {
				t.Error("no error")
			}
		})
	}
}
