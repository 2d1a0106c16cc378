package smoke

import (
	"maps"

	"github.com/slipway-dev/slipway/internal/layer"
	"github.com/slipway-dev/slipway/internal/plan"
	"github.com/slipway-dev/slipway/internal/protocol"
	"github.com/slipway-dev/slipway/internal/stage"
)

// NothingToStart is an image without entrypoint and command, and nothing configured instead.
type NothingToStart struct{}

func (*NothingToStart) Error() string {
	return "the image has no entrypoint and no command, so there is nothing to start"
}

// makeSpec is what the probe is told about the run's image.
func makeSpec(run *stage.Run) (protocol.Spec, error) {
	p, image := run.Plan.Smoke, run.Container.Config()
	choose(p, image)
	proto, err := protocol.For(p.Protocol)
	if err != nil {
		return protocol.Spec{}, err
	}
	launch := protocol.Launch{Entrypoint: image.Entrypoint, Cmd: image.Cmd, Env: maps.Clone(p.Env), Port: port(p, image.Ports, proto)}
	if len(p.Command) > 0 {
		launch.Entrypoint, launch.Cmd = nil, p.Command
	}
	if l, ok := proto.(protocol.Launcher); ok {
		launch = l.Launch(launch)
	}
	spec := protocol.Spec{
		Version: protocol.SpecVersion, Protocol: p.Protocol, Model: run.Plan.Model, Served: p.Model,
		Command: append(append([]string{}, launch.Entrypoint...), launch.Cmd...), Env: launch.Env, Port: launch.Port,
		Ready:   protocol.Ready{Path: p.ReadyPath, TimeoutMS: p.Timeout.Milliseconds()},
		Network: p.Network, GPUs: p.GPUs, Load: load(p), Cases: requests(p),
	}
	if len(spec.Command) == 0 {
		return spec, &NothingToStart{}
	}
	return spec, nil
}

// choose finds the protocol in the image where the model's files did not tell.
func choose(p *plan.Smoke, image layer.Config) {
	if p.Protocol == "auto" {
		p.Protocol, p.ProtocolWhy = protocol.OfImage(protocol.Image{Labels: image.Labels, Env: image.Env, Command: image.Command(), Ports: image.Ports})
	}
}

// port is the configured one, else the only one the image exposes, else the protocol's.
func port(p *plan.Smoke, exposed []int, proto protocol.Protocol) int {
	switch {
	case p.Port != 0:
		return p.Port
	case len(exposed) == 1:
		return exposed[0]
	}
	return proto.DefaultPort()
}

func requests(p *plan.Smoke) []protocol.Request {
	var all []protocol.Request
	for _, c := range p.Cases {
		all = append(all, c.Request)
	}
	return all
}

// load leaves warm-up and time to the probe.
func load(p *plan.Smoke) *protocol.Load {
	if p.Load == nil {
		return nil
	}
	return &protocol.Load{Requests: p.Load.Requests, Concurrency: p.Load.Concurrency}
}
