package attest

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"
)

// Key signs statements, or checks who signed them: ECDSA with SHA-256, or Ed25519.
type Key struct {
	private crypto.Signer // nil: it only checks
	public  crypto.PublicKey
	id      string
}

var _ dsse.SignerVerifier = Key{}

// ReadPrivateKey reads a private key in PEM: PKCS #8, or SEC 1 as openssl's
// ecparam writes it. The errors never quote it.
func ReadPrivateKey(data []byte) (Key, error) {
	block := find(data, "PRIVATE KEY")
	switch {
	case block == nil:
		return Key{}, errors.New("it is no private key in PEM (-----BEGIN PRIVATE KEY-----)")
	case strings.Contains(block.Type, "ENCRYPTED"):
		return Key{}, errors.New("it is encrypted: `openssl pkcs8 -topk8 -nocrypt` writes one that is not, for a secret store to keep")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		if parsed, err = x509.ParseECPrivateKey(block.Bytes); err != nil {
			return Key{}, errors.New("its PEM holds no private key of a known kind: use ECDSA P-256 or Ed25519")
		}
	}
	private, ok := parsed.(crypto.Signer)
	if !ok {
		return Key{}, fmt.Errorf("it is a %T: use ECDSA P-256 or Ed25519", parsed)
	}
	k, err := publicKey(private.Public())
	k.private = private
	return k, err
}

// ReadPublicKey reads a public key in PEM (PKIX).
func ReadPublicKey(data []byte) (Key, error) {
	block := find(data, "PUBLIC KEY")
	if block == nil {
		return Key{}, errors.New("it is no public key in PEM (-----BEGIN PUBLIC KEY-----)")
	}
	public, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return Key{}, fmt.Errorf("its PEM holds no public key: %w", err)
	}
	return publicKey(public)
}

// find is the first block of a kind: openssl writes parameters before a key.
func find(data []byte, kind string) *pem.Block {
	for {
		block, rest := pem.Decode(data)
		if block == nil || strings.HasSuffix(block.Type, kind) {
			return block
		}
		data = rest
	}
}

// publicKey also names the key, as cosign does: by the SHA-256 of its PKIX form.
func publicKey(public crypto.PublicKey) (Key, error) {
	switch public.(type) {
	case *ecdsa.PublicKey, ed25519.PublicKey:
	default:
		return Key{}, fmt.Errorf("it is a %T: use ECDSA P-256 or Ed25519", public)
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return Key{}, err
	}
	sum := sha256.Sum256(der)
	return Key{public: public, id: base64.StdEncoding.EncodeToString(sum[:])}, nil
}

// Identity names the key.
func (k Key) Identity() string { return "key " + k.id }

// KeyID is empty: a bundle names its key outside of the envelope.
func (k Key) KeyID() (string, error) { return "", nil }

// Public is the public half.
func (k Key) Public() crypto.PublicKey { return k.public }

// Sign signs bytes.
func (k Key) Sign(_ context.Context, data []byte) ([]byte, error) {
	if k.private == nil {
		return nil, errors.New("a public key signs nothing")
	}
	if _, ok := k.public.(ed25519.PublicKey); ok {
		return k.private.Sign(rand.Reader, data, crypto.Hash(0))
	}
	sum := sha256.Sum256(data)
	return k.private.Sign(rand.Reader, sum[:], crypto.SHA256)
}

// Verify checks a signature.
func (k Key) Verify(_ context.Context, data, signature []byte) error {
	good := false
	switch public := k.public.(type) {
	case *ecdsa.PublicKey:
		sum := sha256.Sum256(data)
		good = ecdsa.VerifyASN1(public, sum[:], signature)
	case ed25519.PublicKey:
		good = ed25519.Verify(public, data, signature)
	}
	if !good {
		return errors.New("the signature is not of this key")
	}
	return nil
}
