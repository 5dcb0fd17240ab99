// SPDX-License-Identifier: GPL-2.0
/*
 * The numbers a backend writes about its disk, and the toolstack about its name.
 * Input: struct xbf_keys field by field, an indirect limit, a device number.
 */
#include "fuzz.h"
#include "check.h"

#include "blkfront/vdev.h"
#include "blkfront/wire.h"

static bool power_of_two(u32 n)
{
	return n && !(n & (n - 1));
}

static void check_disk(const struct xbf_keys *k, const struct xbf_disk *d)
{
	CHECK(power_of_two(d->logical) && d->logical >= 512 && d->logical <= 4096);
	CHECK(power_of_two(d->physical) && d->physical >= d->logical);
	CHECK(d->sectors <= k->sectors && k->sectors - d->sectors < d->logical / 512);
	CHECK(d->sectors % (d->logical / 512) == 0);
	CHECK(d->sectors << 9 >> 9 == d->sectors);
	CHECK(d->flush_op == 0 || d->flush_op == XBF_FLUSH || d->flush_op == XBF_BARRIER);
	CHECK(!d->readonly || (!d->flush_op && !d->discard_granularity));
	if (!d->discard_granularity) {
		CHECK(!d->discard_alignment && !d->secure_discard);
		return;
	}
	CHECK(power_of_two(d->discard_granularity) && d->discard_granularity >= d->logical);
	CHECK(d->discard_alignment < d->discard_granularity);
	CHECK(d->discard_alignment % d->logical == 0);
}

static void take_keys(struct bytes *in, struct xbf_keys *k)
{
	u8 flags;

	take_bytes(in, &k->sectors, sizeof(k->sectors));
	k->info = take_u32(in);
	k->sector_size = take_u32(in);
	k->physical_sector_size = take_u32(in);
	k->discard_granularity = take_u32(in);
	k->discard_alignment = take_u32(in);
	flags = take_u8(in);
	k->flush = flags & 1;
	k->barrier = flags & 2;
	k->discard = flags & 4;
	k->discard_secure = flags & 8;
}

static void check_vdev(u32 number)
{
	struct xbf_vdev v;

	memset(&v, 0xff, sizeof(v));
	if (xbf_vdev_parse(number, &v))
		return;
	CHECK(memchr(v.name, 0, sizeof(v.name)) && !memcmp(v.name, "xvd", 3));
	CHECK(power_of_two(v.nr_minors) && v.minor % v.nr_minors == 0);
	CHECK((u64)v.minor + v.nr_minors <= 1u << 20);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = { data, size };
	struct xbf_keys k = { 0 };
	struct xbf_disk d;
	const char *reason = NULL;
	u32 segs, offered;

	take_keys(&in, &k);
	memset(&d, 0xff, sizeof(d));
	if (xbf_disk_check(&k, &d, &reason))
		CHECK(reason);
	else
		check_disk(&k, &d);
	offered = take_u32(&in);
	segs = xbf_segs_per_part(offered, take_u32(&in));
	CHECK(segs >= XBF_DIRECT_SEGS && segs <= XBF_MAX_SEGS);
	CHECK(segs == XBF_DIRECT_SEGS || segs <= offered);
	CHECK(xbf_parts(XBF_MAX_SEGS, segs) <= XBF_MAX_PARTS);
	check_vdev(take_u32(&in));
	return 0;
}
