package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// standInLabel marks an image as not being what its name says.
const standInLabel = "dev.slipway.lab.stand-in"

// image describes the stand-in with the given layer. Docker Hub's images have the same PATH.
func (s standIn) image(layer v1.Layer) (v1.Image, error) {
	config := v1.ConfigFile{
		Architecture: s.arch(),
		OS:           "linux",
		RootFS:       v1.RootFS{Type: "layers"},
		Config: v1.Config{
			Env: append([]string{"PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"}, s.Env...),
			Cmd: s.Cmd,
			Labels: map[string]string{
				standInLabel:                           "true",
				"org.opencontainers.image.title":       strings.TrimPrefix(s.Names[0], "library/"),
				"org.opencontainers.image.description": "Stand-in: " + s.About,
			},
		},
	}
	base := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	image, err := mutate.ConfigFile(base, &config)
	if err != nil {
		return nil, err
	}
	return mutate.Append(image, mutate.Addendum{
		Layer:   layer,
		History: v1.History{Created: v1.Time{Time: time.Unix(0, 0).UTC()}, CreatedBy: "mmdebstrap " + suite, Comment: s.About},
	})
}

// push uploads the image and gives it all its names. It returns the manifest's digest.
func push(ctx context.Context, registry string, s standIn, layerFile string, report func(string)) (string, error) {
	layer, err := tarball.LayerFromFile(layerFile, tarball.WithMediaType(types.OCILayer))
	if err != nil {
		return "", fmt.Errorf("%w: remove %s and run `lab up` again", err, layerFile)
	}
	image, err := s.image(layer)
	if err != nil {
		return "", err
	}
	for _, repositoryTag := range s.Names {
		report(repositoryTag)
		ref, err := labReference(registry, repositoryTag)
		if err != nil {
			return "", err
		}
		if err := list(ctx, ref, s, image); err != nil {
			return "", err
		}
	}
	digest, err := image.Digest()
	return digest.String(), err
}

func labReference(registry, repositoryTag string) (name.Reference, error) {
	return name.ParseReference(registry+"/"+repositoryTag, name.Insecure)
}
