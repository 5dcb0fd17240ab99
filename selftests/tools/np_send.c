// SPDX-License-Identifier: GPL-2.0
/*
 * Sending a datagram of a chosen shape.
 *
 * Pieces: MSG_ZEROCOPY makes one fragment of every iovec, at the iovec's offset in its page.
 *
 * Straddle: the kernel copies what a corked UDP socket is given into an order-3 page that all
 * sockets of a task share, and starts a new fragment whenever another socket wrote in between. A
 * second, never sent, datagram therefore places every fragment of the first one where we want it.
 * A new task starts with no such page, so each packet is sent by a child.
 */
#define _GNU_SOURCE
#include "netprobe.h"
#include "pattern.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SO_ZEROCOPY
#define SO_ZEROCOPY 60
#endif
#ifndef MSG_ZEROCOPY
#define MSG_ZEROCOPY 0x4000000
#endif

/* What skb_page_frag_refill() allocates, and the least room it goes on using. */
#define FRAG_PAGE	32768u
#define FRAG_LEAST	32u
#define FILLERS		4

static int send_plain(struct np_conn *c, const uint8_t *data, unsigned int len)
{
	if (sendto(c->udp, data, len, 0, &c->dest.sa, np_addr_len(&c->dest)) != (ssize_t)len)
		return -errno;
	return 0;
}

/* The pages belong to the kernel until it says so; that also proves the packet was completed. */
static int wait_zerocopy(int fd)
{
	char control[256];
	struct msghdr m = { .msg_control = control, .msg_controllen = sizeof(control) };
	int tries;

	for (tries = 0; tries < NP_WAIT_MS / 10; tries++) {
		m.msg_controllen = sizeof(control);
		if (recvmsg(fd, &m, MSG_ERRQUEUE | MSG_DONTWAIT) >= 0)
			return 0;
		if (errno != EAGAIN)
			return -errno;
		np_readable(fd, 10);
	}
	return -ETIMEDOUT;
}

static int send_pieces(struct np_conn *c, const struct np_shape *s, const uint8_t *data)
{
	size_t page = sysconf(_SC_PAGESIZE);
	struct iovec iov[NP_MAX_PIECES];
	struct msghdr m = { .msg_name = &c->dest, .msg_namelen = np_addr_len(&c->dest),
			    .msg_iov = iov, .msg_iovlen = s->count };
	uint8_t *arena = mmap(NULL, s->count * page, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned int i;
	int one = 1, err = 0;

	if (arena == MAP_FAILED)
		return -errno;
	setsockopt(c->udp, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one));
	for (i = 0; i < s->count; i++) {
		iov[i].iov_base = arena + i * page + s->piece[i].off % page;
		iov[i].iov_len = s->piece[i].len;
		memcpy(iov[i].iov_base, data, s->piece[i].len);
		data += s->piece[i].len;
	}
	if (sendmsg(c->udp, &m, MSG_ZEROCOPY) != (ssize_t)s->len)
		err = -errno;
	else
		err = wait_zerocopy(c->udp);
	munmap(arena, s->count * page);
	return err;
}

/* Where the task's page fragment stands after "len" more bytes were copied into it. */
static unsigned int frag_advance(unsigned int pos, unsigned int len, unsigned int page)
{
	unsigned int part;

	while (len) {
		if (pos + FRAG_LEAST > page)
			pos = 0;
		part = len < page - pos ? len : page - pos;
		pos += part;
		len -= part;
	}
	return pos;
}

static int cork(int fd, const void *data, unsigned int len, int more)
{
	return send(fd, data, len, more) == (ssize_t)len ? 0 : -errno;
}

/* Bytes the filler must write so that the next piece starts at "off" of a frame. */
static unsigned int filler_len(unsigned int pos, const struct np_piece *p, unsigned int page)
{
	unsigned int gap;

	if (pos + FRAG_LEAST > page)
		pos = 0;
	gap = (p->off + NP_FRAME - pos % NP_FRAME) % NP_FRAME;
	if (pos + gap + p->len > page)	/* would be cut by the page's end: go to the next page */
		gap = page - pos + p->off;
	return gap;
}

/* Several, since a filler has no more room for bytes and fragments than the packet itself. */
static int open_fillers(struct np_conn *c, int *fds)
{
	int i, err = 0;

	for (i = 0; i < FILLERS && !err; i++) {
		fds[i] = socket(c->dest.sa.sa_family, SOCK_DGRAM, 0);
		if (fds[i] < 0 || connect(fds[i], &c->dest.sa, np_addr_len(&c->dest)))
			return -errno;
		err = cork(fds[i], "", 1, MSG_MORE);
	}
	return err;
}

static int straddle_child(struct np_conn *c, const struct np_shape *s, const uint8_t *data)
{
	static const uint8_t filler[2 * FRAG_PAGE];
	size_t sys = sysconf(_SC_PAGESIZE);
	unsigned int page = sys > FRAG_PAGE ? sys : FRAG_PAGE;
	unsigned int i, gap, pos = 0;
	int fds[FILLERS], err;

	if (connect(c->udp, &c->dest.sa, np_addr_len(&c->dest)))
		return -errno;
	err = open_fillers(c, fds) ?:
	      cork(c->udp, data, s->piece[0].len, s->count > 1 ? MSG_MORE : 0);
	data += s->piece[0].len;
	for (i = 1; i < s->count && !err; i++) {
		gap = filler_len(pos, &s->piece[i], page);
		if (gap)
			err = cork(fds[i % FILLERS], filler, gap, MSG_MORE);
		pos = frag_advance(pos, gap, page);
		if (!err)
			err = cork(c->udp, data, s->piece[i].len, i + 1 < s->count ? MSG_MORE : 0);
		pos = frag_advance(pos, s->piece[i].len, page);
		data += s->piece[i].len;
	}
	return err;
}

static int send_straddle(struct np_conn *c, const struct np_shape *s, const uint8_t *data)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid)
		_exit(-straddle_child(c, s, data));
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -ECHILD;
	/* The child connected the socket we share. */
	connect(c->udp, &none, sizeof(none));
	return -WEXITSTATUS(status);
}

/* Returns 0 or a negative errno. */
int np_send_shape(struct np_conn *c, const struct np_shape *s, uint64_t seq)
{
	uint8_t *data = malloc(s->len + 1);
	int err;

	if (!data)
		return -ENOMEM;
	pattern_fill(data, s->len, seq, 0);
	switch (s->form) {
	case NP_PIECES:
		err = send_pieces(c, s, data);
		break;
	case NP_STRADDLE:
		err = send_straddle(c, s, data);
		break;
	default:
		err = send_plain(c, data, s->len);
	}
	free(data);
	return err;
}

/* Returns NULL if the next datagram holds pattern "seq" and nothing else, or what is wrong. */
const char *np_recv_datagram(struct np_conn *c, uint64_t seq, unsigned int len)
{
	static uint8_t buf[65536];
	static char why[128];
	ssize_t got;
	long bad;

	if (!np_readable(c->udp, NP_WAIT_MS))
		return "lost: no datagram came";
	got = recv(c->udp, buf, sizeof(buf), MSG_DONTWAIT);
	if (got < 0)
		return "lost: came with a bad checksum";
	bad = pattern_check(buf, got < (ssize_t)len ? got : (ssize_t)len, seq, 0);
	if (bad >= 0)
		snprintf(why, sizeof(why), "byte %ld of %u is %02x, not %02x", bad, len, buf[bad],
			 pattern_byte(seq, bad));
	else if (got != (ssize_t)len)
		snprintf(why, sizeof(why), "%zd bytes came, not %u", got, len);
	else
		return NULL;
	return why;
}
