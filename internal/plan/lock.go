package plan

import (
	"fmt"
	"strings"

	"github.com/slipway-dev/slipway/internal/config"
	"github.com/slipway-dev/slipway/internal/event"
	"github.com/slipway-dev/slipway/internal/lock"
)

// StaleLock says what of slipway.lock is not as this model is now, in words
// for its author; it is not there at all when there is one that says so. A
// Dockerfile build has no lock: its base and packages are the Dockerfile's.
func StaleLock(c config.Config, f Facts) []string {
	if c.Build.Dockerfile != "" {
		return nil
	}
	if f.Locked == nil {
		return []string{lock.File + " is missing"}
	}
	l := f.Locked
	var stale []string
	if l.Base.Ref != c.Build.Base {
		stale = append(stale, fmt.Sprintf("it locks the base image %s, and the model stands on %s", l.Base.Ref, c.Build.Base))
	}
	for _, platform := range f.Platforms {
		if l.Base.Digests[platform] == "" && l.Base.Ref == c.Build.Base {
			stale = append(stale, "it has no base image for "+platform)
		}
	}
	return append(stale, staleDeps(f, deps(c, f))...)
}

// staleDeps says what of the lock's dependencies is not as the model's files are now.
func staleDeps(f Facts, d *Deps) []string {
	l := f.Locked.Dependencies
	switch {
	case d == nil && l == nil:
		return nil
	case d == nil:
		return []string{"it locks packages from " + l.File + ", and none are required now"}
	case l == nil:
		return []string{"it locks no packages, and " + d.Requirements + " requires some"}
	}
	var stale []string
	switch {
	case d.LockFile == l.File && d.LockDigest == l.Digest:
	case !d.Hashed && l.From == d.Requirements && l.FromDigest == d.LockDigest:
		stale = append(stale, l.File+" is not what it locks")
	case !d.Hashed && l.From == d.Requirements, d.LockFile == l.File:
		stale = append(stale, d.Requirements+" has changed since")
	default:
		stale = append(stale, fmt.Sprintf("it locks packages from %s, and they come from %s", strings.TrimSuffix(l.File+" of "+l.From, " of "), d.Requirements))
	}
	if l.UV != f.UV && f.UV != "" || l.Recipe != Recipe {
		stale = append(stale, fmt.Sprintf("it is of uv %s and recipe %d, and this slipway has uv %s and recipe %d", l.UV, l.Recipe, f.UV, Recipe))
	}
	for _, platform := range f.Platforms {
		if _, ok := l.Layers[platform]; !ok {
			stale = append(stale, "it has no dependency layer for "+platform)
		}
	}
	return stale
}

// relock is what to do about a lock that is missing or stale.
func relock(below string) string {
	if below == "" {
		below = "."
	}
	return "`slipway lock " + below + "` locks it; commit what that writes"
}

// lockWarnings tell CI, where a build that cannot be made again is a mistake.
// A person at a laptop is told by `slipway plan` and the report.
func lockWarnings(e event.Event, f Facts, stale []string) []string {
	if len(stale) == 0 || e.Name == "" {
		return nil
	}
	return []string{LockMessage(f, stale)}
}

// LockMessage says what is stale, and the command that mends it.
func LockMessage(f Facts, stale []string) string {
	if f.Locked == nil {
		return stale[0] + ": base image and packages are those of today; " + relock(f.Below)
	}
	return lock.File + " is stale: " + strings.Join(stale, "; ") + ": " + relock(f.Below)
}
