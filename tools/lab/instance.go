package main

import (
	"fmt"
	"net"
	"strings"
	"time"
)

// instance is an engine of the lab. All that two engines on one machine may not have in common is here.
type instance struct {
	Name    string // of its pid file, log, configuration and, unless another is asked for, state
	Dir     string // of its socket: what is runtimeDir for the engine itself
	Network string // names its bridge (with a 0 behind) and its packet filter rules
	CIDR    string // the addresses of its containers
}

// instances are the engines that may run at the same time. The usual one is first: the runner file names it. The others are
// for what must not disturb those who use it: tests of an engine that dies or is empty, benchmarks.
var instances = []instance{
	{Name: "engine", Dir: runtimeDir, Network: "slipway", CIDR: "10.87.0.0/16"}, // network.DefaultCIDR of the Dagger engine
	{Name: "test", Dir: runtimeDir + "/test", Network: "slipwayt", CIDR: "10.86.0.0/16"},
	{Name: "bench", Dir: runtimeDir + "/bench", Network: "slipwayb", CIDR: "10.85.0.0/16"},
}

var usual = instances[0]

// named returns the instance of that name.
func named(name string) (instance, error) {
	var names []string
	for _, i := range instances {
		if i.Name == name {
			return i, nil
		}
		names = append(names, i.Name)
	}
	return instance{}, fmt.Errorf("there is no engine %q: choose one of %s", name, strings.Join(names, ", "))
}

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
