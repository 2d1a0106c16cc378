package plan

import (
	"fmt"
	"maps"
	"strings"

	"github.com/slipway-dev/slipway/internal/config"
	"github.com/slipway-dev/slipway/internal/layer"
	"github.com/slipway-dev/slipway/internal/lock"
)

func train(c config.Config, f Facts, d *Deps) *Train {
	if c.Train == nil {
		return nil
	}
	// A set of strings is walked in another order in each process unless this is
	// set: the most usual reason for two trainings to differ.
	// https://docs.python.org/3/using/cmdline.html#envvar-PYTHONHASHSEED
	env := map[string]string{"PYTHONHASHSEED": "0"}
	maps.Copy(env, c.Train.Env)
	var base []string
	if f.Base != nil {
		base = f.Base.Config.Env
	}
	return &Train{
		Train: *c.Train, Files: f.Inputs, Owner: c.Build.User,
		Locked: lockedTrain(f),
		Config: layer.Config{Env: imageEnv(base, env, d != nil), WorkingDir: AppDir, User: c.Build.User},
	}
}

// lockedTrain is what slipway.lock says of training.
func lockedTrain(f Facts) lock.Train {
	if f.Locked == nil || f.Locked.Train == nil {
		return lock.Train{}
	}
	return *f.Locked.Train
}

func trainStep(p Plan) Step {
	s := Step{Stage: "train"}
	switch t := p.Train; {
	case p.Dockerfile != nil:
		s.Skip = "the Dockerfile makes all that is in the image"
	case t == nil:
		s.Skip = "slipway.yaml has no train section"
	case p.Fresh:
		s.Do = fmt.Sprintf("run `%s` on %s", strings.Join(t.Command, " "), count(len(t.Files), "file"))
	default:
		s.Do = fmt.Sprintf("run `%s` on %s, unless what it writes is known: the same inputs, command, dependencies and base", strings.Join(t.Command, " "), count(len(t.Files), "file"))
	}
	return s
}
