# Timeball. `make run` and `make test` are all the set-up there is; `make help` lists the rest.
SHELL := /bin/bash
PREFIX ?= /usr
DESTDIR ?=
RELEASE := swift build -c release --static-swift-stdlib
BIN ?= .build/release
SHARED = $(DESTDIR)$(PREFIX)/lib
DOCUMENTS = $(DESTDIR)$(PREFIX)/share/doc/timeball
export SWIFT_BACKTRACE := enable=no

# Words behind `make run --` are the demo's, and no targets.
DEMO := $(if $(filter run,$(firstword $(MAKECMDGOALS))),$(wordlist 2,$(words $(MAKECMDGOALS)),$(MAKECMDGOALS)))
$(foreach word,$(DEMO),$(eval .PHONY: $(word))$(eval $(word): ; @:))

.PHONY: run test lint bench accuracy fuzz fuzz-night release install install-files uninstall deb deb-test image vm-test clean help

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# With sudo, or without Swift, programs that are there are taken as they are: root has no Swift in its path, and what it built
# nobody else could build anew.
ifneq ($(and $(wildcard $(BIN)/timeballd),$(wildcard $(BIN)/timeball),$(or $(SUDO_UID),$(if $(shell command -v swift),,none))),)
release:
	@echo "taking the programs in $(BIN) as they are"
else
release: build-packages ## build both programs as they are installed
	$(RELEASE) --product timeballd
	$(RELEASE) --product timeball
endif

run: release ## build, and run a demo appliance without hardware (options: make run -- --receiver ubx)
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

install: release ## after `make release`, with sudo: install programs, units, user, udev rules, manual pages below $(PREFIX)
	$(MAKE) install-files
	@# What a package's scripts do; not while a package or an image is made.
	@if [ -z "$(DESTDIR)" ] && [ -d /run/systemd/system ]; then \
		systemd-sysusers $(SHARED)/sysusers.d/timeball.conf && udevadm control --reload && systemctl daemon-reload; \
	fi

install-files:
	install -D -s $(BIN)/timeballd $(DESTDIR)$(PREFIX)/sbin/timeballd
	install -D -s $(BIN)/timeball $(DESTDIR)$(PREFIX)/bin/timeball
	install -d $(SHARED)/systemd/system
	set -e -o pipefail; for unit in timeballd.service timeball-wait-sync.service; do \
		sed -E 's,^(Exec[A-Za-z]*=)/usr/(s?bin/timeball),\1$(PREFIX)/\2,' systemd/$$unit | \
			install -m 644 /dev/stdin $(SHARED)/systemd/system/$$unit; \
	done
	install -D systemd/timeball-getty-generator $(SHARED)/systemd/system-generators/timeball-getty-generator
	install -D -m 644 systemd/sysusers.conf $(SHARED)/sysusers.d/timeball.conf
	install -D -m 644 hardware/60-timeball.rules $(SHARED)/udev/rules.d/60-timeball.rules
	install -D -m 644 hardware/timeball.conf $(DESTDIR)$(PREFIX)/share/timeball/timeball.conf
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man8 packaging/man/timeballd.8
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man1 packaging/man/timeball.1
	install -D -m 644 -t $(DOCUMENTS) README.md ARCHITECTURE.md LICENSE
	install -D -m 644 -t $(DOCUMENTS)/Tests Tests/README.md Tests/accuracy.md
	install -D -m 644 -t $(DOCUMENTS)/examples/timeballd.service.d systemd/drop-ins/*.conf
	cp -r hardware $(DOCUMENTS)/
	@# The disk is made from the repository.
	find $(DOCUMENTS)/hardware/image -mindepth 1 ! -name README.md -delete
	@# Whoever cloned or installs under whatever umask.
	chmod -R a+rX,u+w,go-w $(DOCUMENTS)/hardware

uninstall: ## remove what install put there; /etc/timeball.conf, the state and the user stay
	@# The links that enable the units would point nowhere.
	@if [ -z "$(DESTDIR)" ] && [ -d /run/systemd/system ]; then \
		systemctl --quiet disable --now timeballd.service timeball-wait-sync.service || true; \
	fi
	rm -f $(DESTDIR)$(PREFIX)/sbin/timeballd $(DESTDIR)$(PREFIX)/bin/timeball
	rm -f $(SHARED)/systemd/system/timeballd.service $(SHARED)/systemd/system/timeball-wait-sync.service
	rm -f $(SHARED)/systemd/system-generators/timeball-getty-generator $(SHARED)/sysusers.d/timeball.conf
	rm -f $(SHARED)/udev/rules.d/60-timeball.rules
	rm -f $(DESTDIR)$(PREFIX)/share/man/man8/timeballd.8 $(DESTDIR)$(PREFIX)/share/man/man1/timeball.1
	rm -rf $(DESTDIR)$(PREFIX)/share/timeball $(DOCUMENTS)
	@if [ -z "$(DESTDIR)" ] && [ -d /run/systemd/system ]; then systemctl daemon-reload && udevadm control --reload; fi

deb: release ## build .build/timeball_VERSION_ARCH.deb for this machine's architecture
	@.ci/packages deb
	packaging/deb/build

image: deb ## build .build/timeball.img, a disk that boots as an appliance (root; ARGS="--config FILE": hardware/image)
	@.ci/packages image
	hardware/image/build $(ARGS) "$$(ls -t .build/timeball_*.deb | head -1)" .build/timeball.img

deb-test: release ## install, upgrade, remove and purge the package in a chroot, and ask lintian (root, 2 min)
	@.ci/packages deb image lintian
	packaging/deb/test

vm-test: release ## test on a real kernel in a virtual machine, and boot the appliance (root, 12 min)
	@.ci/packages build deb image vm
	@# Both, whatever the first says.
	status=0; Tests/VirtualMachine/run || status=$$?; Tests/VirtualMachine/appliance || status=$$?; exit $$status

clean: ## remove everything that was built
	rm -rf .build Fuzz/.build Benchmarks/.build

.PHONY: build-packages
build-packages:
	@.ci/packages build
