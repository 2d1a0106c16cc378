package engine

import (
	"context"
	"net"
	"strings"

	"dagger.io/dagger"

	"github.com/slipway-dev/slipway/internal/stage"
)

// Offerer lets an engine on this machine pull an image that is in no registry yet.
type Offerer interface {
	// Offer returns the reference to pull the image by.
	Offer(ctx context.Context, image stage.Image) (string, error)
}

// here is true for an engine that reaches this machine's loopback address. One
// in Docker, or on another machine, has its own.
func (a Address) here() bool {
	network, target, _ := strings.Cut(a.RunnerHost, "://")
	if network == "tcp" {
		host, _, err := net.SplitHostPort(target)
		ip := net.ParseIP(host)
		return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
	}
	return network == "unix"
}

// pulled has the engine pull the image, as anybody will once it is published.
// That is the way with the fewest copies: layers that the engine has are not
// asked for, and none goes through the session, which moves 45 MB/s. It is
// false where the engine cannot reach us; its layers are then handed to it.
func (e *Engine) pulled(ctx context.Context, image stage.Image) (*dagger.Container, bool) {
	if e.Offerer == nil || e.unreachable.Load() || !e.address.here() || image.Base.Archive != "" || len(image.Layers) == 0 {
		return nil, false
	}
	ref, err := e.Offerer.Offer(ctx, image)
	if err != nil {
		return nil, false
	}
	c, err := e.client.Container(dagger.ContainerOpts{Platform: dagger.Platform(image.Platform)}).From(ref).Sync(ctx)
	if err != nil {
		e.unreachable.Store(ctx.Err() == nil)
		return nil, false
	}
	return c, true
}
