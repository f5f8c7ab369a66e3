SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --warn-undefined-variables
.DEFAULT_GOAL := help

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
PLATFORM ?= examples/platform.hcl
FUZZTIME ?= 20s
BENCHTIME ?= 1s

# A checkout that belongs to somebody else has no version control stamp.
GOFLAGS ?=
export GOFLAGS += -buildvcs=false

BUILD := go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)'
# The linter has a module of its own: its dependencies are none of Drover's.
LINT := go tool -modfile=e2e/lint/go.mod golangci-lint
# Installs Debian packages, starts a Docker engine, runs a command.
SETUP := e2e/setup.sh

.PHONY: help
help: ## show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## build bin/drover, one static binary
	CGO_ENABLED=0 $(BUILD) -o bin/drover ./cli/drover

.PHONY: dev
dev: build ## start Nomad, Consul and Vault with PLATFORM on them; Ctrl-C ends it
	$(SETUP) bin/drover dev $(PLATFORM)

.PHONY: demo
demo: build ## the same, checks itself and ends
	$(SETUP) bin/drover dev -check $(PLATFORM)

.PHONY: unit
unit: ## the quick tests, without a stack
	go vet ./...
	go test -short -shuffle=on ./...

.PHONY: test
test: ## everything: lint, unit and end-to-end tests on the real stack
	$(SETUP) $(MAKE) --no-print-directory servers lint race e2e

.PHONY: servers
servers: build ## find Nomad, Consul and Vault, or build them once (30 minutes on 2 cores)
	bin/drover dev -prepare

.PHONY: race
race:
	go test -race -shuffle=on -timeout 20m ./...

# One package at a time: each has a stack of its own.
.PHONY: e2e
e2e: ## tests on real Nomad, Consul and Vault; needs root
	go test -tags e2e -count=1 -p 1 -parallel 4 -timeout 60m \
		$$(grep -rl --include='*_test.go' '^//go:build e2e' . | xargs -n 1 dirname | sort -u)

.PHONY: fuzz
fuzz: ## every fuzz test for FUZZTIME
	@grep -rl --include='*_test.go' '^func Fuzz' . | while read -r file; do \
		sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$$file" | while read -r name; do \
			echo "$$name in $$file"; \
			go test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) "$$(dirname "$$file")" </dev/null; \
		done; \
	done

.PHONY: bench
bench: ## benchmarks, some on a real stack; those that compare print a ratio
	go test -tags e2e -p 1 -timeout 60m -run '^$$' -bench . -benchmem -benchtime $(BENCHTIME) ./...

.PHONY: image
image: build ## build the image drover.local/drover:VERSION, FROM scratch
	$(SETUP) docker build --file Dockerfile --build-arg BINARY=drover --tag drover.local/drover:$(VERSION) bin

.PHONY: fmt
fmt: ## format Go and HCL
	$(LINT) fmt
	go run ./cli/drover fmt examples

.PHONY: lint
lint: ## the linter and the formatters' check
	$(LINT) run
	go run ./cli/drover fmt -check examples

.PHONY: tidy
tidy: ## drop what go.mod does not need
	go mod tidy

.PHONY: clean
clean: ## remove what was built here; the caches stay
	rm -rf bin dist
