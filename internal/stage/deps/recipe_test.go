package deps

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"slices"
	"testing"

	"github.com/slipway-dev/slipway/internal/stage"
)

// TestRecipe notices a change in what makes the dependency layer. Where the
// layer's bytes change with it, raise recipe in internal/plan: stores hold
// layers under keys that say they were made the old way.
func TestRecipe(t *testing.T) {
	uv, err := os.ReadFile("../uv.txt")
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(slices.Concat(uv, stage.Installer, installScript))
	const want = "749b31ca492828ac167d1844911af4cb3382aed517d5e3419d13ad1ee32a7812"
	if got := hex.EncodeToString(sum[:]); got != want {
		t.Errorf("install.py, installer.py or uv.txt changed (%s): does the layer? Then raise recipe in internal/plan/image.go; write the new sum here in any case", got)
	}
}
