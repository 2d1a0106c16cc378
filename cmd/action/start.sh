#!/usr/bin/env bash
# What action.yml runs: builds the two programs from the action's own checkout
# and becomes the first, so that the runner's signals reach it.
set -euo pipefail

source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
bin=${RUNNER_TEMP:-${TMPDIR:-/tmp}}/slipway-bin

# What the workflow set for its own Go code must not decide how this is built.
# A Go from 1.21 on fetches the version that go.mod names.
export GOTOOLCHAIN=auto GOWORK=off GOFLAGS='' CGO_ENABLED=0

quit() {
  echo "::endgroup::"
  echo "::error title=slipway::$1"
  exit 3
}

echo "::group::Build slipway"
command -v go >/dev/null || quit "There is no Go on this runner, and slipway is built from source: put a step with actions/setup-go before this one."
mkdir -p "$bin"
# Not -trimpath: the pipeline finds the source of its probe by the path it was compiled from.
go build -C "$source" -buildvcs=false -o "$bin/" ./pipeline ./cmd/action ||
  quit "Slipway could not be built with $(go version); the lines above say why."
echo "::endgroup::"
exec "$bin/action" "$bin/pipeline"
