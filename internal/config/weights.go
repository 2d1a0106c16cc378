package config

import (
	"fmt"
	"net"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/google/go-containerregistry/pkg/name"
)

// Weight is one entry of weights: something in the model's directory, or a
// source that is fetched, whose bytes are pinned.
type Weight struct {
	Path string // of a file or directory, relative to the model directory; empty for a source
	// From is the source as it is written, without its pin:
	// "https://host/file", "hf://org/name", "oci://registry/repository".
	From string
	Kind WeightKind // of the source
	// Pin is what the bytes are held against: the hex SHA-256 of a file, a
	// repository's commit (40 hex digits), or an artifact's digest ("sha256:<hex>").
	Pin string
	// To is where it lies in the image, absolute or relative to the working
	// directory: the file of an https source, the directory of any other.
	To     string
	Secret string // name of the environment variable with its token
	// Include and Exclude choose the files of a repository by patterns; no
	// Include means all.
	Include, Exclude []string
	Field            string // "weights[1]", for messages
}

// WeightKind says how a source is spoken to.
type WeightKind string

// The kinds of sources.
const (
	HTTPS       WeightKind = "https"
	HuggingFace WeightKind = "hf"
	Artifact    WeightKind = "oci"
)

// Source is where the bytes come from, with their pin: what a person would look up.
func (w Weight) Source() string {
	switch w.Kind {
	case HuggingFace, Artifact:
		return w.From + "@" + w.Pin
	}
	return w.From
}

// Local are the paths of the entries that lie in the model's directory.
func Local(weights []Weight) []string {
	var paths []string
	for _, w := range weights {
		if w.Path != "" {
			paths = append(paths, w.Path)
		}
	}
	return paths
}

var (
	sha256Hex = regexp.MustCompile(`^[0-9a-f]{64}$`)
	commitHex = regexp.MustCompile(`^[0-9a-f]{40}$`)
	// hubName is a repository of the Hugging Face Hub; a few old ones have no owner.
	// https://github.com/huggingface/huggingface_hub/blob/v0.26.0/src/huggingface_hub/utils/_validators.py
	hubName = regexp.MustCompile(`^([A-Za-z0-9][\w.-]{0,95}/)?[A-Za-z0-9][\w.-]{0,95}$`)
)

func (l *loader) weights(n *node, path string) {
	if n.kind != list {
		l.words(n, path, "a list such as [weights/]", nil)
		return
	}
	places := map[string]string{} // what writes to a place in the image
	for i, item := range n.items {
		path := fmt.Sprintf("%s[%d]", path, i)
		w := Weight{Field: path}
		if item.kind != object {
			if strings.Contains(item.value, "://") {
				l.problemf(item, "%s: a source is a mapping: write {from: %s}", path, quote(item.value))
				continue
			}
			if w.Path = l.path(item, path, "a path such as weights/, or a source such as {from: \"https://…\", sha256: …}", l.made|anything); w.Path == "" {
				continue
			}
		} else if !l.source(item, path, &w) {
			continue
		}
		at := w.Path
		if at == "" {
			at = strings.TrimPrefix(w.To, "/app/")
		}
		if other := places[at]; other != "" {
			l.problemf(item, "%s: writes to the same place as %s: give one of them another `to`", path, other)
		}
		places[at] = path
		l.cfg.Weights = append(l.cfg.Weights, w)
	}
}

// source reads an entry that is fetched, and is false when it is of no use.
func (l *loader) source(n *node, path string, w *Weight) bool {
	before := len(l.problems.list) + l.problems.more
	var from, sum *node
	l.object(n, path, []field{
		{"from", func(n *node, path string) {
			from, w.From = n, l.str(n, path, "https://…, hf://org/name@commit or oci://registry/repository@sha256:…")
		}},
		{"sha256", func(n *node, path string) {
			sum, w.Pin = n, strings.TrimPrefix(l.word(n, path, "64 hexadecimal digits"), "sha256:")
		}},
		{"to", func(n *node, path string) { w.To = l.inImage(n, path) }},
		{"secret", func(n *node, path string) { w.Secret = l.secretEnv(n, path) }},
		{"include", func(n *node, path string) {
			w.Include = l.words(n, path, `a list of patterns such as ["*.safetensors"]`, l.inRepository)
		}},
		{"exclude", func(n *node, path string) {
			w.Exclude = l.words(n, path, `a list of patterns such as ["*.bin"]`, l.inRepository)
		}},
	})
	switch {
	case len(l.problems.list)+l.problems.more > before:
		return false
	case from == nil:
		l.problemf(n, "%s: from is missing: https://…, hf://org/name@commit or oci://registry/repository@sha256:…", path)
		return false
	}
	scheme, rest, _ := strings.Cut(w.From, "://")
	var message string
	switch scheme {
	case "https", "http":
		message = w.web()
	case "hf":
		message = w.hub(rest)
	case "oci":
		message = w.artifact(rest)
	default:
		message = "from: " + quote(w.From) + " is no source that is known; valid: https://…, hf://org/name@commit, oci://registry/repository@sha256:…"
	}
	if message == "" && sum != nil && w.Kind != HTTPS {
		message = "sha256: the source is pinned by what follows its @ already: remove the key"
	}
	if message == "" && w.Kind != HuggingFace && len(w.Include)+len(w.Exclude) > 0 {
		message = "include: it chooses files of a repository (hf://), as exclude does: remove it here"
	}
	if message != "" {
		if sum != nil && strings.HasPrefix(message, "sha256:") {
			from = sum
		}
		l.problemf(from, "%s.%s", path, message)
		return false
	}
	return true
}

// web checks a file behind a URL.
func (w *Weight) web() string {
	w.Kind = HTTPS
	u, err := url.Parse(w.From)
	switch {
	case err != nil || u.Host == "" || strings.TrimPrefix(u.Path, "/") == "":
		return "from: " + quote(w.From) + " is no address of a file: write it like https://host/model.onnx"
	case u.User != nil:
		return "from: the address holds a login: remove it, and name the variable with the token by `secret`"
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return "from: " + quote(w.From) + " is not encrypted: write https:// (http:// is for this machine alone)"
	case w.Pin == "":
		return "from: sha256 is missing, and an address alone may give other bytes tomorrow: `curl -fsSL " + clip(w.From) + " | sha256sum` prints it"
	case !sha256Hex.MatchString(w.Pin):
		return "sha256: " + quote(w.Pin) + " is no SHA-256: 64 hexadecimal digits in lower case, as sha256sum prints them"
	}
	u.Fragment = ""
	w.From = u.String()
	w.placed(path.Base(u.Path))
	return ""
}

// hub checks a repository of the Hugging Face Hub.
func (w *Weight) hub(rest string) string {
	w.Kind = HuggingFace
	repository, revision, pinned := strings.Cut(rest, "@")
	switch {
	case !hubName.MatchString(repository) || strings.Contains(repository, "..") || strings.Contains(repository, "--"):
		return "from: " + quote(w.From) + " names no repository of the hub: write it like hf://org/name@commit"
	case !pinned || revision == "":
		return "from: the commit is missing: write hf://" + repository + "@ and the 40 hexadecimal digits that the repository's history shows"
	case !commitHex.MatchString(revision):
		return "from: " + quote(revision) + " is no full commit: a branch, a tag or a short commit may mean other files tomorrow; write the 40 hexadecimal digits that the repository's history shows"
	}
	w.From, w.Pin = "hf://"+repository, revision
	w.placed(path.Base(repository))
	return ""
}

// artifact checks an OCI artifact.
func (w *Weight) artifact(rest string) string {
	w.Kind = Artifact
	digest, err := name.NewDigest(rest)
	if err != nil || !proper(digest.Context(), rest) {
		why := because(rest)
		if !strings.Contains(rest, "@") {
			why = ": the digest is missing, and a tag may mean other bytes tomorrow"
		}
		return "from: " + quote(w.From) + " is no artifact" + why + "; write it like oci://ghcr.io/acme/weights@sha256:…"
	}
	at := strings.LastIndexByte(rest, '@')
	w.From, w.Pin = "oci://"+rest[:at], digest.DigestStr()
	w.placed(path.Base(digest.Context().RepositoryStr()))
	return ""
}

// placed gives a source without a `to` its own name, and a file whose `to` is a directory too.
func (w *Weight) placed(name string) {
	switch {
	case w.To == "":
		w.To = name
	case w.Kind == HTTPS && strings.HasSuffix(w.To, "/"):
		w.To += name
	}
	w.To = path.Clean(w.To)
}

// taken are the directories of an image that weights have no business in:
// the kernel's own, and the one that the dependencies fill.
var taken = []string{"proc", "sys", "dev", "venv"}

// inImage reads a place in the image.
func (l *loader) inImage(n *node, field string) string {
	to := l.str(n, field, "a path in the image such as /model")
	clean := path.Clean("/" + to)
	switch first, _, _ := strings.Cut(clean[1:], "/"); {
	case to == "":
		return ""
	case !path.IsAbs(to) && !l.insideModel(to):
		l.problemf(n, "%s: %s leaves the working directory: write an absolute path", field, quote(to))
	case path.IsAbs(to) && clean == "/":
		l.problemf(n, "%s: the top of the image is no place for weights: write a directory such as /model", field)
	case path.IsAbs(to) && slices.Contains(taken, first):
		l.problemf(n, "%s: /%s is not for weights: write another place, such as /model", field, first)
	}
	return to
}

// inRepository reads a pattern for the files of a repository that is fetched.
func (l *loader) inRepository(n *node, path string) string {
	p := l.str(n, path, "a pattern such as *.safetensors")
	if p != "" && !doublestar.ValidatePattern(p) {
		l.problemf(n, "%s: %s is no pattern: a bracket or brace is not closed", path, quote(p))
		return ""
	}
	return strings.TrimPrefix(p, "./")
}

// loopback is true for this machine itself.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// onlyLocalWeights refuses to fetch weights for a Dockerfile, which takes the model's directory and nothing else.
func (l *loader) onlyLocalWeights() {
	for _, w := range l.cfg.Weights {
		if w.Path == "" {
			l.keyProblemf(w.Field+".from", "has no effect on a Dockerfile build: have the Dockerfile fetch it (ADD --checksum=…), or set build.python to build without the Dockerfile")
		}
	}
}
