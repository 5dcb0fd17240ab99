// SPDX-License-Identifier: GPL-2.0
/* Addresses, and the control connection with its one-line commands. */
#define _GNU_SOURCE
#include "netprobe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void np_die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stdout, fmt, ap);
	va_end(ap);
	fputc('\n', stdout);
	exit(1);
}

int np_addr_parse(union np_addr *a, const char *text, unsigned int port)
{
	memset(a, 0, sizeof(*a));
	if (inet_pton(AF_INET, text, &a->in.sin_addr) == 1)
		a->sa.sa_family = AF_INET;
	else if (inet_pton(AF_INET6, text, &a->in6.sin6_addr) == 1)
		a->sa.sa_family = AF_INET6;
	else
		return -EINVAL;
	np_set_port(a, port);
	return 0;
}

void np_set_port(union np_addr *a, unsigned int port)
{
	if (a->sa.sa_family == AF_INET)
		a->in.sin_port = htons(port);
	else
		a->in6.sin6_port = htons(port);
}

socklen_t np_addr_len(const union np_addr *a)
{
	return a->sa.sa_family == AF_INET ? sizeof(a->in) : sizeof(a->in6);
}

/* The server's socket takes both families; everything behind it wants to know which one it is. */
void np_unmap(union np_addr *a)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = a->in6.sin6_port };

	if (a->sa.sa_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&a->in6.sin6_addr))
		return;
	memcpy(&in.sin_addr, a->in6.sin6_addr.s6_addr + 12, sizeof(in.sin_addr));
	a->in = in;
}

void np_conn_init(struct np_conn *c, int fd)
{
	socklen_t len = sizeof(c->peer);

	memset(c, 0, sizeof(*c));
	c->fd = fd;
	c->udp = -1;
	c->raw = -1;
	c->sniff = -1;
	if (getpeername(fd, &c->peer.sa, &len))
		np_die("getpeername: %m");
	np_unmap(&c->peer);
	c->dest = c->peer;
}

void np_connect(struct np_conn *c, const char *host, unsigned int port)
{
	struct timeval limit = { .tv_sec = NP_WAIT_MS / 1000 };
	union np_addr a;
	int fd;

	if (np_addr_parse(&a, host, port))
		np_die("%s is not an IPv4 or IPv6 address", host);
	fd = socket(a.sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		np_die("socket: %m");
	/* Bounds connect() as well as every later write. */
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(fd, &a.sa, np_addr_len(&a)))
		np_die("no netprobe server at %s port %u: %m", host, port);
	np_conn_init(c, fd);
}

bool np_readable(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, ms) > 0;
}

void np_say(struct np_conn *c, const char *fmt, ...)
{
	char line[2048];
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(line, sizeof(line) - 1, fmt, ap);
	va_end(ap);
	if (len < 0 || len >= (int)sizeof(line) - 1)
		np_die("line too long");
	line[len++] = '\n';
	if (write(c->fd, line, len) != len)
		np_die("control connection: %m");
}

/* Byte by byte, because a stream may follow the line on the same connection. */
bool np_hear(struct np_conn *c, char *line, size_t size)
{
	size_t n = 0;

	while (n + 1 < size) {
		if (!np_readable(c->fd, 4 * NP_WAIT_MS) || read(c->fd, line + n, 1) != 1)
			return false;
		if (line[n] == '\n')
			break;
		n++;
	}
	line[n] = 0;
	return true;
}

void np_ask(struct np_conn *c, char *answer, size_t size, const char *fmt, ...)
{
	char line[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	np_say(c, "%s", line);
	if (!np_hear(c, answer, size))
		np_die("the server does not answer \"%.40s\"", line);
}

void np_want_ok(struct np_conn *c, const char *what)
{
	char answer[256];

	if (!np_hear(c, answer, sizeof(answer)))
		np_die("%s: the server does not answer", what);
	if (strcmp(answer, "ok"))
		np_die("%s: %s", what, answer);
}

int np_udp_open(struct np_conn *c)
{
	union np_addr a = { .sa.sa_family = c->peer.sa.sa_family };
	int size = 4 << 20, pmtu = IP_PMTUDISC_DO;

	c->udp = socket(a.sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (c->udp < 0)
		return -errno;
	setsockopt(c->udp, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	setsockopt(c->udp, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	/* One datagram is one packet: too long for the MTU is an error, not two fragments. */
	if (a.sa.sa_family == AF_INET)
		setsockopt(c->udp, IPPROTO_IP, IP_MTU_DISCOVER, &pmtu, sizeof(pmtu));
	else
		setsockopt(c->udp, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &pmtu, sizeof(pmtu));
	if (bind(c->udp, &a.sa, np_addr_len(&a)))
		return -errno;
	return 0;
}

unsigned int np_port_of(int fd)
{
	union np_addr a;
	socklen_t len = sizeof(a);

	if (getsockname(fd, &a.sa, &len))
		return 0;
	return ntohs(a.sa.sa_family == AF_INET ? a.in.sin_port : a.in6.sin6_port);
}
