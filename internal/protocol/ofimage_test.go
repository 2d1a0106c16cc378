package protocol

import (
	"testing"

	"github.com/slipway-dev/slipway/internal/testkit"
)

// TestOfImage runs every testdata/ofimage/*.txtar; -update writes "out".
func TestOfImage(t *testing.T) {
	testkit.Archives(t, "testdata/ofimage/*.txtar", "out", func(t *testing.T, _ string, files map[string][]byte) string {
		var image Image
		unmarshal(t, files["image.json"], &image)
		name, why := OfImage(image)
		if _, err := For(name); err != nil {
			t.Error(err)
		}
		return name + ": " + why + "\n"
	})
}
