package stage

import (
	"strings"

	"github.com/slipway-dev/slipway/internal/layer"
)

// Supervise is an Exec of our helper, which starts the image's own command as
// its child.
//
// The helper's PATH is a directory of ours, and the image's travels beside it:
// where the engine's host has certificates of its own, the engine runs
// update-ca-certificates before and after each command whose PATH leads to it,
// which costs more than most commands, and appends to the bundle otherwise
// (https://github.com/dagger/dagger/blob/v0.19.10/engine/buildkit/cacerts/distros.go).
// HOME likewise: the engine adds one, which is not the image user's where the
// helper is started as another.
func Supervise(probe string, image layer.Config, args ...string) Exec {
	x := Exec{
		Args:  append([]string{"/slipway/probe"}, args...),
		Env:   map[string]string{"PATH": "/slipway"},
		Files: map[string]File{"/slipway/probe": {Host: probe}},
	}
	x.Env["SLIPWAY_PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" // what runtimes give an image without a PATH
	for _, kv := range image.Env {
		if path, ok := strings.CutPrefix(kv, "PATH="); ok {
			x.Env["SLIPWAY_PATH"] = path
		}
		if home, ok := strings.CutPrefix(kv, "HOME="); ok {
			x.Env["SLIPWAY_HOME"] = home
		}
	}
	return x
}
