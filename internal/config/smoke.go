package config

import (
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/slipway-dev/slipway/internal/protocol"
)

var networks = []string{protocol.NetworkOpen, protocol.NetworkNone}

// defaultLoad is what a budget for the load is measured with where no load is written.
var defaultLoad = Looped{Requests: 50, Concurrency: 1}

func (l *loader) smoke(n *node, path string) {
	s := &l.cfg.Smoke
	l.object(n, path, []field{
		{"protocol", func(n *node, path string) {
			s.Protocol = l.choice(n, path, append([]string{"auto"}, slices.DeleteFunc(protocol.Names(), func(p string) bool { return p == "auto" })...))
		}},
		{"model", func(n *node, path string) { s.Model = l.str(n, path, "what the server calls the model, such as iris") }},
		{"ready", func(n *node, path string) {
			l.object(n, path, []field{
				{"path", func(n *node, path string) { s.ReadyPath = l.urlPath(n, path) }},
				{"timeout", func(n *node, path string) { s.Timeout = l.duration(n, path) }},
			})
		}},
		{"cases", l.patterns},
		{"env", func(n *node, path string) { s.Env = l.env(n, path) }},
		{"secrets", func(n *node, path string) { s.Secrets = l.secretMounts(n, path) }},
		{"network", func(n *node, path string) { s.Network = l.choice(n, path, networks) }},
		{"requires", func(n *node, path string) {
			l.object(n, path, []field{
				{"gpu", func(n *node, path string) { s.GPUs = l.whole(n, path, 1, 64, "1") }},
			})
		}},
		{"load", l.looped},
		{"budgets", l.budgets},
	})
}

func (l *loader) looped(n *node, path string) {
	load := defaultLoad
	l.object(n, path, []field{
		{"requests", func(n *node, path string) { load.Requests = l.whole(n, path, 1, 1_000_000, "50") }},
		{"concurrency", func(n *node, path string) { load.Concurrency = l.whole(n, path, 1, 256, "4") }},
	})
	if load.Requests > 0 && load.Concurrency > load.Requests {
		l.problemf(n, "%s: %d at a time are more than the %d requests: raise requests, or lower concurrency", path, load.Concurrency, load.Requests)
	}
	l.cfg.Smoke.Load = &load
}

func (l *loader) budgets(n *node, path string) {
	b := &l.cfg.Smoke.Budgets
	duration := func(into *time.Duration) func(n *node, path string) {
		return func(n *node, path string) { *into = l.duration(n, path) }
	}
	size := func(into *int64) func(n *node, path string) {
		return func(n *node, path string) { *into = l.size(n, path) }
	}
	l.object(n, path, []field{
		{"startup", duration(&b.Startup)},
		{"p50", duration(&b.P50)},
		{"p95", duration(&b.P95)},
		{"p99", duration(&b.P99)},
		{"memory", size(&b.Memory)},
		{"image", size(&b.Image)},
	})
}

// completeLimits fills in what the sections about the run itself leave open.
func (l *loader) completeLimits() {
	s := &l.cfg.Smoke
	s.Network = or(s.Network, networks[0])
	if s.Protocol == protocol.Exec {
		for _, key := range []string{"smoke.ready", "smoke.load", "smoke.budgets.startup", "smoke.budgets.p50", "smoke.budgets.p95", "smoke.budgets.p99"} {
			if l.has(key) {
				l.keyProblemf(key, "has no effect on the protocol exec, where each case runs a command of its own: remove it")
			}
		}
		return
	}
	if s.Load != nil || l.has("smoke.load") {
		return
	}
	for _, key := range []string{"p50", "p95", "p99"} {
		if l.has("smoke.budgets." + key) {
			load := defaultLoad
			s.Load = &load
			l.detected("smoke.load", fmt.Sprintf("%d requests, %d at a time", load.Requests, load.Concurrency), "smoke.budgets."+key+" is a bound on a load")
			return
		}
	}
}

// sizeName is a number and its unit; KiB and its like are powers of 1024, kB and its like of 1000.
var (
	sizeName  = regexp.MustCompile(`^([0-9]{1,15}(?:\.[0-9]{1,6})?) ?(B|[kK]B|MB|GB|TB|KiB|MiB|GiB|TiB)$`)
	sizeUnits = map[string]int64{
		"B": 1, "kB": 1e3, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12,
		"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40,
	}
)

// size reads a number of bytes with its unit.
func (r *reader) size(n *node, path string) int64 {
	const expected = "a size with its unit such as 512MiB, 1.5GB or 600MB"
	const most = 1 << 50
	parts := sizeName.FindStringSubmatch(strings.TrimSpace(n.value))
	if n.kind != text || parts == nil {
		r.wrong(n, path, expected)
		return 0
	}
	v, ok := new(big.Rat).SetString(parts[1])
	if !ok {
		r.wrong(n, path, expected)
		return 0
	}
	v.Mul(v, new(big.Rat).SetInt64(sizeUnits[parts[2]]))
	if v.Cmp(big.NewRat(1, 1)) < 0 || v.Cmp(new(big.Rat).SetInt64(most)) > 0 {
		r.problemf(n, "%s: %s is out of range: from 1B to 1024TiB", path, quote(n.value))
		return 0
	}
	return new(big.Int).Quo(v.Num(), v.Denom()).Int64()
}
