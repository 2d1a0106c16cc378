// Package attach makes the documents that are attached to the image's digest:
// what is in it, where it comes from, and how it did. What needs the engine is
// begun while the image is still being tried.
package attach

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/slipway-dev/slipway/internal/attest"
	"github.com/slipway-dev/slipway/internal/inventory"
	"github.com/slipway-dev/slipway/internal/stage"
)

// Looker looks into an image without running anything of it.
type Looker interface {
	// Look runs our helper with the image's file system at /image, and returns what it prints.
	Look(ctx context.Context, image stage.Container, helper string, args ...string) (string, error)
}

// Signer vouches for statements.
type Signer interface {
	// Sign gives a statement with its signature, as a Sigstore bundle.
	Sign(ctx context.Context, statement []byte) ([]byte, error)
	// Identity says whose signature it is.
	Identity() string
}

// Documents makes the documents of one run.
type Documents struct {
	Looker Looker
	Signer Signer // nil: nobody signs
	Probe  string // the helper, for the engine's own platform
	Origin Origin

	found chan looked // filled by Beside; nil without it
}

// lookTimeout is far more than looking takes: 0.3 s.
const lookTimeout = time.Minute

// looked are the packages of each platform's image.
type looked struct {
	packages map[string]inventory.Inventory
	err      error
}

// Beside begins to look for the packages in the image.
func (d *Documents) Beside(ctx context.Context, run *stage.Run) {
	if run.Plan.Skipped("publish") != "" {
		return
	}
	found := make(chan looked, 1)
	d.found = found
	images := variants(run)
	// It is not cut off with the run, which waits for it: an engine of v0.19.10 may not survive that.
	run.Background(func() string {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookTimeout)
		defer cancel()
		packages, err := d.look(ctx, images)
		found <- looked{packages, err}
		return ""
	})
}

// Of gives what makes the documents of a run, once its image has passed.
func (d *Documents) Of(run *stage.Run) stage.Attach {
	return func(ctx context.Context, digest string) ([]stage.Attachment, error) {
		found, err := d.packages(ctx, run)
		if err != nil {
			return nil, fmt.Errorf("looking for the packages in the image: %w", err)
		}
		return d.documents(ctx, run, digest, found)
	}
}

func (d *Documents) packages(ctx context.Context, run *stage.Run) (map[string]inventory.Inventory, error) {
	if d.found == nil {
		return d.look(ctx, variants(run))
	}
	select {
	case found := <-d.found:
		return found.packages, found.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// variants are the images that the run holds, by platform.
func variants(run *stage.Run) map[string]stage.Container {
	out := map[string]stage.Container{}
	for _, v := range run.Variants() {
		if v.Container != nil {
			out[v.Image.Platform] = v.Container
		}
	}
	return out
}

func (d *Documents) look(ctx context.Context, images map[string]stage.Container) (map[string]inventory.Inventory, error) {
	type one struct {
		platform string
		found    inventory.Inventory
	}
	each := make(chan one, len(images))
	group, ctx := errgroup.WithContext(ctx)
	for platform, image := range images {
		group.Go(func() error {
			said, err := d.Looker.Look(ctx, image, d.Probe, "packages", "/image")
			if err != nil {
				return err
			}
			o := one{platform: platform}
			if err := json.Unmarshal([]byte(said), &o.found); err != nil {
				return err
			}
			each <- o
			return nil
		})
	}
	err := group.Wait()
	close(each)
	out := map[string]inventory.Inventory{}
	for o := range each {
		out[o.platform] = o.found
	}
	return out, err
}

// documents are, for every platform, what is in its image, and for all together how they did and where they come from.
func (d *Documents) documents(ctx context.Context, run *stage.Run, digest string, found map[string]inventory.Inventory) ([]stage.Attachment, error) {
	var out []stage.Attachment
	var beside []attest.Resource
	subject := []attest.Resource{{Name: run.Plan.Model, Digest: attest.Digest(digest)}}
	for _, p := range run.Result.Image.Platforms {
		packages, ok := found[p.Platform]
		if !ok || !run.Goes(p) {
			continue // not built, or not published
		}
		bom, err := attest.SBOM(attest.Image{Name: run.Plan.Model, Digest: p.Digest, Platform: p.Platform}, packages)
		if err != nil {
			return nil, err
		}
		out = append(out, stage.Attachment{Subject: p.Digest, ArtifactType: attest.SBOMType, MediaType: attest.SBOMType, Data: bom})
		beside = append(beside, attest.Document("sbom "+p.Platform, attest.SBOMType, bom))
		if p.Digest != digest {
			subject = append(subject, attest.Resource{Name: run.Plan.Model + " " + p.Platform, Digest: attest.Digest(p.Digest)})
		}
		if d.Signer == nil {
			continue
		}
		statement, err := attest.SBOMStatement([]attest.Resource{{Name: run.Plan.Model, Digest: attest.Digest(p.Digest)}}, bom)
		if err != nil {
			return nil, err
		}
		named := attest.Document("", "", bom)
		signed, err := d.sign(ctx, statement, attest.SBOMV1, map[string]string{attest.Signer: d.Signer.Identity(), attest.SignedDocument: "sha256:" + named.Digest["sha256"]})
		if err != nil {
			return nil, err
		}
		signed.Subject = p.Digest
		out = append(out, signed)
	}
	record, err := d.record(run)
	if err != nil {
		return nil, err
	}
	beside = append(beside, attest.Document("result", attest.ResultType, record.Data))
	statement, err := d.Origin.provenance(run, beside).Statement(subject)
	if err != nil {
		return nil, err
	}
	provenance, err := d.sign(ctx, statement, attest.ProvenanceV1, d.once(run))
	return append(out, record, provenance), err
}
