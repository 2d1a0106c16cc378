package main

import (
	"archive/tar"
	"bytes"
	"context"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/klauspost/pgzip"
)

func TestSelectStandIns(t *testing.T) {
	selected, err := selectStandIns([]string{"node", "python"})
	if err != nil || len(selected) != 2 || selected[0].Name != "node" {
		t.Errorf("got %v, %v", selected, err)
	}
	_, err = selectStandIns([]string{"ruby"})
	if err == nil || !strings.Contains(err.Error(), `"ruby": the choices are python, python-arm64, node`) {
		t.Errorf("got %v; want an error that names the choices", err)
	}
}

func TestStandInNamesAreReferences(t *testing.T) {
	for _, image := range standIns {
		for _, repositoryTag := range image.Names {
			if _, err := name.NewTag("localhost:5000/"+repositoryTag, name.StrictValidation); err != nil {
				t.Error(err)
			}
			if !strings.HasPrefix(repositoryTag, "library/") {
				t.Errorf("%s: the engine asks a mirror of docker.io for library/…", repositoryTag)
			}
		}
	}
}

var begun = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// system is an archive as mmdebstrap writes it: names with ./, fresh times on what was made during installation.
func system(t *testing.T) []byte {
	t.Helper()
	var buffer bytes.Buffer
	w := tar.NewWriter(&buffer)
	old, fresh := begun.Add(-time.Hour), begun.Add(time.Minute)
	for _, h := range []tar.Header{
		{Typeflag: tar.TypeDir, Name: "./", ModTime: fresh, Mode: 0o755},
		{Typeflag: tar.TypeSymlink, Name: "./bin", Linkname: "usr/bin", ModTime: old},
		{Typeflag: tar.TypeDir, Name: "./dev/", ModTime: fresh, Mode: 0o755},
		{Typeflag: tar.TypeChar, Name: "./dev/null", ModTime: fresh, Mode: 0o666},
		{Typeflag: tar.TypeReg, Name: "./etc/machine-id", ModTime: fresh, Mode: 0o444},
		{Typeflag: tar.TypeReg, Name: "./etc/ld.so.cache", ModTime: fresh, Mode: 0o644},
		{Typeflag: tar.TypeReg, Name: "./usr/bin/perl", ModTime: old, Mode: 0o755, Uname: "root"},
		{Typeflag: tar.TypeLink, Name: "./usr/bin/perl5", Linkname: "./usr/bin/perl", ModTime: old},
		{Typeflag: tar.TypeReg, Name: "./usr/lib/python3.11/EXTERNALLY-MANAGED", ModTime: old},
		{Typeflag: tar.TypeDir, Name: "./usr/share/doc/tar/", ModTime: old, Mode: 0o755},
		{Typeflag: tar.TypeReg, Name: "./usr/share/doc/tar/copyright", ModTime: old},
		{Typeflag: tar.TypeReg, Name: "./usr/share/doc/tar/changelog.gz", ModTime: old},
		{Typeflag: tar.TypeDir, Name: "./usr/share/man/", ModTime: old, Mode: 0o755},
		{Typeflag: tar.TypeReg, Name: "./usr/share/man/man1/tar.1.gz", ModTime: old},
		{Typeflag: tar.TypeDir, Name: "./var/cache/apt/archives/partial/", ModTime: fresh, Mode: 0o700},
		{Typeflag: tar.TypeReg, Name: "./var/cache/apt/pkgcache.bin", ModTime: fresh},
		{Typeflag: tar.TypeReg, Name: "./var/log/dpkg.log", ModTime: fresh},
	} {
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

func TestFilterSystemLeavesOutWhatAnImageDoesNotNeed(t *testing.T) {
	var out bytes.Buffer
	if err := filterSystem(bytes.NewReader(system(t)), &out, standIns[0], begun); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	var names []string
	for r := tar.NewReader(&out); ; {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, h.Name)
		got[h.Name] = h.Linkname
		if !h.ModTime.Before(begun) {
			t.Errorf("%s kept the time of its making, %v", h.Name, h.ModTime)
		}
	}
	want := []string{
		"bin", "dev/", "etc/ld.so.cache", "usr/bin/perl", "usr/bin/perl5", "usr/share/doc/tar/", "usr/share/doc/tar/copyright",
		"usr/share/man/", "var/cache/apt/archives/partial/", "usr/local/bin/python",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	for file, target := range map[string]string{"usr/bin/perl5": "usr/bin/perl", "usr/local/bin/python": "../../bin/python3", "bin": "usr/bin"} {
		if got[file] != target {
			t.Errorf("%s leads to %q, want %q", file, got[file], target)
		}
	}
}

func TestLayerDoesNotDependOnProcessorsOrTime(t *testing.T) {
	make := func(processors int) []byte {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
		var out bytes.Buffer
		if err := compressLayer(bytes.NewReader(system(t)), &out, standIns[0], begun); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	if !bytes.Equal(make(1), make(4)) {
		t.Error("one and four processors gave different layers")
	}
}

func TestPushGivesAllNamesAndTellsTheTruth(t *testing.T) {
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer server.Close()
	address := strings.TrimPrefix(server.URL, "http://")
	dir := t.TempDir()
	l := layout{Home: dir}
	if err := l.makeDirs(); err != nil {
		t.Fatal(err)
	}
	python := standIns[0]
	file, err := os.Create(l.layerFile(python))
	if err != nil {
		t.Fatal(err)
	}
	zipped := pgzip.NewWriter(file)
	if err := filterSystem(bytes.NewReader(system(t)), zipped, python, begun); err != nil {
		t.Fatal(err)
	}
	if err := zipped.Close(); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	key, err := python.key()
	if err != nil {
		t.Fatal(err)
	}
	if err := writeMade(l.madeFile(python), madeImage{Key: key}); err != nil {
		t.Fatal(err)
	}

	ctx := context.Background()
	if standInServed(ctx, l, address, python) {
		t.Error("served before it was pushed")
	}
	if err := serveStandIn(ctx, l, address, python, newProgress(io.Discard)); err != nil {
		t.Fatal(err)
	}
	if !standInServed(ctx, l, address, python) {
		t.Error("not served after it was pushed")
	}
	changed := python
	changed.Packages = append([]string{"curl"}, python.Packages...)
	if standInServed(ctx, l, address, changed) {
		t.Error("an image of another recipe was taken for this one")
	}

	ref, err := name.ParseReference(address + "/library/python:3.7")
	if err != nil {
		t.Fatal(err)
	}
	image, err := remote.Image(ref)
	if err != nil {
		t.Fatal(err)
	}
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if config.OS != "linux" || config.Architecture != runtime.GOARCH {
		t.Errorf("platform %s/%s", config.OS, config.Architecture)
	}
	if config.Config.Labels[standInLabel] != "true" || !strings.Contains(config.Config.Labels["org.opencontainers.image.description"], "Stand-in") {
		t.Errorf("labels %v do not say that it is a stand-in", config.Config.Labels)
	}
	if !strings.HasPrefix(config.Config.Env[0], "PATH=/usr/local/bin:") {
		t.Errorf("environment %v", config.Config.Env)
	}
	if _, err := os.Stat(filepath.Join(dir, "images", "python.json")); err != nil {
		t.Error(err)
	}
}
