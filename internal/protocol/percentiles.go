package protocol

import (
	"math"
	"slices"
)

// Percentiles are in milliseconds.
type Percentiles struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

// PercentilesOf sorts latencies in milliseconds, and takes their percentiles by
// the nearest-rank method: each is a latency that was measured. It is nil for none.
func PercentilesOf(latencies []float64) *Percentiles {
	if len(latencies) == 0 {
		return nil
	}
	slices.Sort(latencies)
	rank := func(p float64) float64 {
		return latencies[int(math.Ceil(p*float64(len(latencies))/100))-1]
	}
	return &Percentiles{P50: rank(50), P95: rank(95), P99: rank(99), Max: rank(100)}
}
