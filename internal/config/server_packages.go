package config

import (
	"regexp"
	"slices"
	"strings"
)

// checkPackages reports a server that the requirements do not bring. An image
// that slipway.yaml names may have it already; there, it is not called.
func (l *loader) checkPackages() {
	f := l.server
	file := l.cfg.Build.Requirements
	if file == "" {
		if !l.has("build.requirements") {
			l.keyProblemf("build.requirements", "%s, but no requirements file to install %s from: write requirements.txt with %s", f.why, f.name, lines(slices.Concat(f.server.packages, f.traits.packages)))
		}
		return
	}
	content := l.text(file)
	missing := slices.DeleteFunc(slices.Concat(f.server.packages, f.traits.packages), func(p string) bool { return requires(content, p) })
	if len(missing) == 0 || content == "" {
		return
	}
	remedy := "add " + lines(missing)
	if strings.Contains(content, "--hash=") {
		remedy = "add " + lines(missing) + " to what it is locked from, and lock again"
	}
	l.keyProblemf("build.requirements", "%s does not bring %s, which is to be started (%s): %s", file, f.name, f.why, remedy)
}

func lines(packages []string) string {
	s := "the line " + packages[0]
	if len(packages) > 1 {
		s = "the lines " + strings.Join(packages, ", ")
	}
	return oneLine(s)
}

var (
	// A line that brings what it does not name.
	includes = regexp.MustCompile(`(?m)^\s*(-r|--requirement|-e|--editable|\.)`)
	comments = regexp.MustCompile(`(?m)(^|\s)#.*$`)
	nameMark = strings.NewReplacer("_", "-", ".", "-")
)

// requires is false when requirements surely do not bring a package. A name
// that begins with it counts: mlflow-skinny is enough, and mlserver-sklearn requires mlserver.
func requires(content, requirement string) bool {
	if includes.MatchString(content) {
		return true
	}
	name := requirement[:len(requirement)-len(strings.TrimLeft(requirement, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"))]
	if name == "" {
		return true // a URL or an option
	}
	content = nameMark.Replace(strings.ToLower(comments.ReplaceAllString(content, "")))
	named := regexp.MustCompile(`(^|[^a-z0-9])` + regexp.QuoteMeta(nameMark.Replace(strings.ToLower(name))) + `($|[^a-z0-9])`)
	return named.MatchString(content)
}
