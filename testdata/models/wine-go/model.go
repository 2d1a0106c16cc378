package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
)

//go:embed model.json
var modelJSON []byte

// model is a logistic regression on standardised measurements: see train.py.
type model struct {
	Measurements []string
	Mean, Scale  []float64
	Weights      [][]float64 // by cultivar
	Bias         []float64
}

func load() (model, error) {
	var m model
	err := json.Unmarshal(modelJSON, &m)
	return m, err
}

// predict returns the probability of each cultivar.
func (m model) predict(wine []float64) ([]float64, error) {
	if len(wine) != len(m.Measurements) {
		return nil, fmt.Errorf("a wine has %d measurements, got %d", len(m.Measurements), len(wine))
	}
	out := make([]float64, len(m.Weights))
	sum := 0.0
	for c, weights := range m.Weights {
		score := m.Bias[c]
		for i, x := range wine {
			score += weights[i] * (x - m.Mean[i]) / m.Scale[i]
		}
		out[c] = math.Exp(score)
		sum += out[c]
	}
	for c := range out {
		out[c] /= sum
	}
	return out, nil
}
