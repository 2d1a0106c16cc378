package main

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/slipway-dev/slipway/internal/attest"
	"github.com/slipway-dev/slipway/internal/lock"
	"github.com/slipway-dev/slipway/internal/plan"
	"github.com/slipway-dev/slipway/internal/registry"
	"github.com/slipway-dev/slipway/internal/result"
	"github.com/slipway-dev/slipway/internal/stage"
	"github.com/slipway-dev/slipway/internal/stage/reproduce"
)

func (p program) reproduceCommand() *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:   "reproduce REF@DIGEST [REPOSITORY_DIR]",
		Short: "Build a published image again, and compare",
		Long: `Reproduce reads the provenance that is attached to the image, takes the commit
that it names out of the repository in REPOSITORY_DIR (default: here), builds
it again from the base image and the locked packages that the provenance names,
and says "identical", or the first layer, file and byte that differs. It looks
nothing up that an earlier run made, tests nothing and publishes nothing.

  slipway reproduce ghcr.io/acme/iris@sha256:…
  slipway reproduce oci:dist/iris/image@sha256:…

Exit codes: 0 identical, 1 not identical, 2 no such provenance or commit,
3 errored.`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			at, digest, ok := strings.Cut(args[0], "@")
			if !ok || !strings.HasPrefix(digest, "sha256:") {
				return fmt.Errorf("%q is no image by its digest: write it as registry/repository@sha256:… or oci:DIR@sha256:…", args[0])
			}
			j, done, err := p.reproducing(cmd.Context(), at, digest, absolute(modelDir(args[1:])), f)
			if err != nil {
				var known *stage.Error
				if errors.As(err, &known) {
					fmt.Fprintf(p.stderr, "slipway: %s (%s)\n  %s\n", known.What, known.Where, known.Remedy)
					return ended{result.Errored}
				}
				return err
			}
			defer done()
			return ended{p.run(cmd.Context(), j)}
		},
	}
	f.addEngine(cmd)
	f.addOut(cmd)
	f.addJSON(cmd)
	return cmd
}

// origin is what a published image says it was built from.
type origin struct {
	attest.Provenance
	model string // its name
}

// reproducing is a job that builds what an image was built from. done removes its checkout.
func (p program) reproducing(ctx context.Context, at, digest, repository string, f flags) (j job, done func(), err error) {
	from, err := provenanceOf(ctx, at, digest)
	if err != nil {
		return j, nil, err
	}
	source := from.Named("source")
	if len(source) != 1 {
		return j, nil, fmt.Errorf("the provenance of %s names no commit: it was built outside of a repository", at)
	}
	scratch, err := os.MkdirTemp("", "slipway-reproduce-*")
	if err != nil {
		return j, nil, err
	}
	done = func() { _ = os.RemoveAll(scratch) }
	top := filepath.Join(scratch, from.model) // a model without a name of its own is called like its directory
	if err := checkOut(ctx, repository, source[0].Digest["gitCommit"], top); err != nil {
		done()
		return j, nil, err
	}
	f.platforms, f.publish, f.fresh = from.BuildDefinition.ExternalParameters.Platforms, "none", true
	if f.out == "" {
		f.out = filepath.Join("dist", from.model+"-reproduce")
	}
	show := p.stdout
	if f.json {
		show = p.stderr
	}
	j = ship(filepath.Join(top, filepath.FromSlash(from.BuildDefinition.ExternalParameters.Model)), f)
	j.secrets, j.plan, j.adjust = []string{"build", "weights"}, alone, from.lock
	j.stages = func(t tools) []stage.Stage {
		return []stage.Stage{
			// the layers as a run makes them, none of them looked up
			{Name: "deps", Run: t.deps().Run},
			{Name: "train", Run: t.train().Run},
			{Name: "image", Run: t.image().Run},
			// held against what was published
			{Name: "compare", Run: reproduce.Stage{Comparer: t.registry, At: at, Digest: digest, Show: show}.Run},
		}
	}
	return j, done, nil
}

// provenanceOf reads what is attached to an image.
func provenanceOf(ctx context.Context, at, digest string) (origin, error) {
	attached, err := registry.New(registry.Options{}).Attachments(ctx, at, digest)
	if err != nil {
		return origin{}, err
	}
	for _, a := range attached {
		s, found, err := attest.ReadProvenance(a.ArtifactType, a.Data)
		switch {
		case errors.Is(err, attest.ErrOther):
			continue
		case err != nil:
			return origin{}, fmt.Errorf("what is attached to %s@%s: %w", at, digest, err)
		case len(s.Subject) == 0 || attest.Digest(digest)["sha256"] != s.Subject[0].Digest["sha256"]:
			return origin{}, fmt.Errorf("the provenance attached to %s@%s is about another image", at, digest)
		}
		return origin{found, filepath.Base(path.Clean("/" + s.Subject[0].Name))}, nil
	}
	return origin{}, fmt.Errorf("no provenance is attached to %s@%s: only what slipway published with it can be built again", at, digest)
}

// lock makes the run take what the image was built from: the base by its
// digest, and of requirements that were locked for that run alone what they were locked to.
func (o origin) lock(l *loaded) {
	source := o.Named("source")[0]
	if uri := strings.TrimPrefix(source.URI, "git+"); uri != "" {
		if parts := strings.Split(uri, "/"); len(parts) > 2 {
			l.event.ServerURL, l.event.Repository = strings.Join(parts[:len(parts)-2], "/"), strings.Join(parts[len(parts)-2:], "/")
		}
	}
	if l.facts.Locked != nil {
		return // slipway.lock is in the commit
	}
	locked := &lock.Lock{Base: lock.Base{Ref: l.config.Build.Base, Digests: map[string]string{}}}
	for _, base := range o.Named("base") {
		if platform, ok := base.Annotations["platform"].(string); ok {
			locked.Base.Digests[platform] = "sha256:" + base.Digest["sha256"]
		}
	}
	if of := l.config.Build.Requirements; of != "" {
		for _, file := range o.Named(of) {
			if sum, err := hex.DecodeString(file.Digest["sha256"]); err != nil || len(sum) == 0 || len(file.Content) == 0 {
				continue
			}
			if bytes.Equal(file.Content, l.facts.Lock) {
				continue
			}
			l.facts.Beside[lock.Requirements] = file.Content
			locked.Dependencies = &lock.Dependencies{
				File: lock.Requirements, Digest: plan.Digest(file.Content), From: of, FromDigest: plan.Digest(l.facts.Lock),
			}
		}
	}
	l.facts.Locked = locked
}

// checkOut writes the files of a commit to a directory.
func checkOut(ctx context.Context, repository, commit, to string) error {
	cmd := exec.CommandContext(ctx, "git", "-C", repository, "archive", "--format=tar", commit)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("git is needed to take the commit out of %s: %w", repository, err)
	}
	unpackErr := unpack(out, to)
	if _, err := io.Copy(io.Discard, out); err != nil && unpackErr == nil {
		unpackErr = err
	}
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("the commit %s that it was built from is not in %s (%s): name a clone of its repository that has it", commit, repository, stage.LastLine(said.String()))
	}
	return unpackErr
}

// unpack writes what git packed. Nothing leads out of the directory.
func unpack(r io.Reader, to string) error {
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(to)
	if err != nil {
		return err
	}
	defer root.Close() //nolint:errcheck // a directory
	for t := tar.NewReader(r); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading what git packed: %w", err)
		}
		if err := unpackOne(root, h, t); err != nil {
			return err
		}
	}
}

func unpackOne(root *os.Root, h *tar.Header, content io.Reader) error {
	name := path.Clean(h.Name)
	switch h.Typeflag {
	case tar.TypeDir:
		return root.MkdirAll(name, 0o755)
	case tar.TypeSymlink:
		return root.Symlink(h.Linkname, name)
	case tar.TypeReg:
		mode := os.FileMode(0o644)
		if h.Mode&0o111 != 0 {
			mode = 0o755
		}
		f, err := root.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, mode)
		if err != nil {
			return err
		}
		_, err = io.Copy(f, content)
		return errors.Join(err, f.Close())
	}
	return nil // the commit's id
}
