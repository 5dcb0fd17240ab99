/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The two no-operations that bound a measured window: "nopl DISPLACEMENT(%rax)" with
 * displacements that no compiler chooses. meter executes them, tally looks for them.
 */
#ifndef XENFRONT_RULER_MARK_H
#define XENFRONT_RULER_MARK_H

#define MARK_BEGIN	{ 0x0f, 0x1f, 0x80, 0x58, 0x46, 0x52, 0x31 }
#define MARK_END	{ 0x0f, 0x1f, 0x80, 0x58, 0x46, 0x52, 0x32 }

static inline void mark_begin_window(void)
{
	asm volatile(".byte 0x0f, 0x1f, 0x80, 0x58, 0x46, 0x52, 0x31" ::: "memory");
}

static inline void mark_end_window(void)
{
	asm volatile(".byte 0x0f, 0x1f, 0x80, 0x58, 0x46, 0x52, 0x32" ::: "memory");
}

#endif /* XENFRONT_RULER_MARK_H */
