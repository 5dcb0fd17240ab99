# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "a Debian boots from xvda"
#: timeout = 300
#: memory = 768
#
# The scenario scripts/boot-test runs, once for each root disk and initramfs. Its guest half is
# scripts/boot-report, a service in the root image.
