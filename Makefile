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
#   make kafka    start a real Apache Kafka for development (Java 17 and Maven; ARGS="--version 3.9.2 --nodes 3")
#   make kafka-stop   end it and remove its data
#   make test-kafka   the tests of the Kafka layer, of tables and of unique numbers on Apache Kafka 4.4.0 and 3.9.2 and on three nodes, about six minutes
#   make test-kafka-full   all of them, with KAFKA_KILLS (30) killed leaders from KAFKA_SEED (1), and 100 of gateways, about two hours
#   make test-oracle   the rules against the official artefacts, on the examples, as they are and converted, and on mutants of them: ORACLE_COUNT (30, of statuses 100) of
#                 each from ORACLE_SEED (1), the part ORACLE_SHARD (1/1), the rules that start with ORACLE_RULES (all);
#                 of ESPDs, which take 2.5 seconds each, ORACLE_ESPD_COUNT (3) mutants of each
#   make test-xsd   the structure of documents against the official XML Schemas and the JDK, on PASSERELLE_MUTANTS (5000) mutants from
#                 PASSERELLE_SEED (1); part of test-oracle
#   make cover    the tests with their coverage, by function
#   make check    what continuous integration runs
#   make clean    remove what the other targets made
#   make help     this text
#
# run and test need Go and make only. Tests on a real Kafka start it, and end what they started. The oracle, which needs Java
# 17, Maven and Python, and the corpus lie beside the repository; ORACLE and CORPUS name them elsewhere.

GO       ?= go
PKG      ?= ./...
FUZZTIME ?= 60s
ARGS     ?=

KAFKA_KILLS ?= 30
KAFKA_SEED  ?= 1

ORACLE       ?= ../shared/oracle
ORACLE_CACHE ?= .oracle
CORPUS       ?= ../shared/corpus

KAFKA_DEV  = deploy/kafka-dev/kafka-dev.sh
KAFKA_TEST = $(GO) test -count=1 -p 1 -timeout 20m ./internal/kafka ./internal/app -run

LINT = $(GO) tool -modfile=tools/go.mod golangci-lint

# The program has no C in it; race needs some and says so.
export CGO_ENABLED = 0

.PHONY: run build test race lint fuzz bench kafka kafka-stop test-kafka test-kafka-full test-oracle test-xsd cover check clean help

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

kafka:
	@$(KAFKA_DEV) start $(ARGS)

kafka-stop:
	@$(KAFKA_DEV) clean

test-kafka:
	$(KAFKA_DEV) run --version 4.4.0 -- $(KAFKA_TEST) TestReal
	$(KAFKA_DEV) run --version 3.9.2 -- $(KAFKA_TEST) 'TestReal(Directory|Requests|UniqueNumbers|ReadCommitted|IndependentReader|JavaConsumer|Takeover|Watermill/(keyed|batches))'
	KAFKA_KILLS=1 $(KAFKA_DEV) run --nodes 3 -- $(KAFKA_TEST) TestRealLeaderKill

test-kafka-full:
	for version in 4.4.0 3.9.2; do \
	  $(KAFKA_DEV) run --version $$version -- $(KAFKA_TEST) TestReal || exit 1; \
	  KAFKA_KILLS=$(KAFKA_KILLS) KAFKA_SEED=$(KAFKA_SEED) $(KAFKA_DEV) run --version $$version --nodes 3 -- $(KAFKA_TEST) TestReal || exit 1; \
	done
	PASSERELLE_AWAY=5m $(GO) test -count=1 -timeout 20m -v ./internal/app -run TestBrokerAway
	PASSERELLE_KILLS=100 PASSERELLE_SEED=$(KAFKA_SEED) $(GO) test -count=1 -timeout 2h -parallel 1 -v ./internal/app -run 'TestKill|TestGatewaysComeAndGo'

# Mutants and verdicts stay in ORACLE_CACHE: the same documents are not judged twice.
test-oracle: export ORACLE := $(abspath $(ORACLE))
test-oracle: export ORACLE_CACHE := $(abspath $(ORACLE_CACHE))
test-oracle: export ORACLE_EXTRA = $(ORACLE_CACHE)/cases
test-oracle: export FRENCH_CASES := $(abspath $(ORACLE_CACHE))/fr-cases
test-oracle: export STATUS_CASES := $(abspath $(ORACLE_CACHE))/status-cases
test-oracle: export ORACLE_SHARD := $(or $(ORACLE_SHARD),1/1)
test-oracle: export CORPUS := $(abspath $(CORPUS))
test-oracle:
	@rm -rf $(ORACLE_EXTRA) $(FRENCH_CASES) $(STATUS_CASES) && mkdir -p $(ORACLE_EXTRA) $(FRENCH_CASES) $(STATUS_CASES)
	SYNTAX_CASES=$(ORACLE_EXTRA) $(GO) test -count=1 ./schemas/rules/syntax -run TestShippedRulesAreBrokenAndKept
	$(GO) test -count=1 ./schemas/rules -run 'TestFrenchCases|TestStatusCases'
	$(GO) test -count=1 ./transformers -run TestConversion
	$(GO) test -count=1 ./internal/app -run TestExtendedSeedsInAllForms
	$(GO) test -count=1 -timeout 2h -v ./schemas/rules -run TestOracle
	$(MAKE) --no-print-directory test-xsd

test-xsd:
	$(GO) -C tools run ./structure -xsd $(abspath $(ORACLE_CACHE))/xsd
	PASSERELLE_XSD=$(abspath $(ORACLE_CACHE))/xsd $(GO) test -count=1 -timeout 1h -v ./schemas/structure -run 'TestOracle$$'

cover:
	$(GO) test -coverpkg ./... -coverprofile cover.out $(PKG)
	$(GO) tool cover -func cover.out

check:
	.ci/run

clean:
	rm -rf bin cover.out

help:
	@sed -n '/^#/!q; s/^# \{0,1\}//p' Makefile
