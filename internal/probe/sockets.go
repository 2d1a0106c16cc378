//go:build linux

package probe

import (
	"encoding/binary"
	"encoding/hex"
	"io/fs"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// tcpListen is the state TCP_LISTEN of include/net/tcp_states.h.
const tcpListen = 0x0A

// socket is one line of /proc/net/tcp or tcp6: in a container, one of its own.
type socket struct {
	local, remote netip.AddrPort
	state         uint64
}

// sockets reads the TCP sockets of this network namespace.
func sockets(proc fs.FS) []socket {
	var all []socket
	for _, file := range []string{"net/tcp", "net/tcp6"} {
		data, err := fs.ReadFile(proc, file)
		if err != nil {
			continue // a kernel without IPv6 has no tcp6
		}
		for line := range strings.Lines(string(data)) {
			if s, ok := parseSocket(line); ok {
				all = append(all, s)
			}
		}
	}
	return all
}

// parseSocket reads a line as proc_pid_net(5) describes it; the heading is none.
func parseSocket(line string) (socket, bool) {
	fields := strings.Fields(line)
	if len(fields) < 4 {
		return socket{}, false
	}
	local, ok1 := parseAddr(fields[1])
	remote, ok2 := parseAddr(fields[2])
	state, err := strconv.ParseUint(fields[3], 16, 8)
	return socket{local, remote, state}, ok1 && ok2 && err == nil
}

// parseAddr reads "0100007F:1F90". The address is printed as 32-bit words in
// the byte order of the machine: amd64 and arm64 are both little-endian.
func parseAddr(s string) (netip.AddrPort, bool) {
	host, port, ok := strings.Cut(s, ":")
	raw, err := hex.DecodeString(host)
	number, err2 := strconv.ParseUint(port, 16, 16)
	if !ok || err != nil || err2 != nil || len(raw)%4 != 0 {
		return netip.AddrPort{}, false
	}
	for i := 0; i < len(raw); i += 4 {
		binary.BigEndian.PutUint32(raw[i:], binary.LittleEndian.Uint32(raw[i:]))
	}
	addr, ok := netip.AddrFromSlice(raw)
	return netip.AddrPortFrom(addr.Unmap(), uint16(number)), ok
}

// outbound are the remote ends of connections that were opened from here:
// those of a socket that listens were accepted, not opened.
func outbound(all []socket) []string {
	var listening []uint16
	for _, s := range all {
		if s.state == tcpListen {
			listening = append(listening, s.local.Port())
		}
	}
	var out []string
	for _, s := range all {
		away := !s.remote.Addr().IsLoopback() && !s.remote.Addr().IsUnspecified() && s.remote.Addr() != s.local.Addr()
		if s.state != tcpListen && away && !slices.Contains(listening, s.local.Port()) {
			out = append(out, s.remote.String())
		}
	}
	return out
}

// listeners are the addresses that are listened on, sorted, each once.
func listeners(all []socket) []netip.AddrPort {
	var out []netip.AddrPort
	for _, s := range all {
		if s.state == tcpListen {
			out = append(out, s.local)
		}
	}
	slices.SortFunc(out, netip.AddrPort.Compare)
	return slices.Compact(out)
}

// newListeners are the addresses listened on now that were not before: the
// engine may have a listener of its own in the container's network.
func newListeners(proc fs.FS, before []netip.AddrPort) []netip.AddrPort {
	return slices.DeleteFunc(listeners(sockets(proc)), func(l netip.AddrPort) bool { return slices.Contains(before, l) })
}
