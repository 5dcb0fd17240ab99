// SPDX-License-Identifier: GPL-2.0
/* The serving side: one process a connection, one command a line. */
#define _GNU_SOURCE
#include "netprobe.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* No test takes longer; what a vanished client leaves behind ends by itself. */
#define SESSION_SECONDS	300

static void answer(struct np_conn *c, int err)
{
	if (err)
		np_say(c, "no %s", strerror(-err));
	else
		np_say(c, "ok");
}

static void verdict(struct np_conn *c, const char *why)
{
	if (why)
		np_say(c, "no %s", why);
	else
		np_say(c, "ok");
}

static int join_group(struct np_conn *c, const char *group)
{
	struct group_req req = { 0 };
	union np_addr a;

	if (np_addr_parse(&a, group, 0) || !np_find_interface(c))
		return -EINVAL;
	req.gr_interface = c->ifindex;
	memcpy(&req.gr_group, &a, sizeof(a));
	if (setsockopt(c->udp, a.sa.sa_family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6,
		       MCAST_JOIN_GROUP, &req, sizeof(req)))
		return -errno;
	return 0;
}

static int send_to(struct np_conn *c, const char *host, unsigned int port)
{
	int on = 1;
	struct ip_mreqn m = { 0 };

	if (np_addr_parse(&c->dest, host, port) || !np_find_interface(c))
		return -EINVAL;
	m.imr_ifindex = c->ifindex;
	setsockopt(c->udp, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on));
	if (c->dest.sa.sa_family == AF_INET)
		setsockopt(c->udp, IPPROTO_IP, IP_MULTICAST_IF, &m, sizeof(m));
	else
		c->dest.in6.sin6_scope_id = c->ifindex;
	return 0;
}

static int send_shape(struct np_conn *c, uint64_t seq, const char *text)
{
	struct np_shape s;

	if (np_shape_parse(&s, text))
		return -EINVAL;
	return np_send_shape(c, &s, seq);
}

static bool command_udp(struct np_conn *c, const char *line)
{
	unsigned long long seq;
	unsigned int n;
	char text[1900];
	int err;

	if (!strcmp(line, "udp")) {
		err = np_udp_open(c);
		if (err)
			answer(c, err);
		else
			np_say(c, "port %u", np_port_of(c->udp));
	} else if (sscanf(line, "dest %u", &n) == 1) {
		c->dest = c->peer;
		np_set_port(&c->dest, n);
		answer(c, 0);
	} else if (sscanf(line, "expect %llu %u", &seq, &n) == 2) {
		verdict(c, np_recv_datagram(c, seq, n));
	} else if (sscanf(line, "send %llu %1899s", &seq, text) == 2) {
		answer(c, send_shape(c, seq, text));
	} else if (sscanf(line, "join %63s", text) == 1) {
		answer(c, join_group(c, text));
	} else if (sscanf(line, "to %63s %u", text, &n) == 2) {
		answer(c, send_to(c, text, n));
	} else {
		return false;
	}
	return true;
}

static bool command_other(struct np_conn *c, const char *line)
{
	unsigned long long seed, len;
	unsigned int n;
	char text[64];
	int err;

	if (sscanf(line, "sink %llu %llu", &seed, &len) == 2) {
		verdict(c, np_stream_receive(c, seed, len));
	} else if (sscanf(line, "source %llu %llu %63s", &seed, &len, text) == 3) {
		/* The length is promised, so there is nothing to answer: end the connection. */
		if (np_stream_send(c, seed, len, text))
			exit(1);
	} else if (!strcmp(line, "raw")) {
		err = np_raw_open(c);
		if (err)
			answer(c, err);
		else
			np_say(c, "mac %s", np_raw_mac(c));
	} else if (sscanf(line, "rawexpect %llu %u", &seed, &n) == 2) {
		verdict(c, np_raw_receive(c, seed, n));
	} else if (sscanf(line, "rawsend %llu %u %63s", &seed, &n, text) == 3) {
		answer(c, np_raw_send(c, seed, n, text));
	} else if (!strcmp(line, "sniff")) {
		answer(c, np_sniff_open(c));
	} else if (!strcmp(line, "csum")) {
		np_say(c, "%s", np_sniff_csum(c));
	} else if (sscanf(line, "mtu %u", &n) == 1) {
		answer(c, np_set_mtu(c, n));
	} else {
		return false;
	}
	return true;
}

static void session(int fd)
{
	struct np_conn c;
	char line[2048];

	alarm(SESSION_SECONDS);
	signal(SIGCHLD, SIG_DFL);
	np_conn_init(&c, fd);
	while (np_hear(&c, line, sizeof(line)) && *line)
		if (!command_udp(&c, line) && !command_other(&c, line))
			np_say(&c, "no such command");
	exit(0);
}

void np_serve(unsigned int port)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int one = 1, zero = 0, fd, conn;

	fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero));
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) || listen(fd, 16))
		np_die("cannot serve on port %u: %m", port);
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	for (;;) {
		conn = accept(fd, NULL, NULL);
		if (conn < 0)
			continue;
		if (!fork())
			session(conn);
		close(conn);
	}
}
