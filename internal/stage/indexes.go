package stage

import (
	"fmt"
	"strings"

	"github.com/slipway-dev/slipway/internal/secret"
)

// AddIndexes tells uv where to look for packages before the public index, and
// with which login. What the first index has is taken from there, whatever
// versions others offer: nobody can slip in a package of the same name
// (https://docs.astral.sh/uv/concepts/indexes/).
func (x *Exec) AddIndexes(run *Run) {
	if run == nil || len(run.Plan.Indexes) == 0 {
		return
	}
	var list []string
	for n, i := range run.Plan.Indexes {
		list = append(list, fmt.Sprintf("slipway%d=%s", n, i.URL))
		login := fmt.Sprintf("UV_INDEX_SLIPWAY%d_", n)
		if i.User != "" {
			x.set(login+"USERNAME", i.User)
		}
		if i.Env != "" {
			if x.SecretEnv == nil {
				x.SecretEnv = map[string]secret.Secret{}
			}
			x.SecretEnv[login+"PASSWORD"] = run.Secrets.Get(i.Env)
		}
	}
	x.set("UV_INDEX", strings.Join(list, " "))
}

func (x *Exec) set(name, value string) {
	if x.Env == nil {
		x.Env = map[string]string{}
	}
	x.Env[name] = value
}
