package smoke

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/slipway-dev/slipway/internal/client"
	"github.com/slipway-dev/slipway/internal/protocol"
	"github.com/slipway-dev/slipway/internal/result"
	"github.com/slipway-dev/slipway/internal/secret"
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
	if p.Protocol == protocol.Exec {
		return stage.Outcome{}, &stage.Invalid{Problem: result.Problem{
			File: "smoke.protocol", Message: "a command (exec) cannot be asked over the network: name the protocol that the server speaks with --protocol",
		}}
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
		if spec.Load = load(p); spec.Load == nil {
			run.Result.Warnings = append(run.Result.Warnings, "--load sent nothing: smoke.load says what to send")
		}
	}
	c.Observe(ctx, spec, proto, client.Server{}, &seen)
	if ctx.Err() != nil {
		return stage.Outcome{}, ctx.Err()
	}
	clean(secret.NewScrubber(l.Token), &seen)
	if !c.Reached() {
		run.Result.Smoke = measured(seen)
		return stage.Outcome{}, unreached(l.URL, seen.NotReady)
	}
	if err := keep(l.Out, seen); err != nil {
		return stage.Outcome{}, err
	}
	return Judge(run, seen)
}

// unreached is the end where nobody answered: that is the network or the
// address, and says nothing of the model.
func unreached(address, why string) error {
	remedy := "is the address right, does the server run, and is there a way from here to it (proxy, firewall)?"
	if strings.Contains(why, "TLS connection") {
		remedy = "is it the address of an HTTPS server? SSL_CERT_FILE names a file of authorities to trust, such as your own"
	}
	if u, err := url.Parse(address); err == nil {
		address = u.Redacted()
	}
	return &stage.Error{What: "the server did not answer " + strings.TrimPrefix(why, "not ready "), Where: address, Remedy: remedy}
}

// liveTimeout bounds the wait for a server that is said to run.
const liveTimeout = 10 * time.Second
