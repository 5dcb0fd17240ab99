// SPDX-License-Identifier: GPL-2.0
/* The XDP program of an AF_XDP socket: frames of one kind to the socket, others to the stack. */
#define _GNU_SOURCE
#include "xsk.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define INSN(_code, _dst, _src, _off, _imm) \
	{ .code = (_code), .dst_reg = (_dst), .src_reg = (_src), .off = (_off), .imm = (_imm) }
#define LOAD(_size, _dst, _src, _off)	INSN(BPF_LDX | BPF_MEM | (_size), _dst, _src, _off, 0)
#define MOVE(_dst, _src)		INSN(BPF_ALU64 | BPF_MOV | BPF_X, _dst, _src, 0, 0)
#define SET(_dst, _imm)			INSN(BPF_ALU64 | BPF_MOV | BPF_K, _dst, 0, 0, _imm)
#define ADD(_dst, _imm)			INSN(BPF_ALU64 | BPF_ADD | BPF_K, _dst, 0, 0, _imm)
#define EXIT()				INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

static int bpf(int cmd, union bpf_attr *attr)
{
	int fd = syscall(SYS_bpf, cmd, attr, sizeof(*attr));

	return fd < 0 ? -errno : fd;
}

static int load(int map, unsigned int offset, uint16_t value)
{
	struct bpf_insn prog[] = {
		LOAD(BPF_W, 2, 1, offsetof(struct xdp_md, data)),
		LOAD(BPF_W, 3, 1, offsetof(struct xdp_md, data_end)),
		MOVE(4, 2),
		ADD(4, offset + 2),
		INSN(BPF_JMP | BPF_JGT | BPF_X, 4, 3, 8, 0),	/* pass */
		LOAD(BPF_H, 5, 2, offset),
		INSN(BPF_JMP | BPF_JNE | BPF_K, 5, 0, 6, htons(value)),	/* pass */
		LOAD(BPF_W, 2, 1, offsetof(struct xdp_md, rx_queue_index)),
		INSN(BPF_LD | BPF_DW | BPF_IMM, 1, BPF_PSEUDO_MAP_FD, 0, map),
		INSN(0, 0, 0, 0, 0),
		SET(3, XDP_PASS),
		INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_redirect_map),
		EXIT(),
		SET(0, XDP_PASS),
		EXIT(),
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_XDP,
		.expected_attach_type = BPF_XDP,
		.insns = (uintptr_t)prog,
		.insn_cnt = sizeof(prog) / sizeof(prog[0]),
		.license = (uintptr_t)"GPL",
	};

	return bpf(BPF_PROG_LOAD, &attr);
}

static int put_in_map(struct xsk *x, uint32_t queue)
{
	union bpf_attr attr = {
		.map_fd = x->map,
		.key = (uintptr_t)&queue,
		.value = (uintptr_t)&x->fd,
	};

	return bpf(BPF_MAP_UPDATE_ELEM, &attr);
}

/* It stays as long as the file descriptors do. */
int xsk_prog_attach(struct xsk *x, unsigned int ifindex, unsigned int queue, unsigned int offset,
		    uint16_t value)
{
	union bpf_attr map = {
		.map_type = BPF_MAP_TYPE_XSKMAP,
		.key_size = sizeof(uint32_t),
		.value_size = sizeof(int),
		.max_entries = 64,
	};
	union bpf_attr link = {
		.link_create.target_ifindex = ifindex,
		.link_create.attach_type = BPF_XDP,
		.link_create.flags = XDP_FLAGS_DRV_MODE,
	};
	int err;

	x->map = bpf(BPF_MAP_CREATE, &map);
	if (x->map < 0)
		return x->map;
	err = put_in_map(x, queue);
	if (err < 0)
		return err;
	err = load(x->map, offset, value);
	if (err < 0)
		return err;
	link.link_create.prog_fd = err;
	x->link = bpf(BPF_LINK_CREATE, &link);
	return x->link < 0 ? x->link : 0;
}
