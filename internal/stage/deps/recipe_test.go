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
	const want = "b6f1aa0b450aacffc7e8fe9a0df075f9ddc720cf9a869b37b43b4e915b4b2d34"
	if got := hex.EncodeToString(sum[:]); got != want {
		t.Errorf("install.py, installer.py or uv.txt changed (%s): does the layer? Then raise recipe in internal/plan/deps.go; write the new sum here in any case", got)
	}
}
