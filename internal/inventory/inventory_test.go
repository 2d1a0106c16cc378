package inventory

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func file(content string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(content)} }

func TestFind(t *testing.T) {
	const site = "venv/lib/python3.11/site-packages/"
	root := fstest.MapFS{
		"etc/os-release":                        file("PRETTY_NAME=\"Debian\"\nID=debian\nVERSION_ID=\"13\"\n"),
		site + "numpy-2.1.0.dist-info/METADATA": file("Metadata-Version: 2.1\nName: numpy\nVersion: 2.1.0\n\nName: not this\n"),
		site + "old.egg-info/PKG-INFO":          file("Name: Old_Style\nVersion: 1\n"),
		site + "cut-1.dist-info/METADATA":       file("Name: cut\n"),
		site + "METADATA":                       file("Name: elsewhere\nVersion: 1\n"),
		"var/lib/dpkg/status": file("Package: libssl3t64\nStatus: install ok installed\nArchitecture: amd64\nSource: openssl (3.5)\nVersion: 3.5.1-1\n" +
			"Description: x\n .\n more: of it\n\nPackage: gone\nStatus: deinstall ok config-files\nVersion: 1\n\nPackage: base-files\nStatus: install ok installed\nSource: base-files (13)\nVersion: 13.8\nArchitecture: amd64\n"),
		"var/lib/dpkg/status.d/tzdata":               file("Package: tzdata\nVersion: 2025b\nArchitecture: all\n"),
		"var/lib/dpkg/status.d/tzdata.md5sums":       file("Package: no\nVersion: 1\n"),
		"app/node_modules/express/package.json":      file(`{"name":"express","version":"5.1.0","dependencies":{}}`),
		"app/node_modules/@types/node/package.json":  file(`{"name":"@types/node","version":"24.0.0"}`),
		"app/node_modules/express/lib/package.json":  file(`{"name":"part","version":"1"}`),
		"app/node_modules/broken/package.json":       file(`{"name":`),
		"app/node_modules/a/node_modules/b/x/y.json": file(`{}`),
		"app/package.json":                           file(`{"name":"the-app","version":"1"}`),
		"proc/1/node_modules/x/package.json":         file(`{"name":"x","version":"1"}`),
		"link/node_modules/y/package.json":           {Data: []byte("/etc/passwd"), Mode: fs.ModeSymlink},
		"lib/apk/db/installed":                       file("P:musl\n"),
	}
	got, err := Find(root)
	if err != nil {
		t.Fatal(err)
	}
	want := Inventory{
		Distribution: Distribution{ID: "debian", Version: "13"},
		Packages: []Package{
			{Type: Debian, Name: "base-files", Version: "13.8", Architecture: "amd64", Path: "/var/lib/dpkg/status"},
			{Type: Debian, Name: "libssl3t64", Version: "3.5.1-1", Architecture: "amd64", Source: "openssl", Path: "/var/lib/dpkg/status"},
			{Type: Debian, Name: "tzdata", Version: "2025b", Architecture: "all", Path: "/var/lib/dpkg/status.d/tzdata"},
			{Type: Npm, Name: "@types/node", Version: "24.0.0", Path: "/app/node_modules/@types/node/package.json"},
			{Type: Npm, Name: "express", Version: "5.1.0", Path: "/app/node_modules/express/package.json"},
			{Type: Python, Name: "Old_Style", Version: "1", Path: "/" + site + "old.egg-info/PKG-INFO"},
			{Type: Python, Name: "numpy", Version: "2.1.0", Path: "/" + site + "numpy-2.1.0.dist-info/METADATA"},
		},
		Unread: []string{"/lib/apk/db/installed"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestFindNothing(t *testing.T) {
	got, err := Find(fstest.MapFS{})
	if err != nil || len(got.Packages) != 0 {
		t.Errorf("an empty image has %v, %v", got, err)
	}
}

// FuzzFind: whatever lies in an image, what comes out can be printed and has a bounded size.
func FuzzFind(f *testing.F) {
	f.Add("Package: a\nVersion: 1\n\n", "Name: b\nVersion: 2\n", `{"name":"c","version":"3"}`)
	f.Add("Package: a\nVersion: \x00\n\n", "Name:\nVersion: "+strings.Repeat("9", 300), `{"name":7}`)
	f.Fuzz(func(t *testing.T, deb, python, npm string) {
		got, err := Find(fstest.MapFS{
			"var/lib/dpkg/status":         file(deb),
			"x.dist-info/METADATA":        file(python),
			"node_modules/x/package.json": file(npm),
			"etc/os-release":              file(deb),
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range got.Packages {
			if !printable(p.Name) || !printable(p.Version) || p.Type == "" {
				t.Errorf("found %+v", p)
			}
		}
	})
}
