# Timeball. `make run` and `make test` are all the set-up there is; `make help` lists the rest.
SHELL := /bin/bash
PREFIX ?= /usr
DESTDIR ?=
RELEASE := swift build -c release --static-swift-stdlib
BIN := .build/release
export SWIFT_BACKTRACE := enable=no

# Words behind `make run --` are the demo's, and no targets.
DEMO := $(if $(filter run,$(firstword $(MAKECMDGOALS))),$(wordlist 2,$(words $(MAKECMDGOALS)),$(MAKECMDGOALS)))
$(foreach word,$(DEMO),$(eval .PHONY: $(word))$(eval $(word): ; @:))

.PHONY: run test lint bench accuracy fuzz fuzz-night install uninstall clean help

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build-packages ## build, and run a demo appliance without hardware (options: make run -- --receiver ubx)
	$(RELEASE) --product timeballd
	$(RELEASE) --product timeball
	$(BIN)/timeball demo $(DEMO)

test: build-packages ## lint, build everything, and run all tests (those against other programs where they are installed)
	swift format lint --strict -r Sources Tests Fuzz/Sources Benchmarks/Sources *.swift */Package.swift
	$(RELEASE) --product timeballd
	$(RELEASE) --product timeball
	swift build --build-tests
	swift test --skip-build --skip CompatibilityTests
	swift test --skip-build --filter CompatibilityTests

bench: build-packages ## measure the server beside chronyd, ntpd and bare echoes (5 min; ARGS=--quick: 1 min)
	@Benchmarks/peers
	$(RELEASE) --product timeballd
	$(RELEASE) --package-path Benchmarks
	$(if $(ARGS),,Benchmarks/.build/release/authentication-bench)
	Benchmarks/.build/release/timeball-bench $(BIN)/timeballd $(ARGS)

accuracy: build-packages ## every scenario with five seeds, 100000 starts, 400 oscillators, into Tests/accuracy.md (10 min)
	$(RELEASE) --product timeball
	$(BIN)/timeball simulate --markdown --seeds 5 > .build/accuracy.md
	$(BIN)/timeball simulate starts --count 100000 --markdown >> .build/accuracy.md
	$(BIN)/timeball simulate holdover --count 400 --markdown >> .build/accuracy.md
	mv .build/accuracy.md Tests/accuracy.md
	@cat Tests/accuracy.md

fuzz: build-packages ## fuzz every parser, a minute each (SECONDS_EACH=60)
	Fuzz/run $(or $(SECONDS_EACH),60)

fuzz-night: build-packages ## fuzz the packet path with 100 million inputs (1 h)
	RUNS=100000000 Fuzz/run 0 FuzzServer

install: build-packages ## install below $(PREFIX): timeballd, timeball, the unit, the udev rules
	$(RELEASE) --product timeballd
	$(RELEASE) --product timeball
	install -D -s $(BIN)/timeballd $(DESTDIR)$(PREFIX)/sbin/timeballd
	install -D -s $(BIN)/timeball $(DESTDIR)$(PREFIX)/bin/timeball
	install -D -m 644 systemd/timeballd.service $(DESTDIR)$(PREFIX)/lib/systemd/system/timeballd.service
	install -D -m 644 hardware/60-timeball.rules $(DESTDIR)$(PREFIX)/lib/udev/rules.d/60-timeball.rules
	install -D -m 644 hardware/timeball.conf $(DESTDIR)/etc/timeball.conf.example

uninstall: ## remove what install put there; the state in /var/lib/timeball stays
	rm -f $(DESTDIR)$(PREFIX)/sbin/timeballd $(DESTDIR)$(PREFIX)/bin/timeball
	rm -f $(DESTDIR)$(PREFIX)/lib/systemd/system/timeballd.service
	rm -f $(DESTDIR)$(PREFIX)/lib/udev/rules.d/60-timeball.rules $(DESTDIR)/etc/timeball.conf.example

clean: ## remove everything that was built
	rm -rf .build Fuzz/.build Benchmarks/.build

.PHONY: build-packages
build-packages:
	@.ci/packages build
