package client

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/slipway-dev/slipway/internal/protocol"
)

const (
	defaultLoad = 60 * time.Second
	// Where nothing else is said, a tenth of the requests warm the server up, but not more than this.
	defaultWarmup = 10
	// A worker costs some 50 KiB and a request 8 bytes: these keep a load within 20 MiB.
	maxConcurrency = 256
	maxRequests    = 1_000_000
	// endIsNear is how soon after a connection broke its server has ended, if that is why.
	endIsNear = 20 * time.Millisecond
)

// shot is one request of the load, with what it was answered with when it was asked alone.
type shot struct {
	proto     protocol.Protocol
	name      string
	request   string // its hash
	path      string
	alone     *key // of its answer; nil when that was too long to be compared
	message   protocol.Message
	patience  patience
	status    int
	succeeded bool
}

// loop is a closed loop: a worker waits for its answer before it asks again,
// so while the server is slow it is asked less. A percentile tells what these
// workers waited, not what clients would that come whatever the server does.
type loop struct {
	client  *Client
	via     *http.Client
	server  Server
	shots   []shot
	workers int
	others  *others
}

// load asks the cases in turn, on connections that are kept. A case that was
// not answered when it was asked alone is left out, and so is one that was
// refused beside others that were not. It is nil when that leaves none.
func (c *Client) load(ctx context.Context, l protocol.Load, shots []shot, server Server) *protocol.LoadSeen {
	if l.Requests < 1 || len(shots) == 0 {
		return nil
	}
	shots, leftOut := answered(shots)
	l = complete(l)
	ctx, cancel := context.WithTimeout(ctx, orDefault(l.TimeoutMS, defaultLoad))
	defer cancel()
	ctx, cancel = server.while(ctx, lastWords)
	defer cancel()
	transport := c.transport()
	transport.MaxIdleConnsPerHost = l.Concurrency
	defer transport.CloseIdleConnections()
	loop := &loop{client: c, via: over(transport), server: server, shots: shots, workers: l.Concurrency, others: newOthers()}
	seen := &protocol.LoadSeen{Load: l, LeftOut: leftOut}
	measured := loop.run(ctx, l.Warmup)
	if !measured.cut && measured.errors[serverEnded] == 0 {
		seen.WarmupErrors = measured.errors
		loop.others = newOthers()
		begin := time.Now()
		measured = loop.run(ctx, l.Requests)
		seen.DurationMS = Milliseconds(time.Since(begin))
		seen.Answered, seen.Latency = len(measured.latencies), protocol.PercentilesOf(measured.latencies)
	}
	seen.Errors, seen.Cut = measured.errors, measured.cut
	seen.Others, seen.Unknown = loop.others.kept, loop.others.unknown
	return seen
}

// answered are the shots that were answered with success when they were asked
// alone, and the names of the others; without one that was, it is all of them.
func answered(shots []shot) (kept []shot, leftOut []string) {
	for _, s := range shots {
		if s.succeeded {
			kept = append(kept, s)
		} else {
			leftOut = append(leftOut, s.name)
		}
	}
	if len(kept) == 0 {
		return shots, nil
	}
	return kept, leftOut
}

// complete fills in what is left open, and bounds what is not.
func complete(l protocol.Load) protocol.Load {
	l.Requests = min(l.Requests, maxRequests)
	l.Concurrency = min(max(l.Concurrency, 1), maxConcurrency, l.Requests)
	if l.Warmup < 1 {
		l.Warmup = max(min(l.Requests/10, defaultWarmup), l.Concurrency)
	}
	l.TimeoutMS = orDefault(l.TimeoutMS, defaultLoad).Milliseconds()
	return l
}

// seen is what one worker saw, or all of them.
type seen struct {
	latencies []float64 // in milliseconds
	errors    map[string]int
	cut       bool
}

// run asks n requests.
func (l *loop) run(ctx context.Context, n int) seen {
	var next atomic.Int64
	var workers sync.WaitGroup
	each := make([]seen, l.workers)
	for w := range each {
		workers.Go(func() { each[w] = l.work(ctx, func() int { return int(next.Add(1)) - 1 }, n) })
	}
	workers.Wait()
	all := seen{errors: map[string]int{}}
	for _, s := range each {
		all.latencies = append(all.latencies, s.latencies...)
		all.cut = all.cut || s.cut
		for kind, n := range s.errors {
			all.errors[kind] += n
		}
	}
	return all
}

func (l *loop) work(ctx context.Context, next func() int, n int) seen {
	s := seen{errors: map[string]int{}}
	var body bytes.Buffer
	for i := next(); i < n; i = next() {
		shot := l.shots[i%len(l.shots)]
		e, length := l.exchange(ctx, shot, &body)
		broken := e.failure.kind != ""
		switch {
		case broken && l.server.endsWithin(endIsNear):
			s.errors[serverEnded]++
			return s
		case (broken || e.status != shot.status) && ctx.Err() != nil:
			s.cut = true
			return s
		case broken:
			s.errors[e.failure.kind]++
		case e.status != shot.status:
			s.errors[fmt.Sprintf("status %d", e.status)]++
		default:
			s.latencies = append(s.latencies, Milliseconds(e.took))
			l.others.compare(shot, e, &body, length)
		}
	}
	return s
}

// exchange is one request. Where the server turned it away at first, it took as
// long as the client waited in all.
func (l *loop) exchange(ctx context.Context, s shot, body *bytes.Buffer) (e exchange, length int64) {
	for begin, first := time.Now(), true; ; first = false {
		e = l.client.exchange(ctx, l.via, s.message, s.patience.limit, func(r io.Reader) (n int64, err error) {
			length, err = beginning(body, r)
			return length, err
		})
		if !first {
			e.took = time.Since(begin)
		}
		if e.failure.kind != "" || e.status == s.status || !s.patience.again(ctx, e.status, begin) {
			return e, length
		}
	}
}
