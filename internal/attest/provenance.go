package attest

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/package-url/packageurl-go"
)

// What our builds are called; docs/attestations.md says what they do and what their parameters mean.
const (
	BuildType = "https://github.com/slipway-dev/slipway/blob/main/docs/attestations.md#build-v1"
	// ByHand is the builder when it is a machine that nobody vouches for.
	ByHand = "https://github.com/slipway-dev/slipway/blob/main/docs/attestations.md#by-hand"
)

// Provenance says how an image came to be
// (https://slsa.dev/spec/v1.0/provenance).
type Provenance struct {
	BuildDefinition struct {
		BuildType            string     `json:"buildType"`
		ExternalParameters   External   `json:"externalParameters"`
		InternalParameters   Internal   `json:"internalParameters"`
		ResolvedDependencies []Resource `json:"resolvedDependencies"`
	} `json:"buildDefinition"`
	RunDetails struct {
		Builder    Builder    `json:"builder"`
		Metadata   Invocation `json:"metadata"`
		Byproducts []Resource `json:"byproducts,omitempty"`
	} `json:"runDetails"`
}

// External is what whoever started the run decided.
type External struct {
	Model         string   `json:"model"`         // directory, from the top of the repository
	Configuration *string  `json:"configuration"` // sha256 of slipway.yaml, hex; null when there is none
	Platforms     []string `json:"platforms"`
	Publish       string   `json:"publish"`
	Tags          []string `json:"tags,omitempty"`
	Fresh         bool     `json:"fresh,omitempty"`
	Ref           string   `json:"ref,omitempty"`
	Event         string   `json:"event,omitempty"`
}

// Internal is what the builder decided.
type Internal struct {
	DepsKey string `json:"depsKey,omitempty"` // what the dependency layer was looked up by
}

// Builder is who ran the build.
type Builder struct {
	ID      string            `json:"id"`
	Version map[string]string `json:"version,omitempty"`
}

// Invocation is one run of the builder.
type Invocation struct {
	InvocationID string    `json:"invocationId,omitempty"`
	StartedOn    time.Time `json:"startedOn"`
	FinishedOn   time.Time `json:"finishedOn"`
}

// SourceCommit names a commit of a repository: what is it for ("source", "head", "base"), and its tree when it is known.
func SourceCommit(what, repository, commit, tree string) Resource {
	r := Resource{Name: what, Digest: map[string]string{"gitCommit": commit}}
	if repository != "" {
		r.URI = "git+" + repository
	}
	if tree != "" {
		r.Digest["gitTree"] = tree
	}
	return r
}

// BaseImage names an image that another stands on.
func BaseImage(ref, digest, platform string) Resource {
	r := Resource{Name: "base", URI: "pkg:oci/" + digest, Digest: Digest(digest), Annotations: map[string]any{"platform": platform}}
	parsed, err := name.ParseReference(ref)
	if err != nil { // an image in a directory
		return r
	}
	repository := strings.Replace(parsed.Context().Name(), name.DefaultRegistry, "docker.io", 1)
	qualifiers := map[string]string{"repository_url": repository}
	if tag, ok := parsed.(name.Tag); ok {
		qualifiers["tag"] = tag.TagStr()
	}
	short := repository[strings.LastIndex(repository, "/")+1:]
	r.URI = packageurl.NewPackageURL(packageurl.TypeOCI, "", short, digest, packageurl.QualifiersFromMap(qualifiers), "").ToString()
	return r
}

// login matches an address with credentials in it.
var login = regexp.MustCompile(`://[^/\s@]+@`)

// sshUser is no secret: every git server has it.
var sshUser = regexp.MustCompile(`ssh://git@`)

// File names a file with what it says, so that it can be had when the repository cannot. What has a
// login in it is named without its content: a registry shows documents to everybody who may pull.
func File(name string, content []byte) Resource {
	sum := sha256.Sum256(content)
	r := Resource{Name: name, Digest: map[string]string{"sha256": hex.EncodeToString(sum[:])}, MediaType: "text/plain", Content: content}
	if login.Match(sshUser.ReplaceAll(content, nil)) {
		r.Content = nil
		r.Annotations = map[string]any{"content": "left out: it holds a login"}
	}
	return r
}

// Statement is the provenance as a statement about images.
func (p Provenance) Statement(subject []Resource) ([]byte, error) {
	p.BuildDefinition.BuildType = BuildType
	return state(subject, ProvenanceV1, p)
}
