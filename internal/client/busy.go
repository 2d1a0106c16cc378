package client

import (
	"context"
	"time"

	"github.com/slipway-dev/slipway/internal/protocol"
)

// The first pause is as long as the server took to turn the request away, and
// each later one as long as all before it, within these bounds.
const (
	shortPause = time.Millisecond
	longPause  = 10 * time.Millisecond
)

// patience is for how long a case is asked again while its server is at work on something else.
type patience struct {
	busier protocol.Busier // nil: the server turns nothing away
	path   string
	limit  time.Duration
}

func patienceFor(proto protocol.Protocol, r protocol.Request) patience {
	busier, _ := proto.(protocol.Busier)
	return patience{busier, r.Path, Timeout(r)}
}

// again waits a little after the server turned a request away. It is false
// when the server did not, or when the time since begin is over.
func (p patience) again(ctx context.Context, status int, begin time.Time) bool {
	waited := time.Since(begin)
	if p.busier == nil || waited > p.limit || !p.busier.Busy(protocol.Response{Path: p.path, Status: status}) {
		return false
	}
	select {
	case <-ctx.Done():
		return false
	case <-time.After(min(max(waited, shortPause), longPause)):
		return true
	}
}

// insist asks a case until it is not turned away. The times of the answer are those of the last attempt.
func (c *Client) insist(ctx context.Context, proto protocol.Protocol, r protocol.Request, t protocol.Target) protocol.Answer {
	patience, begin, kept := patienceFor(proto, r), time.Now(), c.bodies
	for {
		a := c.ask(ctx, proto, r, t)
		if a.Error != "" || !patience.again(ctx, a.Status, begin) {
			return a
		}
		c.bodies = kept // what was kept of the refusal is not needed
	}
}
