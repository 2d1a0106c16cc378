package layer

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func TestPackages(t *testing.T) {
	fsys := fstest.MapFS{
		"lib/numpy-2.0.0.dist-info/METADATA":  {Data: []byte("Metadata-Version: 2.1\nName: numpy\nVersion: 2.0.0\n\nName: not this\n")},
		"lib/Jinja2-3.1.4.dist-info/METADATA": {Data: []byte("Name: Jinja2\nVersion: 3.1.4\n")},
		"lib/numpy/METADATA":                  {Data: []byte("Name: other\nVersion: 1\n")},
	}
	entries, err := FromFS(fsys, []string{"lib/numpy-2.0.0.dist-info/METADATA", "lib/Jinja2-3.1.4.dist-info/METADATA", "lib/numpy/METADATA"}, "/venv")
	if err != nil {
		t.Fatal(err)
	}
	got, err := Packages(entries)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Package{{"Jinja2", "3.1.4"}, {"numpy", "2.0.0"}}, got); diff != "" {
		t.Errorf("packages (-want +got):\n%s", diff)
	}
}
