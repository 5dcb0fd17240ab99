// SPDX-License-Identifier: GPL-2.0
/*
 * netxsk: frames through an AF_XDP socket, verified byte for byte at a netprobe server.
 *
 *	netxsk bind IFACE				say "zero-copy" or "copy"
 *	netxsk hold IFACE SECONDS			the same, and stay bound
 *	netxsk linger IFACE MB FILE			once there is FILE, let all go, make so much memory
 *							one's own, and FILE.taken; once there is
 *							FILE.look, say whether anybody wrote to it
 *	netxsk catch IFACE PORT				frames of the datagrams that "rain" sends to that
 *							port, compared until SIGTERM; see rain.h
 *	netxsk up|down IFACE HOST FIRST LAST [STEP]	Ethernet frames of these lengths
 *
 * Environment:
 *	NETXSK_MODE	zero-copy or copy: refuse to do the other; default: what can be had
 *	NETXSK_WAKEUP	use XDP_USE_NEED_WAKEUP
 *	NETXSK_QUEUE, NETXSK_CHUNK, NETXSK_HEADROOM
 *	NETXSK_FRAMES	of memory, at least 512
 *	NETXSK_FILL	of those, in the fill ring, at most 256
 *	NETXSK_TRIES	how often a frame is sent again that was lost; default 1
 *	NETXSK_UNTIL	send all of them again until there is this file; FILE.pause is renamed to
 *			FILE.paused between two rounds, and the next, which is never left
 *			out and asks the server anew, waits until that is gone
 *	NETXSK_BREAK	flip: send other bytes than announced
 *	NETXSK_NO_WAIT	bind whether or not there is a link
 *	NETXSK_SECOND	hold: a second socket shares memory and queue, and busy-polls all the time
 *
 * Frames go out in batches, from any place in a chunk. Exit status as netprobe's.
 */
#define _GNU_SOURCE
#include "netprobe.h"
#include "pattern.h"
#include "rain.h"
#include "xsk.h"

#include <errno.h>
#include <linux/if_xdp.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH		16u
#define TYPE_AT		12u	/* in an Ethernet frame */
#define PORT_AT		36u	/* the one it goes to, with IPv4 and no options */
#define DATAGRAM_AT	42u
#define POISON		0xee
#define LINK_SECONDS	60
#define AGAIN_MS	1000

struct test {
	struct xsk x;
	struct np_conn conn;
	const char *iface;
	unsigned int queue;
	unsigned int tries;
	uint64_t flip;
	uint8_t mac[6];		/* ours */
	uint8_t peer[6];
	uint32_t next;		/* chunk to send from */
	unsigned int received;
	unsigned int in_place;	/* of these, at the start of a chunk: not copied there */
};

static unsigned long setting(const char *name, unsigned long fallback)
{
	const char *value = getenv(name);

	return value ? strtoul(value, NULL, 0) : fallback;
}

static uint16_t bind_flags(void)
{
	const char *mode = getenv("NETXSK_MODE") ?: "";
	uint16_t flags = getenv("NETXSK_WAKEUP") ? XDP_USE_NEED_WAKEUP : 0;

	if (!strcmp(mode, "zero-copy"))
		flags |= XDP_ZEROCOPY;
	if (!strcmp(mode, "copy"))
		flags |= XDP_COPY;
	return flags;
}

static bool carrier(const char *iface)
{
	char path[64], c = '0';
	FILE *f;

	snprintf(path, sizeof(path), "/sys/class/net/%s/carrier", iface);
	f = fopen(path, "r");
	if (!f)
		return false;
	if (fread(&c, 1, 1, f) != 1)
		c = '0';
	fclose(f);
	return c == '1';
}

/* Binding renews the connection. */
static void await_link(const struct test *t)
{
	int tries = LINK_SECONDS * 10;

	while (!carrier(t->iface)) {
		if (!tries--)
			np_die("%s has no link after %u s", t->iface, LINK_SECONDS);
		usleep(100000);
	}
}

/* Frames with this 16-bit number at this place are ours. */
static void open_socket(struct test *t, const char *iface, unsigned int at, uint16_t value)
{
	unsigned int ifindex = if_nametoindex(iface);
	int err;

	t->iface = iface;
	t->queue = setting("NETXSK_QUEUE", 0);
	t->tries = setting("NETXSK_TRIES", 1);
	t->x.chunk = setting("NETXSK_CHUNK", 4096);
	t->x.headroom = setting("NETXSK_HEADROOM", 0);
	t->x.frames = setting("NETXSK_FRAMES", 2 * XSK_RING);
	t->x.fill_frames = setting("NETXSK_FILL", XSK_RING);
	t->x.flags = bind_flags();
	t->flip = getenv("NETXSK_BREAK") ? 1 : 0;
	if (!ifindex)
		np_die("no interface %s", iface);
	if (!getenv("NETXSK_NO_WAIT"))
		await_link(t);
	err = xsk_open(&t->x, ifindex, t->queue);
	if (err)
		np_die("socket: %s", strerror(-err));
	err = xsk_prog_attach(&t->x, ifindex, t->queue, at, value);
	if (err)
		np_die("program: %s", strerror(-err));
	puts(xsk_is_zero_copy(&t->x) ? "zero-copy" : "copy");
	fflush(stdout);
	await_link(t);
}

/* ---- frames ---- */

static void parse_mac(uint8_t *mac, const char *text)
{
	unsigned int m[6], i;

	if (sscanf(text, "%x:%x:%x:%x:%x:%x", m, m + 1, m + 2, m + 3, m + 4, m + 5) != 6)
		np_die("\"%s\" is no MAC address", text);
	for (i = 0; i < 6; i++)
		mac[i] = m[i];
}

static void open_peer(struct test *t, const char *host)
{
	char line[64], mac[32], path[64];
	FILE *f;

	np_connect(&t->conn, host, NP_PORT);
	np_ask(&t->conn, line, sizeof(line), "raw");
	if (sscanf(line, "mac %31s", mac) != 1)
		np_die("server: %s", line);
	parse_mac(t->peer, mac);
	snprintf(path, sizeof(path), "/sys/class/net/%s/address", t->iface);
	f = fopen(path, "r");
	if (!f || !fgets(line, sizeof(line), f))
		np_die("%s: %m", path);
	fclose(f);
	parse_mac(t->mac, line);
}

/* Return: where the frame is. */
static uint64_t put_frame(struct test *t, unsigned int len)
{
	uint32_t chunk = XSK_RING + t->next++ % XSK_RING;
	uint64_t addr = (uint64_t)chunk * t->x.chunk + len * 37 % (t->x.chunk - len + 1);
	uint8_t *p = t->x.umem + addr;

	memcpy(p, t->peer, 6);
	memcpy(p + 6, t->mac, 6);
	p[12] = NP_ETHERTYPE >> 8;
	p[13] = NP_ETHERTYPE & 0xff;
	pattern_fill(p + ETH_HLEN, len - ETH_HLEN, len + t->flip, 0);
	xsk_send(&t->x, addr, len);
	return addr;
}

/* Chunks come back in the order they went, whatever became of the frames. */
static void await_chunks(struct test *t, const uint64_t *addr, unsigned int nr)
{
	uint64_t got;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (!xsk_sent(&t->x, NP_WAIT_MS, &got))
			np_die("chunk %u of %u does not come back", i, nr);
		/* Where the kernel copies, it is the chunk alone that counts. */
		if (got / t->x.chunk != addr[i] / t->x.chunk)
			np_die("chunk %#llx comes back, not %#llx", (unsigned long long)got,
			       (unsigned long long)addr[i]);
	}
}

static bool frame_up(struct test *t, unsigned int len, bool again)
{
	char line[128];
	uint64_t addr;

	if (again) {
		addr = put_frame(t, len);
		xsk_kick(&t->x);
		await_chunks(t, &addr, 1);
	}
	np_ask(&t->conn, line, sizeof(line), "rawexpect %u %u", len, len);
	if (!strcmp(line, "ok"))
		return true;
	if (!strstr(line, "lost"))
		np_die("frame of %u bytes: %s", len, line);
	return false;
}

static void batch_up(struct test *t, const unsigned int *len, unsigned int nr)
{
	uint64_t addr[BATCH];
	unsigned int i, tries;

	for (i = 0; i < nr; i++)
		addr[i] = put_frame(t, len[i]);
	xsk_kick(&t->x);
	await_chunks(t, addr, nr);
	for (i = 0; i < nr; i++)
		for (tries = 0; !frame_up(t, len[i], tries); )
			if (++tries >= t->tries)
				np_die("frame of %u bytes: lost", len[i]);
}

static bool frame_is(struct test *t, uint64_t addr, uint32_t got, unsigned int len)
{
	const uint8_t *p = t->x.umem + addr;
	long bad;

	if (got < len || memcmp(p, t->mac, 6) || p[12] != NP_ETHERTYPE >> 8)
		return false;
	bad = pattern_check(p + ETH_HLEN, len - ETH_HLEN, len + t->flip, 0);
	if (bad >= 0)
		printf("byte %ld of the payload is wrong\n", bad);
	return bad < 0;
}

static void ask_down(struct test *t, unsigned int len)
{
	np_say(&t->conn, "rawsend %u %u %02x:%02x:%02x:%02x:%02x:%02x", len, len, t->mac[0],
	       t->mac[1], t->mac[2], t->mac[3], t->mac[4], t->mac[5]);
	np_want_ok(&t->conn, "frame");
}

static bool frame_down(struct test *t, unsigned int len, bool again)
{
	uint64_t addr;
	uint32_t got;
	bool good;

	if (again)
		ask_down(t, len);
	if (!xsk_receive(&t->x, t->tries > 1 ? AGAIN_MS : NP_WAIT_MS, &addr, &got))
		return false;
	t->received++;
	t->in_place += !(addr % t->x.chunk);
	good = frame_is(t, addr, got, len);
	xsk_give(&t->x, addr - addr % t->x.chunk);
	if (!good && t->tries == 1)
		np_die("frame of %u bytes is not what %u bytes were", got, len);
	return good;
}

static void batch_down(struct test *t, const unsigned int *len, unsigned int nr)
{
	unsigned int i, tries;

	for (i = 0; i < nr; i++)
		ask_down(t, len[i]);
	for (i = 0; i < nr; i++)
		for (tries = 0; !frame_down(t, len[i], tries); )
			if (++tries >= t->tries)
				np_die("frame of %u bytes: lost", len[i]);
}

static void frames(struct test *t, bool up, unsigned int first, unsigned int last,
		   unsigned int step)
{
	/* One at a time where some may be lost: the order would be. */
	unsigned int most = t->tries > 1 ? 1 : BATCH;
	unsigned int len[BATCH], nr = 0;

	for (; first <= last; first += step) {
		len[nr++] = first;
		if (nr < most && first + step <= last)
			continue;
		if (up)
			batch_up(t, len, nr);
		else
			batch_down(t, len, nr);
		nr = 0;
	}
}

/* Return: whether there was a pause. */
static bool paused(const char *until)
{
	char told[128], now[128];

	snprintf(told, sizeof(told), "%s.pause", until);
	snprintf(now, sizeof(now), "%s.paused", until);
	if (rename(told, now))
		return false;
	while (!access(now, F_OK))
		usleep(100000);
	return true;
}

static void all_frames(struct test *t, bool up, const char *host, unsigned int first,
		       unsigned int last, unsigned int step)
{
	const char *until = getenv("NETXSK_UNTIL");
	unsigned int rounds = 0;
	bool again;

	open_peer(t, host);
	do {
		frames(t, up, first, last, step);
		rounds++;
		again = until && paused(until);
		if (again) {
			close(t->conn.fd);
			open_peer(t, host);
		}
	} while (again || (until && access(until, F_OK)));
	if (until)
		printf("%u rounds\n", rounds);
	if (t->received)
		printf("%u%% in place of %u frames\n", t->in_place * 100 / t->received,
		       t->received);
}

/* ---- what keeps coming ---- */

static volatile sig_atomic_t enough;

static void on_term(int signal)
{
	(void)signal;
	enough = 1;
}

static int catch(struct test *t)
{
	struct sigaction term = { .sa_handler = on_term };
	struct rain_count count = { 0 };
	uint64_t addr;
	uint32_t got;

	sigaction(SIGTERM, &term, NULL);
	while (!enough) {
		if (!xsk_receive(&t->x, 100, &addr, &got))
			continue;
		rain_judge(&count, t->x.umem + addr + DATAGRAM_AT,
			   got < DATAGRAM_AT ? 0 : got - DATAGRAM_AT);
		addr -= addr % t->x.chunk;
		/* So that nothing is taken for what it is to bring next. */
		memset(t->x.umem + addr, POISON, t->x.chunk);
		xsk_give(&t->x, addr);
	}
	return rain_verdict(&count);
}

static void hold(struct test *t, unsigned int seconds)
{
	struct timespec now, end;
	int fd;

	if (!getenv("NETXSK_SECOND")) {
		sleep(seconds);
		return;
	}
	fd = xsk_share(&t->x, if_nametoindex(t->iface), t->queue);
	if (fd < 0)
		np_die("second socket: %s", strerror(-fd));
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += seconds;
	do {
		/* It fails without a connection, and when the interface has gone. */
		sendto(fd, NULL, 0, MSG_DONTWAIT, NULL, 0);
		usleep(50);
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec < end.tv_sec);
}

static void await_file(const char *name, const char *suffix)
{
	char path[128];

	snprintf(path, sizeof(path), "%s%s", name, suffix);
	while (access(path, F_OK))
		usleep(20000);
}

static void let_go(struct xsk *x)
{
	struct timespec from, to;

	clock_gettime(CLOCK_MONOTONIC, &from);
	close(x->fd);
	clock_gettime(CLOCK_MONOTONIC, &to);
	printf("closed in %ld ms\n", (to.tv_sec - from.tv_sec) * 1000 +
	       (to.tv_nsec - from.tv_nsec) / 1000000);
	fflush(stdout);
	munmap(x->umem, (size_t)x->frames * x->chunk);
	close(x->link);
}

/* The pages of a socket that has gone are somebody's soon, here ours. */
static void linger(struct test *t, size_t len, const char *file)
{
	unsigned int frames = 0, wrong = 0;
	char path[128];
	uint8_t *p;
	FILE *f;

	await_file(file, "");
	let_go(&t->x);
	p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		np_die("no memory: %m");
	pattern_fill(p, len, NP_ETHERTYPE, 0);
	snprintf(path, sizeof(path), "%s.taken", file);
	f = fopen(path, "w");
	if (!f || fclose(f))
		np_die("%s: %m", path);
	await_file(file, ".look");
	for (frames = 0; frames < len / NP_FRAME; frames++)
		wrong += pattern_check(p + (size_t)frames * NP_FRAME, NP_FRAME, NP_ETHERTYPE,
				       (uint64_t)frames * NP_FRAME) >= 0;
	if (wrong)
		np_die("somebody wrote to %u of %u frames", wrong, frames);
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "";
	bool up = !strcmp(what, "up");
	struct test t = { 0 };

	if (argc < 3)
		np_die("arguments are missing, see the head of netxsk.c");
	if (!strcmp(what, "catch") && argc == 4) {
		open_socket(&t, argv[2], PORT_AT, strtoul(argv[3], NULL, 0));
		return catch(&t);
	}
	open_socket(&t, argv[2], TYPE_AT, NP_ETHERTYPE);
	if ((up || !strcmp(what, "down")) && argc > 5) {
		all_frames(&t, up, argv[3], strtoul(argv[4], NULL, 0), strtoul(argv[5], NULL, 0),
			   argc > 6 ? strtoul(argv[6], NULL, 0) : 1);
	} else if (!strcmp(what, "hold") && argc > 3) {
		hold(&t, strtoul(argv[3], NULL, 0));
	} else if (!strcmp(what, "linger") && argc > 4) {
		linger(&t, strtoul(argv[3], NULL, 0) << 20, argv[4]);
	} else if (strcmp(what, "bind")) {
		np_die("no such command, see the head of netxsk.c");
	}
	return 0;
}
