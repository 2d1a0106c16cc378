//go:build linux

package probe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/slipway-dev/slipway/internal/client"
	"github.com/slipway-dev/slipway/internal/protocol"
)

// stderrBytes is how much of a case's standard error is kept: the end of it.
const stderrBytes = 16 << 10

// commands tries a model that is no server: every case runs a command.
func (t *trial) commands(ctx context.Context) {
	t.samples.ready()
	log := newTail(nil)
	for range max(1, t.spec.Rounds) {
		bodies := client.BodiesOf(t.spec.Rounds)
		for _, r := range t.spec.Cases {
			if ctx.Err() == nil {
				t.o.Answers = append(t.o.Answers, t.run(ctx, r, &bodies, log))
			}
		}
	}
	t.samples.finish()
	t.o.Log = log.String()
}

// run runs the command of one case: a body is its standard input, the answer its standard output.
func (t *trial) run(ctx context.Context, r protocol.Request, bodies *client.Bodies, log io.Writer) protocol.Answer {
	a := protocol.Answer{Name: r.Name, Request: r.Hash()}
	c := t.base
	c.args = r.Run(t.spec.Command)
	message, err := t.proto.Request(r, t.spec.Target())
	if err == nil && len(c.args) == 0 {
		err = errors.New("it names no command, and the image has none")
	}
	if err != nil {
		a.Invalid, a.Error = true, "the request could not be made: "+err.Error()
		return a
	}
	limit := client.Timeout(r)
	alive, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	stderr := newTail(log)
	c.stdin, c.stderr = message.Body, stderr.readFrom
	var endless error
	c.stdout = func(stdout io.Reader) {
		if _, err := bodies.Keep(&a, stdout); errors.Is(err, client.ErrEndless) {
			endless = err
			cancel()
		}
	}
	p, err := start(c, t.group.oomKills)
	if err != nil {
		a.Error = "the command could not be started: " + err.Error()
		return a
	}
	select {
	case <-p.ended:
	case <-alive.Done():
	}
	timedOut := !p.hasEnded() && errors.Is(alive.Err(), context.DeadlineExceeded)
	if timedOut {
		p.interrupt()
	} else {
		p.killAll()
	}
	switch {
	case endless != nil:
		a.Error = "the output " + endless.Error()
	case timedOut:
		a.Error = fmt.Sprintf("the command had not ended after %s", limit)
	case ctx.Err() != nil:
		a.Error = "the probe was told to stop before the command had ended"
	}
	a.Stderr = ending(stderr.String())
	if p.hasEnded() {
		exit := p.exit
		exit.TimedOut = timedOut
		a.Exit, a.LatencyMS = &exit, exit.AfterMS
	}
	return a
}

// ending is the last stderrBytes of a text, in whole characters.
func ending(text string) string {
	return strings.ToValidUTF8(text[max(0, len(text)-stderrBytes):], "")
}
