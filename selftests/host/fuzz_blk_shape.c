// SPDX-License-Identifier: GPL-2.0
/*
 * The shape of data: what programs submit, in any order, with requests that have no data between
 * it, becomes requests by the block layer's rules (blklayer.c), and these are measured and cut.
 * Input: a byte for the queue and the size of pages, then commands of one byte and their operands,
 * see command(). With RAW the pieces are measured and cut as they come, any bytes at any place.
 * Checked in blkshape.c: each byte is in one segment, in order; a segment is in one frame, and
 * there are no more than there have to be, which is what measuring says too; and after the block
 * layer, no more than its limits allow, all of whole blocks.
 */
#include "check.h"
#include "fuzz.h"

#include "blkshape.h"

#define MEMORY		(8u << 20)
#define DISK		(1u << 30)
#define MOST_RQS	64u
#define MOST_BYTES	(3u << 20)	/* of a bio */
#define RAW		0x80u

enum command {
	ADD,		/* place, length: page by page */
	ADD_FOLIO,	/* the same in one piece */
	ADD_EMPTY,	/* place */
	SUBMIT,		/* and begin another one behind it */
	SUBMIT_BEFORE,	/* before the last request */
	OTHER_WAY,	/* reads from now on, or writes */
	SEEK,		/* place on the disk */
	DISCARD,	/* length */
	SECURE_ERASE,	/* length */
	FLUSH,
	WRITE_ZEROES,	/* length */
	PASSTHROUGH,
	SCHEDULE,	/* merge requests with each other */
	MACHINE,	/* two pages: exchanged in the machine's memory */
	COMMANDS,
};

static struct bl_queue queue;
static struct bl_io bio, first, rq[MOST_RQS];
static uint32_t nr_rqs;
static uint64_t memory, disk;

static void check_all(void)
{
	for (uint32_t i = 0; i < nr_rqs; i++)
		shape_check(&queue, &rq[i]);
	nr_rqs = 0;
}

static struct bl_io *new_request(void)
{
	if (nr_rqs == MOST_RQS)
		check_all();
	return &rq[nr_rqs++];
}

/* As a plug does. */
static void plug(const struct bl_io *part)
{
	for (uint32_t i = nr_rqs; i-- && nr_rqs - i <= 4; )
		if (bl_merge(&queue, &rq[i], part, false) || bl_merge(&queue, &rq[i], part, true))
			return;
	bl_copy(new_request(), part);
}

/* What the limits say cannot be is passed on as it is by some Linux, with no promise kept. */
static void submit(void)
{
	bool more = bio.bytes;

	while (more) {
		more = bl_split(&queue, &bio, &first);
		if (first.bytes)
			plug(&first);
		else
			shape_check_any(bio.piece, bio.nr);
	}
}

/* As a scheduler does. */
static void schedule(void)
{
	uint32_t kept = 0;

	for (uint32_t i = 1; i < nr_rqs; i++)
		if (!bl_merge(&queue, &rq[kept], &rq[i], false) && ++kept != i)
			bl_copy(&rq[kept], &rq[i]);
	nr_rqs = nr_rqs ? kept + 1 : 0;
}

static void begin(enum bl_op op)
{
	if (disk > DISK)
		disk = 0;
	bl_begin(&bio, op, disk);
}

static void submit_and_begin(enum bl_op op)
{
	disk += bio.bytes;
	submit();
	begin(op);
}

static void submit_before(void)
{
	if (nr_rqs && rq[nr_rqs - 1].at >= bio.bytes)
		bio.at = rq[nr_rqs - 1].at - bio.bytes;
	submit();
	begin(bio.op);
}

static uint32_t take_length(struct bytes *in)
{
	return queue.block * (1 + take_u16(in) % (MOST_BYTES / queue.block));
}

/* 0: where the last one ended. */
static uint64_t take_place(struct bytes *in)
{
	uint32_t place = take_u16(in);

	return place ? (place - 1) * (uint64_t)queue.block % MEMORY : memory;
}

static void add(struct bytes *in, bool folio)
{
	uint64_t place = take_place(in);
	uint32_t len = take_length(in);

	if (place + len > MEMORY || bio.bytes + len > MOST_BYTES)
		return;
	bl_add(&queue, &bio, place, len, folio);
	memory = place + len;
}

static void without_data(enum bl_op op, uint32_t bytes)
{
	enum bl_op data = bio.op;

	submit_and_begin(op);
	CHECK(bl_takes(&queue, op));
	bio.bytes = bytes;
	submit_and_begin(data);
}

static void flush(void)
{
	enum bl_op data = bio.op;

	submit_and_begin(data);
	bl_begin(new_request(), BL_FLUSH, 0);
}

/* They do not come as such: one page is written for all of them. */
static void write_zeroes(uint32_t len)
{
	enum bl_op data = bio.op;

	CHECK(!bl_takes(&queue, BL_WRITE_ZEROES));
	submit_and_begin(BL_WRITE);
	while (len) {
		uint32_t part = len < queue.page ? len : queue.page;

		bl_add(&queue, &bio, 0, part, false);
		len -= part;
	}
	submit_and_begin(data);
}

static void exchange(uint16_t a, uint16_t b)
{
	uint32_t *one = &queue.machine[a % BL_PAGES], *other = &queue.machine[b % BL_PAGES];
	uint32_t was = *one;

	*one = *other;
	*other = was;
}

static void command(struct bytes *in)
{
	uint16_t page;

	switch (take_u8(in) % COMMANDS) {
	case ADD:
		return add(in, false);
	case ADD_FOLIO:
		return add(in, true);
	case ADD_EMPTY:
		return bl_add_empty(&bio, take_place(in));
	case SUBMIT:
		return submit_and_begin(bio.op);
	case SUBMIT_BEFORE:
		return submit_before();
	case OTHER_WAY:
		return submit_and_begin(bio.op == BL_READ ? BL_WRITE : BL_READ);
	case SEEK:
		submit_and_begin(bio.op);
		bio.at = disk = take_u16(in) * (uint64_t)queue.block;
		return;
	case DISCARD:
		return without_data(BL_DISCARD, take_length(in));
	case SECURE_ERASE:
		return without_data(BL_SECURE_ERASE, take_length(in));
	case FLUSH:
		return flush();
	case WRITE_ZEROES:
		return write_zeroes(take_length(in));
	case PASSTHROUGH:
		/* Not by this way, and the driver refuses it; see test_blkshape.c. */
		CHECK(!bl_takes(&queue, BL_DRV_IN) && !bl_takes(&queue, BL_DRV_OUT));
		return;
	case SCHEDULE:
		return schedule();
	case MACHINE:
		page = take_u16(in);
		return exchange(page, take_u16(in));
	}
}

static void raw(struct bytes *in)
{
	static struct bl_piece piece[900];	/* of up to 17 segments */
	uint32_t nr = 0;
	uint64_t at = 0;

	while (in->left && nr < 900) {
		uint16_t step = take_u16(in);

		/* Most go on where the last one ended. */
		if (step & 1)
			at += (uint64_t)step << (step >> 12);
		piece[nr] = (struct bl_piece){ at, take_u16(in) };
		at += piece[nr++].len;
	}
	shape_check_any(piece, nr);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t pages[] = { 4096, 16384, 65536, 4096 };
	struct bytes in = { data, size };
	uint8_t how = take_u8(&in);
	uint32_t block = how & 4 ? 4096 : 512;

	if (how & RAW) {
		raw(&in);
		return 0;
	}
	shape_queue(&queue, pages[how & 3], block, how & 8 ? 4096 : block);
	nr_rqs = 0;
	memory = 0;
	disk = 0;
	begin(how & 16 ? BL_WRITE : BL_READ);
	while (in.left)
		command(&in);
	submit();
	check_all();
	return 0;
}
