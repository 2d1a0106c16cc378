package main

import (
	"fmt"
	"strings"
)

// plot draws the times of the three programs as bars, one group for each thing measured, as SVG. Groups have scales of
// their own: a cold build takes ten times as long as a change.
func plot(all []series) string {
	const (
		width, left, right = 760, 90, 90
		bar, gap, head     = 18, 4, 34
	)
	programs := []struct{ who, name, colour string }{
		{"slipway", "slipway", "#0969da"}, {"buildkit", "BuildKit", "#8c959f"}, {"podman", "podman", "#bf8700"},
	}
	var b strings.Builder
	y := 8
	for _, what := range []string{cold, code, unchanged, returning} {
		most := 0.0
		for _, p := range programs {
			v, _ := figure(all, p.who, what)
			most = max(most, v)
		}
		if most == 0 {
			continue
		}
		y += head
		fmt.Fprintf(&b, "<text x=\"8\" y=\"%d\" font-weight=\"bold\">%s</text>\n", y-8, what)
		for _, p := range programs {
			v, ok := figure(all, p.who, what)
			if !ok {
				continue
			}
			long := v / most * (width - left - right)
			fmt.Fprintf(&b, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>", left-8, y+bar-5, p.name)
			fmt.Fprintf(&b, "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>", left, y, max(long, 1), bar, p.colour)
			fmt.Fprintf(&b, "<text x=\"%.1f\" y=\"%d\">%s</text>\n", left+max(long, 1)+6, y+bar-5, amount(v, "s"))
			y += bar + gap
		}
	}
	// A ground of its own: the page may be dark.
	return fmt.Sprintf("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" font-size=\"13\" fill=\"#1f2328\">\n"+
		"<title>Time to build and publish, without the model's own tests and start</title>\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n%s</svg>\n", width, y+10, b.String())
}
