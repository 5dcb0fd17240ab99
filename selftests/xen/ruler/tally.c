// SPDX-License-Identifier: GPL-2.0
/*
 * tally: a QEMU plugin that counts how often each piece of code ran between two marks.
 *
 * In the ruler's virtual time every instruction costs the same, so the counts are an exact
 * profile, of guest, dom0 and Xen at once, and counting does not move that time.
 *
 * A program in the guest marks begin and end of a window by executing one of two no-operations
 * (mark.h). Each window is written to the file of the argument out=FILE:
 *
 *	window N
 *	VADDR PHYS INSNS RUNS STORED REP	one line for each block that ran, numbers in hex
 *	end N
 *
 * A block is code that QEMU translates at once: it runs from its start to its end. PHYS is the
 * offset in the machine's memory and tells which domain's code it is. STORED are the bytes which
 * register-to-memory moves in the block store. REP is the width of a string move that ends it
 * (0: none; 80 and up: string store); each turn of such an instruction is a run of its own.
 */
#include "tally_api.h"

#include "mark.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS		(1u << 18)
#define FIRST_CODE	0x100000u	/* a block here, before paging, lies where it says */
#define LAST_CODE	0x2000000u

struct block {
	uint64_t runs;		/* QEMU's generated code adds to it */
	uint64_t seen;		/* of these, before the window began */
	uint64_t vaddr;
	uintptr_t haddr;	/* where QEMU keeps the first byte */
	uint32_t insns;
	uint32_t stored;
	uint32_t rep;
	struct block *next;	/* in its bucket */
	struct block *all;
};

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

static struct block *bucket[BUCKETS];
static struct block *every;
static uintptr_t memory;	/* where QEMU keeps byte 0 of the machine's memory */
static FILE *out;
static unsigned int windows;
static bool open_window;

static const uint8_t mark_begin[] = MARK_BEGIN;
static const uint8_t mark_end[] = MARK_END;

/* Runs on the one CPU's thread, as do all others here. */
static void begin_window(unsigned int vcpu, void *opaque)
{
	(void)vcpu;
	(void)opaque;
	for (struct block *b = every; b; b = b->all)
		b->seen = b->runs;
	open_window = true;
}

static void end_window(unsigned int vcpu, void *opaque)
{
	(void)vcpu;
	(void)opaque;
	if (!open_window)
		return;
	open_window = false;
	fprintf(out, "window %u\n", windows);
	for (struct block *b = every; b; b = b->all) {
		if (b->runs == b->seen)
			continue;
		fprintf(out, "%llx %llx %x %llx %x %x\n", (unsigned long long)b->vaddr,
			(unsigned long long)(b->haddr - memory), b->insns,
			(unsigned long long)(b->runs - b->seen), b->stored, b->rep);
	}
	fprintf(out, "end %u\n", windows++);
	fflush(out);
}

/* Bytes that "mov register, memory" stores; 0 for any other instruction. */
static unsigned int bytes_stored(const uint8_t *code, size_t size)
{
	unsigned int width = 4;
	size_t i = 0;

	if (code[i] == 0x66) {
		width = 2;
		i++;
	}
	if (i < size && (code[i] & 0xf0) == 0x40) {
		if (code[i] & 8)
			width = 8;
		i++;
	}
	if (i + 1 >= size || (code[i + 1] & 0xc0) == 0xc0)
		return 0;
	if (code[i] == 0x88)
		return 1;
	return code[i] == 0x89 ? width : 0;
}

/* Width of "rep movs", 0x80 + width of "rep stos", else 0. */
static unsigned int string_width(const uint8_t *code, size_t size)
{
	unsigned int kind, width;
	size_t i = 1;
	bool wide;

	if (size < 2 || code[0] != 0xf3)
		return 0;
	wide = code[1] == 0x48;
	i += wide;
	if (i >= size)
		return 0;
	kind = (code[i] & 0xfe) == 0xa4 ? 0 : 0x80;
	if (kind && (code[i] & 0xfe) != 0xaa)
		return 0;
	width = !(code[i] & 1) ? 1 : wide ? 8 : 4;
	return kind + width;
}

static struct block *find(uint64_t vaddr, uintptr_t haddr, uint32_t insns)
{
	uint64_t hash = (vaddr ^ (uint64_t)haddr >> 7 ^ insns) * 0x9e3779b97f4a7c15u;
	struct block **head = &bucket[hash >> 46];
	struct block *b;

	for (b = *head; b; b = b->next)
		if (b->vaddr == vaddr && b->haddr == haddr && b->insns == insns)
			return b;
	b = calloc(1, sizeof(*b));
	if (!b)
		abort();
	*b = (struct block){ .vaddr = vaddr, .haddr = haddr, .insns = insns,
			     .next = *head, .all = every };
	*head = b;
	every = b;
	return b;
}

static void look_at(struct block *b, const struct qemu_plugin_tb *tb)
{
	for (size_t i = 0; i < b->insns; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		const uint8_t *code = qemu_plugin_insn_data(insn);
		size_t size = qemu_plugin_insn_size(insn);

		b->stored += bytes_stored(code, size);
		b->rep = string_width(code, size);
		if (size == sizeof(mark_begin) && !memcmp(code, mark_begin, size))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, begin_window, TALLY_NO_REGS,
							       NULL);
		if (size == sizeof(mark_end) && !memcmp(code, mark_end, size))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, end_window, TALLY_NO_REGS,
							       NULL);
	}
}

static void translated(uint64_t id, struct qemu_plugin_tb *tb)
{
	uint64_t vaddr = qemu_plugin_tb_vaddr(tb);
	uint32_t insns = qemu_plugin_tb_n_insns(tb);
	uintptr_t haddr = (uintptr_t)qemu_plugin_insn_haddr(qemu_plugin_tb_get_insn(tb, 0));
	struct block *b = find(vaddr, haddr, insns);

	(void)id;
	if (!memory && haddr && vaddr >= FIRST_CODE && vaddr < LAST_CODE)
		memory = haddr - vaddr;
	b->stored = 0;
	look_at(b, tb);
	qemu_plugin_register_vcpu_tb_exec_inline(tb, TALLY_ADD_U64, &b->runs, 1);
}

static void finish(uint64_t id, void *opaque)
{
	(void)id;
	(void)opaque;
	fclose(out);
}

__attribute__((visibility("default")))
int qemu_plugin_install(uint64_t id, const struct qemu_plugin_info *info, int argc, char **argv)
{
	(void)info;
	for (int i = 0; i < argc; i++)
		if (!strncmp(argv[i], "out=", 4))
			out = fopen(argv[i] + 4, "w");
	if (!out) {
		fprintf(stderr, "tally: cannot write its file: out=FILE is needed\n");
		return -1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, finish, NULL);
	return 0;
}
