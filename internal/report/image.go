package report

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/slipway-dev/slipway/internal/result"
)

// image says what was made: digest, platforms, tags, and each layer with its diff ID.
func image(r result.Result, d detail) string {
	if r.Image == nil || d.items == 0 {
		return ""
	}
	i := r.Image
	var blocks, about []string
	if i.Digest != "" {
		about = append(about, "- digest: "+code(i.Digest, d.runes))
	}
	switch {
	case inDirectory(r):
		about = append(about, "- written to: "+code(i.Repository, d.runes))
	case published(r):
		about = append(about, "- published as: "+code(i.Reference, d.runes))
	}
	for n, t := range i.Tags {
		if n >= d.items {
			about = append(about, "- "+more(n, len(i.Tags)))
			break
		}
		about = append(about, "- tag: "+code(t, d.runes))
	}
	if documents := attached(i); documents != nil {
		about = append(about, "- attached: "+text(strings.Join(documents, ", "), d.runes))
	}
	if r.Base != nil {
		about = append(about, "- base: "+code(r.Base.Ref, d.runes)+" at "+code(r.Base.Digest, d.runes))
	}
	if len(i.Platforms) > 1 {
		for _, p := range i.Platforms[:min(len(i.Platforms), d.items)] {
			run := "not run"
			if p.Tested {
				run = "run"
			}
			about = append(about, fmt.Sprintf("- platform: %s, %s, %s", text(p.Platform, d.runes), size(p.Size), run))
		}
	}
	blocks = append(blocks, strings.Join(about, "\n"))
	if len(i.Layers) > 0 {
		blocks = append(blocks, layers(i.Layers, d), more(d.items, len(i.Layers)))
	}
	if r.Deps != nil {
		how := "made in this run"
		if r.Deps.Hit != "" {
			how = "found in: " + text(r.Deps.Hit, d.runes)
		}
		if r.Deps.Why != "" {
			how += " (" + text(r.Deps.Why, d.runes) + ")"
		}
		blocks = append(blocks, "Dependencies: "+how+".")
	}
	if len(r.LockStale) > 0 {
		blocks = append(blocks, "Not locked: "+text(strings.Join(r.LockStale, "; "), d.runes)+".")
	}
	return strings.TrimSuffix(join(blocks), "\n")
}

// commands are what to type to run the published image; none when there is nothing to run.
// The result does not know the port, so Docker is asked to publish whatever the image exposes.
func commands(r result.Result) []string {
	if !published(r) {
		return nil
	}
	i := r.Image
	if !inDirectory(r) {
		return []string{"docker run --rm -P " + word(i.Reference)}
	}
	from, to := i.Repository, r.Model+":latest"
	if r.Model == "" {
		to = "model:latest"
	}
	if len(i.Tags) > 0 {
		from, to = from+":"+i.Tags[0], strings.TrimSuffix(to, "latest")+i.Tags[0]
	}
	return []string{"skopeo copy " + word(from) + " " + word("docker-daemon:"+to), "docker run --rm -P " + word(to)}
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9@%+=:,./_-]+$`)

// word is s as one word for a shell: these lines are made to be copied.
func word(s string) string {
	s = oneLine(s, complete.runes)
	if plainWord.MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

func howToRun(r result.Result, d detail) string {
	c := commands(r)
	if len(c) == 0 || d.items == 0 {
		return ""
	}
	if !inDirectory(r) {
		c = append([]string{"docker pull " + word(r.Image.Reference)}, c...)
	}
	return fence(strings.Join(c, "\n"), complete)
}
