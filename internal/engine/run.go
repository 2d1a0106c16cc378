package engine

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"dagger.io/dagger"

	"github.com/slipway-dev/slipway/internal/stage"
)

// refusesInsecure is how an engine answers whose configuration says so:
// `{"security": {"insecureRootCapabilities": false}}` in its engine.json.
// https://github.com/dagger/dagger/blob/v0.19.10/internal/buildkit/util/entitlements/entitlements.go
const refusesInsecure = "security.insecure is not allowed"

// withoutGPUs matches how an engine answers that cannot give any: one that was
// not started for it, or whose machine has no driver. An engine that can is
// started with _EXPERIMENTAL_DAGGER_GPU_SUPPORT, from an image whose name ends in -gpu.
// https://github.com/dagger/dagger/blob/v0.19.10/core/container_exec.go (execMeta)
// https://github.com/dagger/dagger/blob/v0.19.10/engine/buildkit/executor_spec.go (enableGPU)
var withoutGPUs = regexp.MustCompile(`GPU support is not enabled|nvidia-container-`)

// run runs the command and waits for its end.
func (c *container) run(ctx context.Context, x stage.Exec) (*dagger.Container, error) {
	prepared := c.prepare(x)
	options := dagger.ContainerWithExecOpts{InsecureRootCapabilities: x.Insecure}
	if x.GPUs > 0 {
		// Asking an engine that has none is an error. Without them the command counts 0, and says so.
		ran, err := prepared.ExperimentalWithAllGPUs().WithExec(x.Args, options).Sync(ctx)
		if err == nil || !withoutGPUs.MatchString(said(err)) {
			return ran, c.refused(ctx, x, err)
		}
	}
	ran, err := prepared.WithExec(x.Args, options).Sync(ctx)
	return ran, c.refused(ctx, x, err)
}

// refused tells an engine that allows no privileges from other errors.
func (c *container) refused(ctx context.Context, x stage.Exec, err error) error {
	switch {
	case err == nil:
		return nil
	case x.Insecure && strings.Contains(err.Error(), refusesInsecure):
		return fmt.Errorf("%w: %s", stage.ErrInsecure, refusesInsecure)
	case strings.Contains(said(err), "exec "+x.Args[0]+": exec format error"):
		// The engine's init says so of a command for another processor. Where the
		// engine itself looks for an emulator:
		// https://github.com/dagger/dagger/blob/v0.19.10/core/container_emulator.go
		return stage.ErrForeign
	}
	return c.engine.explain(ctx, err)
}

// said is all that is known of an error, also what a command that failed printed.
func said(err error) string {
	var exit *dagger.ExecError
	if errors.As(err, &exit) {
		return err.Error() + "\n" + exit.Stderr
	}
	return err.Error()
}
