package smoke

import (
	"context"
	"time"

	"github.com/slipway-dev/slipway/internal/client"
	"github.com/slipway-dev/slipway/internal/protocol"
	"github.com/slipway-dev/slipway/internal/stage"
)

// Live asks a server that runs already, over the network.
type Live struct {
	URL   string
	Token string // sent as a bearer token; empty: none
	Load  bool   // send smoke.load too: others may be using the server
	Out   string // the directory that the observations are kept in
	Nonce string
}

// Run asks and judges.
func (l Live) Run(ctx context.Context, run *stage.Run) (stage.Outcome, error) {
	p := run.Plan.Smoke
	if p.Protocol == "auto" {
		p.Protocol, p.ProtocolWhy = "http", "nothing tells of another protocol; --protocol names one"
	}
	proto, err := protocol.For(p.Protocol)
	if err != nil {
		return stage.Outcome{}, err
	}
	if p.Protocol == "exec" {
		return stage.Fail("a command cannot be asked over the network", "name the protocol that the server speaks with --protocol")
	}
	options := client.Options{URL: l.URL}
	if l.Token != "" {
		options.Headers = map[string]string{"Authorization": "Bearer " + l.Token}
	}
	c, err := client.New(options)
	if err != nil {
		return stage.Outcome{}, &stage.Error{What: err.Error(), Where: "--url", Remedy: "correct it", Err: err}
	}
	seen := protocol.Observations{
		Version: protocol.SpecVersion, Run: l.Nonce, Protocol: p.Protocol,
		Live: true, Network: "not known", Answers: []protocol.Answer{},
	}
	spec := protocol.Spec{
		Protocol: p.Protocol, Model: run.Plan.Model, Served: p.Model, Cases: requests(p),
		Ready: protocol.Ready{Path: p.ReadyPath, TimeoutMS: min(p.Timeout, liveTimeout).Milliseconds()},
	}
	if l.Load {
		spec.Load = load(p)
	}
	c.Observe(ctx, spec, proto, client.Server{}, &seen)
	if ctx.Err() != nil {
		return stage.Outcome{}, ctx.Err()
	}
	if err := keep(l.Out, seen); err != nil {
		return stage.Outcome{}, err
	}
	return Judge(run, seen)
}

// liveTimeout bounds the wait for a server that is said to run.
const liveTimeout = 10 * time.Second
