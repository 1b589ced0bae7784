# What people and CI call. Each target installs what it needs first, so `make` on a machine with
# nothing but git and make is enough. `make help` lists the targets.

CXX      = g++
CLANGXX  = clang++
BUILD    = build
JOBS     = $(shell nproc)
PREFIX   = /usr/local
DESTDIR  =

# Another clone finds in ccache what this one has compiled, and so do the builds of packages, which
# run in a locale of their own.
export CCACHE_BASEDIR  := $(CURDIR)
export CCACHE_NOHASHDIR := 1
export CCACHE_SLOPPINESS := locale

CONFIGURE = cmake -S . -G Ninja -DCMAKE_BUILD_TYPE=Release --log-level=WARNING \
  -DVELA_PROXIES_DIR=$(CURDIR)/$(BUILD)/proxies
CTEST     = ctest --output-on-failure --no-tests=error -j $(JOBS)
ASAN_DIR  = $(BUILD)/asan
TSAN_DIR  = $(BUILD)/tsan
FUZZ_DIR  = $(BUILD)/fuzz
FUZZ_SECONDS = 60
BENCH_METHODS = byte-chunks,time-chunks,stream,websocket,auto,whole-log
BENCH_SIZES = 1,10,100,1000
BENCH_SECONDS = 30
BENCH_CHATTY_SECONDS = 60
BENCH_DOCS = docs
CLANG_DIR = $(BUILD)/clang

.DEFAULT_GOAL := build
.PHONY: help deps build demo demo-methods test fault check-all install check-install deb rpm check-packages \
	check-reproducible format lint \
	asan tsan clang fuzz bench bench-methods bench-metrics bench-retention clean

help: ## List the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22
	@echo "Variables: PREFIX=$(PREFIX) DESTDIR=$(DESTDIR) JOBS=$(JOBS) CXX=$(CXX)" \
	  "FUZZ_SECONDS=$(FUZZ_SECONDS) BENCH_SECONDS=$(BENCH_SECONDS) BENCH_SIZES=$(BENCH_SIZES)" \
	  "BENCH_METHODS=$(BENCH_METHODS) BENCH_CHATTY_SECONDS=$(BENCH_CHATTY_SECONDS)" \
	  "BENCH_DOCS=$(BENCH_DOCS)"

deps: ## Install the packages that a build needs and that are missing
	@scripts/deps.sh build

build: deps ## Build the program, Release, into build/vela-logs, and its manual pages
	@test -f $(BUILD)/build.ninja || $(CONFIGURE) -B $(BUILD) -DCMAKE_CXX_COMPILER=$(CXX) \
	  -DVELA_TESTS=OFF
	@cmake --build $(BUILD) -j $(JOBS) --target vela-logs manual

demo: ## Show what it does, live: takes about a minute
	@scripts/deps.sh build demo
	@$(MAKE) --no-print-directory build
	@scripts/demo.sh $(BUILD)/vela-logs

demo-methods: ## Show the same output sent by each method, side by side
	@scripts/deps.sh build demo
	@$(MAKE) --no-print-directory build
	@scripts/demo_methods.sh $(BUILD)/vela-logs

test: ## Run all that a change must pass: unit, contract, e2e, fault, lint, packages, unit under ASan+UBSan
	@scripts/deps.sh build test deb rpm packages
	@scripts/proxies.sh $(BUILD)/proxies
	@scripts/promtool.sh $(BUILD)/promtool
	@$(CONFIGURE) -B $(ASAN_DIR) -DCMAKE_CXX_COMPILER=$(CXX) -DVELA_SANITIZE=address
	@$(CONFIGURE) -B $(BUILD) -DCMAKE_CXX_COMPILER=$(CXX) -DVELA_TESTS=ON \
	  -DVELA_ASAN_BUILD_DIR=$(CURDIR)/$(ASAN_DIR) -DVELA_CHECK_PACKAGES=ON
	cmake --build $(BUILD) -j $(JOBS)
	cmake --build $(ASAN_DIR) -j $(JOBS) --target unit_programs
	scripts/run_tests.sh $(BUILD)/fault-rows $(CTEST) --test-dir $(BUILD)

fault: ## Break things at length: full counts of kills, all methods in all scenarios
	@scripts/deps.sh build test
	@scripts/proxies.sh $(BUILD)/proxies
	@$(CONFIGURE) -B $(BUILD) -DCMAKE_CXX_COMPILER=$(CXX) -DVELA_TESTS=ON
	cmake --build $(BUILD) -j $(JOBS) --target fault
	VELA_FAULT_FULL=1 scripts/run_tests.sh $(BUILD)/fault-rows $(CTEST) --test-dir $(BUILD) -L fault

check-all: ## Run everything: test, fault, clang, asan, tsan, lint, check-install, check-reproducible
	@$(MAKE) --no-print-directory test
	@$(MAKE) --no-print-directory fault
	@$(MAKE) --no-print-directory clang
	@$(MAKE) --no-print-directory asan
	@$(MAKE) --no-print-directory tsan
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory check-install
	@$(MAKE) --no-print-directory check-reproducible
	@echo "check-all: passed"

clang: ## Build with clang++ and run the tests
	@scripts/deps.sh build test clang
	@$(CONFIGURE) -B $(CLANG_DIR) -DCMAKE_CXX_COMPILER=$(CLANGXX)
	cmake --build $(CLANG_DIR) -j $(JOBS)
	$(CTEST) --test-dir $(CLANG_DIR)

asan: ## Build with ASan and UBSan and run all tests, the program itself included
	@scripts/deps.sh build test
	@$(CONFIGURE) -B $(ASAN_DIR) -DCMAKE_CXX_COMPILER=$(CXX) -DVELA_SANITIZE=address
	cmake --build $(ASAN_DIR) -j $(JOBS)
	$(CTEST) --test-dir $(ASAN_DIR)

tsan: ## Build with TSan and run the unit and contract tests
	@scripts/deps.sh build test
	@$(CONFIGURE) -B $(TSAN_DIR) -DCMAKE_CXX_COMPILER=$(CXX) -DVELA_SANITIZE=thread
	cmake --build $(TSAN_DIR) -j $(JOBS) --target unit_programs
	scripts/fixed_addresses.sh $(CTEST) --test-dir $(TSAN_DIR) -L '^(unit|contract)$$'

fuzz: ## Feed what peers may send to every parser, FUZZ_SECONDS each
	@scripts/deps.sh build test fuzz
	@$(CONFIGURE) -B $(FUZZ_DIR) -DCMAKE_CXX_COMPILER=$(CLANGXX) -DVELA_SANITIZE=fuzzer
	cmake --build $(FUZZ_DIR) -j $(JOBS) --target fuzzers
	@scripts/fuzz.sh $(FUZZ_DIR) $(FUZZ_SECONDS)

format: ## Lay all C++ files out as .clang-format says
	@scripts/deps.sh lint
	@scripts/lint.sh format

lint: ## Check layout (clang-format), code (clang-tidy), layers and shell scripts
	@scripts/deps.sh build test lint
	@$(CONFIGURE) -B $(BUILD) -DCMAKE_CXX_COMPILER=$(CXX) -DVELA_TESTS=ON
	@scripts/promtool.sh $(BUILD)/promtool
	@scripts/lint.sh check $(BUILD) $(JOBS)

bench: ## Measure latency, throughput, memory and CPU against a plain pipe
	@scripts/deps.sh build test
	@$(CONFIGURE) -B $(BUILD) -DCMAKE_CXX_COMPILER=$(CXX) -DVELA_TESTS=ON
	@cmake --build $(BUILD) -j $(JOBS) --target vela-logs bench
	@VELA_LOGS_BIN=$(CURDIR)/$(BUILD)/vela-logs $(BUILD)/tests/bench

bench-metrics: ## Measure what counting costs where output comes in, and what a scrape costs
	@scripts/deps.sh build test
	@$(CONFIGURE) -B $(BUILD) -DCMAKE_CXX_COMPILER=$(CXX) -DVELA_TESTS=ON
	@cmake --build $(BUILD) -j $(JOBS) --target bench_metrics
	@$(BUILD)/tests/bench_metrics

bench-retention: ## Measure what writers feel while retention deletes; needs 6 GB on the disk
	@scripts/deps.sh build test
	@$(CONFIGURE) -B $(BUILD) -DCMAKE_CXX_COMPILER=$(CXX) -DVELA_TESTS=ON
	@cmake --build $(BUILD) -j $(JOBS) --target vela-logs bench_retention
	@VELA_LOGS_BIN=$(CURDIR)/$(BUILD)/vela-logs $(BUILD)/tests/bench_retention \
	  --directory $(BUILD)/bench-retention

bench-methods: ## Measure what each method of sending costs; writes docs/benchmarks.md in half an hour
	@scripts/deps.sh build test bench
	@$(CONFIGURE) -B $(BUILD) -DCMAKE_CXX_COMPILER=$(CXX) -DVELA_TESTS=ON
	@cmake --build $(BUILD) -j $(JOBS) --target vela-logs bench_methods
	@VELA_LOGS_BIN=$(CURDIR)/$(BUILD)/vela-logs scripts/bench_methods.sh \
	  $(BUILD)/tests/bench_methods $(BUILD)/bench-methods $(BENCH_DOCS) \
	  --methods $(BENCH_METHODS) --sizes $(BENCH_SIZES) --seconds $(BENCH_SECONDS) \
	  --chatty-seconds $(BENCH_CHATTY_SECONDS)

install: build ## Install below PREFIX (and DESTDIR): program, configuration, manual, completions
	@cmake -S . -B $(BUILD) --log-level=WARNING -DCMAKE_INSTALL_PREFIX=$(PREFIX)
	@DESTDIR=$(DESTDIR) cmake --install $(BUILD) --strip

check-install: build ## Install into an empty directory and try what is there
	@scripts/check_install.sh $(BUILD)

deb: ## Build the Debian package into build/packages
	@scripts/deps.sh build deb
	@scripts/package.sh deb $(BUILD)/packages

rpm: ## Build the RPM package into build/packages
	@scripts/deps.sh build rpm
	@scripts/package.sh rpm $(BUILD)/packages

check-packages: ## Build both packages; install, run, upgrade and remove them in a system of their own
	@scripts/deps.sh build test deb rpm packages
	@scripts/check_packages.sh $(BUILD)/packages

check-reproducible: ## Build both packages twice and compare them
	@scripts/deps.sh build deb rpm
	@scripts/check_reproducible.sh $(BUILD)/reproducible

clean: ## Remove all that was built
	rm -rf $(BUILD)
