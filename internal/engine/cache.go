package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/slipway-dev/slipway/internal/stage"
)

// Cache are the registry caches of a session: references to read steps from,
// and to write them to when the session ends. The engine reads them from the
// environment of the session's child, and writes every step of the session.
// Inside `dagger run` the session is another's, and they have no effect.
// https://github.com/dagger/dagger/blob/v0.19.10/engine/client/client.go (allCacheConfigsFromEnv)
type Cache struct{ From, To []string }

func (c Cache) environment() map[string]string {
	out := map[string]string{}
	for name, of := range map[string]struct {
		refs    []string
		options string
	}{
		"_EXPERIMENTAL_DAGGER_CACHE_IMPORT_CONFIG": {c.From, ""},
		"_EXPERIMENTAL_DAGGER_CACHE_EXPORT_CONFIG": {c.To, ",mode=max"},
	} {
		var all []string
		for _, ref := range of.refs {
			all = append(all, "type=registry,ref="+ref+of.options)
		}
		if len(all) > 0 {
			out[name] = strings.Join(all, ";")
		}
	}
	return out
}

// exportTimeout bounds the writing of a cache. The SDK waits as long for its child.
const exportTimeout = 5 * time.Minute

// ExportCache writes the steps of these builds to the caches. They were built
// already, so that this finds every step done. It has a session of its own,
// because a session writes all it did: in that of the run these would be the
// tests and the server too, with whatever they left in their file systems. The
// run's session must be closed before: while it holds the build, the engine
// hands that out, does no step of it in this session, and writes nothing.
//
// The engine tells nobody when it could not write a cache. What the session's
// log says of failed requests is the error then.
func ExportCache(ctx context.Context, address Address, cache Cache, builds []stage.Dockerfile, log io.Writer) error {
	e, err := Connect(ctx, address, cache, log)
	if err != nil {
		return err
	}
	for _, b := range builds {
		if _, err := e.dockerBuild(b).Sync(ctx); err != nil {
			return errors.Join(e.explain(ctx, err), e.Close())
		}
	}
	before := e.log.size()
	done := make(chan error, 1)
	go func() { done <- e.client.Close() }()
	select {
	case err = <-done:
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(exportTimeout):
		err = fmt.Errorf("it took longer than %s", exportTimeout)
	}
	if err != nil {
		return err
	}
	if why := failedRequest(e.log.since(before)); why != "" {
		return errors.New(why)
	}
	return nil
}

// requestFailed matches the line of a request to a registry that failed, and
// reason the one below it that says why; both have the number of their step.
var (
	requestFailed = regexp.MustCompile(`^(\d+)\s*: (?:┆ )*remotes\.docker\.resolver\.HTTPRequest ERROR`)
	reason        = regexp.MustCompile(`^(\d+)\s*: (?:┆ )*! (.+)$`)
)

// failedRequest is why the last request to a registry failed; empty when none did.
func failedRequest(text string) string {
	failed, why := "", ""
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if m := requestFailed.FindStringSubmatch(line); m != nil {
			failed = m[1]
		} else if m := reason.FindStringSubmatch(line); m != nil && m[1] == failed {
			why = m[2]
		}
	}
	return why
}
