/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
/*
 * What the pure cores need from their surroundings, in the kernel and in user space alike:
 * fixed-width types, errno values, static_assert, min/max/clamp. And the proof that a core's layout
 * of requests and responses is the protocol's.
 */
#ifndef XENFRONT_PORTABLE_H
#define XENFRONT_PORTABLE_H

#ifdef __KERNEL__

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/types.h>

#else

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int16_t s16;
typedef int32_t s32;

#ifndef min
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define clamp(v, lo, hi) min(max(v, lo), hi)
#endif
#ifndef likely
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#endif
#ifndef __must_check
#define __must_check __attribute__((warn_unused_result))
#endif

#endif /* __KERNEL__ */

/**
 * DOC: Pure cores
 *
 * A pure core is plain C over plain memory: no kernel call, no lock, no allocation. The same file
 * runs in the driver and in user space. There, sanitizers and a fuzzer watch it, with a hostile
 * backend on the other side of the page.
 */

/**
 * XFL_SAME_SIZE() - whether two types have one size
 * @_ours: type of ours
 * @_theirs: type of a protocol header
 *
 * Return: a constant truth value.
 */
#define XFL_SAME_SIZE(_ours, _theirs)	(sizeof(_ours) == sizeof(_theirs))

/**
 * XFL_SAME_FIELD() - whether two fields have one offset and one size
 * @_ours: struct or union of ours
 * @_o: field in it; a path such as u.gso.size is one too
 * @_theirs: struct or union of a protocol header
 * @_t: field in that
 *
 * Return: a constant truth value.
 */
#define XFL_SAME_FIELD(_ours, _o, _theirs, _t)					\
	(offsetof(_ours, _o) == offsetof(_theirs, _t) &&			\
	 sizeof(((_ours *)0)->_o) == sizeof(((_theirs *)0)->_t))

/* Proof, at compile time, that a layout of ours is the one that a protocol header describes. */
#define XFL_ASSERT_SAME_SIZE(_ours, _theirs)					\
	static_assert(XFL_SAME_SIZE(_ours, _theirs), "resized: " #_ours)
#define XFL_ASSERT_SAME_FIELD(_ours, _o, _theirs, _t)				\
	static_assert(XFL_SAME_FIELD(_ours, _o, _theirs, _t),			\
		      "moved or resized: " #_o " of " #_ours)

#endif /* XENFRONT_PORTABLE_H */
