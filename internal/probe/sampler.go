//go:build linux

package probe

import (
	"io/fs"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/slipway-dev/slipway/internal/protocol"
)

// sampleEvery is short enough to see a download's connection, and costs well
// under one percent of a core. PSS is dearer to read: the kernel walks the
// page tables, so it is read every pssEvery samples.
const (
	sampleEvery = 50 * time.Millisecond
	pssEvery    = 5
)

// sampler looks at memory and connections while the server runs.
type sampler struct {
	root        fs.FS
	group       cgroup
	ours        bool // the cgroup's memory is the server's
	memory      *protocol.Memory
	connections []string
	samples     int
	stop        chan struct{}
	stopped     chan struct{}
}

func startSampler(root fs.FS, group cgroup) *sampler {
	s := &sampler{root: root, group: group, ours: group.ours(), stop: make(chan struct{}), stopped: make(chan struct{})}
	go func() {
		defer close(s.stopped)
		tick := time.NewTicker(sampleEvery)
		defer tick.Stop()
		for {
			s.sample()
			select {
			case <-tick.C:
			case <-s.stop:
				s.samples = 0 // the last sample is a full one
				s.sample()
				return
			}
		}
	}()
	return s
}

// finish takes a last sample; memory and connections may be read afterwards.
func (s *sampler) finish() {
	close(s.stop)
	<-s.stopped
}

func (s *sampler) sample() {
	proc, err := fs.Sub(s.root, "proc")
	if err != nil {
		return
	}
	for _, remote := range outbound(sockets(proc)) {
		if !slices.Contains(s.connections, remote) && len(s.connections) < maxConnections {
			s.connections = append(s.connections, remote)
		}
	}
	if s.ours {
		if bytes, ok := s.group.anonymous(); ok {
			s.seen(max(0, bytes-own(proc)), s.group.source())
		}
	} else if s.samples%pssEvery == 0 {
		if bytes, ok := pss(proc); ok {
			s.seen(bytes, "pss of the process tree")
		}
	}
	s.samples++
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
