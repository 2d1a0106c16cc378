package protocol

import (
	"bytes"
	"encoding/json"
	"testing"
)

// FuzzCompact: a request's JSON is hashed as encoding/json would write it.
func FuzzCompact(f *testing.F) {
	for _, seed := range []string{`{"a": [1, 2 ], "b\" ": "c <d> & \\"}`, "\"\u2028 \u2029\"", `" \\\" \u0041 "`, "null", `[ ]`, "\"\xe2\x80\""} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		want, err := json.Marshal(json.RawMessage(data))
		if err != nil || len(data) == 0 {
			return
		}
		var got bytes.Buffer
		compact(&got, data)
		if !bytes.Equal(got.Bytes(), want) {
			t.Errorf("%q is written as %q, want %q", data, got.Bytes(), want)
		}
	})
}

// TestHash: two requests that ask the same have one hash, whatever they are called.
func TestHash(t *testing.T) {
	text := `"json":` + place
	a := Request{Name: "a", JSON: []byte(`{"x": 1}`), TimeoutMS: 5}
	for _, test := range []struct {
		name  string
		other Request
		same  bool
	}{
		{"name, time and white space", Request{Name: "b", JSON: []byte(` { "x":1 }`)}, true},
		{"another number", Request{JSON: []byte(`{"x": 2}`)}, false},
		{"no JSON", Request{}, false},
		{"text that looks like it", Request{Text: &text}, false},
	} {
		if got := a.Hash() == test.other.Hash(); got != test.same {
			t.Errorf("%s: same is %t", test.name, got)
		}
	}
	if (Request{JSON: []byte("{")}).Hash() != "" {
		t.Error("what is no JSON has a hash")
	}
}
