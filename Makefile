# Tandem's verbs. `make help` lists them.

SWIFT ?= swift
PACKAGES = liburing-dev libnuma-dev libisal-dev libnbd-dev nbdkit-plugin-dev pkg-config
TOOLS = strace
SERVERS = nbdkit libnbd-bin qemu-utils nbd-server gnutls-bin
GUEST = qemu-system-x86 busybox-static cpio dmsetup
STANDBY = nbdkit python3-libnbd
FAULTY = nbdkit libnbd-bin fuse3 faketime stress-ng iproute2
SIP = kamailio kamailio-python3-modules sip-tester python3 nbdkit iproute2 procps
SOURCES = Sources Tests Benchmarks Package.swift
BUILD = .build
TANDEM = $(BUILD)/release/tandem
BENCH = $(BUILD)/release/tandem-bench
BENCHED = $(or $(OUTPUT),$(BUILD)/report)
PEERS_PACKAGES = fio qemu-system-common redis-server redis-tools erlang-base erlang-mnesia liblmdb-dev libsqlite3-dev \
  python3 gnuplot-nox
KILLPOINTS = $(BUILD)/release/KillPoints

PREFIX ?= /usr/local
TO = $(DESTDIR)$(PREFIX)

SIMULATOR = .build-simulator/release/tandem-simulator

.DEFAULT_GOAL := help
.PHONY: help packages build install demo test callserver sample bench bench-peers bench-check peers fire killwriters \
  failovers fence e2e bothhosts flapping switch freedom litmus simulate operations coverage mutants mutants-claims \
  guest faults soak fuzz sanitize model killpoints format lint clean

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 18

packages: ## install what is missing of the C libraries and of the tools that tests use
	@missing=; for p in $(PACKAGES) $(TOOLS); do dpkg -s $$p >/dev/null 2>&1 || missing="$$missing $$p"; done; \
	if [ -n "$$missing" ]; then \
	  sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	  echo "installing$$missing"; \
	  $$sudo apt-get -qq update && \
	  DEBIAN_FRONTEND=noninteractive $$sudo apt-get -qq install -y --no-install-recommends $$missing >/dev/null; \
	fi

build: packages ## the library, the command and the bench, optimised
	$(SWIFT) build -c release

install: build ## the command, nbdkit's plugin, the library for C and C++ with its headers (PREFIX=, DESTDIR=)
	install -d $(TO)/bin $(TO)/include $(TO)/lib/pkgconfig
	install -m 755 $(TANDEM) $(TO)/bin/tandem
	install -m 644 CShims/CTandem/include/tandem.h CShims/CTandem/cxx/tandem.hpp $(TO)/include
	install -s -m 755 $(BUILD)/release/libtandem-c.so $(TO)/lib/libtandem.so.0
	ln -sf libtandem.so.0 $(TO)/lib/libtandem.so
	install -d $(TO)/lib/nbdkit/plugins
	install -s -m 755 $(BUILD)/release/libnbdkit-tandem-plugin.so $(TO)/lib/nbdkit/plugins/nbdkit-tandem-plugin.so
	sed 's|@PREFIX@|$(PREFIX)|' CShims/CTandem/tandem.pc.in > $(TO)/lib/pkgconfig/tandem.pc

demo: build ## a busy exchange, replicated, killed in every way, and taken over: about a minute
	$(TANDEM) demo

# Servers are tested with where they are; none is started by being installed (RUNLEVEL).
test: build $(SIMULATOR) ## all tests, and a sample of the simulator's seeds, of failing operations and of the models
	-@RUNLEVEL=1 $(MAKE) --no-print-directory packages PACKAGES="$(SERVERS) $(STANDBY)" TOOLS=
	TANDEM_COMMAND=$(CURDIR)/$(TANDEM) KILLPOINTS=$(CURDIR)/$(KILLPOINTS) $(SWIFT) test
	SWIFT=$(SWIFT) Tests/Stranger/stranger.sh
	@$(MAKE) --no-print-directory packages PACKAGES="gcc g++ pkg-config" TOOLS=
	$(MAKE) --no-print-directory install PREFIX=$(CURDIR)/$(BUILD)/installed >/dev/null
	PREFIX=$(CURDIR)/$(BUILD)/installed Tests/CProgram/capi.sh
	$(SIMULATOR) --seeds 20000
	$(SIMULATOR) operations --scenarios 4 --every 60
	-@$(MAKE) --no-print-directory packages PACKAGES="spin gcc" TOOLS=
	MODELS=quick Tests/Model/model.sh

callserver: packages ## the SIP server over SwiftNIO, built as a user would, killed, and asked for its calls: 2 minutes
	SWIFT=$(SWIFT) Tests/Stranger/callserver.sh

sample: build lint ## a little of faults, guest, soak, mutants, sanitizer, and the hot paths' costs: about 6 minutes
	$(MAKE) --no-print-directory faults FAULTS=rot
	$(MAKE) --no-print-directory guest CASES=placement SECONDS_MAX=300
	$(MAKE) --no-print-directory soak HOURS=0.0125
	$(MAKE) --no-print-directory bench-check
	SEEDS=20000 COUNT=1 Tests/Mutants/mutants.sh
	TEXTS=1 Tests/Mutants/mutants.sh
	TEXTS=1 Tests/Mutants/claims.sh
	TANDEM_TESTS=TandemCoreTests,TandemSystemTests,TandemTests $(MAKE) --no-print-directory sanitize \
	  SANITIZERS=thread ONLY="RoleTests|SealVerifierTests|LaneThreadsTests|ReadAheadTests" CONFIGURATION=debug

bench: build $(if $(PEERS),peers) ## a report with pictures: 24 minutes (PEERS=1, QUICK=1, ROWS=a,b, INTO=page)
	-@$(MAKE) --no-print-directory packages PACKAGES="fio gnuplot-nox nbdkit libnbd-bin" TOOLS=
	$(BENCH) report --output $(BENCHED) $(if $(PEERS),--peers) $(if $(QUICK),--quick) $(if $(ROWS),--rows $(ROWS)) \
	  $(if $(DISK),--disk $(DISK))
	$(if $(INTO),$(BENCH) figures $(BENCHED)/report.json --into $(INTO))
	$(if $(INTO),$(BENCH) scaling $(BENCHED)/report.json --into docs/SCALING.md)

bench-peers: build peers ## the same work for Tandem and its peers, in turn: 4 minutes (QUICK=1, OUTPUT=folder)
	$(BENCH) report --rows peers --output $(BENCHED)-peers $(if $(QUICK),--quick) $(if $(DISK),--disk $(DISK))

# Each by itself, so that one that cannot be installed keeps nobody else away. No server is started by it (RUNLEVEL).
peers: ## the peers' programs, built into .build/peers; what they need is installed
	-@for package in $(PEERS_PACKAGES); do \
	  RUNLEVEL=1 $(MAKE) --no-print-directory packages PACKAGES=$$package TOOLS= \
	    || echo "$$package cannot be installed: the peers that need it will be missing"; \
	done
	$(MAKE) --no-print-directory -C Benchmarks/Peers OUT=$(CURDIR)/$(BUILD)/peers

# Without debug information, which valgrind cannot always read; the symbols stay.
bench-check: build ## whether a hot path got dearer: instructions counted, and ratios: 30 s (ACCEPT=1)
	@$(MAKE) --no-print-directory packages PACKAGES="valgrind binutils" TOOLS=
	@mkdir -p $(BUILD)/check && objcopy --strip-debug $(BENCH) $(BUILD)/check/tandem-bench
	$(BENCH) check --program $(CURDIR)/$(BUILD)/check/tandem-bench $(if $(ACCEPT),--accept)

fire: build ## 200 rounds of killing everything at a random moment, on memory and on disk (ROUNDS=n)
	TANDEM=$(TANDEM) ROUNDS=$(or $(ROUNDS),200) Tests/Scripts/fire.sh

killwriters: build ## 2,000 writers killed in mid-traffic (KILLS=n)
	TANDEM=$(TANDEM) KILLS=$(or $(KILLS),2000) Tests/Scripts/killwriters.sh

failovers: build ## 100 times two files change places under load, each audit clean (ROUNDS=n, CALLS=n, RATE=n)
	TANDEM=$(TANDEM) ROUNDS=$(or $(ROUNDS),100) Tests/Scripts/failovers.sh

killpoints: build ## a writer killed after every machine instruction of the write API, and recovered (EVERY=n)
	$(KILLPOINTS) --every $(or $(EVERY),1) || [ $$? = 77 ]

fence: build ## 1,000 rounds of late writes at a standby, and as many against a server without a fence (ROUNDS=n)
	-@$(MAKE) --no-print-directory packages PACKAGES="$(STANDBY)" TOOLS=
	/usr/bin/python3 Tests/Standby/fence.py $(CURDIR)/$(BUILD)/release/libnbdkit-tandem-plugin.so $(or $(ROUNDS),1000)
	/usr/bin/python3 Tests/Standby/fence.py stock $(or $(ROUNDS),1000)

e2e: build ## two hosts in network namespaces: a link that fails, a host lost, back, handed over to (CALLS, RATE)
	-@RUNLEVEL=1 $(MAKE) --no-print-directory packages PACKAGES="$(STANDBY) iproute2" TOOLS=
	TANDEM=$(TANDEM) Tests/E2E/e2e.sh

bothhosts: build ## both hosts' processes killed at random, in every phase: 15 minutes (ROUNDS=n, SEED=n, FROM=n)
	-@RUNLEVEL=1 $(MAKE) --no-print-directory packages PACKAGES="$(STANDBY) iproute2" TOOLS=
	TANDEM=$(TANDEM) ROUNDS=$(or $(ROUNDS),200) SEED=$(or $(SEED),1) FROM=$(or $(FROM),1) Tests/E2E/bothhosts.sh

flapping: build ## a link that flaps for 10 minutes, and 2 around it: log lines, bytes, age (SECONDS=n, SEED=n)
	-@RUNLEVEL=1 $(MAKE) --no-print-directory packages PACKAGES="$(STANDBY) iproute2" TOOLS=
	TANDEM=$(TANDEM) DURATION=$(or $(SECONDS),600) SEED=$(or $(SEED),1) Tests/E2E/flapping.sh

# Neither Kamailio nor anything else is started by being installed (RUNLEVEL).
switch: build ## Kamailio's calls in Tandem: a host lost, a worker killed, no call lost: 4 minutes (RATE=n, SECONDS=n)
	-@RUNLEVEL=1 $(MAKE) --no-print-directory packages PACKAGES="$(SIP)" TOOLS=
	$(MAKE) --no-print-directory install PREFIX=$(CURDIR)/$(BUILD)/installed >/dev/null
	TANDEM_LIBRARY=$(CURDIR)/$(BUILD)/installed/lib/libtandem.so.0 /usr/bin/python3 Tests/Switch/stage/run.py \
	  --tandem $(CURDIR)/$(TANDEM) --work $(BUILD)/switch --json $(BUILD)/switch.json \
	  $(if $(RATE),--rate $(RATE)) $(if $(SECONDS),--seconds $(SECONDS)) $(if $(ONLY),--only $(ONLY))

freedom: build ## writers' rate with a stopped, a missing and no copy, and their system calls
	TANDEM=$(TANDEM) Tests/Scripts/freedom.sh

litmus: build ## the two store-load orders, 10 million rounds each, with and without the barrier (ROUNDS=n)
	$(BENCH) litmus --repetitions 1 --rounds $(or $(ROUNDS),10000000)

$(SIMULATOR): packages FORCE
	TANDEM_SIMULATED=1 $(SWIFT) build -c release --scratch-path .build-simulator --product tandem-simulator

simulate: $(SIMULATOR) ## the engine and the write path in virtual time, with every fault (SEEDS=n, or SEED=s for one)
	$(SIMULATOR) $(if $(SEED),--seed $(SEED),--seeds $(or $(SEEDS),100000))

operations: build $(SIMULATOR) ## each operation of a copy's life fails in every way: 10 minutes (SCENARIOS=n, EVERY=n)
	$(SIMULATOR) operations --scenarios $(or $(SCENARIOS),4) --every $(or $(EVERY),1)
	EVERY=$(or $(EVERY),1) $(SWIFT) test --filter OperationFaultTests
	TANDEM=$(TANDEM) EVERY=$(or $(EVERY),1) Tests/Scripts/promotionfaults.sh
	TANDEM=$(TANDEM) EVERY=$(or $(EVERY),1) Tests/Scripts/demotionfaults.sh

coverage: packages ## the lines of TandemCore that no test reaches, and the total (MINIMUM=per cent)
	SWIFT=$(SWIFT) MINIMUM=$(or $(MINIMUM),98) Tests/Scripts/coverage.sh

mutants: packages ## seeded bugs that the simulator must find: some 30 minutes (FROM=n, COUNT=n)
	SEEDS=$(or $(SEEDS),200000) COUNT=$(or $(COUNT),1000) Tests/Mutants/mutants.sh

mutants-claims: packages ## seeded bugs that the tests of docs/CLAIMS.md must find: some 25 minutes (ONLY=text)
	Tests/Mutants/claims.sh

guest: build ## nodes, power cuts, failing devices, in a virtual machine: 12 minutes (CASES=names, IMAGES=n, SEED=n)
	-@$(MAKE) --no-print-directory packages PACKAGES="$(GUEST)" TOOLS=
	TANDEM=$(TANDEM) WORK=$(BUILD)/guest IMAGES=$(or $(IMAGES),200) SEED=$(or $(SEED),1) Tests/Guest/guest.sh

faults: build ## real devices, disks, limits, clocks, networks: some 9 minutes (FAULTS=quick, or families; SEED=n)
	-@$(MAKE) --no-print-directory packages PACKAGES="$(FAULTY)" TOOLS=
	TANDEM=$(TANDEM) FAULTS="$(or $(FAULTS),all)" SEED=$(or $(SEED),1) Tests/Faults/faults.sh

soak: build ## traffic, random faults and a full comparison every second (HOURS=h, SEED=n, RATE=n); Ctrl-C ends it well
	-@$(MAKE) --no-print-directory packages PACKAGES="$(STANDBY)" TOOLS=
	TANDEM=$(TANDEM) HOURS=$(or $(HOURS),1) $(if $(SEED),SEED=$(SEED)) $(if $(RATE),RATE=$(RATE)) Tests/Soak/soak.sh

fuzz: packages ## random bytes for parsers and engine (RUNS=n, TARGET=name, SECONDS_EACH=n, BYTES=n)
	SWIFT=$(SWIFT) Tests/Fuzz/fuzz.sh

sanitize: packages ## the tests under two sanitizers: about 15 minutes (SANITIZERS=thread, ONLY=filter)
	SWIFT=$(SWIFT) Tests/Sanitizers/sanitize.sh

model: ## every state of the protocols' models, sound and with bugs: about 4 minutes (MODELS=quick, ONLY=text)
	-@$(MAKE) --no-print-directory packages PACKAGES="spin gcc" TOOLS=
	Tests/Model/model.sh

format: ## the sources as swift-format likes them
	$(SWIFT) format --in-place --recursive $(SOURCES)

lint: ## whether they are
	$(SWIFT) format lint --strict --recursive $(SOURCES)

clean:
	rm -rf $(BUILD) .build-*

FORCE:
