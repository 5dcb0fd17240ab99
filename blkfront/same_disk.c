// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * What the backend says of its disk, and whether it is still the same disk. The keys and the serial
 * number are read here, and parsed by wire.c and serial.c. Whether it is still the same device, and
 * not another one under its name, common/identity.c decides.
 */
#include <linux/slab.h>

#include <xenfront/xenstore.h>

#include "blkfront.h"

static const struct xfl_key xbf_disk_keys[] = {
	XFL_KEY(struct xbf_keys, sectors, "sectors", 0, U64_MAX, U64_MAX),
	XFL_KEY(struct xbf_keys, info, "info", 0, U32_MAX, 0),
	XFL_KEY(struct xbf_keys, sector_size, "sector-size", 0, U32_MAX, 0),
	XFL_KEY(struct xbf_keys, physical_sector_size, "physical-sector-size", 0, U32_MAX, 0),
	XFL_KEY(struct xbf_keys, discard_granularity, "discard-granularity", 0, U32_MAX, 0),
	XFL_KEY(struct xbf_keys, discard_alignment, "discard-alignment", 0, U32_MAX, 0),
	XFL_FEATURE(struct xbf_keys, flush, "feature-flush-cache"),
	XFL_FEATURE(struct xbf_keys, barrier, "feature-barrier"),
	XFL_FEATURE(struct xbf_keys, discard, "feature-discard"),
	XFL_FEATURE(struct xbf_keys, discard_secure, "discard-secure"),
};

/* @log_dev: device whose log line reports an invalid key; %NULL to write none. */
int xbf_read_keys(const struct xbf_dev *xb, struct xfl_device *log_dev, struct xbf_keys *keys)
{
	memset(keys, 0, sizeof(*keys));		/* padding too, for memcmp() */
	return xfl_keys_read(log_dev, xb->xd.backend, xbf_disk_keys,
			     ARRAY_SIZE(xbf_disk_keys), keys);
}

/*
 * Checks what requests that wait, and those who have the disk open, rely on. A guest is restored to
 * the disk that it was saved with, or to a copy. So a disk that is smaller is another one, unless
 * its medium can be changed.
 */
static int xbf_check_same_disk(const struct xbf_dev *xb, const struct xbf_disk *d,
			       const char **reason)
{
	bool restored = xb->restores_seen != READ_ONCE(xb->xd.restores);

	if (!xb->gd)
		return 0;
	if (d->logical > xb->block_mask + 1) {
		*reason = "sector-size grew under a disk in use";
		return -EINVAL;
	}
	if (restored && !d->removable && !d->cdrom && d->sectors < get_capacity(xb->gd)) {
		*reason = "smaller than before the guest was restored";
		return -EINVAL;
	}
	return 0;
}

/*
 * Return: 0 with @xb->disk written; -EINVAL if this disk cannot be driven; -EAGAIN if its keys
 * cannot be read now.
 */
int xbf_read_disk(struct xbf_dev *xb)
{
	const char *reason;
	struct xbf_disk d;
	int err;

	err = xbf_read_keys(xb, &xb->xd, &xb->keys);
	if (err)
		return err;
	err = xbf_disk_check(&xb->keys, &d, &reason);
	if (!err)
		err = xbf_check_same_disk(xb, &d, &reason);
	if (err) {
		if (xfl_may_log(&xb->xd))
			dev_err(&xb->xd.xbdev->dev, "backend offers a disk we cannot drive: %s\n",
				reason);
		return err;
	}
	spin_lock_irq(&xb->disk_lock);
	xb->disk = d;
	spin_unlock_irq(&xb->disk_lock);
	return 0;
}

typedef int (*xbf_serial_fn)(const char *text, u32 len, char *serial);

static bool xbf_read_serial_key(struct xbf_dev *xb, const char *key, xbf_serial_fn parse,
				char *serial)
{
	struct xenbus_device *xbdev = xb->xd.xbdev;
	unsigned int len;
	char *text = xenbus_read(XBT_NIL, xb->xd.backend, key, &len);
	int err;

	if (IS_ERR(text))
		return false;
	err = parse(text, len, serial);
	kfree(text);
	if (err && xfl_may_log(&xb->xd))
		dev_warn(&xbdev->dev, "%s holds no serial number\n", key);
	return !err;
}

/* XAPI writes the first key, and win-xenvbd reads it too. The second is this driver's own. */
void xbf_read_serial(struct xbf_dev *xb, char *serial)
{
	if (!xbf_read_serial_key(xb, "sm-data/scsi/0x12/0x80", xbf_serial_from_page, serial) &&
	    !xbf_read_serial_key(xb, "serial", xbf_serial_from_text, serial))
		serial[0] = '\0';
}

/* Another serial number is only reported: a disk gets one when its storage is migrated, too. */
void xbf_compare_serial(struct xbf_dev *xb)
{
	char now[XBF_SERIAL_MAX + 1];

	if (xb->restores_seen == READ_ONCE(xb->xd.restores))
		return;
	xbf_read_serial(xb, now);
	if (strcmp(now, xb->serial))
		dev_info(&xb->xd.xbdev->dev, "%s: restored with serial number '%s', was '%s'\n",
			 xb->vdev.name, now, xb->serial);
}
