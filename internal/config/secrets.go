package config

import (
	"regexp"
	"slices"
)

// Secret is a variable of slipway's own environment whose value the
// configuration asks for. Nothing here knows the value.
type Secret struct {
	Key string // of the configuration: "test.secrets[0].env"
	Env string
	// Line and Column are where it is asked for.
	Line, Column int
}

// SecretMount is a secret for a command in a container: a file /run/secrets/ID.
type SecretMount struct {
	ID  string
	Env string // the variable that it comes from
}

var (
	secretID = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$`)
	// notSecret matches variables that are not the user's to give: the runner's
	// and ours, and those that programs need to start at all.
	notSecret = regexp.MustCompile(`^((GITHUB|ACTIONS|RUNNER|INPUT|ACTION|SLIPWAY|DAGGER|_EXPERIMENTAL_DAGGER)_.*|PATH|HOME|USER|TMPDIR|CI|LANG|TERM)$`)
)

// secretMounts reads a list such as [{id: token, env: TOKEN}].
func (l *loader) secretMounts(n *node, path string) []SecretMount {
	if n.kind != list {
		l.wrong(n, path, "a list such as [{id: token, env: TOKEN}]")
		return nil
	}
	var out []SecretMount
	for i, item := range n.items {
		m, path := SecretMount{}, indexed(path, i)
		before := len(l.problems.list)
		l.object(item, path, []field{
			{"id", func(n *node, path string) {
				m.ID = l.str(n, path, "a name such as token")
				if m.ID != "" && !secretID.MatchString(m.ID) {
					l.problemf(n, "%s: %s cannot name a secret: letters, digits and _ . -, at most 64 characters", path, quote(m.ID))
				}
			}},
			{"env", func(n *node, path string) { m.Env = l.secretEnv(n, path) }},
		})
		if item.kind != object || len(l.problems.list) > before {
			continue // said already
		}
		switch {
		case m.ID == "":
			l.problemf(item, "%s: id is missing: the name of the file below /run/secrets", path)
		case m.Env == "":
			l.problemf(item, "%s: env is missing: the environment variable of slipway that has the value", path)
		case slices.ContainsFunc(out, func(other SecretMount) bool { return other.ID == m.ID }):
			l.problemf(item, "%s: the id %s is there twice", path, quote(m.ID))
		default:
			out = append(out, m)
		}
	}
	return out
}

// secretEnv reads the name of an environment variable that has a secret. Every
// such name is in Config.Secrets: it is what slipway takes out of its environment.
func (l *loader) secretEnv(n *node, path string) string {
	env := l.str(n, path, "the name of an environment variable such as TOKEN")
	switch {
	case env == "":
		return ""
	case !envName.MatchString(env):
		// Not quoted: it may be the value itself.
		l.problemf(n, "%s: it is no name of an environment variable (letters, digits and _ only, and no digit first): name the variable that has the value, and never the value itself", path)
		return ""
	case notSecret.MatchString(env):
		l.problemf(n, "%s: %s is not yours to give away: put the value into a variable of another name", path, env)
		return ""
	}
	l.cfg.Secrets = append(l.cfg.Secrets, Secret{Key: path, Env: env, Line: n.line, Column: n.col})
	return env
}
