package client

import (
	"context"
	"errors"
	"io"
	"net/netip"
	"time"

	"github.com/slipway-dev/slipway/internal/protocol"
)

const (
	// lastWords is how long an answer may still be on its way from a server that has ended.
	lastWords = 200 * time.Millisecond
	// askLimit bounds a question about the server itself, askBytes what is read
	// of the answer: the schemas of real servers have some hundred KiB.
	askLimit = 10 * time.Second
	askBytes = 1 << 20
)

// Server is what is known of the server beside what it answers. The zero
// value is one of which nothing is: it is somewhere else.
type Server struct {
	// Started is when it was started; zero: it runs already.
	Started time.Time
	// Ended is closed when it has ended; nil: that cannot be known.
	Ended <-chan struct{}
	// Listening are the addresses it listens on; nil: that cannot be known.
	Listening func() []netip.AddrPort
	// Ready is called once, when it is ready; nil: nobody wants to know.
	Ready func()
}

// Observe waits until the server is ready, lets it tell of itself, asks all
// cases, and then the load. What it saw is in ReadyMS, NotReady, Answers,
// Example and Load of the observations.
func (c *Client) Observe(ctx context.Context, spec protocol.Spec, proto protocol.Protocol, server Server, o *protocol.Observations) {
	if server.Started.IsZero() {
		server.Started = time.Now()
	}
	alive, cancel := server.while(ctx, 0)
	defer cancel()
	o.NotReady = c.waitReady(alive, proto.Checks(spec.Target(), spec.Ready), orDefault(spec.Ready.TimeoutMS, defaultReady), server.listening)
	if o.NotReady != "" {
		return
	}
	took := Milliseconds(time.Since(server.Started))
	o.ReadyMS = &took
	if server.Ready != nil {
		server.Ready()
	}
	target := spec.Target()
	if d, ok := proto.(protocol.Discoverer); ok {
		target = c.discover(alive, d, target)
	}
	cases := spec.Cases
	if len(cases) == 0 {
		o.Example, o.NoExample = example(proto, target)
	}
	if o.Example != nil {
		cases = []protocol.Request{o.Example.Request}
	}
	for range max(1, spec.Rounds) {
		c.bodies = BodiesOf(spec.Rounds)
		for _, r := range cases {
			o.Answers = append(o.Answers, c.one(ctx, server, proto, r, target))
		}
	}
	if spec.Load != nil {
		o.Load = c.load(ctx, *spec.Load, shots(proto, cases, target, o.Answers), server)
	}
}

// example makes a request up, or says what the server did not tell for it.
func example(proto protocol.Protocol, t protocol.Target) (made *protocol.Example, why string) {
	if e, ok := proto.(protocol.Exampler); ok {
		r, from, ok := e.Example(t)
		if ok {
			r.Name = protocol.ExampleName
			return &protocol.Example{Request: r, From: from}, ""
		}
		if from != "" {
			why = "nothing could be made of " + from
		}
	}
	var untold protocol.Untold
	if _, err := proto.Request(protocol.Request{JSON: []byte("[]")}, t); errors.As(err, &untold) {
		why = untold.Error()
	}
	return nil, why
}

// shots are the cases that were answered.
func shots(proto protocol.Protocol, cases []protocol.Request, t protocol.Target, answers []protocol.Answer) []shot {
	var all []shot
	for i, r := range cases {
		m, err := proto.Request(r, t)
		if a := answers[i]; err == nil && a.Status != 0 && a.Error == "" {
			s := shot{proto: proto, name: r.Name, request: r.Hash(), path: r.Path, message: m, patience: patienceFor(proto, r), status: a.Status, succeeded: a.Succeeded()}
			if a.Length <= otherBytes && !a.Truncated {
				alone := s.key(a.Status, a.ContentType, a.Body)
				s.alone = &alone
			}
			all = append(all, s)
		}
	}
	return all
}

// discover asks the server about itself until there is nothing more to ask.
func (c *Client) discover(ctx context.Context, d protocol.Discoverer, t protocol.Target) protocol.Target {
	for range protocol.DiscoverRounds {
		open := t.Open(d)
		if len(open) == 0 {
			break
		}
		for _, m := range open {
			t.Told = append(t.Told, c.question(ctx, m))
		}
	}
	return t
}

// question asks one. What got no complete answer has the status 0.
func (c *Client) question(ctx context.Context, m protocol.Message) protocol.Response {
	told := protocol.Response{Path: m.Path}
	e := c.exchange(ctx, c.fresh, m, askLimit, func(body io.Reader) (n int64, err error) {
		told.Body, err = io.ReadAll(io.LimitReader(body, askBytes))
		return int64(len(told.Body)), err
	})
	if e.failure != (failure{}) {
		return protocol.Response{Path: m.Path}
	}
	told.Status, told.ContentType = e.status, e.header.Get("Content-Type")
	return told
}

// one asks one case, unless the server is gone, and says so when it goes meanwhile.
func (c *Client) one(ctx context.Context, server Server, proto protocol.Protocol, r protocol.Request, t protocol.Target) protocol.Answer {
	if server.endsWithin(0) {
		return protocol.Answer{Name: r.Name, Request: r.Hash(), Error: "not asked: the server has ended"}
	}
	alive, cancel := server.while(ctx, lastWords)
	defer cancel()
	answer := c.insist(alive, proto, r, t)
	if answer.Error != "" && !answer.Invalid && server.endsWithin(lastWords) {
		answer.Error = "the server ended before it had answered"
	}
	return answer
}

func (s Server) listening() []netip.AddrPort {
	if s.Listening == nil {
		return nil
	}
	return s.Listening()
}

// endsWithin waits a little for the end: a connection that broke may be its first sign.
func (s Server) endsWithin(wait time.Duration) bool {
	select {
	case <-s.Ended:
		return true
	default:
	}
	if s.Ended == nil || wait == 0 {
		return false
	}
	select {
	case <-s.Ended:
		return true
	case <-time.After(wait):
		return false
	}
}

// while is a context that ends when the server does, or grace later.
func (s Server) while(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		defer cancel()
		select {
		case <-ctx.Done():
			return
		case <-s.Ended:
		}
		select {
		case <-ctx.Done():
		case <-time.After(grace):
		}
	}()
	return ctx, cancel
}
