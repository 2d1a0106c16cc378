package protocol

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPercentilesOf(t *testing.T) {
	var latencies []float64
	for ms := 200; ms > 0; ms-- {
		latencies = append(latencies, float64(ms))
	}
	for _, tc := range []struct {
		name      string
		latencies []float64
		want      *Percentiles
	}{
		{"of 200", latencies, &Percentiles{P50: 100, P95: 190, P99: 198, Max: 200}},
		{"of two", []float64{2, 1}, &Percentiles{P50: 1, P95: 2, P99: 2, Max: 2}},
		{"of one", []float64{7}, &Percentiles{P50: 7, P95: 7, P99: 7, Max: 7}},
		{"of none", nil, nil},
	} {
		if diff := cmp.Diff(tc.want, PercentilesOf(tc.latencies)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
}
