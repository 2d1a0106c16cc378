//go:build linux

package probe

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/slipway-dev/slipway/internal/confine"
	"github.com/slipway-dev/slipway/internal/protocol"
)

// closeNetwork starts the probe anew without a network, and goes on there.
// It returns when it cannot: why, or with an error when privileges are left
// that no model must have. args are the flags that the probe was started with.
func closeNetwork(args []string) (why string, err error) {
	if os.Getuid() != 0 {
		return "it takes root, and the probe is not", nil
	}
	name := os.Args[:len(os.Args)-len(args)]
	err = confine.Close(func(why string) []string {
		return slices.Concat(name, []string{"--network", cmp.Or(why, protocol.NetworkNone)}, args)
	})
	return "", fmt.Errorf("closing the network: %w", err)
}

// base is what everything that the spec starts has in common. A probe that is
// root to close the network has to find out what the image's own user gets.
func base(spec protocol.Spec, env []string) command {
	if spec.Network != protocol.NetworkNone || os.Getuid() != 0 {
		return command{env: serverEnv(env, spec.Env)}
	}
	user, home, fault := confine.User(spec.User)
	// The engine sets root's HOME; the image's own, if it has any, travels beside it.
	for _, kv := range env {
		if value, ok := strings.CutPrefix(kv, "SLIPWAY_HOME="); ok {
			home = value
		}
	}
	extra := map[string]string{"HOME": home}
	maps.Copy(extra, spec.Env)
	return command{env: serverEnv(env, extra), user: user, fault: fault}
}
