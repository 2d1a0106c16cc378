package stage

import (
	"github.com/slipway-dev/slipway/internal/config"
	"github.com/slipway-dev/slipway/internal/secret"
)

// secretsDir is where secrets are mounted, as `docker build --secret` has it
// (https://docs.docker.com/build/building/secrets/).
const secretsDir = "/run/secrets/"

// AddSecrets gives a command the secrets that its section of slipway.yaml
// lists: each as a file, and as the variable that it came from.
func (x *Exec) AddSecrets(run *Run, mounts []config.SecretMount) {
	for _, m := range mounts {
		if x.SecretEnv == nil {
			x.SecretEnv, x.SecretFiles = map[string]secret.Secret{}, map[string]secret.Secret{}
		}
		x.SecretEnv[m.Env] = run.Secrets.Get(m.Env)
		x.SecretFiles[secretsDir+m.ID] = run.Secrets.Get(m.Env)
	}
}
