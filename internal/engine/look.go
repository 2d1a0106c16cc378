package engine

import (
	"context"
	"fmt"

	"dagger.io/dagger"

	"github.com/slipway-dev/slipway/internal/stage"
)

// Look runs our helper beside an image: in a container that holds nothing
// else, with the image's file system at /image, which it is to name in its
// arguments. Nothing of the image is run, so this works for any platform and
// any user, and what lies in the image cannot answer for it. The same image is
// not looked at twice: the engine keeps what was said.
func (e *Engine) Look(ctx context.Context, image stage.Container, helper string, args ...string) (string, error) {
	c, ok := image.(*container)
	if !ok {
		return "", fmt.Errorf("a container to look at is a %T", image)
	}
	beside := e.client.Container().
		WithMountedDirectory("/image", c.value.Rootfs()).
		WithMountedFile("/probe", e.hostFile(helper))
	out, err := beside.WithExec(append([]string{"/probe"}, args...), dagger.ContainerWithExecOpts{}).Stdout(ctx)
	if err != nil {
		return "", e.explain(ctx, err)
	}
	return out, nil
}
