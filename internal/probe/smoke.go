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
	"runtime/debug"
	"syscall"
	"time"

	"github.com/slipway-dev/slipway/internal/protocol"
)

const (
	// defaultGrace is what docker stop gives a container between SIGTERM and SIGKILL.
	defaultGrace = 10 * time.Second
	// lastWords is how long an answer may still be on its way from a server that has ended.
	lastWords = 200 * time.Millisecond
	// memoryLimit makes the garbage collector keep the probe small beside the model.
	memoryLimit = 48 << 20
)

// Smoke starts the server that the spec names, asks it all cases and writes
// the observations. The error is nil whenever they could be written, whatever
// they are: also faults of the probe's own are in them.
func Smoke(ctx context.Context, args, env []string, stderr io.Writer) error {
	flags := flag.NewFlagSet("probe smoke", flag.ContinueOnError)
	flags.SetOutput(stderr)
	specFile := flags.String("spec", "", "`file` that says what to start and what to ask")
	out := flags.String("out", "", "`file` to write the observations to")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *specFile == "" || *out == "" {
		return errors.New("--spec and --out are needed")
	}
	debug.SetMemoryLimit(memoryLimit)
	observed := protocol.Observations{Version: protocol.SpecVersion, Answers: []protocol.Answer{}}
	if spec, err := readSpec(*specFile); err != nil {
		observed.Error = err.Error()
	} else {
		observed.Run, observed.Protocol, observed.Port, observed.Network = spec.Run, spec.Protocol, spec.Port, "open"
		observe(ctx, spec, env, &observed)
	}
	return writeJSON(*out, observed)
}

func readSpec(file string) (spec protocol.Spec, err error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return spec, fmt.Errorf("reading the spec: %w", err)
	}
	if err := json.Unmarshal(data, &spec); err != nil {
		return spec, fmt.Errorf("reading the spec %s: %w", file, err)
	}
	if spec.Version != protocol.SpecVersion {
		return spec, fmt.Errorf("the spec has version %d, this probe knows version %d: the probe belongs to another slipway", spec.Version, protocol.SpecVersion)
	}
	if len(spec.Command) == 0 {
		return spec, errors.New("the spec names no command to start")
	}
	if spec.Port < 1 || spec.Port > 65535 {
		return spec, fmt.Errorf("the spec names port %d, which is none", spec.Port)
	}
	return spec, nil
}

// observe is one run of the server: start, wait until ready, ask, stop.
func observe(ctx context.Context, spec protocol.Spec, env []string, o *protocol.Observations) {
	proto, err := protocol.For(spec.Protocol)
	if err != nil {
		o.Error = err.Error()
		return
	}
	root := os.DirFS("/")
	proc, err := fs.Sub(root, "proc")
	if err != nil {
		o.Error = err.Error()
		return
	}
	before := listeners(sockets(proc))
	group := findCgroup(root)
	c := newClient(spec.Port)
	samples := startSampler(root, group, c.dials.Load) // first, so that it misses nothing of the start
	log := newTail(nil)
	server, err := start(spec.Command, serverEnv(env, spec.Env), log, group.oomKills)
	if err != nil {
		samples.finish()
		o.Error = "starting the server: " + err.Error()
		return
	}
	listening := func() []netip.AddrPort { return newListeners(proc, before) }
	alive, cancel := server.while(ctx, 0)
	defer cancel()
	o.NotReady = c.waitReady(alive, proto.Checks(spec.Target(), spec.Ready), orDefault(spec.Ready.TimeoutMS, defaultReady), listening)
	if o.NotReady == "" {
		took := ms(time.Since(server.started))
		o.ReadyMS = &took
		for _, r := range spec.Cases {
			o.Answers = append(o.Answers, one(ctx, c, server, proto, r, spec.Target()))
		}
	}
	for _, l := range listening() {
		o.Listening = append(o.Listening, l.String())
	}
	samples.finish()
	if server.hasEnded() {
		exit := server.exit
		o.Exit = &exit
		server.killAll()
	} else {
		took, killed := server.stop(syscall.SIGTERM, orDefault(spec.StopTimeoutMS, defaultGrace))
		stopped := ms(took)
		o.StopMS, o.Killed = &stopped, killed
	}
	o.Memory, o.Connections, o.Log = samples.memory, samples.connections, log.String()
	if ctx.Err() != nil {
		o.Error = "the probe was told to stop before it was done"
	}
}

// one asks one case, unless the server is gone, and says so when it goes meanwhile.
func one(ctx context.Context, c *client, server *process, proto protocol.Protocol, r protocol.Request, t protocol.Target) protocol.Answer {
	if server.hasEnded() {
		return protocol.Answer{Name: r.Name, Error: "not asked: the server has ended"}
	}
	alive, cancel := server.while(ctx, lastWords)
	defer cancel()
	answer := c.ask(alive, proto, r, t)
	if answer.Error != "" && server.endsWithin(lastWords) {
		answer.Error = "the server ended before it had answered"
	}
	return answer
}

func orDefault(millis int64, otherwise time.Duration) time.Duration {
	if millis <= 0 {
		return otherwise
	}
	return time.Duration(millis) * time.Millisecond
}
