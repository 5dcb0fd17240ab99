// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * Virtual-device numbers, as xen-vbd-interface(7) defines them: the numbers of Linux' IDE, SCSI and
 * xvd disks, or with bit 28 set, a disk number and eight bits of partition. Names are those that
 * users have in their fstab: every disk is an xvd. IDE and SCSI numbers count from xvda as well.
 */
#include "vdev.h"

#define XBF_VDEV_EXTENDED		(1u << 28)
#define XBF_VDEV_PARTS_SHIFT	4
#define XBF_VDEV_IDE_PARTS_SHIFT	6
#define XBF_VDEV_EXT_PARTS_SHIFT	8
#define XBF_VDEV_MINOR_BITS		20
#define XBF_VDEV_XVD_MAJOR		202
#define XBF_VDEV_DISKS_PER_MAJOR	16

struct xbf_vdev_major {
	u16 first;		/* majors first to last continue each other's disks */
	u16 last;
	u16 disk;		/* number of the first disk of the first major */
	u8 parts_shift;		/* bits of the minor that count partitions */
	bool parts_in_minor;	/* whether our minor has the partition in it */
};

static const struct xbf_vdev_major xbf_vdev_majors[] = {
	{ 3, 3, 0, XBF_VDEV_IDE_PARTS_SHIFT, false },
	{ 22, 22, 2, XBF_VDEV_IDE_PARTS_SHIFT, false },
	{ 8, 8, 0, XBF_VDEV_PARTS_SHIFT, true },
	{ 65, 71, XBF_VDEV_DISKS_PER_MAJOR, XBF_VDEV_PARTS_SHIFT, true },
	{ 128, 135, 8 * XBF_VDEV_DISKS_PER_MAJOR, XBF_VDEV_PARTS_SHIFT, true },
	{ XBF_VDEV_XVD_MAJOR, XBF_VDEV_XVD_MAJOR, 0, XBF_VDEV_PARTS_SHIFT, true },
};

static const struct xbf_vdev_major *xbf_vdev_find_major(u32 major)
{
	u32 i;

	for (i = 0; i < sizeof(xbf_vdev_majors) / sizeof(xbf_vdev_majors[0]); i++)
		if (major >= xbf_vdev_majors[i].first && major <= xbf_vdev_majors[i].last)
			return &xbf_vdev_majors[i];
	return NULL;
}

/* Letters count like a spreadsheet's columns: a..z, aa..zz, aaa.. */
static char *xbf_vdev_letters(char *at, u32 disk)
{
	char letters[8];
	u32 n = 0;

	for (disk++; disk; disk /= 26) {
		disk--;
		letters[n++] = (char)('a' + disk % 26);
	}
	while (n)
		*at++ = letters[--n];
	return at;
}

static char *xbf_vdev_decimal(char *at, u32 value)
{
	char digits[10];
	u32 n = 0;

	do {
		digits[n++] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	while (n)
		*at++ = digits[--n];
	return at;
}

static void xbf_vdev_fill(struct xbf_vdev *vdev, u32 disk, u32 part, u32 parts_shift)
{
	char *at = vdev->name;

	vdev->minor = disk << parts_shift | part;
	vdev->nr_minors = part ? 1 : 1u << parts_shift;
	memcpy(at, "xvd", 3);
	at = xbf_vdev_letters(at + 3, disk);
	if (part)
		at = xbf_vdev_decimal(at, part);
	*at = '\0';
}

/**
 * xbf_vdev_parse() - what a virtual-device number means
 * @number: as in xenstore, virtual-device or virtual-device-ext
 * @vdev: result
 *
 * Return: 0; -ENODEV for a number of an unknown kind; -ERANGE for one whose minors do not exist.
 */
int xbf_vdev_parse(u32 number, struct xbf_vdev *vdev)
{
	const struct xbf_vdev_major *m;
	u32 minor = number & 0xff;
	u32 disk, part;

	if (number >= 2 * XBF_VDEV_EXTENDED)
		return -ERANGE;
	if (number & XBF_VDEV_EXTENDED) {
		number &= XBF_VDEV_EXTENDED - 1;
		if (number >> XBF_VDEV_MINOR_BITS)
			return -ERANGE;
		vdev->is_xvd = true;
		xbf_vdev_fill(vdev, number >> XBF_VDEV_EXT_PARTS_SHIFT,
			      number & ((1u << XBF_VDEV_EXT_PARTS_SHIFT) - 1),
			      XBF_VDEV_EXT_PARTS_SHIFT);
		return 0;
	}
	m = xbf_vdev_find_major(number >> 8);
	if (!m)
		return -ENODEV;
	disk = m->disk + ((number >> 8) - m->first) * XBF_VDEV_DISKS_PER_MAJOR +
		(minor >> m->parts_shift);
	part = m->parts_in_minor ? minor & ((1u << m->parts_shift) - 1) : 0;
	vdev->is_xvd = m->first == XBF_VDEV_XVD_MAJOR;
	xbf_vdev_fill(vdev, disk, part, XBF_VDEV_PARTS_SHIFT);
	return 0;
}
