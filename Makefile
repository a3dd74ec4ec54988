# `make help` lists what there is.
CARGO ?= cargo
KAFKA_JARS := .setup/kafka
MINUTES ?= 10

.DEFAULT_GOAL := help
.PHONY: help run test check bench torture fuzz setup postgresql kafka contracts deny

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: postgresql ## Start everything on embedded defaults: broker, database, API (ARGS="--help" shows the options)
	$(CARGO) run --release --locked --bin payload-tracker -- dev $(ARGS)

test: setup ## Run every test, against real PostgreSQL and real Kafka
	$(CARGO) build --locked --workspace --all-targets --all-features
# A thousand clients come back at once, and both ends of each are the tests'.
	ulimit -S -n $$(ulimit -H -n) 2>/dev/null; $(CARGO) test --locked --workspace --all-features --no-fail-fast

check: ## Fast feedback: formatting, lints, and the tests that need no server
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets --all-features -- -D warnings
	$(CARGO) test --locked --workspace --all-features --lib --bins -- --skip on_a_server

bench: setup ## Measure the pipeline beside its limits (ONLY=api, ONLY=ingest,latency MESSAGES=100000; docs/benchmarks.md)
	$(CARGO) bench --locked -p cli --bench pipeline

torture: setup ## One fault after the other for 10 minutes, and a table of what was lost: nothing (MINUTES=30, TORTURE_SEED=1)
	TORTURE_MINUTES=$(MINUTES) $(CARGO) test --locked --workspace --all-features --test main -- --exact --nocapture torture::faults_in_any_order_lose_and_double_nothing

fuzz: postgresql ## Ask a running service what its OpenAPI document allows, and what not, by schemathesis (FUZZ_EXAMPLES=500 FUZZ_SEED=2; takes Python)
	$(CARGO) build --locked --workspace --all-features --bin payload-tracker
	scripts/fuzz

setup: postgresql kafka ## Fetch what tests need: PostgreSQL's server binaries, Kafka's jars

postgresql:
	@scripts/need-postgresql

kafka: $(KAFKA_JARS)/.complete

$(KAFKA_JARS)/.complete: testkit/kafka/pom.xml
	@scripts/need-java
	rm -rf $(KAFKA_JARS) && mkdir -p $(KAFKA_JARS)
	mvn --batch-mode --quiet -f testkit/kafka/pom.xml dependency:copy-dependencies -DoutputDirectory=$(CURDIR)/$(KAFKA_JARS)
	touch $@

contracts: ## Write the contracts in schema/ anew from the code: GraphQL, OpenAPI, Swagger
	$(CARGO) run --locked -p query-api --example sdl > schema/schema.graphql.new
	mv schema/schema.graphql.new schema/schema.graphql
	$(CARGO) run --locked -p query-api --example openapi > schema/openapi.json.new
	mv schema/openapi.json.new schema/openapi.json
	$(CARGO) run --locked -p query-api --example swagger > schema/swagger.json.new
	mv schema/swagger.json.new schema/swagger.json

deny: ## Check licences, sources and bans of all dependencies (needs cargo-deny)
	$(CARGO) deny --workspace check bans licenses sources
