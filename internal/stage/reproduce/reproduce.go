// Package reproduce holds an image that was built again against the one that
// was published.
package reproduce

import (
	"context"
	"fmt"
	"io"

	"github.com/slipway-dev/slipway/internal/stage"
)

// Comparer knows images that were published.
type Comparer interface {
	// Compare says in what the image at a digest first differs from one that was built; it is empty when they are the same.
	Compare(ctx context.Context, at, digest string, built stage.Image) (string, error)
}

// Stage compares.
type Stage struct {
	Comparer Comparer
	At       string // repository, or "oci:DIR"
	Digest   string
	Show     io.Writer // is told when it is identical
}

// Run compares by digest, and looks closer where that differs.
func (s Stage) Run(ctx context.Context, run *stage.Run) (stage.Outcome, error) {
	if run.Result.Image.Digest == s.Digest {
		_, err := fmt.Fprintf(s.Show, "identical: %s@%s\n", s.At, s.Digest)
		if err != nil {
			return stage.Outcome{}, err
		}
		return stage.Pass()
	}
	for _, v := range run.Variants() {
		what, err := s.Comparer.Compare(ctx, s.At, s.Digest, v.Image)
		if err != nil {
			return stage.Outcome{}, err
		}
		if what != "" {
			return stage.Fail("not identical: "+v.Image.Platform+": "+what, "what it is built from has changed, or an instruction of its build does not give the same bytes twice")
		}
	}
	return stage.Fail("not identical: each platform's image is, and the index lists them in another way", "name the same platforms with --platform")
}
