// Package attest makes the documents that are attached to an image: what is in
// it (SBOM), where it comes from (provenance) and how it did (the run's
// result), and reads them again. It turns values into bytes and asks nobody.
package attest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
)

// The types of documents, by which others find them.
const (
	// SBOMType is CycloneDX in JSON (https://cyclonedx.org/specification/overview/#recognized-file-patterns).
	SBOMType = "application/vnd.cyclonedx+json"
	// StatementType is an in-toto statement that nobody signed
	// (https://github.com/in-toto/attestation/blob/main/spec/v1/bundle.md).
	StatementType = "application/vnd.in-toto+json"
	// BundleType is a statement with its signature, as cosign has it
	// (https://github.com/sigstore/cosign/blob/main/specs/BUNDLE_SPEC.md).
	BundleType = "application/vnd.dev.sigstore.bundle.v0.3+json"
	// ResultType is the result.json of the run that made the image.
	ResultType = "application/vnd.slipway.result.v1+json"
)

// The types of statements.
const (
	statementV1  = "https://in-toto.io/Statement/v1"
	ProvenanceV1 = "https://slsa.dev/provenance/v1"
	SBOMV1       = "https://cyclonedx.org/bom"
)

// The annotations of referrers, for those who look for a document without reading all of them.
const (
	// https://github.com/in-toto/attestation/blob/main/spec/v1/bundle.md; bundles have the one of cosign.
	StatementPredicate = "in-toto.io/predicate-type"
	BundlePredicate    = "dev.sigstore.bundle.predicateType"
	BundleContent      = "dev.sigstore.bundle.content"
	DSSE               = "dsse-envelope" // the only content of ours
	Revision           = "org.opencontainers.image.revision"
	Signer             = "dev.slipway.signer"
	SignedDocument     = "dev.slipway.document" // digest of the SBOM that is signed
)

// Statement says something about images, known by their digests
// (https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md).
type Statement struct {
	Type          string          `json:"_type"`
	Subject       []Resource      `json:"subject"`
	PredicateType string          `json:"predicateType"`
	Predicate     json.RawMessage `json:"predicate"`
}

// Resource is something known by its digest
// (https://github.com/in-toto/attestation/blob/main/spec/v1/resource_descriptor.md).
type Resource struct {
	Name        string            `json:"name,omitempty"`
	URI         string            `json:"uri,omitempty"`
	Digest      map[string]string `json:"digest,omitempty"` // by algorithm, hex
	Content     []byte            `json:"content,omitempty"`
	MediaType   string            `json:"mediaType,omitempty"`
	Annotations map[string]any    `json:"annotations,omitempty"`
}

// Digest is "sha256:<hex>" as a resource has it.
func Digest(digest string) map[string]string {
	algorithm, hex, _ := strings.Cut(digest, ":")
	return map[string]string{algorithm: hex}
}

// state makes a statement about images.
func state(subject []Resource, predicateType string, predicate any) ([]byte, error) {
	data, err := json.Marshal(predicate)
	if err != nil {
		return nil, err
	}
	return json.Marshal(Statement{Type: statementV1, Subject: subject, PredicateType: predicateType, Predicate: data})
}

// Document names a document that is attached beside a statement.
func Document(name, mediaType string, data []byte) Resource {
	sum := sha256.Sum256(data)
	return Resource{Name: name, MediaType: mediaType, Digest: map[string]string{"sha256": hex.EncodeToString(sum[:])}}
}

// SBOMStatement says that an SBOM is an image's: what is signed of it.
func SBOMStatement(subject []Resource, bom []byte) ([]byte, error) {
	return state(subject, SBOMV1, json.RawMessage(bom))
}

// Kind is what a document is in a word: sbom, provenance, result or other.
func Kind(artifactType string, annotations map[string]string) string {
	predicate := annotations[StatementPredicate] + annotations[BundlePredicate]
	switch {
	case artifactType == SBOMType, predicate == SBOMV1:
		return "sbom"
	case artifactType == ResultType:
		return "result"
	case predicate == ProvenanceV1:
		return "provenance"
	}
	return "other"
}

// ReadStatement reads a statement and makes sure that it is about the digest.
func ReadStatement(data []byte, digest string) (Statement, error) {
	var s Statement
	if err := json.Unmarshal(data, &s); err != nil {
		return s, fmt.Errorf("it is no in-toto statement: %w", err)
	}
	if s.Type != statementV1 {
		return s, fmt.Errorf("it is no in-toto statement of version 1, but %q", s.Type)
	}
	algorithm, hex, _ := strings.Cut(digest, ":")
	for _, r := range s.Subject {
		if r.Digest[algorithm] == hex && hex != "" {
			return s, nil
		}
	}
	return s, fmt.Errorf("it is about another image than %s", digest)
}
