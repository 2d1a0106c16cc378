//go:build linux

package probe

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-dev/slipway/internal/protocol"
)

// TestWriteObservations: what is written in pieces is read as a whole.
func TestWriteObservations(t *testing.T) {
	for name, answers := range map[string][]protocol.Answer{
		"none": {}, "one": {{Name: "a", Status: 200, Body: []byte("1")}}, "two": {{Name: "a"}, {Name: "b", Error: "no answer"}},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "out.json")
			want := protocol.Observations{Version: protocol.SpecVersion, Run: `"answers":null`, Answers: answers, Log: "the end"}
			if err := writeObservations(file, want); err != nil {
				t.Fatal(err)
			}
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var got protocol.Observations
			if err := json.Unmarshal(data, &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
