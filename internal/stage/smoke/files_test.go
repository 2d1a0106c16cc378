package smoke

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-dev/slipway/internal/protocol"
)

// TestApart: large files are beside the spec, and the requests are the same.
func TestApart(t *testing.T) {
	large, larger := bytes.Repeat([]byte("a"), inSpec+1), bytes.Repeat([]byte("b"), inSpec+2)
	cases := []protocol.Request{
		{Name: "json", JSON: []byte("[1]")},
		{Name: "small", Binary: &protocol.Binary{Content: []byte("a")}},
		{Name: "body", Binary: &protocol.Binary{ContentType: "image/png", Content: large, Name: "a.png"}},
		{Name: "form", Form: []protocol.Field{{Name: "value", Value: "1"}, {Name: "file", File: &protocol.Binary{Content: larger, Name: "b"}}}},
	}
	dir := filepath.Join(t.TempDir(), "files")
	got, tree, err := apart(dir, cases)
	if err != nil {
		t.Fatal(err)
	}
	spec, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	if len(spec) > inSpec {
		t.Errorf("the spec has %d bytes", len(spec))
	}
	if diff := cmp.Diff([]string{"0", "1"}, tree.Include); diff != "" || tree.Host != dir || tree.Path != filesDir {
		t.Errorf("the tree %+v", tree)
	}
	for name, want := range map[string][]byte{"0": large, "1": larger} {
		if content, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !bytes.Equal(content, want) {
			t.Errorf("%s: %d bytes, %v", name, len(content), err)
		}
	}
	if at := got[2].Binary; at.Path != "/slipway/files/0" || at.Content != nil || at.ContentType != "image/png" || at.Name != "a.png" {
		t.Errorf("the body is %+v", at)
	}
	for n := range cases {
		if got[n].Hash() != cases[n].Hash() {
			t.Errorf("%s: another request", cases[n].Name)
		}
	}
	if cases[2].Binary.Path != "" || cases[3].Form[1].File.Path != "" {
		t.Error("the plan was changed")
	}
}

// TestOrders: the JSON that a case sends is not made longer.
func TestOrders(t *testing.T) {
	body := []byte("[" + string(bytes.Repeat([]byte("1,"), 1000)) + "1]")
	file, _, err := orders(t.TempDir(), protocol.Spec{Cases: []protocol.Request{{Name: "a", JSON: body}}})
	if err != nil {
		t.Fatal(err)
	}
	told, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var spec protocol.Spec
	if err := json.Unmarshal(told, &spec); err != nil || !bytes.Equal(spec.Cases[0].JSON, body) {
		t.Errorf("%d bytes of JSON in %d, %v", len(body), len(told), err)
	}
}
