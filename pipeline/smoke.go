package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/slipway-dev/slipway/internal/client"
	"github.com/slipway-dev/slipway/internal/config"
	"github.com/slipway-dev/slipway/internal/plan"
	"github.com/slipway-dev/slipway/internal/protocol"
	"github.com/slipway-dev/slipway/internal/registry"
	"github.com/slipway-dev/slipway/internal/result"
	"github.com/slipway-dev/slipway/internal/stage"
	"github.com/slipway-dev/slipway/internal/stage/image"
	"github.com/slipway-dev/slipway/internal/stage/smoke"
)

func (p program) smokeCommand() *cobra.Command {
	var f flags
	var url, proto string
	var load bool
	cmd := &cobra.Command{
		Use:   "smoke (IMAGE | --url URL) [MODEL_DIR]",
		Short: "Ask any image, or a server that runs, for predictions",
		Long: `Smoke asks the cases of MODEL_DIR (default: here) of an image that is in a
registry, whoever built it, or of a server that runs somewhere. It judges and
reports as a run does. It builds nothing and publishes nothing.

  slipway smoke ghcr.io/acme/iris@sha256:…      an image, started in the engine
  slipway smoke oci:dist/iris/image             one in a directory, as a run without a registry writes it
  slipway smoke vllm/vllm-openai:latest llm/    with the cases of llm/
  slipway smoke --url https://iris.acme.example a server; no engine is needed

Where there is no slipway.yaml, the image's labels, environment and command
tell the protocol; of a server, --protocol does. Where there is no case, the
server is asked what it takes: the answer is then looked at, but nothing
recorded confirms it, and the run is not verified. A token in the environment
variable SLIPWAY_URL_TOKEN is sent to the server as a bearer token, and taken
out of what it answers. A server or registry that cannot be reached is an
error (3), and not a failure of the model (1).`,
		Args: cobra.MaximumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := protocol.For(proto); proto != "" && err != nil {
				return fmt.Errorf("--protocol: %w", err)
			}
			asked, args, err := whom(url, proto, args)
			if err != nil {
				return err
			}
			if load && url == "" {
				return errors.New("--load is for --url: an image is sent smoke.load whenever slipway.yaml has one")
			}
			j := asking(modelDir(args), f, asked, proto)
			if url != "" {
				j.alone, j.secrets, j.stages = true, nil, func(t tools) []stage.Stage {
					return []stage.Stage{
						// a server that somebody else runs, asked over the network
						{Name: "smoke", Run: smoke.Live{URL: url, Token: strings.TrimSpace(p.getenv("SLIPWAY_URL_TOKEN")), Load: load, Out: t.out, Nonce: t.nonce}.Run},
					}
				}
			}
			return ended{p.run(cmd.Context(), j)}
		},
	}
	f.addEngine(cmd)
	f.addOut(cmd)
	f.addJSON(cmd)
	fs := cmd.Flags()
	fs.StringVar(&url, "url", "", "address of a running server (http:// or https://, with a path where it has one)")
	fs.BoolVar(&load, "load", false, "with --url: send smoke.load too, to a server that others may be using")
	fs.StringVar(&proto, "protocol", "", "how the server is spoken to, instead of what slipway.yaml says or the image tells")
	f.addPlatform(cmd)
	return cmd
}

// whom says what is asked, and which arguments are left. It finds what can be
// no image or server before anything is done for it.
func whom(address, proto string, args []string) (asked string, rest []string, err error) {
	switch {
	case address == "" && len(args) == 0:
		return "", nil, errors.New("name an image, or a server with --url")
	case address == "":
		return args[0], args[1:], checkImage(args[0])
	case len(args) > 1:
		return "", nil, errors.New("both an image and --url are given: name one of them")
	case proto == protocol.Exec:
		return "", nil, errors.New("--protocol exec runs a command in an image: a server at --url speaks another")
	}
	if _, err := client.New(client.Options{URL: address}); err != nil {
		return "", nil, fmt.Errorf("--url: %w", err)
	}
	return address, args, nil
}

// checkImage finds what can be no image, before anything is done for it.
func checkImage(asked string) error {
	if strings.Contains(asked, "://") {
		return fmt.Errorf("%s is no image: the address of a server is given with --url", asked)
	}
	if dir, ok := strings.CutPrefix(asked, "oci:"); ok {
		if _, err := os.Stat(filepath.Join(dir, "index.json")); err != nil {
			return fmt.Errorf("%s: there is no image in that directory (%w): name one that holds an image layout, such as oci:dist/iris/image", asked, err)
		}
		return nil
	}
	if info, err := os.Stat(asked); err == nil && info.IsDir() {
		return fmt.Errorf("%s is a directory and no image: `slipway %[1]s` builds a model and asks it; an image in a directory is oci:%[1]s", asked)
	}
	return registry.CheckImage(asked)
}

// asking is a job that builds nothing.
func asking(dir string, f flags, asked, proto string) job {
	return job{
		dir: dir, flags: f, asked: asked, suffix: "-smoke", secrets: []string{"smoke"},
		load: func(dir, top string) (config.Config, []result.Problem) {
			return config.LoadSmoke(dir, top, proto)
		},
		plan: func(l loaded, _ plan.Facts) plan.Plan { return plan.ForSmoke(l.config, l.platforms[0]) },
		stages: func(t tools) []stage.Stage {
			return []stage.Stage{
				// the image as it is in its registry
				{Name: "image", Run: image.Pull{Composer: t.engine}.Run},
				// and its own server, asked as in a run
				{Name: "smoke", Run: smoke.Stage{Probe: t.probe(t.platform), Scratch: t.scratch, Out: t.out, Nonce: t.nonce}.Run},
			}
		},
	}
}
