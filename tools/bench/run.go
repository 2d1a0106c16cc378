package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// builder ships a directory: it builds the image and pushes it.
type builder interface {
	name() string
	// empty leaves nothing of earlier builds.
	empty(ctx context.Context) error
	// ship builds the model's image and pushes it to a repository.
	ship(ctx context.Context, m model, repository string) (shipment, error)
	stop() error
}

// shipment is what came of it: times in seconds, and where the image can be had. A builder that does nothing of the
// model's own takes no more time than whole.
type shipment struct {
	whole float64
	over  float64 // whole, less the model's own tests, start and answers
	image string
}

// bench is one run of the benchmark.
type bench struct {
	options
	place    place
	registry *registry
	slipway  *slipway
	others   []builder
	iris     model
	series   []series
}

// run measures everything and writes it down.
func run(ctx context.Context, o options) (err error) {
	o.root, err = filepath.Abs(o.root)
	if err != nil {
		return err
	}
	if o.out == "" {
		o.out = filepath.Join(o.root, "dist", "bench")
	}
	b := &bench{options: o}
	report := newReport(ctx, o)
	defer func() { err = errors.Join(err, b.close()) }()
	if err := b.open(ctx); err != nil {
		return err
	}
	for _, part := range []struct {
		name    string
		measure func(context.Context) error
	}{
		{"cold", b.cold}, {"warm", b.warm}, {"return", b.returning}, {"weights", b.weights}, {"memory", b.memory},
	} {
		if o.only != "" && !slices.Contains(strings.Split(o.only, ","), part.name) {
			continue
		}
		if err := part.measure(ctx); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	report.Versions, err = b.versions(ctx)
	if err != nil {
		return err
	}
	report.Series, report.Rows = b.series, rows(b.series)
	return report.write(os.Stdout, o)
}

// open starts what is measured, each with a place of its own.
func (b *bench) open(ctx context.Context) (err error) {
	if b.place, err = newPlace(b.root, os.Getenv); err != nil {
		return err
	}
	if b.registry, err = startRegistry(ctx, b.place); err != nil {
		return err
	}
	if b.slipway, err = newSlipway(ctx, b.place, b.registry.address); err != nil {
		return err
	}
	buildkit, err := newBuildKit(ctx, b.place, b.registry.address)
	if err != nil {
		return err
	}
	podman, err := newPodman(ctx, b.place, b.registry.address)
	if err != nil {
		return err
	}
	b.others = []builder{buildkit, podman}
	for _, who := range b.all(0) { // which also starts what has to be
		if err := who.empty(ctx); err != nil {
			return err
		}
	}
	b.iris, err = copyModel(b.root, b.place.work("iris"))
	return err
}

// close ends what was started, and removes what it left. Compiled programs stay.
func (b *bench) close() error {
	var errs []error
	for _, one := range b.others {
		errs = append(errs, one.stop())
	}
	if b.slipway != nil {
		errs = append(errs, b.slipway.stop())
	}
	if b.registry != nil {
		errs = append(errs, b.registry.stop())
	}
	if b.place.dir != "" {
		errs = append(errs, os.RemoveAll(b.place.work("")))
	}
	return errors.Join(errs...)
}

// add keeps a sample and shows it.
func (b *bench) add(who, what, unit string, sample float64) {
	fmt.Fprintf(os.Stderr, "  %-9s %-40s %s\n", who, what, amount(sample, unit))
	for i, s := range b.series {
		if s.Who == who && s.What == what {
			b.series[i].Samples = append(s.Samples, sample)
			b.series[i].Median = median(b.series[i].Samples)
			return
		}
	}
	b.series = append(b.series, series{Who: who, What: what, Unit: unit, Samples: []float64{sample}, Median: sample})
}
