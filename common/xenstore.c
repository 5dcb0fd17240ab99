// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * Keys: reading a backend's, writing our own.
 */
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <xenfront/lifecycle.h>
#include <xenfront/xenstore.h>

#include "internal.h"

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

/* What the guest may not read is missing, as far as it can know. */
static bool xfl_key_missing(int err)
{
	return err == -ENOENT || err == -EACCES;
}

/* Return: 0 with @value written, or -EAGAIN if it cannot be known whether there is such a key. */
static int xfl_key_read(struct xfl_device *xd, const char *dir, const struct xfl_key *key,
			u64 *value)
{
	char *text = xenbus_read(XBT_NIL, dir, key->name, NULL);
	int err;

	if (IS_ERR(text)) {
		*value = key->absent;
		return xfl_key_missing(PTR_ERR(text)) ? 0 : -EAGAIN;
	}
	err = kstrtoull(text, 10, value);
	if (err || *value < key->min || *value > key->max) {
		/* Escaped, as a line break in the text would forge a line of the log. */
		if (xd && xfl_may_log(xd))
			dev_warn(&xd->xbdev->dev,
				 "%s: '%*pE' is not a number from %llu to %llu, using %llu\n",
				 key->name, (int)strnlen(text, 32), text, key->min, key->max,
				 key->absent);
		*value = key->absent;
	}
	kfree(text);
	return 0;
}

/**
 * xfl_keys_read() - read a table of numbers that the other end may write
 * @xd: device whose log lines these are; %NULL to write none
 * @dir: directory to read, normally the backend's
 * @key: the table
 * @nr: entries in @key
 * @result: struct that the table was made for
 *
 * Each key is read once. A field whose key is missing, or invalid, gets the value @absent of its
 * entry; an invalid one has a line in the log. An error of xenstore's or a want of memory does not
 * count as a missing key: a disk would lose its flushes by it.
 *
 * Context: process; waits for xenstore.
 * Return: 0; -EAGAIN if a key could not be read. Its field has the value @absent then, too.
 */
int xfl_keys_read(struct xfl_device *xd, const char *dir, const struct xfl_key *key,
		   unsigned int nr, void *result)
{
	int err = 0;
	u64 value;

	for (; nr; nr--, key++) {
		err = xfl_key_read(xd, dir, key, &value) ?: err;
		xfl_key_store(key, value, result);
	}
	return err;
}
EXPORT_SYMBOL_NS_GPL(xfl_keys_read, XEN_FRONTLIB);

/* Whether a name is one of @patterns, of which a trailing '*' stands for any ending. */
static bool xfl_key_matches(const char *name, const char *const *patterns)
{
	for (; *patterns; patterns++) {
		size_t len = strlen(*patterns);

		if ((*patterns)[len - 1] == '*' ? !strncmp(name, *patterns, len - 1)
						: !strcmp(name, *patterns))
			return true;
	}
	return false;
}

/**
 * xfl_keys_delete() - delete keys
 * @xbt: the transaction, or %XBT_NIL
 * @dir: directory that has the keys
 * @keys: names of keys and directories, a trailing '*' standing for any ending; ends with %NULL
 *
 * Context: process; waits for xenstore.
 * Return: 0 or a negative errno; after an error some may be deleted.
 */
int xfl_keys_delete(struct xenbus_transaction xbt, const char *dir, const char *const *keys)
{
	unsigned int nr, i;
	char **names;
	int err = 0;

	names = xenbus_directory(xbt, dir, "", &nr);
	if (IS_ERR(names))
		return PTR_ERR(names);
	for (i = 0; i < nr && !err; i++)
		if (xfl_key_matches(names[i], keys))
			err = xenbus_rm(xbt, dir, names[i]);
	kfree(names);
	return err;
}

/**
 * struct xfl_publication - argument of a transaction that publishes
 * @fn: writes the keys
 * @ctx: its argument
 */
struct xfl_publication {
	xfl_publish_fn fn;
	void *ctx;
};

/* A backend would believe keys of an earlier connection, so they are deleted first. */
static int xfl_write_keys(struct xenbus_transaction xbt, struct xfl_device *xd, void *ctx)
{
	const struct xfl_publication *p = ctx;
	const char *dir = xd->xbdev->nodename;
	int err = xfl_keys_delete(xbt, dir, xd->ops->keys) ?: p->fn(xbt, dir, p->ctx);

	/* oxenstored's quota has no errno that Linux knows; the C xenstored's is ENOSPC. */
	return err == -EINVAL ? -ENOSPC : err;
}

/**
 * struct xfl_key_value - argument of a transaction that writes one number
 * @name: key
 * @value: its value
 */
struct xfl_key_value {
	const char *name;
	unsigned int value;
};

static int xfl_write_key_value(struct xenbus_transaction xbt, struct xfl_device *xd, void *ctx)
{
	const struct xfl_key_value *n = ctx;

	return xenbus_printf(xbt, xd->xbdev->nodename, n->name, "%u", n->value);
}

/**
 * xfl_key_write() - write a number into a device's directory, if the directory is its own
 * @xd: the device, with a connection
 * @name: key
 * @value: its value
 *
 * Context: process; waits for xenstore. The caller need not be a step of the machine.
 * Return: as xfl_transact_unlocked().
 */
int xfl_key_write(struct xfl_device *xd, const char *name, unsigned int value)
{
	struct xfl_key_value n = { name, value };

	return xfl_transact_unlocked(xd, xfl_write_key_value, &n);
}
EXPORT_SYMBOL_NS_GPL(xfl_key_write, XEN_FRONTLIB);

/**
 * xfl_publish() - write a device's keys, all or none, and only if its directory is its own
 * @xd: the device; the keys that @keys of &struct xfl_ops names are deleted first
 * @fn: writes the keys
 * @ctx: argument for @fn
 *
 * Context: process, a step of the machine; waits for xenstore.
 * Return: as xfl_transact(), with -ENOSPC for xenstored's quota; unless it is 0 nothing was
 * written.
 */
int xfl_publish(struct xfl_device *xd, xfl_publish_fn fn, void *ctx)
{
	struct xfl_publication p = { fn, ctx };

	return xfl_transact(xd, xfl_write_keys, &p);
}
EXPORT_SYMBOL_NS_GPL(xfl_publish, XEN_FRONTLIB);
