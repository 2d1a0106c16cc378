//go:build linux

package probe

import (
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slipway-dev/slipway/internal/client"
	"github.com/slipway-dev/slipway/internal/protocol"
)

const (
	sampleEvery = 50 * time.Millisecond
	// lookCost is how many times as long as a costly look took it has to wait
	// for the next one: the model has the same processor. The kernel walks its
	// whole connection table for /proc/net/tcp (5 ms on a machine of 32 GiB),
	// and every page table for the PSS.
	lookCost = 25
)

// sampler looks at memory and connections while the server runs.
type sampler struct {
	proc        fs.FS
	group       cgroup
	ours        bool // the cgroup's memory is the server's
	dials       func() int64
	memory      *protocol.Memory
	connections []protocol.Connection
	begun       time.Time
	pss         pacer
	sockets     pacer
	opens       int64 // connections opened that are not the probe's, when last looked
	starting    bool  // until marked
	mark        chan struct{}
	marked      chan struct{}
	stop        chan struct{}
	stopped     chan struct{}
}

// startSampler begins to sample; dials counts the connections that the probe itself opened.
func startSampler(root fs.FS, group cgroup, dials func() int64) *sampler {
	proc, err := fs.Sub(root, "proc")
	if err != nil {
		panic(err) // "proc" is a valid name
	}
	s := &sampler{
		proc: proc, group: group, ours: group.ours(), dials: dials,
		begun: time.Now(), starting: true,
		mark: make(chan struct{}), marked: make(chan struct{}), stop: make(chan struct{}), stopped: make(chan struct{}),
	}
	s.opens, _ = s.opened()
	go func() {
		defer close(s.stopped)
		tick := time.NewTicker(sampleEvery)
		defer tick.Stop()
		for {
			s.sample()
			select {
			case <-tick.C:
			case <-s.mark:
				s.sockets = pacer{}
				s.sample()
				s.starting, s.mark = false, nil
				close(s.marked)
			case <-s.stop:
				s.pss, s.sockets = pacer{}, pacer{} // the last look leaves nothing out
				s.sample()
				return
			}
		}
	}()
	return s
}

// ready takes a look: what is seen later was opened by a server that was ready.
func (s *sampler) ready() {
	close(s.mark)
	<-s.marked
}

// finish takes a last sample; memory and connections may be read afterwards.
func (s *sampler) finish() {
	close(s.stop)
	<-s.stopped
}

func (s *sampler) sample() {
	if s.ours {
		if bytes, ok := s.group.anonymous(); ok {
			s.seen(max(0, bytes-own(s.proc)), s.group.source())
		}
	} else {
		s.pss.pace(func() {
			if bytes, ok := pss(s.proc); ok {
				s.seen(bytes, "pss of the process tree")
			}
		})
	}
	// The counter is cheap to read; the connections are looked at when it moved.
	if opens, known := s.opened(); opens != s.opens || !known {
		s.sockets.pace(func() {
			s.opens = opens
			for _, remote := range outbound(sockets(s.proc)) {
				known := slices.ContainsFunc(s.connections, func(c protocol.Connection) bool { return c.Address == remote })
				if !known && len(s.connections) < maxConnections {
					s.connections = append(s.connections, protocol.Connection{Address: remote, AfterMS: client.Milliseconds(time.Since(s.begun)), BeforeReady: s.starting})
				}
			}
		})
	}
}

// opened counts the connections opened from this network namespace, without the probe's own.
func (s *sampler) opened() (n int64, known bool) {
	data, err := fs.ReadFile(s.proc, "net/snmp")
	if err != nil {
		return 0, false
	}
	var names []string
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		if len(fields) == 0 || fields[0] != "Tcp:" {
			continue
		}
		if at := slices.Index(names, "ActiveOpens"); at > 0 && at < len(fields) {
			n, err := strconv.ParseInt(fields[at], 10, 64)
			return n - s.dials(), err == nil
		}
		names = fields
	}
	return 0, false
}

// pacer spaces out looks by what they cost.
type pacer struct{ next time.Time }

func (p *pacer) pace(look func()) {
	begin := time.Now()
	if begin.Before(p.next) {
		return
	}
	look()
	p.next = begin.Add(time.Since(begin) * lookCost)
}

// maxConnections bounds the list for a server that opens connections without end.
const maxConnections = 200

func (s *sampler) seen(bytes int64, source string) {
	if s.memory == nil || bytes > s.memory.PeakBytes {
		s.memory = &protocol.Memory{PeakBytes: bytes, Source: source}
	}
}

// own is the probe's own anonymous memory, which the cgroup counts as well.
func own(proc fs.FS) int64 {
	data, err := fs.ReadFile(proc, "self/status")
	if err != nil {
		return 0
	}
	kib, _ := keyed(string(data), "RssAnon")
	return kib << 10
}

// pss adds up the proportional set sizes of our descendants, as far as we may read them.
func pss(proc fs.FS) (total int64, ok bool) {
	for _, pid := range descendants(proc, os.Getpid()) {
		data, err := fs.ReadFile(proc, strconv.Itoa(pid)+"/smaps_rollup")
		if err != nil {
			continue
		}
		if kib, found := keyed(string(data), "Pss"); found {
			total, ok = total+kib<<10, true
		}
	}
	return total, ok
}
