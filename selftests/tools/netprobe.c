// SPDX-License-Identifier: GPL-2.0
/*
 * netprobe, the asking side.
 *
 *	netprobe serve [PORT]
 *	netprobe up|down HOST slots N MAX [SEED]	one packet of N slots, a piece a page
 *	netprobe up|down HOST straddle N MAX [SEED]	one packet of N slots, pieces across frames
 *	netprobe up|down HOST random COUNT MAX [SEED]	packets of random shapes
 *	netprobe up|down HOST size FIRST LAST STEP	plain datagrams of these lengths
 *	netprobe up|down HOST shape TEXT		one packet of a given shape
 *	netprobe up|down HOST stream BYTES FORM		TCP; FORM is whole or scattered
 *	netprobe up|down HOST raw FIRST LAST		Ethernet frames of these lengths
 *	netprobe up|down HOST group ADDRESS		one datagram to a group or to everybody
 *	netprobe up|down HOST csum			how a UDP checksum arrives there / here
 *	netprobe mtu HOST N				set the MTU of the server's interface
 *
 * "up" sends from here to HOST. MAX bounds a datagram's payload. One packet is under way at a
 * time, so each one must arrive. Exit status 0, or 1 with one line saying what is wrong.
 * NETPROBE_BREAK=flip sends other bytes than announced, =drop sends no packet
 * (streams cannot): both must fail.
 */
#define _GNU_SOURCE
#include "netprobe.h"
#include "pattern.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct probe {
	struct np_conn conn;
	bool up;
	int argc;
	char **argv;
	uint64_t flip;	/* added to the pattern's seed to spoil it */
	bool drop;
	const char *dest;
};

static unsigned long arg(struct probe *p, int n, long fallback)
{
	if (n < p->argc)
		return strtoul(p->argv[n], NULL, 0);
	if (fallback < 0)
		np_die("an argument is missing, see the head of netprobe.c");
	return fallback;
}

static unsigned int group_port(struct probe *p)
{
	return np_port_of(p->conn.udp);
}

/* Both ends open a UDP socket; the answers name the ports. */
static void open_udp(struct probe *p)
{
	unsigned int port;
	char line[64];
	int err = np_udp_open(&p->conn);

	if (err)
		np_die("UDP socket: %s", strerror(-err));
	np_ask(&p->conn, line, sizeof(line), "udp");
	if (sscanf(line, "port %u", &port) != 1)
		np_die("server: %s", line);
	np_set_port(&p->conn.dest, port);
	np_say(&p->conn, "dest %u", group_port(p));
	np_want_ok(&p->conn, "dest");
}

static void datagram_up(struct probe *p, const struct np_shape *s, uint64_t seq, const char *text)
{
	char line[256];
	int err = 0;

	np_say(&p->conn, "expect %llu %u", (unsigned long long)seq, s->len);
	if (!p->drop)
		err = np_send_shape(&p->conn, s, seq + p->flip);
	if (err)
		np_die("sending %s: %s", text, strerror(-err));
	if (!np_hear(&p->conn, line, sizeof(line)))
		np_die("%s: the server does not answer", text);
	if (strcmp(line, "ok"))
		np_die("%u slots, %s: %s", np_shape_slots(s), text, line);
}

static void datagram_down(struct probe *p, const struct np_shape *s, uint64_t seq,
			  const char *text)
{
	const char *why;

	if (!p->drop) {
		np_say(&p->conn, "send %llu %s", (unsigned long long)seq, text);
		np_want_ok(&p->conn, text);
	}
	why = np_recv_datagram(&p->conn, seq + p->flip, s->len);
	if (why)
		np_die("%s: %s", text, why);
}

static void datagram(struct probe *p, const struct np_shape *s, uint64_t seq)
{
	char text[1900];

	np_shape_print(s, text, sizeof(text));
	if (p->up)
		datagram_up(p, s, seq, text);
	else
		datagram_down(p, s, seq, text);
}

static void probe_slots(struct probe *p)
{
	unsigned int slots = arg(p, 0, -1), max = arg(p, 1, -1), seed = arg(p, 2, slots);
	struct np_shape s;

	if (!slots || slots > NP_MAX_PIECES || max < 2 * slots)
		np_die("%u slots do not go into %u bytes", slots, max);
	np_shape_slots_make(&s, slots, max, seed);
	datagram(p, &s, seed);
}

static void probe_straddle(struct probe *p)
{
	unsigned int slots = arg(p, 0, -1), max = arg(p, 1, -1), seed = arg(p, 2, slots);
	struct np_shape s;

	if (slots < 2 || slots / 2 > NP_MAX_PIECES - 2 || max < 4 * slots)
		np_die("%u slots do not go into %u bytes", slots, max);
	np_shape_straddle_make(&s, slots, max, seed);
	datagram(p, &s, seed);
}

static void probe_random(struct probe *p)
{
	unsigned int i, count = arg(p, 0, -1), max = arg(p, 1, -1), seed = arg(p, 2, 1);
	/* The peer's kernel may allow fewer, but none fewer than this. */
	unsigned int frags = p->up ? np_most_fragments() : 16;
	struct np_shape s;

	for (i = 0; i < count; i++) {
		np_shape_random(&s, frags, max, seed + i);
		datagram(p, &s, seed + i);
	}
}

static void probe_size(struct probe *p)
{
	unsigned int len, last = arg(p, 1, -1), step = arg(p, 2, 1);
	struct np_shape s = { .form = NP_PLAIN };

	for (len = arg(p, 0, -1); len <= last; len += step) {
		s.len = len;
		datagram(p, &s, len);
	}
}

static void probe_shape(struct probe *p)
{
	struct np_shape s;

	if (!p->argc || np_shape_parse(&s, p->argv[0]))
		np_die("no such shape");
	datagram(p, &s, 1);
}

static void probe_stream(struct probe *p)
{
	unsigned long len = arg(p, 0, -1);
	const char *why, *form = p->argc > 1 ? p->argv[1] : "whole";
	uint64_t seed = len;
	int err;

	if (p->up) {
		np_say(&p->conn, "sink %llu %lu", (unsigned long long)seed, len);
		err = np_stream_send(&p->conn, seed + p->flip, len, form);
		if (err)
			np_die("stream: %s", strerror(-err));
		np_want_ok(&p->conn, "stream");
		return;
	}
	np_say(&p->conn, "source %llu %lu %s", (unsigned long long)seed, len, form);
	why = np_stream_receive(&p->conn, seed + p->flip, len);
	if (why)
		np_die("stream: %s", why);
}

static void frame(struct probe *p, unsigned int len, const char *mac)
{
	const char *why;
	int err = 0;

	if (p->up) {
		np_say(&p->conn, "rawexpect %u %u", len, len);
		if (!p->drop)
			err = np_raw_send(&p->conn, len + p->flip, len, mac);
		if (err)
			np_die("frame of %u bytes: %s", len, strerror(-err));
		np_want_ok(&p->conn, "frame");
		return;
	}
	if (!p->drop) {
		np_say(&p->conn, "rawsend %u %u %s", len, len, np_raw_mac(&p->conn));
		np_want_ok(&p->conn, "frame");
	}
	why = np_raw_receive(&p->conn, len + p->flip, len);
	if (why)
		np_die("frame of %u bytes: %s", len, why);
}

static void probe_raw(struct probe *p)
{
	unsigned int len, first = arg(p, 0, -1), last = arg(p, 1, -1);
	char line[64], mac[32];
	int err;

	if (!np_find_interface(&p->conn))
		np_die("the interface of this connection is not to be found");
	err = np_raw_open(&p->conn);
	if (err)
		np_die("packet socket: %s", strerror(-err));
	np_ask(&p->conn, line, sizeof(line), "raw");
	if (sscanf(line, "mac %31s", mac) != 1)
		np_die("server: %s", line);
	for (len = first; len <= last; len++)
		frame(p, len, mac);
}

static void group_up(struct probe *p, const struct np_shape *s, const char *group, bool everybody)
{
	struct ip_mreqn m = { 0 };
	int on = 1;

	if (!everybody) {
		np_say(&p->conn, "join %s", group);
		np_want_ok(&p->conn, "join");
	}
	m.imr_ifindex = p->conn.ifindex;
	setsockopt(p->conn.udp, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on));
	setsockopt(p->conn.udp, IPPROTO_IP, IP_MULTICAST_IF, &m, sizeof(m));
	np_addr_parse(&p->conn.dest, group, ntohs(p->conn.dest.in.sin_port));
	if (p->conn.dest.sa.sa_family == AF_INET6)
		p->conn.dest.in6.sin6_scope_id = p->conn.ifindex;
	datagram_up(p, s, 1, group);
}

static void group_down(struct probe *p, const struct np_shape *s, const char *group, bool everybody)
{
	struct group_req req = { .gr_interface = p->conn.ifindex };
	union np_addr a;

	np_addr_parse(&a, group, 0);
	memcpy(&req.gr_group, &a, sizeof(a));
	if (!everybody && setsockopt(p->conn.udp, a.sa.sa_family == AF_INET ? IPPROTO_IP :
				     IPPROTO_IPV6, MCAST_JOIN_GROUP, &req, sizeof(req)))
		np_die("join %s: %m", group);
	np_say(&p->conn, "to %s %u", group, group_port(p));
	np_want_ok(&p->conn, "to");
	datagram_down(p, s, 1, "p:100");
}

static void probe_group(struct probe *p)
{
	const char *group = p->argc ? p->argv[0] : "";
	struct np_shape s = { .form = NP_PLAIN, .len = 100 };
	union np_addr a;
	bool everybody;

	if (np_addr_parse(&a, group, 0) || !np_find_interface(&p->conn))
		np_die("\"%s\" is not a group", group);
	everybody = a.sa.sa_family == AF_INET && (ntohl(a.in.sin_addr.s_addr) >> 28) != 14;
	open_udp(p);
	if (p->up)
		group_up(p, &s, group, everybody);
	else
		group_down(p, &s, group, everybody);
}

static void probe_csum(struct probe *p)
{
	struct np_shape s = { .form = NP_PLAIN, .len = 700 };
	char line[64];

	if (p->up) {
		np_say(&p->conn, "sniff");
		np_want_ok(&p->conn, "sniff");
	} else if (np_sniff_open(&p->conn)) {
		np_die("packet socket: %m");
	}
	datagram(p, &s, 1);
	if (p->up)
		np_ask(&p->conn, line, sizeof(line), "csum");
	puts(p->up ? line : np_sniff_csum(&p->conn));
}

static const struct {
	const char *name;
	void (*run)(struct probe *p);
	bool udp;
} probes[] = {
	{ "slots", probe_slots, true },
	{ "straddle", probe_straddle, true },
	{ "random", probe_random, true },
	{ "size", probe_size, true },
	{ "shape", probe_shape, true },
	{ "csum", probe_csum, true },
	{ "stream", probe_stream, false },
	{ "raw", probe_raw, false },
	{ "group", probe_group, false },
};

static void run_probe(struct probe *p, const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
		if (strcmp(probes[i].name, name))
			continue;
		if (probes[i].udp)
			open_udp(p);
		probes[i].run(p);
		return;
	}
	np_die("no probe is named %s", name);
}

int main(int argc, char **argv)
{
	const char *spoil = getenv("NETPROBE_BREAK");
	struct probe p = { 0 };

	signal(SIGPIPE, SIG_IGN);
	if (argc >= 2 && !strcmp(argv[1], "serve"))
		np_serve(argc > 2 ? atoi(argv[2]) : NP_PORT);
	if (argc < 4)
		np_die("usage: netprobe serve [PORT] | up|down HOST PROBE [ARG...] | mtu HOST N");
	np_connect(&p.conn, argv[2], NP_PORT);
	if (!strcmp(argv[1], "mtu")) {
		np_say(&p.conn, "mtu %s", argv[3]);
		np_want_ok(&p.conn, "mtu");
		return 0;
	}
	p.up = !strcmp(argv[1], "up");
	p.argc = argc - 4;
	p.argv = argv + 4;
	p.flip = spoil && !strcmp(spoil, "flip");
	p.drop = spoil && !strcmp(spoil, "drop");
	run_probe(&p, argv[3]);
	return 0;
}
