# The development loop. Every target sets up what it needs; nothing outside this directory changes.

PORT ?= 30600
HOST ?= 127.0.0.1
PYTEST_ARGS ?= -n 2
CLIENTS := awscli minio s3fs tables transfer

PYTHON ?= $(firstword $(foreach p,python3 python3.13 python3.12 python3.11 python3.14,$(shell \
	$(p) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(p))))
BIN := .venv/bin
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install --quiet
MC_VERSION := v0.0.0-20250313080218-cf909e1063a9
MINIO_VERSION := v0.0.0-20260212201848-7aac2a2c5b7c
VERSITYGW_VERSION := v1.8.0
CLIENT_STAMPS := $(CLIENTS:%=.venv-clients/%/.installed)
BUILT_STAMPS := $(patsubst %,.venv-clients/%/.built,awscli2 go java javascript)
PROGRAMS := tests/s3/programs

# What was half made would be taken for whole.
.DELETE_ON_ERROR:

.PHONY: help serve test check format lint types imports gen docs bench soak client-venvs clients peers clean

help: ## show the targets
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

serve: .venv/.installed ## install, then serve the S3 gateway on 127.0.0.1:30600, or on PORT=
	@exec $(BIN)/pachlite serve s3 --host $(HOST) --port $(PORT)

test: .venv/.installed-test $(CLIENT_STAMPS) ## install, then run all tests
	$(BIN)/python -m pytest $(PYTEST_ARGS)

check: .venv/.installed-dev ## format, lint, types, imports, generated files
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tools.generate --check
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

format: .venv/.installed-dev ## rewrite the source in the house style
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

gen: .venv/.installed-dev ## rewrite completions and the generated reference
	$(BIN)/python -m tools.generate

docs: .venv/.installed-docs ## build the documentation into site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

bench: .venv/.installed-test ## measure beside peers and physical limits
	$(BIN)/python -m bench

soak: .venv/.installed-test $(CLIENT_STAMPS) ## the long forms of the model, fault and kill tests
	PACHLITE_SOAK=1 PACHLITE_HYPOTHESIS_PROFILE=deep $(BIN)/python -m pytest -n 2 --timeout=3600

client-venvs: $(CLIENT_STAMPS) ## install the S3 clients from PyPI, which make test drives

clients: .venv/.installed-test $(CLIENT_STAMPS) $(BUILT_STAMPS) ## install and build all S3 clients, run them, write their table
	PACHLITE_BUILT_CLIENTS=1 $(BIN)/python -m pytest -p tests.s3.client_table \
		--client-table docs/reference/s3-clients.md tests/s3/test_clients.py tests/s3/test_client_programs.py \
		tests/s3/test_signing_programs.py

peers: .venv-clients/peers/.built .venv-clients/transfer/.installed ## install and build the S3 servers that make bench has beside ours

clean: ## remove everything that was built or installed here
	rm -rf .venv .venv-clients build dist site .pytest_cache .mypy_cache .ruff_cache .hypothesis

# Debian splits ensurepip off, so the environment gets its pip from the pip that is there.
.venv/bin/python:
	@echo "installing into .venv, about a minute" >&2
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; set PYTHON=/path/to/python" >&2; exit 1; }
	@$(PYTHON) -m venv .venv >/dev/null 2>&1 || { rm -rf .venv; \
		$(PYTHON) -m venv --without-pip .venv && \
		$(PYTHON) -m pip --python .venv/bin/python install --quiet pip; }
	@$(PIP) --upgrade 'pip>=25.1'

.venv/.installed: .venv/bin/python pyproject.toml constraints.txt
	@$(PIP) -c constraints.txt -e . && touch $@

.venv/.installed-%: .venv/.installed
	@echo "installing what $* needs into .venv" >&2
	@$(PIP) -c constraints.txt $(if $(filter dev,$*),--group test --group docs) --group $* && touch $@

.venv-clients/%/.installed: tests/s3/clients/%.txt
	@echo "installing $* into $(@D)" >&2
	@$(MAKE) --silent .venv/bin/python
	@$(BIN)/python -m venv --without-pip $(@D)
	@PIP_PYTHON=$(@D)/bin/python $(PIP) -r $< && touch $@

# What has to be built is run by `make clients` alone.
.venv-clients/awscli2/.built: $(PROGRAMS)/awscli2.sh
	@echo "installing version 2 of the AWS command line into $(@D)" >&2
	@$(MAKE) --silent .venv/bin/python
	@rm -rf $(@D) && $(BIN)/python -m venv --without-pip $(@D)
	@PIP_DISABLE_PIP_VERSION_CHECK=1 sh $< $(@D) $(CURDIR)/$(BIN)/python -m pip install --quiet && touch $@

.venv-clients/go/.built: $(wildcard $(PROGRAMS)/go/*)
	@echo "building the MinIO client and a program with its SDK in $(@D)" >&2
	@mkdir -p $(@D)/source && cp $(PROGRAMS)/go/* $(@D)/source
	@cd $(@D) && export GOBIN=$$PWD/bin GOPATH=$$PWD/gopath GOFLAGS='-mod=mod -modcacherw' && \
		(cd source && go build -o ../bin/minio-go .) && go install github.com/minio/mc@$(MC_VERSION) && touch .built

.venv-clients/peers/.built: bench/peers.txt
	@echo "building S3 servers in $(@D)" >&2
	@$(MAKE) --silent .venv/bin/python
	@rm -rf $(@D) && $(BIN)/python -m venv --without-pip $(@D)
	@$(BIN)/python -m pip --python $(@D)/bin/python install --quiet -r $<
	@cd $(@D) && export GOBIN=$$PWD/bin GOPATH=$$PWD/gopath GOFLAGS=-modcacherw && \
		go install github.com/minio/minio@$(MINIO_VERSION) && \
		go install github.com/versity/versitygw/cmd/versitygw@$(VERSITYGW_VERSION) && touch .built

.venv-clients/java/.built: $(PROGRAMS)/java/pom.xml $(wildcard $(PROGRAMS)/java/src/main/java/clients/*)
	@echo "building programs with the Java SDK and Hadoop S3A in $(@D)" >&2
	@mkdir -p $(@D)
	@mvn -q -B -ntp -f $< -Dout=$(CURDIR)/$(@D) package && touch $@

.venv-clients/javascript/.built: $(wildcard $(PROGRAMS)/javascript/*)
	@echo "installing the JavaScript SDK into $(@D)" >&2
	@mkdir -p $(@D) && cp $(PROGRAMS)/javascript/* $(@D)
	@cd $(@D) && npm install --silent --no-audit --no-fund --no-package-lock && touch .built
