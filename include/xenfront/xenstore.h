/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (C) 2026 xenfront maintainers */
/*
 * Xenstore: keys are read by a table, with range checks. The keys of a connection are published in
 * one transaction.
 */
#ifndef XENFRONT_XENSTORE_H
#define XENFRONT_XENSTORE_H

#include <linux/types.h>
#include <linux/stddef.h>
#include <xen/xenbus.h>

/**
 * struct xfl_key - one number that the backend may write
 * @name: key in the backend's directory
 * @min: smallest valid value
 * @max: largest valid value
 * @absent: value if the key is missing, malformed or out of range
 * @offset: offset of its field in the result, in bytes
 * @size: size of the field, in bytes: 1, 2, 4 or 8
 */
struct xfl_key {
	const char *name;
	u64 min;
	u64 max;
	u64 absent;
	u16 offset;
	u8 size;
};

/**
 * XFL_KEY() - a table entry for a field of a struct
 * @_type: the struct
 * @_field: unsigned integer or bool field in it
 * @_name: key
 * @_min: smallest valid value
 * @_max: largest valid value
 * @_absent: value if the key is missing, malformed or out of range
 */
#define XFL_KEY(_type, _field, _name, _min, _max, _absent) {	\
	.name = _name, .min = _min, .max = _max,		\
	.absent = _absent, .offset = offsetof(_type, _field),	\
	.size = sizeof_field(_type, _field),			\
}

/* A feature that is on or off: off if the key is missing or invalid. */
#define XFL_FEATURE(_type, _field, _name) XFL_KEY(_type, _field, _name, 0, 1, 0)

struct xfl_device;

int xfl_keys_read(struct xfl_device *xd, const char *dir, const struct xfl_key *key,
		  unsigned int nr, void *result);

/* The mark: the key by which our own directory is known to be ours. */
#define XFL_MARK_KEY	"frontend-mark"

/**
 * typedef xfl_publish_fn - writes a frontend's keys inside a transaction
 * @xbt: the transaction
 * @dir: the frontend's directory
 * @ctx: as given to xfl_publish()
 *
 * Context: process, within xfl_publish(); may run several times.
 * Return: 0 or a negative errno, which ends the attempt; -EAGAIN has it tried again.
 */
typedef int (*xfl_publish_fn)(struct xenbus_transaction xbt, const char *dir, void *ctx);

int xfl_key_write(struct xfl_device *xd, const char *name, unsigned int value);
int xfl_publish(struct xfl_device *xd, xfl_publish_fn fn, void *ctx);
int xfl_keys_delete(struct xenbus_transaction xbt, const char *dir, const char *const *keys);

#endif /* XENFRONT_XENSTORE_H */
