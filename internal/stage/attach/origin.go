package attach

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"time"

	"github.com/slipway-dev/slipway/internal/attest"
	"github.com/slipway-dev/slipway/internal/event"
	"github.com/slipway-dev/slipway/internal/stage"
)

// Origin is where a run comes from, as far as the run itself does not know.
type Origin struct {
	Event event.Event
	// Head is the commit that is checked out, Tree its tree; empty outside a repository.
	Head, Tree string
	// Changed is true when what is built is not as in the commit.
	Changed bool
	// Files are those that say what goes into the image, by name, relative to the model: slipway.yaml, slipway.lock.
	Files map[string][]byte
	// Version is this program's.
	Version string
	// ConfigurationFile names the one of Files that is slipway.yaml.
	ConfigurationFile string
}

// revision is the commit that people look at, and that it is not all when there were changes.
func (o Origin) revision(run *stage.Run) string {
	if o.Changed {
		return run.Result.Commit + "-dirty"
	}
	return run.Result.Commit
}

// provenance says what went into the image and who made it.
func (o Origin) provenance(run *stage.Run, byproducts []attest.Resource) attest.Provenance {
	var p attest.Provenance
	plan, res := run.Plan, run.Result
	d := &p.BuildDefinition
	d.ExternalParameters = attest.External{
		Model: plan.Below, Publish: plan.Publish.To, Tags: plan.Publish.Tags, Fresh: plan.Fresh, Ref: res.Ref, Event: o.Event.Name,
	}
	if data, ok := o.Files[o.ConfigurationFile]; ok {
		sum := sha256.Sum256(data)
		hash := hex.EncodeToString(sum[:])
		d.ExternalParameters.Configuration = &hash
	}
	for _, platform := range res.Image.Platforms {
		if !run.Goes(platform) {
			continue
		}
		d.ExternalParameters.Platforms = append(d.ExternalParameters.Platforms, platform.Platform)
	}
	if plan.Deps != nil {
		d.InternalParameters.DepsKey = plan.Deps.Key
	}
	d.ResolvedDependencies = append(o.commits(), o.ingredients(run)...)
	r := &p.RunDetails
	r.Builder = attest.Builder{ID: attest.ByHand, Version: map[string]string{"slipway": o.Version}}
	if o.Event.Workflow != "" {
		r.Builder.ID = o.Event.ServerURL + "/" + o.Event.Workflow
	}
	r.Metadata = attest.Invocation{InvocationID: res.Run.URL, StartedOn: res.Run.Started.UTC().Truncate(time.Second), FinishedOn: time.Now().UTC().Truncate(time.Second)}
	r.Byproducts = byproducts
	return p
}

// commits are what was checked out. On a pull request that is GitHub's merge of
// head and base, nobody's commit: both of those are named too.
func (o Origin) commits() []attest.Resource {
	repository := ""
	if o.Event.Repository != "" {
		repository = o.Event.ServerURL + "/" + o.Event.Repository
	}
	var out []attest.Resource
	if o.Head != "" {
		source := attest.SourceCommit("source", repository, o.Head, o.Tree)
		if o.Changed {
			source.Annotations = map[string]any{"changed": true}
		}
		out = append(out, source)
	}
	if pr := o.Event.PullRequest; pr != nil {
		if o.Event.Commit != o.Head {
			out = append(out, attest.SourceCommit("head", repository, o.Event.Commit, ""))
		}
		if pr.BaseCommit != "" {
			out = append(out, attest.SourceCommit("base", repository, pr.BaseCommit, ""))
		}
	}
	return out
}

// ingredients are what was not in the repository, or what says so.
func (o Origin) ingredients(run *stage.Run) []attest.Resource {
	var out []attest.Resource
	bases := []*stage.Base{run.Image.Base}
	for _, other := range run.Others {
		bases = append(bases, other.Image.Base)
	}
	for _, b := range bases {
		if b != nil {
			out = append(out, attest.BaseImage(b.Ref, b.Digest, b.Platform))
		}
	}
	if deps := run.Plan.Deps; deps != nil {
		out = append(out, attest.File(deps.Requirements, deps.Lock))
	}
	for _, name := range slices.Sorted(maps.Keys(o.Files)) {
		out = append(out, attest.File(name, o.Files[name]))
	}
	for _, l := range run.Image.Layers {
		out = append(out, attest.Resource{Name: "layer " + string(l.Kind), Digest: attest.Digest(l.DiffID), MediaType: "application/vnd.oci.image.layer.v1.tar", Annotations: map[string]any{"platform": run.Image.Platform}})
	}
	return out
}

// record is the result as far as it is known when the image is published.
func (d *Documents) record(run *stage.Run) (stage.Attachment, error) {
	res := *run.Result
	res.Verified = len(res.Unverified) == 0
	res.Run.DurationMS = time.Since(res.Run.Started).Milliseconds()
	data, err := res.Encode()
	return stage.Attachment{ArtifactType: attest.ResultType, MediaType: attest.ResultType, Data: data, Annotations: d.once(run), Once: true, With: true}, err
}

// once tells the documents of a commit from those of another: of one commit
// the first is kept, whatever runs come after it.
func (d *Documents) once(run *stage.Run) map[string]string {
	out := map[string]string{}
	if revision := d.Origin.revision(run); revision != "" {
		out[attest.Revision] = revision
	}
	if d.Signer != nil {
		out[attest.Signer] = d.Signer.Identity()
	}
	return out
}

// sign makes an attachment of a statement: signed when somebody signs, else the statement alone.
func (d *Documents) sign(ctx context.Context, statement []byte, predicateType string, more map[string]string) (stage.Attachment, error) {
	a := stage.Attachment{ArtifactType: attest.StatementType, MediaType: attest.StatementType, Data: statement, Once: true, Annotations: map[string]string{attest.StatementPredicate: predicateType}}
	if d.Signer != nil {
		bundle, err := d.Signer.Sign(ctx, statement)
		if err != nil {
			return a, err
		}
		a.ArtifactType, a.MediaType, a.Data = attest.BundleType, attest.BundleType, bundle
		a.Annotations = map[string]string{attest.BundlePredicate: predicateType, attest.BundleContent: attest.DSSE}
	}
	maps.Copy(a.Annotations, more)
	return a, nil
}
