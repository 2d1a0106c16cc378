//go:build linux

package probe

import (
	"io/fs"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// A container: the server's listener, one connection accepted on it, the
// engine's listener, a download, one that waits to be closed, and loopback.
const (
	tcp4 = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 11 1 0 100 0 0 10 0
   1: 0100007F:A001 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12 1 0 100 0 0 10 0
   2: 05005A0A:1F90 01005A0A:D431 01 00000000:00000000 00:00000000 00000000  1000        0 13 1 0 20 4 30 10 -1
   3: 05005A0A:C350 3200D03E:01BB 01 00000000:00000000 00:00000000 00000000  1000        0 14 1 0 20 4 30 10 -1
   4: 05005A0A:C351 3200D03E:0050 06 00000000:00000000 03:000016E9 00000000     0        0 0 3 0 0 0 0
   5: 0100007F:1F90 0100007F:C352 01 00000000:00000000 00:00000000 00000000  1000        0 15 1 0 20 4 30 10 -1
   6: 05005A0A:C353 05005A0A:1F91 01 00000000:00000000 00:00000000 00000000  1000        0 16 1 0 20 4 30 10 -1
`
	tcp6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000001000000:1F91 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 17 1 0 100 0 0 10 0
   1: 0000000000000000FFFF000005005A0A:C354 0000000000000000FFFF00003200D03E:01BB 02 00000000:00000000 00:00000000 00000000  1000        0 18 1 0 100 0 0 10 0
   2: B80D0120000000000000000005000000:C355 B80D0120000000000000000009000000:01BB 01 00000000:00000000 00:00000000 00000000  1000        0 19 1 0 100 0 0 10 0
`
)

func TestSockets(t *testing.T) {
	all := sockets(fstest.MapFS{"net/tcp": {Data: []byte(tcp4)}, "net/tcp6": {Data: []byte(tcp6)}})
	want := []string{"62.208.0.50:443", "62.208.0.50:80", "62.208.0.50:443", "[2001:db8::9]:443"}
	if diff := cmp.Diff(want, outbound(all)); diff != "" {
		t.Errorf("outbound (-want +got):\n%s", diff)
	}
	var listening []string
	for _, l := range listeners(all) {
		listening = append(listening, l.String())
	}
	if diff := cmp.Diff([]string{"0.0.0.0:8080", "127.0.0.1:40961", "[::1]:8081"}, listening); diff != "" {
		t.Errorf("listeners (-want +got):\n%s", diff)
	}
}

// TestSamplerConnections: the connections are looked at when somebody else than the probe opened one.
func TestSamplerConnections(t *testing.T) {
	root := fstest.MapFS{
		"proc/net/tcp":  {Data: []byte(tcp4)},
		"proc/net/snmp": {Data: []byte("Ip: Forwarding\nIp: 1\nTcp: RtoMin ActiveOpens PassiveOpens\nTcp: 200 40 7\n")},
	}
	for _, tc := range []struct {
		name  string
		dials []int64 // of the probe: at the start, in the end
		snmp  bool
		want  []string
	}{
		{"none", []int64{40, 40}, true, nil},
		{"the server's", []int64{40, 39}, true, []string{"62.208.0.50:443", "62.208.0.50:80"}},
		{"not known", []int64{0, 0}, false, []string{"62.208.0.50:443", "62.208.0.50:80"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if !tc.snmp {
				delete(root, "proc/net/snmp")
			}
			calls := 0
			s := startSampler(root, cgroup{}, func() int64 {
				calls++
				return tc.dials[min(calls-1, 1)]
			})
			s.finish()
			var got []string
			for _, c := range s.connections {
				got = append(got, c.Address)
				if !c.BeforeReady {
					t.Errorf("%s was seen before anything was ready", c.Address)
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("connections (-want +got):\n%s", diff)
			}
		})
	}
}

// TestSamplerReady: what was opened while the server started is told from what came later.
func TestSamplerReady(t *testing.T) {
	lines := strings.SplitAfter(tcp4, "\n")
	files := &changing{files: fstest.MapFS{"proc/net/tcp": {Data: []byte(strings.Join(lines[:5], ""))}}}
	s := startSampler(files, cgroup{}, func() int64 { return 0 })
	s.ready()
	files.set("proc/net/tcp", tcp4)
	s.finish()
	got := map[string]bool{}
	for _, c := range s.connections {
		got[c.Address] = c.BeforeReady
	}
	if diff := cmp.Diff(map[string]bool{"62.208.0.50:443": true, "62.208.0.50:80": false}, got); diff != "" {
		t.Errorf("before ready (-want +got):\n%s", diff)
	}
}

// changing is a file system whose files change while they are read.
type changing struct {
	mu    sync.Mutex
	files fstest.MapFS
}

func (c *changing) Open(name string) (fs.File, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.files.Open(name)
}

func (c *changing) set(name, data string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.files[name] = &fstest.MapFile{Data: []byte(data)}
}

func FuzzParseSocket(f *testing.F) {
	for line := range strings.Lines(tcp4 + tcp6) {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if s, ok := parseSocket(line); ok {
			outbound([]socket{s})
			listeners([]socket{s})
		}
	})
}

func TestCgroup(t *testing.T) {
	self := strconv.Itoa(os.Getpid())
	stat := func(pid, parent string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte(pid + " (python3 (a) b) S " + parent + " 1 1 0 -1")}
	}
	processes := func(procs string, more fstest.MapFS) fstest.MapFS {
		root := fstest.MapFS{
			"proc/1/stat":               stat("1", "0"),
			"proc/" + self + "/stat":    stat(self, "1"),
			"proc/4000001/stat":         stat("4000001", self),
			"proc/4000002/stat":         stat("4000002", "4000001"),
			"proc/4000003/stat":         stat("4000003", "1"),
			"proc/self/status":          {Data: []byte("Name:\tprobe\nRssAnon:\t    1000 kB\n")},
			"proc/4000001/smaps_rollup": {Data: []byte("00400000-7ffe [rollup]\nRss:  900 kB\nPss:  700 kB\nPss_Anon: 1 kB\n")},
			"proc/4000002/smaps_rollup": {Data: []byte("00400000-7ffe [rollup]\nPss:  300 kB\n")},
			"proc/4000003/smaps_rollup": {Data: []byte("00400000-7ffe [rollup]\nPss:  9999 kB\n")},
		}
		for name, file := range more {
			root[name] = file
		}
		for name := range root {
			if strings.HasSuffix(name, "cgroup.procs") {
				root[name] = &fstest.MapFile{Data: []byte(strings.ReplaceAll(procs, "SELF", self))}
			}
		}
		return root
	}
	v2 := fstest.MapFS{
		"proc/self/cgroup":              {Data: []byte("0::/\n")},
		"sys/fs/cgroup/memory.current":  {Data: []byte("9\n")},
		"sys/fs/cgroup/memory.stat":     {Data: []byte("anon 104857600\nfile 5\nanon_thp 7\n")},
		"sys/fs/cgroup/memory.events":   {Data: []byte("low 0\noom 3\noom_kill 2\noom_group_kill 0\n")},
		"sys/fs/cgroup/cgroup.procs":    {},
		"sys/fs/cgroup/other/unrelated": {},
	}
	v1 := fstest.MapFS{
		"proc/self/cgroup":                                 {Data: []byte("9:name=systemd:/\n4:cpu,memory:/docker/abc\n0::/\n")},
		"sys/fs/cgroup/memory/memory.usage_in_bytes":       {Data: []byte("9\n")},
		"sys/fs/cgroup/memory/memory.stat":                 {Data: []byte("rss 1\ntotal_rss 52428800\n")},
		"sys/fs/cgroup/memory/memory.oom_control":          {Data: []byte("oom_kill_disable 0\nunder_oom 0\noom_kill 1\n")},
		"sys/fs/cgroup/memory/cgroup.procs":                {},
		"sys/fs/cgroup/unified/cgroup.controllers":         {},
		"sys/fs/cgroup/memory/docker/other/cgroup.procs.x": {},
	}
	for _, tc := range []struct {
		name   string
		procs  string
		files  fstest.MapFS
		peak   int64
		source string
		ooms   int64
	}{
		{"version 2", "1\nSELF\n4000001\n4000002\n", v2, 100<<20 - 1000<<10, "cgroup v2 anon", 2},
		{"version 1", "SELF\n4000001\n4000002\n", v1, 50<<20 - 1000<<10, "cgroup v1 rss", 1},
		{"shared with another process", "SELF\n4000001\n4000003\n", v2, 1000 << 10, "pss of the process tree", 2},
		{"shared with another container", "SELF\n0\n", v2, 1000 << 10, "pss of the process tree", 2},
		{"not our own", "4000001\n", v2, 1000 << 10, "pss of the process tree", 2},
		{"none", "", nil, 1000 << 10, "pss of the process tree", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			root := processes(tc.procs, tc.files)
			group := findCgroup(root)
			s := startSampler(root, group, func() int64 { return 0 })
			s.finish()
			if s.memory == nil || s.memory.PeakBytes != tc.peak || s.memory.Source != tc.source {
				t.Errorf("memory %+v, want %d from %s", s.memory, tc.peak, tc.source)
			}
			if got := group.oomKills(); got != tc.ooms {
				t.Errorf("%d oom kills, want %d", got, tc.ooms)
			}
		})
	}
}

func TestServerEnv(t *testing.T) {
	env := []string{"PATH=/bin", "SLIPWAY_RUN=1", "TRACEPARENT=00-1", "OTEL_SERVICE_NAME=iris", "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:1", "A=1"}
	if diff := cmp.Diff([]string{"PATH=/bin", "TRACEPARENT=00-1", "OTEL_SERVICE_NAME=iris", "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:1", "A=2", "B="},
		serverEnv(env, map[string]string{"B": "", "A": "2"})); diff != "" {
		t.Errorf("the image's own settings (-want +got):\n%s", diff)
	}
	env = append(env, engineMark+"=1")
	if diff := cmp.Diff([]string{"PATH=/bin", "OTEL_SERVICE_NAME=iris", "A=1"}, serverEnv(env, nil)); diff != "" {
		t.Errorf("what the engine adds (-want +got):\n%s", diff)
	}
}
