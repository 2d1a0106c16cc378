//go:build linux

package probe

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/slipway-dev/slipway/internal/client"
	"github.com/slipway-dev/slipway/internal/protocol"
)

const (
	// defaultGrace is what docker stop gives a container between SIGTERM and SIGKILL.
	defaultGrace = 10 * time.Second
	// memoryLimit makes the garbage collector keep the probe small beside the model.
	memoryLimit = 48 << 20
	// largeSpec is one that holds the JSON of a large request.
	largeSpec = 1 << 20
)

// Smoke starts the server that the spec names, asks it all cases and writes
// the observations. The error is nil whenever they could be written, whatever
// they are: also faults of the probe's own are in them.
func Smoke(ctx context.Context, args, env []string, stderr io.Writer) error {
	flags := flag.NewFlagSet("probe smoke", flag.ContinueOnError)
	flags.SetOutput(stderr)
	specFile := flags.String("spec", "", "`file` that says what to start and what to ask")
	out := flags.String("out", "", "`file` to write the observations to")
	network := flags.String("network", "", "what came of closing the network; only the probe itself says so, when it starts itself anew")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *specFile == "" || *out == "" {
		return errors.New("--spec and --out are needed")
	}
	debug.SetMemoryLimit(memoryLimit)
	observed := protocol.Observations{Version: protocol.SpecVersion, Answers: []protocol.Answer{}}
	spec, err := readSpec(*specFile)
	if err == nil && spec.Network == protocol.NetworkNone && *network == "" {
		*network, err = closeNetwork(args)
	}
	observed.Run, observed.Protocol, observed.Port = spec.Run, spec.Protocol, spec.Port
	if observed.Network = *network; *network != protocol.NetworkNone {
		observed.Network, observed.NetworkWhy = protocol.NetworkOpen, *network
	}
	if err != nil {
		observed.Error = err.Error()
	} else {
		observe(ctx, spec, env, &observed)
	}
	return writeObservations(*out, observed)
}

func readSpec(file string) (spec protocol.Spec, err error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return spec, fmt.Errorf("reading the spec: %w", err)
	}
	if err := json.Unmarshal(data, &spec); err != nil {
		return spec, fmt.Errorf("reading the spec %s: %w", file, err)
	}
	if len(data) > largeSpec {
		data = nil   //nolint:ineffassign,wastedassign // so that it can go
		runtime.GC() // what was read and what was made of it are not both to be in memory
	}
	if spec.Version != protocol.SpecVersion {
		return spec, fmt.Errorf("the spec has version %d, this probe knows version %d: the probe belongs to another slipway", spec.Version, protocol.SpecVersion)
	}
	if spec.Protocol == protocol.Exec {
		return spec, nil // a case may name its own command, and nothing listens
	}
	if len(spec.Command) == 0 {
		return spec, errors.New("the spec names no command to start")
	}
	if spec.Port < 1 || spec.Port > 65535 {
		return spec, fmt.Errorf("the spec names port %d, which is none", spec.Port)
	}
	return spec, nil
}

// trial is one run of what is tried.
type trial struct {
	spec    protocol.Spec
	proto   protocol.Protocol
	base    command // what everything that is started has in common
	proc    fs.FS
	group   cgroup
	samples *sampler
	o       *protocol.Observations
}

func observe(ctx context.Context, spec protocol.Spec, env []string, o *protocol.Observations) {
	proto, err := protocol.For(spec.Protocol)
	if err != nil {
		o.Error = err.Error()
		return
	}
	asker, err := client.New(client.Options{Port: spec.Port})
	if err != nil {
		o.Error = err.Error()
		return
	}
	root := os.DirFS("/")
	if spec.GPUs > 0 {
		there := gpus(root)
		o.GPUs = &there
		if there < spec.GPUs {
			return
		}
	}
	t := &trial{spec: spec, proto: proto, base: base(spec, env), proc: os.DirFS("/proc"), group: findCgroup(root), o: o}
	t.samples = startSampler(root, t.group, asker.Dials) // first, so that it misses nothing of the start
	if spec.Protocol == protocol.Exec {
		t.commands(ctx)
	} else {
		t.server(ctx, asker)
	}
	o.Memory, o.Connections = t.samples.memory, t.samples.connections
	if ctx.Err() != nil {
		o.Error = "the probe was told to stop before it was done"
	}
}

// server tries a server: start, wait until ready, ask, stop.
func (t *trial) server(ctx context.Context, asker *client.Client) {
	before := listeners(sockets(t.proc))
	log, c := newTail(nil), t.base
	c.args, c.stdout = t.spec.Command, log.readFrom
	server, err := start(c, t.group.oomKills)
	if err != nil {
		t.samples.finish()
		t.o.Error = "starting the server: " + err.Error()
		return
	}
	listening := func() []netip.AddrPort { return newListeners(t.proc, before) }
	asker.Observe(ctx, t.spec, t.proto, client.Server{Started: server.started, Ended: server.ended, Listening: listening, Ready: t.samples.ready}, t.o)
	for _, l := range listening() {
		t.o.Listening = append(t.o.Listening, l.String())
	}
	t.samples.finish()
	if server.hasEnded() {
		exit := server.exit
		t.o.Exit = &exit
		server.killAll()
	} else {
		grace := defaultGrace
		if t.spec.StopTimeoutMS > 0 {
			grace = time.Duration(t.spec.StopTimeoutMS) * time.Millisecond
		}
		t.o.Log = log.take()
		took, killed := server.stop(syscall.SIGTERM, grace)
		stopped := client.Milliseconds(took)
		t.o.StopMS, t.o.Killed = &stopped, killed
	}
	if rest := log.String(); strings.TrimSpace(t.o.Log) == "" {
		t.o.Log = rest // of one that ended by itself, or that kept in a buffer of its own what it printed
	} else {
		t.o.LogAfter = rest
	}
}
