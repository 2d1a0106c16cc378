package main

import (
	"fmt"
	"net"
	"time"
)

// instance is an engine of the lab. All that two engines on one machine may not have in common is here.
type instance struct {
	Name    string // of its pid file, log, configuration and, unless another is asked for, state
	Dir     string // of its socket: what is runtimeDir for the engine itself
	Network string // names its bridge (with a 0 behind) and its packet filter rules
	CIDR    string // the addresses of its containers
}

var (
	// usual is the engine that the runner file names.
	usual = instance{Name: "engine", Dir: runtimeDir, Network: "slipway", CIDR: "10.87.0.0/16"} // network.DefaultCIDR of the Dagger engine
	// beside is a second one, for what must not disturb those who use the first: benchmarks of an empty engine, tests of
	// one that dies.
	beside = instance{Name: "beside", Dir: runtimeDir + "/beside", Network: "slipwayb", CIDR: "10.86.0.0/16"}
)

func (i instance) socket() string  { return i.Dir + "/engine.sock" }
func (i instance) address() string { return "unix://" + i.socket() }
func (i instance) bridge() string  { return i.Network + "0" }

// answers reports whether something accepts connections on the engine's socket. The engine opens it last.
func (i instance) answers() bool {
	conn, err := net.DialTimeout("unix", i.socket(), time.Second)
	if err != nil {
		return false
	}
	return conn.Close() == nil
}

// clash names an interface, other than the engine's own, with an address in the range of its network.
func (i instance) clash() string {
	_, network, err := net.ParseCIDR(i.CIDR)
	if err != nil {
		return ""
	}
	interfaces, err := net.Interfaces()
	if err != nil {
		return ""
	}
	for _, one := range interfaces {
		addresses, err := one.Addrs()
		if err != nil || one.Name == i.bridge() {
			continue
		}
		for _, address := range addresses {
			if ip, ok := address.(*net.IPNet); ok && network.Contains(ip.IP) {
				return fmt.Sprintf("%s (%s)", one.Name, ip)
			}
		}
	}
	return ""
}
