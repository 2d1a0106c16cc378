package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"github.com/slipway-dev/slipway/internal/protocol"
)

const (
	defaultReady = 60 * time.Second
	// pollLimit bounds one readiness question. Some servers compute before they
	// answer it (TGI and TEI run the model), so it is not short.
	pollLimit = 10 * time.Second
	// A port of this machine that nobody listens on is asked often: that costs
	// the server nothing. One that answers is asked less and less often, down to
	// what a start may be measured too long by.
	pollFirst = 25 * time.Millisecond
	pollLast  = 100 * time.Millisecond
	pollBytes = 64 << 10
	// A question that the limit interrupts says more than the one before it only when it took this long.
	hangs = 100 * time.Millisecond
	// lookEvery is how often other addresses are looked for while nobody listens.
	lookEvery = time.Second
)

// waitReady asks until the server is ready or says that it never will be, ctx
// ends, or limit is over. The answer is empty when it is ready, else why it is
// not, with the last readiness answer.
func (c *Client) waitReady(ctx context.Context, checks []protocol.Check, limit time.Duration, listening func() []netip.AddrPort) string {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	pause, last, looked := pollFirst, "", time.Now()
	for {
		asked := time.Now()
		said, err := c.poll(ctx, checks)
		switch {
		case said.Ready:
			return ""
		case said.Never:
			return said.Why
		case ctx.Err() != nil:
			if waited := time.Since(asked); waited > hangs {
				last = fmt.Sprintf("the last question has had no answer for %s", waited.Round(100*time.Millisecond))
			}
		case errors.Is(err, syscall.ECONNREFUSED) && c.port != 0:
			last = c.explain(err, nil, 0, pollLimit).text
			if time.Since(looked) > lookEvery {
				c.findHosts(listening())
				looked = time.Now()
			}
		case err != nil:
			last = c.explain(err, nil, 0, pollLimit).text
			pause = longer(pause)
		default:
			last = said.Why
			pause = longer(pause)
		}
		select {
		case <-time.After(pause):
			continue
		case <-ctx.Done():
		}
		if last == "" {
			last = "it did not answer"
		}
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return fmt.Sprintf("not ready within %s: %s%s", limit, last, elsewhere(listening(), c.port))
		}
		return last
	}
}

func longer(pause time.Duration) time.Duration { return min(pause*5/4, pollLast) }

// poll asks all checks once, until one is not content: that one's answer is the round's.
func (c *Client) poll(ctx context.Context, checks []protocol.Check) (protocol.Readiness, error) {
	ctx, cancel := context.WithTimeout(ctx, pollLimit)
	defer cancel()
	for _, check := range checks {
		resp, err := c.send(ctx, c.fresh, protocol.Message{Method: http.MethodGet, Path: check.Path})
		if err != nil {
			return protocol.Readiness{}, err
		}
		body, err := io.ReadAll(io.LimitReader(resp.Body, pollBytes))
		_ = resp.Body.Close()
		if err != nil {
			return protocol.Readiness{}, err
		}
		said := check.Judge(protocol.Response{Path: check.Path, Status: resp.StatusCode, ContentType: resp.Header.Get("Content-Type"), Body: body})
		if !said.Ready {
			return said, nil
		}
	}
	return protocol.Readiness{Ready: true}, nil
}

// elsewhere tells of a server that listens, but not on the port that is asked.
func elsewhere(listening []netip.AddrPort, port int) string {
	var addresses []string
	for _, l := range listening {
		if int(l.Port()) == port {
			return ""
		}
		addresses = append(addresses, l.String())
	}
	if len(addresses) == 0 {
		return ""
	}
	return " (the server listens on " + strings.Join(addresses, ", ") + ")"
}
