/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
/* Virtual-device numbers: the disk name and the minors that each stands for. Pure. */
#ifndef XENFRONT_BLKFRONT_VDEV_H
#define XENFRONT_BLKFRONT_VDEV_H

#include <xenfront/portable.h>

#define XBF_VDEV_NAME_LEN	32

/**
 * struct xbf_vdev - what a virtual-device number means
 * @minor: first minor of the disk, under major 202
 * @nr_minors: minors set aside for it and its partitions
 * @is_xvd: the number is one of Xen's own, not one of an IDE or SCSI disk
 * @name: xvd and letters, and a partition's number if the disk has a partition's place
 */
struct xbf_vdev {
	u32 minor;
	u32 nr_minors;
	bool is_xvd;
	char name[XBF_VDEV_NAME_LEN];
};

int __must_check xbf_vdev_parse(u32 number, struct xbf_vdev *vdev);

#endif /* XENFRONT_BLKFRONT_VDEV_H */
