# SPDX-License-Identifier: GPL-2.0
# Targets a person types; the work is in scripts/ and selftests/. Objects are listed in Kbuild.

KVER      ?= $(shell uname -r)
KERNELDIR ?= /lib/modules/$(KVER)/build

.DEFAULT_GOAL := modules

modules: ## build the modules here, for the running kernel (or KVER=, or KERNELDIR=)
	@scripts/preflight --build $(KERNELDIR)
	$(MAKE) -C $(KERNELDIR) M=$(CURDIR) modules

install: modules ## install them over the in-tree drivers, under /lib/modules/KVER/updates
	scripts/preflight $(KVER)
	$(MAKE) -C $(KERNELDIR) M=$(CURDIR) INSTALL_MOD_DIR=updates modules_install
	depmod $(KVER)

dkms-install: ## register this tree with DKMS, build and install it for KVER
	scripts/preflight $(KVER)
	scripts/dkms-install $(KVER)

clean: ## remove what a build left in this tree (the cache stays)
	$(MAKE) -C $(KERNELDIR) M=$(CURDIR) clean
	rm -rf generated

demo: ## boot Xen and a guest under QEMU, load our drivers, show them work
	scripts/demo

check: ## all tests that fit an hour: the host's, then the guest's; N passed, N failed, N skipped
	scripts/check check

check-host: ## only the tests that need no Xen (under 3 minutes)
	scripts/check host

check-all: ## every test there is, however long
	scripts/check all

shell: ## a console in a guest that runs our drivers
	scripts/bench shell

bench: ## ours beside in-tree, in virtual time; ROWS= selects
	scripts/bench ruler

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 16

.PHONY: modules install dkms-install clean demo check check-host check-all shell bench help
