# passerelle
#
#   make run      start the demonstration: a broker, the gateway, real documents (ARGS="--once" ends after them)
#   make test     run the tests (packages: PKG="./routes/...")
#
#   make build    the program, in bin/passerelle: one static file
#   make lint     gofmt, go vet and golangci-lint (built on first use, a few minutes)
#   make race     the tests under the race detector (needs a C compiler)
#   make fuzz     each fuzz target for FUZZTIME (60s, or a count: 1000x)
#   make bench    the benchmarks
#   make cover    the tests with their coverage, by function
#   make check    what continuous integration runs
#   make clean    remove what the other targets made
#   make help     this text
#
# run and test need Go and make only.

GO       ?= go
PKG      ?= ./...
FUZZTIME ?= 60s
ARGS     ?=

LINT = $(GO) tool -modfile=tools/go.mod golangci-lint

# The program has no C in it; race needs some and says so.
export CGO_ENABLED = 0

.PHONY: run build test race lint fuzz bench cover check clean help

run: build
	@bin/passerelle demo $(ARGS)

# The version is that of the commit, which Go stamps where git answers (it does not in a folder of another owner).
build:
	@$(GO) build -trimpath -buildvcs=$$(git status >/dev/null 2>&1 && echo auto || echo false) -o bin/passerelle ./cmd/passerelle

test:
	$(GO) test $(PKG)

race:
	CGO_ENABLED=1 $(GO) test -race $(PKG)

lint:
	@unformatted=$$($$($(GO) env GOROOT)/bin/gofmt -l .) || exit 1; \
	if [ -n "$$unformatted" ]; then echo "not formatted, run gofmt -w:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet $(PKG)
	$(LINT) run $(PKG)

# Fuzz targets are found, not listed: a new one is run without a change here.
fuzz:
	@for pkg in $$($(GO) list $(PKG)); do \
	  list=$$($(GO) test -list '^Fuzz' $$pkg) || { echo "$$list"; exit 1; }; \
	  for target in $$(echo "$$list" | grep '^Fuzz'); do \
	    echo "== $$target, $$pkg"; \
	    $(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x $$pkg || exit 1; \
	  done; \
	done

bench:
	$(GO) test -run '^$$' -bench . -benchmem $(PKG)

cover:
	$(GO) test -coverpkg ./... -coverprofile cover.out $(PKG)
	$(GO) tool cover -func cover.out

check:
	.ci/run

clean:
	rm -rf bin cover.out

help:
	@sed -n '/^#/!q; s/^# \{0,1\}//p' Makefile
