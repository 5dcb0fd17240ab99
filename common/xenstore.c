// SPDX-License-Identifier: GPL-2.0
/*
 * Reading what a backend offers and publishing what a frontend has.
 */
#include <linux/delay.h>
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <xenfront/xenstore.h>

/* A transaction fails when others write beside it; this often is no accident. */
#define XFL_PUBLISH_TRIES	100
#define XFL_PUBLISH_PAUSE_MS	20

static void xfl_key_store(const struct xfl_key *key, u64 value, void *result)
{
	void *field = result + key->offset;

	switch (key->size) {
	case 1:
		*(u8 *)field = value;
		break;
	case 2:
		*(u16 *)field = value;
		break;
	case 4:
		*(u32 *)field = value;
		break;
	default:
		*(u64 *)field = value;
		break;
	}
}

static u64 xfl_key_read(struct xenbus_device *xbdev, const char *dir, const struct xfl_key *key)
{
	char *text = xenbus_read(XBT_NIL, dir, key->name, NULL);
	u64 value;
	int err;

	if (IS_ERR(text))
		return key->absent;
	err = kstrtoull(text, 10, &value);
	if (err || value < key->min || value > key->max) {
		/* Escaped: a line break in it would forge lines of the log. */
		if (xbdev)
			dev_warn_ratelimited(&xbdev->dev,
					     "%s: '%*pE' is not a number from %llu to %llu, using %llu\n",
					     key->name, (int)strnlen(text, 32), text, key->min,
					     key->max, key->absent);
		value = key->absent;
	}
	kfree(text);
	return value;
}

/**
 * xfl_keys_read() - read a table of numbers that the other end may write
 * @xbdev: device, for messages; %NULL for none, where they were given before
 * @dir: directory to read, normally the backend's
 * @key: the table
 * @nr: entries in @key
 * @result: struct that the table was made for
 *
 * Each key is read once. One that is missing silently takes its default, one
 * that makes no sense does so with a line in the log.
 *
 * Context: process; waits for xenstore.
 */
void xfl_keys_read(struct xenbus_device *xbdev, const char *dir, const struct xfl_key *key,
		   unsigned int nr, void *result)
{
	for (; nr; nr--, key++)
		xfl_key_store(key, xfl_key_read(xbdev, dir, key), result);
}
EXPORT_SYMBOL_NS_GPL(xfl_keys_read, XEN_FRONTLIB);

static bool xfl_is_stale(const char *name, const char *const *stale)
{
	for (; *stale; stale++) {
		size_t len = strlen(*stale);

		if ((*stale)[len - 1] == '*' ? !strncmp(name, *stale, len - 1)
					     : !strcmp(name, *stale))
			return true;
	}
	return false;
}

/* Keys of an earlier connection would mislead a backend that finds them first. */
static int xfl_remove_stale(struct xenbus_transaction xbt, const char *dir,
			    const char *const *stale)
{
	unsigned int nr, i;
	char **names;
	int err = 0;

	names = xenbus_directory(xbt, dir, "", &nr);
	if (IS_ERR(names))
		return PTR_ERR(names);
	for (i = 0; i < nr && !err; i++)
		if (xfl_is_stale(names[i], stale))
			err = xenbus_rm(xbt, dir, names[i]);
	kfree(names);
	return err;
}

static int xfl_publish_once(struct xenbus_device *xbdev, const char *const *stale,
			    xfl_publish_fn fn, void *ctx)
{
	struct xenbus_transaction xbt;
	int err;

	err = xenbus_transaction_start(&xbt);
	if (err)
		return err;
	err = xfl_remove_stale(xbt, xbdev->nodename, stale);
	if (!err)
		err = fn(xbt, xbdev->nodename, ctx);
	if (err) {
		xenbus_transaction_end(xbt, 1);
		return err;
	}
	return xenbus_transaction_end(xbt, 0);
}

/**
 * xfl_publish() - write a frontend's keys, all or none
 * @xbdev: the device
 * @stale: names of keys and directories to remove first, a trailing '*' standing
 *	for any ending; ends with NULL
 * @fn: writes the keys
 * @ctx: argument for @fn
 *
 * Context: process; waits for xenstore.
 * Return: 0 or a negative errno, then nothing was written.
 */
int xfl_publish(struct xenbus_device *xbdev, const char *const *stale, xfl_publish_fn fn,
		void *ctx)
{
	int tries = XFL_PUBLISH_TRIES;
	int err;

	do {
		if (tries < XFL_PUBLISH_TRIES)
			msleep(XFL_PUBLISH_PAUSE_MS);
		err = xfl_publish_once(xbdev, stale, fn, ctx);
	} while (err == -EAGAIN && --tries);
	return err;
}
EXPORT_SYMBOL_NS_GPL(xfl_publish, XEN_FRONTLIB);

/**
 * xfl_retract() - remove a frontend's keys
 * @xbdev: the device
 * @keys: their names, as the stale ones of xfl_publish()
 *
 * The next frontend may be a driver that does not know all of them, and a backend believes what it
 * finds: it would map a frame or bind an event channel that are something else by then.
 *
 * Context: process; waits for xenstore. What fails is let be: where the toolstack takes the device
 * away, the directory goes at the same time.
 */
void xfl_retract(struct xenbus_device *xbdev, const char *const *keys)
{
	xfl_remove_stale(XBT_NIL, xbdev->nodename, keys);
}
