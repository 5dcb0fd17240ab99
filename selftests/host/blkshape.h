/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What must hold of the segments that shape.h cuts a request's data into, for unit tests and
 * fuzzers alike.
 */
#ifndef HOST_BLKSHAPE_H
#define HOST_BLKSHAPE_H

#include "blklayer.h"

#include "blkfront/shape.h"
#include "blkfront/wire.h"

/* More than any input has. */
#define SHAPE_SEGS	16384u

uint32_t shape_cut(const struct bl_piece *piece, uint32_t nr, struct xbf_run *seg, uint32_t most);
struct xbf_measures shape_measure(const struct bl_piece *piece, uint32_t nr);
bool shape_describable(const struct bl_piece *piece, uint32_t nr, uint32_t block);
void shape_check_any(const struct bl_piece *piece, uint32_t nr);
void shape_check(const struct bl_queue *q, const struct bl_io *rq);
void shape_queue(struct bl_queue *q, uint32_t page, uint32_t block, uint32_t physical);

#endif /* HOST_BLKSHAPE_H */
