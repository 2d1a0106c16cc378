//go:build e2e

package e2e

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slipway-dev/slipway/internal/layer"
	"github.com/slipway-dev/slipway/internal/registry"
	"github.com/slipway-dev/slipway/internal/stage"
)

// prepared is an image of one layer that no registry has, of this many bytes.
func prepared(t *testing.T, size int) stage.Image {
	t.Helper()
	dir := t.TempDir()
	weights := make([]byte, size)
	for n := 0; n < len(weights); n += 8 {
		binary.LittleEndian.PutUint64(weights[n:], rand.Uint64())
	}
	if err := os.WriteFile(filepath.Join(dir, "weights.bin"), weights, 0o644); err != nil {
		t.Fatal(err)
	}
	entries, err := layer.FromFS(os.DirFS(dir), []string{"weights.bin"}, "/model")
	if err != nil {
		t.Fatal(err)
	}
	l, err := layer.WriteArchive(filepath.Join(t.TempDir(), "layer.tar"), layer.Weights, entries, layer.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return stage.Image{Platform: "linux/amd64", Archive: l.Archive}
}

// TestFaultsOnTheWay: what can go wrong between us and a real registry, in the
// middle of a layer, ends with a complete image all the same. That is how
// publishing goes alone: the rest of a run has nothing to do with it.
func TestFaultsOnTheWay(t *testing.T) {
	t.Parallel()
	r := startRegistry(t, t.TempDir(), "")
	for _, test := range []struct {
		name   string
		faults map[string]map[string]any // there from the beginning
		while  func(t *testing.T, p proxy)
	}{
		{name: "latency", faults: map[string]map[string]any{"latency": {"latency": 200, "jitter": 100}}},
		{name: "narrow", faults: map[string]map[string]any{"bandwidth": {"rate": 2048}}},
		{"reset in the middle of a layer", map[string]map[string]any{"bandwidth": {"rate": 4096}, "reset_peer": {"timeout": 500}}, func(t *testing.T, p proxy) {
			time.Sleep(2 * time.Second)
			p.heal(t, "reset_peer")
		}},
		{"closed after two megabytes", map[string]map[string]any{"limit_data": {"bytes": 2 << 20}}, func(t *testing.T, p proxy) {
			time.Sleep(2 * time.Second)
			p.heal(t, "limit_data")
		}},
		{"silent, then closed", map[string]map[string]any{"timeout": {"timeout": 1000}}, func(t *testing.T, p proxy) {
			time.Sleep(2 * time.Second)
			p.heal(t, "timeout")
		}},
		{"silent in the middle of a layer for three seconds", map[string]map[string]any{"bandwidth": {"rate": 4096}}, func(t *testing.T, p proxy) {
			time.Sleep(time.Second)
			p.toxic(t, "timeout", map[string]any{"timeout": 0})
			time.Sleep(3 * time.Second)
			p.heal(t, "timeout")
		}},
		{"down for five seconds", map[string]map[string]any{"bandwidth": {"rate": 4096}}, func(t *testing.T, p proxy) {
			time.Sleep(500 * time.Millisecond)
			p.up(t, false)
			time.Sleep(5 * time.Second)
			p.up(t, true)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := startProxy(t, r.host)
			image := prepared(t, 8<<20)
			c := registry.New(registry.Options{})
			// The registry has answered before: a run asks it for the base, or for what is there.
			small := prepared(t, 1<<10)
			if _, err := c.Publish(t.Context(), []stage.Image{small}, p.host+"/faults/before", nil, nil); err != nil {
				t.Fatal(err)
			}
			repository := "faults/" + strings.ReplaceAll(p.host, ":", "-")
			for kind, attributes := range test.faults {
				p.toxic(t, kind, attributes)
			}
			started := time.Now()
			var done stage.Published
			var err error
			var wait sync.WaitGroup
			wait.Go(func() {
				done, err = c.Publish(t.Context(), []stage.Image{image}, p.host+"/"+repository, []string{"one"}, nil)
			})
			if test.while != nil {
				test.while(t, p)
			}
			wait.Wait()
			t.Logf("published after %.1f s", time.Since(started).Seconds())
			if err != nil {
				t.Fatal(err)
			}
			if got := sound(t, r.host, repository)["one"]; got.digest != done.Digest {
				t.Errorf("the tag leads to %s, want %s", got.digest, done.Digest)
			}
		})
	}
}

// TestTwoPublish: two runs that publish the same model at once. Where both have
// built the same, both succeed; where not, the tag leads to one of them, whole.
func TestTwoPublish(t *testing.T) {
	t.Parallel()
	r := startRegistry(t, t.TempDir(), "")
	one, other := prepared(t, 4<<20), prepared(t, 4<<20)
	for name, images := range map[string][2]stage.Image{"same": {one, one}, "different": {one, other}} {
		t.Run(name, func(t *testing.T) {
			for n := range 5 {
				repository := fmt.Sprintf("two/%s-%d", name, n)
				var digests [2]string
				var wait sync.WaitGroup
				for i, image := range images {
					wait.Go(func() {
						done, err := registry.New(registry.Options{}).Publish(t.Context(), []stage.Image{image}, r.host+"/"+repository, []string{"one", "two"}, nil)
						if err != nil {
							t.Error(err)
						}
						digests[i] = done.Digest
					})
				}
				wait.Wait()
				tags := sound(t, r.host, repository)
				for _, tag := range []string{"one", "two"} {
					if d := tags[tag].digest; d != digests[0] && d != digests[1] {
						t.Errorf("%s leads to %q, want one of %v", tag, d, digests)
					}
				}
			}
		})
	}
}

// TestGoneForGood: a registry that goes away and stays away ends the run with what happened, and no tag.
func TestGoneForGood(t *testing.T) {
	t.Parallel()
	r := startRegistry(t, t.TempDir(), "")
	p := startProxy(t, r.host)
	c := registry.New(registry.Options{})
	image := prepared(t, 8<<20)
	p.toxic(t, "bandwidth", map[string]any{"rate": 4096})
	var wait sync.WaitGroup
	wait.Go(func() {
		_, err := c.Publish(t.Context(), []stage.Image{image}, p.host+"/gone", []string{"one"}, nil)
		wantStageError(t, err, p.host, "nothing listens there")
	})
	time.Sleep(500 * time.Millisecond)
	p.up(t, false)
	wait.Wait()
	if tags := sound(t, r.host, "gone"); len(tags) != 0 {
		t.Errorf("it has the tags %v", tags)
	}
	if conn, err := net.Dial("tcp", p.host); err == nil {
		_ = conn.Close()
		t.Error("the proxy is up")
	}
}
