package main

import (
	"fmt"
	"slices"
	"strings"
)

// engineConfig is what the lab decides in the engine's configuration file.
type engineConfig struct {
	Registry string // host:port of the lab's registry
	Mirror   bool   // the registry answers for docker.io
	CNI      string // directory of the network plugins
}

// toml writes BuildKit's configuration file
// (https://github.com/moby/buildkit/blob/master/docs/buildkitd.toml.md), which the engine reads.
func (c engineConfig) toml() string {
	var b strings.Builder
	b.WriteString("# Written by `lab up`: changes are lost.\n")
	if c.Mirror {
		fmt.Fprintf(&b, "\n[registry.\"docker.io\"]\n  mirrors = [%q]\n", c.Registry)
	}
	// Docker takes every loopback address for a registry without TLS; the engine wants each one named.
	names := []string{c.Registry}
	if _, port, ok := strings.Cut(c.Registry, ":"); ok {
		names = append(names, "localhost:"+port, "127.0.0.1:"+port)
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		fmt.Fprintf(&b, "\n[registry.%q]\n  http = true\n", name)
	}
	// Namespaces are made ahead; two are enough for a laptop and make the start faster than the default of 16.
	fmt.Fprintf(&b, "\n[worker.oci]\n  cniBinaryPath = %q\n  cniPoolSize = 4\n", c.CNI)
	// By itself the engine takes up to three quarters of the disk; all models of this repository need 5 GB.
	b.WriteString("  gc = true\n  reservedSpace = \"4GB\"\n  maxUsedSpace = \"12GB\"\n  minFreeSpace = \"4GB\"\n")
	return b.String()
}
