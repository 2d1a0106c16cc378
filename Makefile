# `make demo` ships a real model, `make test` runs everything. Both do their
# own set-up on a fresh machine: an engine, a registry and base images.

LAB      := go run -C tools/lab .
REGISTRY := localhost:5000

.PHONY: demo test unit lint e2e bench lab lab-status lab-down build update clean help

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: ## ship testdata/models/iris to the lab's registry
	@$(LAB) up --images python
	@go run ./pipeline testdata/models/iris --publish $(REGISTRY)/iris

test: lint unit e2e ## lint, unit tests and scripts, then every model on the real engine

unit: ## tests that need neither engine nor network
	go test ./...
	go test -C tools/lab ./...
	go test -C tools/bench ./...

lint: ## golangci-lint on the code, actionlint on the workflows
	go tool -modfile=tools/lint/go.mod golangci-lint run --allow-parallel-runners ./...
	go tool -modfile=tools/actionlint/go.mod actionlint
	go tool -modfile=tools/actionlint/go.mod actionlint docs/workflows/*.yml
	go mod tidy -diff

e2e: lab ## every model, and every way a run can end, on the real engine and registry
	go build -o bin/act -modfile=tools/act/go.mod github.com/nektos/act
	go test -tags e2e -count=1 -timeout 60m ./e2e

bench: lab ## what a run costs beside BuildKit and podman, and the probe beside another load generator
	go run -C tools/bench .
	go test -tags e2e -count=1 -run '^$$' -bench . -benchtime 5x -timeout 30m ./e2e

lab: ## engine, registry and base images on this machine
	@$(LAB) up --images python,node,go,python-arm64

lab-status: ## what of the lab runs
	@$(LAB) status

lab-down: ## stop the lab
	@$(LAB) down

build: ## bin/slipway and bin/slipway-action, which carry the probe
	CGO_ENABLED=0 GOOS=linux GOARCH=amd64 go build -trimpath -ldflags "-s -w" -o pipeline/probes/linux-amd64 ./cmd/probe
	CGO_ENABLED=0 GOOS=linux GOARCH=arm64 go build -trimpath -ldflags "-s -w" -o pipeline/probes/linux-arm64 ./cmd/probe
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o bin/slipway ./pipeline
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o bin/slipway-action ./cmd/action

update: ## rewrite golden files and generated tables; look at the diff
	go test $$(git grep -l 'testkit\.Golden' -- '*_test.go' | xargs -n1 dirname | sort -u | sed 's|^|./|') -update
	UPDATE_SCRIPTS=1 go test ./pipeline

clean: ## what builds and runs leave behind
	rm -rf bin dist pipeline/probes/linux-*
