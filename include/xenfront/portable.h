/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the pure cores need from their surroundings, in the kernel and in user
 * space alike: fixed-width types, errno values, static_assert, min/max/clamp.
 *
 * DOC: a pure core is plain C over plain memory: no kernel call, no lock, no
 * allocation. The same file runs in the driver and, under sanitizers and a
 * fuzzer, in user space with a hostile peer on the other side of the page.
 */
#ifndef XENFRONT_PORTABLE_H
#define XENFRONT_PORTABLE_H

#ifdef __KERNEL__

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/minmax.h>
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

#endif /* XENFRONT_PORTABLE_H */
