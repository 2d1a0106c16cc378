package attest

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"
)

// bundle is a statement with its signature in the form that cosign reads
// (https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_bundle.proto).
type bundle struct {
	MediaType string `json:"mediaType"`
	Material  struct {
		PublicKey struct {
			Hint string `json:"hint"`
		} `json:"publicKey"`
	} `json:"verificationMaterial"`
	Envelope *dsse.Envelope `json:"dsseEnvelope"`
}

// payloadType is what is signed along with a statement
// (https://github.com/in-toto/attestation/blob/main/spec/v1/envelope.md).
const payloadType = "application/vnd.in-toto+json"

// Signing signs statements with a key.
type Signing struct{ Key Key }

// Identity names the key.
func (s Signing) Identity() string { return s.Key.Identity() }

// Sign gives a statement with its signature.
func (s Signing) Sign(ctx context.Context, statement []byte) ([]byte, error) {
	signer, err := dsse.NewEnvelopeSigner(s.Key)
	if err != nil {
		return nil, err
	}
	envelope, err := signer.SignPayload(ctx, payloadType, statement)
	if err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	b := bundle{MediaType: BundleType, Envelope: envelope}
	b.Material.PublicKey.Hint = s.Key.id
	return json.Marshal(b)
}

// Opened reads a document: the statement in it, and whether somebody signed it.
// Whose signature it is, Signed tells.
func Opened(artifactType string, data []byte) (statement []byte, signed bool, err error) {
	if artifactType != BundleType {
		return data, false, nil
	}
	b, err := readBundle(data)
	if err != nil {
		return nil, true, err
	}
	statement, err = b.Envelope.DecodeB64Payload()
	return statement, true, err
}

// Signed checks that a bundle was signed with a key.
func Signed(ctx context.Context, data []byte, key Key) error {
	b, err := readBundle(data)
	if err != nil {
		return err
	}
	if b.Envelope.PayloadType != payloadType {
		return fmt.Errorf("it is a signed %q, and no statement", b.Envelope.PayloadType)
	}
	verifier, err := dsse.NewEnvelopeVerifier(key)
	if err != nil {
		return err
	}
	if _, err := verifier.Verify(ctx, b.Envelope); err != nil {
		if hint := b.Material.PublicKey.Hint; hint != "" && hint != key.id {
			return fmt.Errorf("it was signed with another key (%s)", hint)
		}
		return fmt.Errorf("its signature does not hold: %w", err)
	}
	return nil
}

func readBundle(data []byte) (bundle, error) {
	var b bundle
	if err := json.Unmarshal(data, &b); err != nil {
		return b, fmt.Errorf("reading a signed statement: %w", err)
	}
	if b.Envelope == nil {
		return b, fmt.Errorf("the bundle holds no statement")
	}
	return b, nil
}
