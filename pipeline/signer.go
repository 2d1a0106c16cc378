package main

import (
	"github.com/slipway-dev/slipway/internal/attest"
	"github.com/slipway-dev/slipway/internal/result"
)

// readSigner takes the key that signs what is published.
func (l *loaded) readSigner(pem string) {
	if pem == "" {
		return
	}
	key, err := attest.ReadPrivateKey([]byte(pem))
	if err != nil {
		l.problems = append(l.problems, result.Problem{Message: "SLIPWAY_SIGNING_KEY: " + err.Error()})
		return
	}
	l.signer = attest.Signing{Key: key}
}
