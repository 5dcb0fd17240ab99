// SPDX-License-Identifier: GPL-2.0
/* A verified byte stream over TCP, written whole, in pieces out of many pages, or zero-copy. */
#define _GNU_SOURCE
#include "netprobe.h"
#include "pattern.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/time.h>
#include <unistd.h>

#define CHUNK		65536u
/* A stream may live through a reconnect, or a guest's restore, and its time-outs grow meanwhile. */
#define STREAM_WAIT_MS	60000
/* Pages of the file that a scattered stream is sent from; it is reused, never rewritten. */
#define SCATTER_PAGES	1024u

/* Returns NULL if "len" bytes of the stream came as they should, or what is wrong. */
const char *np_stream_receive(struct np_conn *c, uint64_t seed, uint64_t len)
{
	static uint8_t buf[CHUNK];
	static char why[128];
	uint64_t pos = 0;
	ssize_t got;
	long bad;

	while (pos < len) {
		if (!np_readable(c->fd, STREAM_WAIT_MS)) {
			snprintf(why, sizeof(why), "stopped after %llu of %llu bytes",
				 (unsigned long long)pos, (unsigned long long)len);
			return why;
		}
		got = read(c->fd, buf, len - pos < CHUNK ? len - pos : CHUNK);
		if (got <= 0)
			return "connection closed";
		bad = pattern_check(buf, got, seed, pos);
		if (bad >= 0) {
			snprintf(why, sizeof(why), "byte %llu of the stream is %02x, not %02x",
				 (unsigned long long)(pos + bad), buf[bad],
				 pattern_byte(seed, pos + bad));
			return why;
		}
		pos += got;
	}
	return NULL;
}

static int write_all(int fd, const uint8_t *p, size_t len)
{
	ssize_t n;

	for (; len; p += n, len -= n) {
		n = write(fd, p, len);
		if (n <= 0)
			return -errno;
	}
	return 0;
}

static int send_whole(struct np_conn *c, uint64_t seed, uint64_t len)
{
	static uint8_t buf[CHUNK];
	uint64_t pos, part;
	int err = 0;

	for (pos = 0; pos < len && !err; pos += part) {
		part = len - pos < CHUNK ? len - pos : CHUNK;
		pattern_fill(buf, part, seed, pos);
		err = write_all(c->fd, buf, part);
	}
	return err;
}

static int sendfile_all(int fd, int file, off_t off, size_t len)
{
	ssize_t n;

	for (; len; len -= n) {
		n = sendfile(fd, file, &off, len);
		if (n <= 0)
			return n ? -errno : -EIO;
	}
	return 0;
}

/*
 * Each page of a file holds one piece of the stream at a random offset, so no two pieces can be
 * merged and every skb fills its fragments. What the file cannot hold is sent whole.
 */
static int send_scattered(struct np_conn *c, uint64_t seed, uint64_t len)
{
	struct rng r = { .seed = seed };
	size_t page = sysconf(_SC_PAGESIZE);
	int file = memfd_create("netprobe", MFD_CLOEXEC), on = 1, err = 0;
	unsigned int i, n, off;
	uint8_t buf[NP_FRAME];
	uint64_t pos = 0;

	if (file < 0 || ftruncate(file, SCATTER_PAGES * page))
		return -errno;
	setsockopt(c->fd, IPPROTO_TCP, TCP_CORK, &on, sizeof(on));
	for (i = 0; i < SCATTER_PAGES && pos < len && !err; i++, pos += n) {
		n = rng_range(&r, 1, rng_range(&r, 0, 1) ? 64 : NP_FRAME);
		if (n > len - pos)
			n = len - pos;
		off = i * page + rng_range(&r, 0, NP_FRAME - n);
		pattern_fill(buf, n, seed, pos);
		if (pwrite(file, buf, n, off) != (ssize_t)n)
			err = -errno;
		else
			err = sendfile_all(c->fd, file, off, n);
	}
	on = 0;
	setsockopt(c->fd, IPPROTO_TCP, TCP_CORK, &on, sizeof(on));
	close(file);
	if (!err && pos < len)
		err = -E2BIG;
	return err;
}

/* Returns 0 or a negative errno. */
int np_stream_send(struct np_conn *c, uint64_t seed, uint64_t len, const char *form)
{
	struct timeval limit = { .tv_sec = STREAM_WAIT_MS / 1000 };

	setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (!strcmp(form, "whole"))
		return send_whole(c, seed, len);
	if (!strcmp(form, "scattered"))
		return send_scattered(c, seed, len);
	return -EINVAL;
}
