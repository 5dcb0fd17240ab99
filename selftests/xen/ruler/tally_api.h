/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The part of QEMU's plugin interface (version 1, QEMU 4.2 on) that tally.c uses. Debian has no
 * package with the header.
 */
#ifndef XENFRONT_RULER_TALLY_API_H
#define XENFRONT_RULER_TALLY_API_H

#include <stddef.h>
#include <stdint.h>

struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_plugin_info;

#define TALLY_ADD_U64	0	/* the only inline operation there is */
#define TALLY_NO_REGS	0	/* the callback touches no register of the machine */

typedef void (*tally_tb_cb)(uint64_t id, struct qemu_plugin_tb *tb);
typedef void (*tally_exec_cb)(unsigned int vcpu, void *opaque);
typedef void (*tally_exit_cb)(uint64_t id, void *opaque);

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, tally_tb_cb cb);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb, int op, void *counter,
					      uint64_t add);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, tally_exec_cb cb,
					    int flags, void *opaque);
void qemu_plugin_register_atexit_cb(uint64_t id, tally_exit_cb cb, void *opaque);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
void *qemu_plugin_insn_haddr(const struct qemu_plugin_insn *insn);

#endif /* XENFRONT_RULER_TALLY_API_H */
