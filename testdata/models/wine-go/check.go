package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
)

//go:embed held-out.json
var heldOutJSON []byte

// check holds the model in this image against wines that it was not trained with.
func check(m model) error {
	var heldOut []struct {
		Cultivar int
		Wine     []float64
	}
	if err := json.Unmarshal(heldOutJSON, &heldOut); err != nil {
		return err
	}
	right := 0
	for _, one := range heldOut {
		probabilities, err := m.predict(one.Wine)
		if err != nil {
			return err
		}
		best := 0
		for c, p := range probabilities {
			if p > probabilities[best] {
				best = c
			}
		}
		if best == one.Cultivar {
			right++
		}
	}
	if right < 57 {
		return fmt.Errorf("%d of %d held-out wines told right, 57 are needed", right, len(heldOut))
	}
	fmt.Printf("%d of %d held-out wines told right\n", right, len(heldOut))
	return nil
}
