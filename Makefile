# Levqor. `make help` lists what there is.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
LINT := go tool -modfile=tools/go.mod

.PHONY: help
help: ## what you can make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: need-run assets ## start everything on this machine and print the sign-in link
	@go build -o bin/levqor .
	@exec bin/levqor dev

.PHONY: test
test: need-test assets app/browser/node_modules/.package-lock.json ## every test, race detector on, real Postgres, kopia, S3 and Chromium
	@tools/test -timeout 20m ./...

.PHONY: chaos
chaos: need-test assets ## the tests of kills, freezes, cut lines, faults, rot and clocks in their long forms: about an hour
	@LEVQOR_CHAOS=1 tools/test -timeout 3h -count 1 -run '$(CHAOS)' ./jobs/backup ./jobs/vault/... ./jobs/workflow/engine ./workers .
CHAOS := Kill|Frozen|CutOff|Fault|Rot|Full|Model|Lives|Clock|Recover|Adopt|Outages|Rolling

.PHONY: check
check: need-test assets generated ## format, vet, lint with the house's arrows, generated code, catalogue, known vulnerabilities
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo "run gofmt -w on these"; exit 1; }
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
	@git diff --exit-code --stat -- '*_templ.go'

.PHONY: assets
assets: node_modules/.package-lock.json # css, js, fonts and icons into static/dist
	@go run ./static/build

node_modules/.package-lock.json: package-lock.json package.json
	@npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

app/browser/node_modules/.package-lock.json: app/browser/package-lock.json app/browser/package.json
	@cd app/browser && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: need-run need-test need-bench
need-run:
	@tools/need nodejs:node npm:npm 'postgresql:/usr/lib/postgresql/*/bin/initdb'
need-test: need-run
	@tools/need chromium:chromium gcc:gcc rsync:rsync attr:setfattr acl:setfacl iproute2:ip nftables:nft
need-bench: need-test
	@tools/need restic:restic borgbackup:borg time:time
