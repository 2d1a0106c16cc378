//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/slipway-dev/slipway/internal/result"
)

// The benchmarks say what a run costs beyond the model's own tests and start:
// "over-s" is the whole run less both, which is what Slipway is to blame for.

// BenchmarkUnchanged ships iris again with nothing changed.
func BenchmarkUnchanged(b *testing.B) { bench(b, func(string, int) {}) }

// BenchmarkCodeChange ships iris with another app.py each time.
func BenchmarkCodeChange(b *testing.B) {
	bench(b, func(dir string, n int) {
		path := filepath.Join(dir, "app.py")
		data, err := os.ReadFile(path)
		if err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(path, fmt.Appendf(data, "# %d\n", time.Now().UnixNano()), 0o644); err != nil {
			b.Fatal(err)
		}
	})
}

func bench(b *testing.B, change func(dir string, n int)) {
	dir := filepath.Join(b.TempDir(), "iris")
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(root, model("iris")))); err != nil {
		b.Fatal(err)
	}
	to := fmt.Sprintf("%s/bench/iris-%d", lab.Registry, time.Now().UnixNano())
	measure(b, dir, to) // the first run makes what the others find
	var over time.Duration
	n := 0
	for b.Loop() {
		n++
		change(dir, n)
		over += measure(b, dir, to)
	}
	b.ReportMetric(over.Seconds()/float64(n), "over-s")
}

// measure ships the model and returns what the run took beyond the model's own time.
func measure(b *testing.B, dir, to string) time.Duration {
	out := b.TempDir()
	started := time.Now()
	if output, err := command(b, nil, slipway, dir, "--out", out, "--publish", to).CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, output)
	}
	took := time.Since(started)
	r, err := result.Read(filepath.Join(out, "result.json"))
	if err != nil {
		b.Fatal(err)
	}
	own := *r.Tests.DurationMS + *r.Smoke.StartupMS + *r.Smoke.StopMS
	for _, c := range r.Smoke.Cases {
		own += *c.LatencyMS
	}
	return took - time.Duration(own*float64(time.Millisecond))
}
