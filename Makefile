# SPDX-License-Identifier: GPL-2.0
# Targets a person types; the work is in scripts/ and selftests/. Objects are listed in Kbuild.

ifdef KERNELDIR
KVER      := $(shell sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' $(KERNELDIR)/include/generated/utsrelease.h)
else
KVER      ?= $(shell uname -r)
KERNELDIR := /lib/modules/$(KVER)/build
endif

.DEFAULT_GOAL := modules

modules: ## build the modules here, for the running kernel (or KVER=, or KERNELDIR=)
	@[ -e $(KERNELDIR)/Makefile ] || { echo "No kernel to build for in $(KERNELDIR):" \
		"install linux-headers-$(KVER), or name another with KVER= or KERNELDIR="; false; }
	$(MAKE) -C $(KERNELDIR) M=$(CURDIR) modules

install: modules ## install them over the in-tree drivers, under /lib/modules/KVER/updates
	@scripts/preflight --headers $(KERNELDIR) $(KVER)
	$(MAKE) -C $(KERNELDIR) M=$(CURDIR) INSTALL_MOD_DIR=updates CONFIG_MODULE_SIG_ALL= \
		modules_install
	depmod $(if $(INSTALL_MOD_PATH),-b $(INSTALL_MOD_PATH)) $(KVER)
	scripts/install-hooks $(INSTALL_MOD_PATH)
	@echo "A root or swap on xvd uses them after: update-initramfs -u -k $(KVER) (or dracut), and a reboot"

dkms-install: ## register this tree with DKMS, build and install it for KVER
	scripts/dkms-install $(KVER)

clean: ## remove what a build left in this tree (the cache stays)
	$(MAKE) -C $(KERNELDIR) M=$(CURDIR) clean
	rm -rf generated

demo: ## boot Xen and a guest under QEMU, load our drivers, show them work
	scripts/bench demo

check: ## all tests that fit an hour, or with SCENARIO=NAME (or a pattern) one that runs guests
	$(if $(SCENARIO),scripts/bench run $(patsubst %,'%',$(SCENARIO)),scripts/check check)

check-host: ## only the tests that need no Xen (3 minutes; a first run builds a kernel as well)
	scripts/check host

check-all: ## every test there is, however long
	scripts/check all

shell: ## a console in a guest that runs our drivers
	scripts/bench shell

bench: ## ours beside in-tree, in virtual time; ROWS= selects
	scripts/bench ruler

docs: ## Documentation/ as HTML, in the cache
	@scripts/docs

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 16

.PHONY: modules install dkms-install clean demo check check-host check-all shell bench docs help
