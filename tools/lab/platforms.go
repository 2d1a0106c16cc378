package main

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// arch is the processor that the image is for.
func (s standIn) arch() string { return cmp.Or(s.Arch, runtime.GOARCH) }

// list gives the image a name, beside the images for other processors that have it: alone it is a plain image, as
// most of Docker Hub's names were once, with others an index.
func list(ctx context.Context, ref name.Reference, s standIn, image v1.Image) error {
	others, err := otherPlatforms(ctx, ref, s.arch())
	if err != nil {
		return err
	}
	if len(others) == 0 {
		return remote.Write(ref, image, remote.WithContext(ctx))
	}
	adds := append(others, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: s.arch()}}})
	slices.SortFunc(adds, func(a, b mutate.IndexAddendum) int {
		return cmp.Compare(a.Platform.Architecture, b.Platform.Architecture)
	})
	index := mutate.AppendManifests(mutate.IndexMediaType(empty.Index, types.OCIImageIndex), adds...)
	return remote.WriteIndex(ref, index, remote.WithContext(ctx))
}

// otherPlatforms are the images that a name has for other processors than this one.
func otherPlatforms(ctx context.Context, ref name.Reference, arch string) ([]mutate.IndexAddendum, error) {
	found, err := remote.Get(ref, remote.WithContext(ctx))
	if notThere(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var images []v1.Image
	if found.MediaType.IsIndex() {
		index, err := found.ImageIndex()
		if err != nil {
			return nil, err
		}
		manifest, err := index.IndexManifest()
		if err != nil {
			return nil, err
		}
		for _, d := range manifest.Manifests {
			image, err := index.Image(d.Digest)
			if err != nil {
				return nil, err
			}
			images = append(images, image)
		}
	} else {
		image, err := found.Image()
		if err != nil {
			return nil, err
		}
		images = append(images, image)
	}
	var others []mutate.IndexAddendum
	for _, image := range images {
		config, err := image.ConfigFile()
		if err != nil {
			return nil, err
		}
		if config.Architecture != arch {
			others = append(others, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: config.OS, Architecture: config.Architecture}}})
		}
	}
	return others, nil
}

func notThere(err error) bool {
	var answer *transport.Error
	return errors.As(err, &answer) && answer.StatusCode == http.StatusNotFound
}

// served reports whether a name leads to the manifest, alone or among those for several processors.
func served(ctx context.Context, registry, repositoryTag, digest string) (bool, error) {
	ref, err := labReference(registry, repositoryTag)
	if err != nil {
		return false, err
	}
	found, err := remote.Get(ref, remote.WithContext(ctx))
	if err != nil || found.Digest.String() == digest {
		return err == nil, err
	}
	if !found.MediaType.IsIndex() {
		return false, nil
	}
	index, err := found.ImageIndex()
	if err != nil {
		return false, err
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(manifest.Manifests, func(d v1.Descriptor) bool { return d.Digest.String() == digest }), nil
}

// Where the kernel is told what to start programs for other processors with
// (https://docs.kernel.org/admin-guide/binfmt-misc.html).
const (
	binfmtDir = "/proc/sys/fs/binfmt_misc"
	// emulator is what Debian's qemu-user-static says of itself. Its flag F has the kernel open the emulator now: no
	// container needs to have it.
	emulator = "/usr/lib/binfmt.d/qemu-aarch64.conf"
)

// emulatorNeeds is what running and unpacking the images of another processor uses.
var emulatorNeeds = []need{{emulator, "qemu-user-static"}, {"arch-test", "arch-test"}}

// emulates reports whether the kernel starts programs for arm64.
func emulates() bool {
	return runtime.GOARCH == "arm64" || onMachine(filepath.Join(binfmtDir, "qemu-aarch64"))
}

// emulate has the kernel start programs for arm64. Without it their images are built all the same, and not tried.
func emulate(ctx context.Context, p *progress) {
	if emulates() {
		return
	}
	if err := registerEmulator(ctx); err != nil {
		p.say("emulation", "arm64 is not emulated: %v", err)
		return
	}
	p.say("emulation", "arm64 is emulated by qemu")
}

func registerEmulator(ctx context.Context) error {
	if !onMachine(filepath.Join(binfmtDir, "register")) {
		if err := (command{args: []string{"mount", "-t", "binfmt_misc", "binfmt_misc", binfmtDir}}).run(ctx); err != nil {
			return err
		}
	}
	line, err := os.ReadFile(emulator)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(binfmtDir, "register"), line, 0o200)
}
