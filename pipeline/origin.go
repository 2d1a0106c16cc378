package main

import (
	"os"
	"path/filepath"

	"github.com/slipway-dev/slipway/internal/config"
	"github.com/slipway-dev/slipway/internal/stage/attach"
)

// origin is what the documents about the image say of where it comes from.
func (l *loaded) origin() attach.Origin {
	o := attach.Origin{
		Event: l.event, Head: l.git.commit, Tree: l.git.tree, Changed: len(l.uncommitted()) > 0,
		Version: version(), ConfigurationFile: config.File, Files: map[string][]byte{},
	}
	for _, name := range []string{config.File, "slipway.lock"} {
		if data, err := os.ReadFile(filepath.Join(l.dir, name)); err == nil { // neither has to be there
			o.Files[name] = data
		}
	}
	return o
}
