package config

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/google/go-containerregistry/pkg/name"
)

// Values with a grammar of their own.

// command reads an argument vector that names what to run.
func (r *reader) command(n *node, path, example string) []string {
	if n.kind == list && len(n.items) == 0 {
		r.problemf(n, "%s: the list is empty: write the command such as %s, or remove the key", path, example)
		return nil
	}
	if n.kind == list && n.items[0].kind == text && n.items[0].value == "" {
		r.wrong(n.items[0], path+"[0]", "a word of the command")
	}
	return r.arguments(n, path, example)
}

// arguments reads words of a command, of which any may be empty.
func (r *reader) arguments(n *node, path, example string) []string {
	args := make([]string, 0, len(n.items))
	r.words(n, path, "a list such as "+example, func(n *node, path string) string {
		arg := ""
		if n.kind != text || n.value != "" {
			arg = r.word(n, path, "a word of the command")
		}
		args = append(args, arg)
		return arg
	})
	return args
}

// reference reads what `docker pull` takes.
func (l *loader) reference(n *node, path string) string {
	ref := l.str(n, path, "an image reference such as python:3.11-slim")
	if ref == "" {
		return ""
	}
	if parsed, err := name.ParseReference(ref); err != nil || !proper(parsed.Context(), ref) {
		l.problemf(n, "%s: %s is no image reference%s; write it like python:3.11-slim or ghcr.io/acme/base@sha256:…", path, quote(ref), because(ref))
	}
	return ref
}

// destination reads where the image goes: a repository, or oci:DIR.
func (l *loader) destination(n *node, field string) string {
	to := l.str(n, field, "a repository such as ghcr.io/acme/iris, or oci:DIR")
	if to == "" {
		return ""
	}
	dir, layout := strings.CutPrefix(to, "oci:")
	if err := CheckDestination(to); err != nil {
		l.problemf(n, "%s: %s", field, err)
	} else if layout && (path.IsAbs(dir) || !l.inside(dir)) {
		l.problemf(n, "%s: the directory %s is outside of the repository: write a path like oci:dist/iris/image", field, quote(dir))
	}
	return to
}

// CheckDestination says what is wrong with a place to publish to: a repository
// without a tag or digest, or oci: and a directory.
func CheckDestination(to string) error {
	if dir, ok := strings.CutPrefix(to, "oci:"); ok {
		if dir == "" {
			return errors.New("oci: names no directory: write it like oci:dist/iris/image")
		}
		return nil
	}
	last := to[strings.LastIndexByte(to, '/')+1:]
	switch repository, err := name.NewRepository(to); {
	case strings.Contains(to, "@"):
		return fmt.Errorf("%s names a digest, which is what publishing finds out: write the repository alone", quote(to))
	case strings.Contains(last, ":"):
		return fmt.Errorf("%s names a tag: write the repository alone, and its tags apart (publish.tags)", quote(to))
	case err != nil || !proper(repository, to):
		return fmt.Errorf("%s is no repository%s; write it like ghcr.io/acme/iris", quote(to), because(to))
	}
	return nil
}

// proper is true for a repository that registries accept. The name package is
// more lenient than they are: it takes a scheme for a host, and empty components.
func proper(r name.Repository, written string) bool {
	if strings.Contains(written, "://") {
		return false
	}
	for part := range strings.SplitSeq(r.RepositoryStr(), "/") {
		if !component.MatchString(part) {
			return false
		}
	}
	return true
}

// because names the mistakes that people make in references; the parser's own
// words list the alphabet.
func because(ref string) string {
	switch {
	case strings.Contains(ref, "://"):
		return ": it begins with a scheme"
	case strings.ContainsAny(ref, " \t\n"):
		return ": it holds a space"
	case strings.ToLower(ref) != ref:
		return ": a repository has no upper-case letters"
	case strings.Contains(ref, "@") && !strings.Contains(ref, "@sha256:"):
		return ": a digest is written @sha256: and 64 hexadecimal digits"
	case strings.Contains(ref, "@sha256:"):
		return ": @sha256: is followed by 64 hexadecimal digits"
	}
	return ""
}

func (l *loader) platform(n *node, path string) string {
	p := l.str(n, path, "a platform such as linux/amd64")
	if p == "" {
		return ""
	}
	if err := CheckPlatform(p); err != nil {
		l.problemf(n, "%s: %s", path, err.Error())
		return ""
	}
	return p
}

func (l *loader) tag(n *node, path string) string {
	t := l.word(n, path, "a tag such as latest")
	if t == "" {
		return ""
	}
	if err := CheckTag(t); err != nil {
		l.problemf(n, "%s: %s", path, err)
	}
	return t
}

// CheckTag says what is wrong with a tag
// (https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#pulling-manifests).
func CheckTag(t string) error {
	if !tagName.MatchString(t) {
		return fmt.Errorf("%s cannot be a tag: letters, digits and . _ -, at most 128 characters, not beginning with . or -", quote(t))
	}
	return nil
}

// CheckPlatform says what is wrong with a platform.
func CheckPlatform(p string) error {
	if !slices.Contains(platforms, p) {
		return fmt.Errorf("%s is not built; valid: %s", quote(p), choices(platforms))
	}
	return nil
}

// urlPath reads the path of a request.
func (r *reader) urlPath(n *node, path string) string {
	p := r.str(n, path, "a path such as /healthz")
	if p == "" {
		return ""
	}
	if !strings.HasPrefix(p, "/") || strings.ContainsFunc(p, func(c rune) bool { return c <= ' ' || c == 0x7f }) {
		r.problemf(n, "%s: %s is no path of a request: it begins with / and holds no spaces", path, quote(p))
		return ""
	}
	return p
}

// pattern reads a pattern for files: *, ?, [a-z], {a,b}, and ** for any number of directories.
func (l *loader) pattern(n *node, path string) string {
	p := l.str(n, path, "a pattern such as *.py")
	switch {
	case p == "":
		return ""
	case !doublestar.ValidatePattern(p):
		l.problemf(n, "%s: %s is no pattern: a bracket or brace is not closed", path, quote(p))
		return ""
	case strings.HasPrefix(p, "/") || !l.insideModel(p):
		l.problemf(n, "%s: %s is outside of the model directory: write a pattern relative to it", path, quote(p))
		return ""
	}
	return strings.TrimPrefix(p, "./")
}

// maxModelName leaves room for a registry's own limit of 255 characters on the whole name.
const maxModelName = 100

// validName makes a name that can be a repository's out of any other.
func validName(s string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(s) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	s = b.String()
	s = strings.Trim(s[:min(len(s), maxModelName)], "-")
	return or(s, "model")
}
