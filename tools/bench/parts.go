package main

import (
	"context"
	"fmt"
)

// What the series measure. A name is also how the table calls it.
const (
	cold      = "cold: build and publish"
	whole     = ", with the model's own tests and start"
	code      = "code changed, engine warm"
	unchanged = "nothing changed, engine warm"
	returning = "code changed, engine and store empty, deps in the registry"
	imageSize = "image, compressed"
	layers    = "layer bytes uploaded, nothing changed"
	beyond    = "bytes uploaded beyond the code layer, with 600 MiB of weights"
	weights   = "600 MiB of new weights: time more"
	memory    = "peak memory, code changed"
	heavy     = "peak memory, 600 MiB of new weights"
)

// tag is the one that a Dockerfile's image gets; slipway knows its own.
const tag = ":bench"

// repository is where a builder's images go.
func (b *bench) repository(who builder, purpose string) string {
	return fmt.Sprintf("%s/%s/%s", b.registry.address, purpose, who.name())
}

// all are the builders, another one first each time: whatever the machine does meanwhile hits each of them.
func (b *bench) all(round int) []builder {
	list := append([]builder{b.slipway}, b.others...)
	round %= len(list)
	return append(list[round:], list[:round]...)
}

// cold builds and publishes with nothing there but the base image in the registry, into a new repository each time.
func (b *bench) cold(ctx context.Context) error {
	for round := range b.rounds {
		for _, who := range b.all(round) {
			if err := who.empty(ctx); err != nil {
				return err
			}
			t, err := who.ship(ctx, b.iris, b.repository(who, fmt.Sprintf("cold-%d", round)))
			if err != nil {
				return fmt.Errorf("%s: %w", who.name(), err)
			}
			b.took(who, cold, t)
			bytes, err := size(ctx, t.image)
			if err != nil {
				return err
			}
			b.add(who.name(), imageSize, "B", float64(bytes))
		}
	}
	return nil
}

// took keeps how long a shipment took.
func (b *bench) took(who builder, what string, t shipment) {
	b.add(who.name(), what, "s", t.over)
	if t.whole != t.over {
		b.add(who.name(), what+whole, "s", t.whole)
	}
}

// warm ships a model that was shipped before, with another program and with nothing changed.
func (b *bench) warm(ctx context.Context) error {
	for _, who := range b.all(0) {
		if _, err := who.ship(ctx, b.iris, b.repository(who, "warm")); err != nil {
			return fmt.Errorf("%s: %w", who.name(), err)
		}
	}
	for _, what := range []string{code, unchanged} {
		for round := range b.rounds {
			if what == code {
				if err := b.iris.changeCode(); err != nil {
					return err
				}
			}
			for _, who := range b.all(round) {
				if what == unchanged && round == 0 { // what it has not seen yet is not unchanged
					if _, err := who.ship(ctx, b.iris, b.repository(who, "warm")); err != nil {
						return err
					}
				}
				if who != builder(b.slipway) {
					t, err := who.ship(ctx, b.iris, b.repository(who, "warm"))
					if err != nil {
						return err
					}
					b.took(who, what, t)
					continue
				}
				t, r, err := b.slipway.shipped(ctx, b.iris, b.repository(who, "warm"))
				if err != nil {
					return err
				}
				b.took(who, what, t)
				if what == unchanged {
					_, pushed := r.layer("")
					b.add(who.name(), layers, "B", float64(pushed))
				}
			}
		}
	}
	return nil
}

// returning is a fresh runner that changes code: nothing is there but what an earlier run left in the registry.
func (b *bench) returning(ctx context.Context) error {
	repository := b.repository(b.slipway, "returning")
	if _, err := b.slipway.ship(ctx, b.iris, repository); err != nil {
		return err
	}
	for range b.rounds {
		if err := b.slipway.empty(ctx); err != nil {
			return err
		}
		if err := b.iris.changeCode(); err != nil {
			return err
		}
		t, err := b.slipway.ship(ctx, b.iris, repository)
		if err != nil {
			return err
		}
		b.took(b.slipway, returning, t)
	}
	return nil
}

// weights ships a model with large weights: new ones, and then another program beside them.
func (b *bench) weights(ctx context.Context) error {
	large, err := copyModel(b.root, b.place.work("large"))
	if err != nil {
		return err
	}
	counter, err := startCounter(b.registry.address)
	if err != nil {
		return err
	}
	defer counter.server.Close() //nolint:errcheck // ends with the benchmark
	repository := b.repository(b.slipway, "weights")
	counting := counter.address + "/weights/slipway"
	if err := large.changeWeights(0); err != nil {
		return err
	}
	for _, to := range []string{repository, counting} {
		if _, err := b.slipway.ship(ctx, large, to); err != nil {
			return err
		}
	}
	for round := range b.rounds {
		same, err := b.slipway.ship(ctx, large, repository)
		if err != nil {
			return err
		}
		if err := large.changeCode(); err != nil {
			return err
		}
		before := counter.sent.Load()
		_, r, err := b.slipway.shipped(ctx, large, counting)
		if err != nil {
			return err
		}
		codeSize, _ := r.layer("code")
		b.add(b.slipway.name(), beyond, "B", float64(counter.sent.Load()-before-codeSize))
		// In turn: the two repositories hold the same weights, so that the registry is asked for the new ones once.
		if err := large.changeWeights(byte(round + 1)); err != nil {
			return err
		}
		other, err := b.slipway.ship(ctx, large, repository)
		if err != nil {
			return err
		}
		b.add(b.slipway.name(), weights, "s", other.over-same.over)
		if _, err := b.slipway.ship(ctx, large, counting); err != nil {
			return err
		}
	}
	return nil
}

// memory runs the action, which runs slipway, and watches both.
func (b *bench) memory(ctx context.Context) error {
	large, err := copyModel(b.root, b.place.work("large-action"))
	if err != nil {
		return err
	}
	for round := range b.rounds {
		if err := b.iris.changeCode(); err != nil {
			return err
		}
		if err := b.watched(ctx, memory, b.iris); err != nil {
			return err
		}
		if err := large.changeWeights(byte(100 + round)); err != nil {
			return err
		}
		if err := b.watched(ctx, heavy, large); err != nil {
			return err
		}
	}
	return nil
}
