//go:build tools

// Package engine holds the commands of the Dagger engine in this module's requirements, so that they are built
// at exactly the versions written in go.mod.
package engine

import (
	_ "github.com/dagger/dagger/cmd/dagger"
	_ "github.com/dagger/dagger/cmd/dnsname"
	_ "github.com/dagger/dagger/cmd/engine"
	_ "github.com/dagger/dagger/cmd/init"
)
