package client

import (
	"context"
	"time"

	"github.com/slipway-dev/slipway/internal/protocol"
)

// busyPause is between two attempts: a server that is free again is soon asked.
const busyPause = 10 * time.Millisecond

// insist asks a case again while the server is at work on something else, for
// as long as the case has. The times of the answer are those of the last attempt.
func (c *Client) insist(ctx context.Context, proto protocol.Protocol, r protocol.Request, t protocol.Target) protocol.Answer {
	busier, ok := proto.(protocol.Busier)
	begin, kept := time.Now(), c.bodies
	for {
		a := c.ask(ctx, proto, r, t)
		if !ok || a.Error != "" || !busier.Busy(protocol.Response{Path: r.Path, Status: a.Status}) || time.Since(begin) > Timeout(r) {
			return a
		}
		select {
		case <-ctx.Done():
			return a
		case <-time.After(busyPause):
		}
		c.bodies = kept // what was kept of the refusal is not needed
	}
}
