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
	beside := e.alone(helper).WithMountedDirectory("/image", c.value.Rootfs())
	out, err := beside.WithExec(append([]string{helperPath}, args...)).Stdout(ctx)
	if err != nil {
		return "", e.explain(ctx, err)
	}
	return out, nil
}

// helperPath is where our helper lies in a container that holds nothing else.
const helperPath = "/slipway/probe"

// alone is a container of the engine's own platform with our helper in it. It
// has a file system with something in it: with none, or an empty one, a command
// that is cut off takes the whole engine down.
// https://github.com/dagger/dagger/blob/v0.19.10/core/dagop.go (extractContainerBkOutputs)
func (e *Engine) alone(helper string) *dagger.Container {
	return e.client.Container().WithRootfs(e.client.Directory().WithNewDirectory("/image")).WithMountedFile(helperPath, e.hostFile(helper))
}
