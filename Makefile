# Levqor. `make help` lists what there is.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
LINT := go tool -modfile=tools/go.mod
# Another user's clone is as good as one's own: git and go would refuse it.
GIT := git -c safe.directory='*'
export GOFLAGS := $(strip $(GOFLAGS) -buildvcs=false)
PKG := ./...

.PHONY: help
help: ## what you can make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: build ## start everything on this machine and print the sign-in link
	@exec bin/levqor dev

.PHONY: build
build: need-run assets ## bin/levqor, the one program
	@tools/step 'Building bin/levqor' go build -o bin/levqor .

.PHONY: test
test: need-test assets app/browser/node_modules/.package-lock.json ## every test, race detector on, real Postgres, kopia, S3 and Chromium
	@tools/test -timeout 20m $(PKG)

.PHONY: chaos
chaos: need-test assets fresh ## the tests of kills, freezes, cut lines, faults, rot, clocks and recovery in their long forms, and a fresh machine: hours
	@LEVQOR_CHAOS=1 tools/test -timeout 3h -count 1 -run '$(CHAOS)' ./jobs/backup ./jobs/recovery ./jobs/vault/... ./jobs/workflow/engine ./workers .
CHAOS := Kill|Frozen|CutOff|Fault|Rot|Full|Model|Lives|Clock|Recover|Adopt|Outages|Rolling

.PHONY: fresh
fresh: ## make run and make test on fresh Debian machines, from nothing; FRESH_ALL=1: every test there
	@tools/need fresh
	@tools/fresh

.PHONY: check
check: need-test assets generated ## format, vet, lint with the house's arrows, generated code, catalogue, known vulnerabilities
	@test -z "$$(gofmt -l $$($(GIT) ls-files '*.go'))" || { gofmt -l $$($(GIT) ls-files '*.go'); echo "run gofmt -w on these"; exit 1; }
	@go vet ./...
	@$(LINT) golangci-lint run ./...
	@go test ./locales/...
	@go mod verify >/dev/null
	@if [ -n "$(VULNDB)" ]; then $(LINT) govulncheck -db "file://$$(realpath $(VULNDB))" ./...; else $(LINT) govulncheck ./...; fi

.PHONY: bench
bench: need-bench assets ## backup and restore against kopia, restic and borg, written to bench.md
	@go run ./jobs/bench

.PHONY: generate
generate: ## templ files to Go
	@go tool templ generate -log-level error

.PHONY: generated
generated: generate # fails when a committed *_templ.go is stale
	@$(GIT) diff --exit-code --stat -- '*_templ.go'

.PHONY: assets
assets: node_modules/.package-lock.json # css, js, fonts and icons into static/dist
	@tools/step 'Building css, js, fonts and icons' go run ./static/build

node_modules/.package-lock.json: package-lock.json package.json
	@tools/step 'Fetching what the pages are made of' npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

app/browser/node_modules/.package-lock.json: app/browser/package-lock.json app/browser/package.json
	@cd app/browser && ../../tools/step 'Fetching what the tests of pages need' npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: need-run need-test need-bench
need-run:
	@tools/need run
need-test:
	@tools/need run test
need-bench:
	@tools/need run test bench
