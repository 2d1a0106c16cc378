package main

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/slipway-dev/slipway/internal/config"
	"github.com/slipway-dev/slipway/internal/result"
	"github.com/slipway-dev/slipway/internal/secret"
)

// takeSecrets takes what the configuration asks for out of the environment,
// before anything is started that would inherit it.
func (p program) takeSecrets(c config.Config) secret.Set {
	set := secret.Set{}
	for _, own := range []string{"SLIPWAY_REGISTRY_PASSWORD", "SLIPWAY_URL_TOKEN"} {
		if value := strings.TrimSpace(p.getenv(own)); len(value) >= secret.MinLength {
			set[own] = value // not asked for, but nothing may tell it
		}
	}
	for _, s := range c.Secrets {
		if value := p.take(s.Env); value != "" {
			set[s.Env] = value
		}
	}
	return set
}

// withoutSecrets finds the secrets that a job needs and does not have. Only
// jobs that use them need them: a plan is made without.
func (l *loaded) withoutSecrets(sections []string) []result.Problem {
	var problems []result.Problem
	below, err := filepath.Rel(l.top, l.dir)
	if err != nil {
		below = ""
	}
	for _, s := range l.config.Secrets {
		section := s.Key[:strings.IndexAny(s.Key+".", ".[")]
		if !slices.Contains(sections, section) {
			continue
		}
		var why string
		switch value := l.secrets[s.Env]; {
		case value == "":
			why = "is not set in the environment of slipway: set it to the secret (in a workflow, by `env:` of the step)"
			if pr := l.event.PullRequest; pr != nil && pr.Fork {
				why += "; the pull request comes from a fork, and GitHub gives its runs no secrets"
			}
		case len(value) < secret.MinLength:
			why = fmt.Sprintf("is shorter than %d characters, which cannot be kept out of logs without ruining them", secret.MinLength)
		default:
			continue
		}
		problems = append(problems, result.Problem{
			File: path.Join(filepath.ToSlash(below), config.File), Line: s.Line, Column: s.Column,
			Message: fmt.Sprintf("%s: %s %s", s.Key, s.Env, why),
		})
	}
	return problems
}
