package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/slipway-dev/slipway/internal/attest"
	"github.com/slipway-dev/slipway/internal/registry"
	"github.com/slipway-dev/slipway/internal/result"
	"github.com/slipway-dev/slipway/internal/stage"
	"github.com/slipway-dev/slipway/internal/verify"
)

func (p program) verifyCommand() *cobra.Command {
	var keyFile string
	var unsigned, asJSON bool
	cmd := &cobra.Command{
		Use:   "verify REF@DIGEST",
		Short: "Check what is attached to a published image",
		Long: `Verify reads the documents that are attached to the image, and checks that they
are about this image, that the provenance vouches for the others, and that it is
signed with the key in --key. It says what the provenance says: commit, base,
lock and builder.

  slipway verify ghcr.io/acme/iris@sha256:… --key slipway.pub
  slipway verify oci:dist/iris/image@sha256:… --allow-unsigned

Exit codes: 0 verified, 1 not (it says why), 2 command line, 3 the registry
could not be asked.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			at, digest, ok := strings.Cut(args[0], "@")
			if !ok || !strings.HasPrefix(digest, "sha256:") {
				return fmt.Errorf("%q is no image by its digest: write it as registry/repository@sha256:… or oci:DIR@sha256:…", args[0])
			}
			asked := verify.Asked{At: at, Digest: digest, AllowUnsigned: unsigned}
			if keyFile != "" {
				key, err := readKey(keyFile)
				if err != nil {
					return err
				}
				asked.Key = &key
			}
			seen, err := verify.Image(cmd.Context(), registry.New(registry.Options{}), asked)
			var known *stage.Error
			if errors.As(err, &known) {
				fmt.Fprintf(p.stderr, "slipway: %s (%s)\n  %s\n", known.What, known.Where, known.Remedy)
				return ended{result.Errored}
			}
			if err != nil {
				return err
			}
			if asJSON {
				err = json.NewEncoder(p.stdout).Encode(seen)
			} else {
				_, err = fmt.Fprint(p.stdout, seen.Text())
			}
			if err == nil && !seen.Verified {
				err = ended{result.Failed}
			}
			return err
		},
	}
	fs := cmd.Flags()
	fs.StringVar(&keyFile, "key", "", "`file` with the public key in PEM that the provenance must be signed with")
	fs.BoolVar(&unsigned, "allow-unsigned", false, "do not ask for a signature: anybody who may push could have written what is attached")
	fs.BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func readKey(file string) (attest.Key, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return attest.Key{}, fmt.Errorf("--key: %w", err)
	}
	key, err := attest.ReadPublicKey(data)
	if err != nil {
		return key, fmt.Errorf("--key %s: %w", file, err)
	}
	return key, nil
}
