package main

import (
	"path/filepath"

	"github.com/slipway-dev/slipway/internal/config"
	"github.com/slipway-dev/slipway/internal/event"
	"github.com/slipway-dev/slipway/internal/source"
)

// declared are the variables whose values the model's slipway.yaml asks for as
// secrets: the pipeline gets these and no others. One of a fork gets none,
// whatever the workflow that checks it out has in its environment: whoever
// opened the pull request wrote that file. Mistakes in it are the pipeline's to tell.
func declared(p place, ev event.Event) []string {
	if ev.PullRequest != nil && ev.PullRequest.Fork {
		return nil
	}
	dir := from(p.workspace, filepath.FromSlash(p.model))
	c, _ := config.Load(dir, source.Top(dir))
	var names []string
	for _, s := range c.Secrets {
		names = append(names, s.Env)
	}
	return names
}
