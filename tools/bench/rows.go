package main

import "slices"

// series is one thing that was measured of one program.
type series struct {
	Who     string    `json:"who"`
	What    string    `json:"what"`
	Unit    string    `json:"unit"` // s or B
	Median  float64   `json:"median"`
	Samples []float64 `json:"samples"`
}

// row is a goal and how it was met.
type row struct {
	What string  `json:"what"`
	Unit string  `json:"unit"` // s, B or x: times as much
	Goal float64 `json:"goal"` // at most
	// Value is null when its part was not measured.
	Value *float64 `json:"value"`
	Met   bool     `json:"met"`
}

// figure is the median of a series, and whether there is one.
func figure(all []series, who, what string) (float64, bool) {
	for _, s := range all {
		if s.Who == who && s.What == what {
			return s.Median, true
		}
	}
	return 0, false
}

// rows are the goals, with what was measured.
func rows(all []series) []row {
	const ours = "slipway"
	value := func(what string) *float64 {
		if v, ok := figure(all, ours, what); ok {
			return &v
		}
		return nil
	}
	ratio := func(what, who, of string) *float64 {
		v, ok := figure(all, ours, what)
		w, there := figure(all, who, of)
		if !ok || !there || w == 0 {
			return nil
		}
		v /= w
		return &v
	}
	list := []row{
		{What: "cold: build and publish, BuildKit = 1", Unit: "x", Goal: 0.5, Value: ratio(cold, "buildkit", cold)},
		{What: "cold: build and publish, podman = 1", Unit: "x", Goal: 0.7, Value: ratio(cold, "podman", cold)},
		{What: code, Unit: "s", Goal: 1.5, Value: value(code)},
		{What: returning + ", own cold = 1", Unit: "x", Goal: 0.4, Value: ratio(returning, ours, cold)},
		{What: unchanged, Unit: "s", Goal: 1, Value: value(unchanged)},
		{What: layers, Unit: "B", Goal: 0, Value: value(layers)},
		{What: beyond, Unit: "B", Goal: 64 << 10, Value: value(beyond)},
		{What: weights, Unit: "s", Goal: 12, Value: value(weights)},
		{What: imageSize + ", BuildKit's = 1", Unit: "x", Goal: 1, Value: ratio(imageSize, "buildkit", imageSize)},
		{What: memory + ", slipway and action", Unit: "B", Goal: 150 << 20, Value: value(memory)},
		{What: heavy + ", slipway and action", Unit: "B", Goal: 150 << 20, Value: value(heavy)},
	}
	for i, r := range list {
		list[i].Met = r.Value != nil && *r.Value <= r.Goal
	}
	return list
}

func median(samples []float64) float64 {
	sorted := slices.Sorted(slices.Values(samples))
	middle := len(sorted) / 2
	if len(sorted)%2 == 0 {
		return (sorted[middle-1] + sorted[middle]) / 2
	}
	return sorted[middle]
}
