package deps

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"testing"
)

// TestRecipe notices a change in what makes the dependency layer. Where the
// layer's bytes change with it, raise recipe in internal/plan: stores hold
// layers under keys that say they were made the old way.
func TestRecipe(t *testing.T) {
	uv, err := os.ReadFile("../uv.txt")
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(append(uv, installScript...))
	const want = "3fabaa6a4880cc30eec7e698a4ae45a881c03ab7d8edca28afc007000f323c4c"
	if got := hex.EncodeToString(sum[:]); got != want {
		t.Errorf("install.py or uv.txt changed (%s): does the layer? Then raise recipe in internal/plan/image.go; write the new sum here in any case", got)
	}
}
