// SPDX-License-Identifier: GPL-2.0
/*
 * dgram: what a socket tells about the datagrams of an interface.
 *
 *	dgram print PORT		print those that come to PORT, until killed
 *	dgram truesize PORT COUNT	wait until so many lie unread; print the memory of one, in bytes
 *	dgram stamp HOST PORT		send one; print when the driver had it, in ns since then
 *	dgram tight HOST PORT COUNT	send so many of 1400 bytes, from a socket with the least
 *					send buffer there is; print how many went a second
 *	dgram plain HOST PORT COUNT	the same from one with as much as others have
 *	dgram lent HOST PORT COUNT	the same by MSG_ZEROCOPY, each when the one before was given back
 *	dgram ring INTERFACE COUNT	the same by a ring of AF_PACKET, of one frame, to everybody there
 *
 * Exits with 1 where none comes in time.
 */
#include <arpa/inet.h>
#include <linux/errqueue.h>
#include <linux/if_packet.h>
#include <linux/net_tstamp.h>
#include <linux/sock_diag.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define WAIT_MS		20000
#define STEP_MS		500
#define MANY_BYTES	1400
/* An EtherType for experiments, which nobody answers. */
#define ETHERTYPE_NOBODY	0x88b5

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static void late(const char *what)
{
	fprintf(stderr, "dgram: %s\n", what);
	exit(1);
}

static struct sockaddr_in address(const char *host, const char *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(atoi(port)) };

	if (host && inet_pton(AF_INET, host, &a.sin_addr) != 1)
		die(host);
	return a;
}

static int bound(const char *port)
{
	struct sockaddr_in a = address(NULL, port);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)))
		die("bind");
	return fd;
}

static int print(const char *port)
{
	int fd = bound(port);
	char text[2048];
	ssize_t got;

	while ((got = recv(fd, text, sizeof(text), 0)) >= 0)
		if (write(1, text, got) != got)
			return 2;
	return 2;
}

/* ---- memory ---- */

static unsigned int memory_of(int fd)
{
	unsigned int info[SK_MEMINFO_VARS];
	socklen_t size = sizeof(info);

	if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &size))
		die("SO_MEMINFO");
	return info[SK_MEMINFO_RMEM_ALLOC];
}

/* Once no more comes; those that are read were all there. */
static int truesize(const char *port, unsigned int count)
{
	unsigned int last = 0, now = 0, waited, got = 0;
	int fd = bound(port);
	char byte;

	for (waited = 0; waited < WAIT_MS && (!now || now != last); waited += STEP_MS) {
		last = now;
		usleep(STEP_MS * 1000);
		now = memory_of(fd);
	}
	while (recv(fd, &byte, 1, MSG_DONTWAIT) >= 0)
		got++;
	if (got != count) {
		fprintf(stderr, "dgram: %u of %u datagrams\n", got, count);
		return 1;
	}
	printf("%u\n", now / got);
	return 0;
}

/* ---- time stamps ---- */

static struct timespec stamp_of(int fd)
{
	struct scm_timestamping stamp = { 0 };
	char control[512];
	struct msghdr m = { .msg_control = control, .msg_controllen = sizeof(control) };
	struct cmsghdr *c;

	if (recvmsg(fd, &m, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
		die("no time stamp");
	for (c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPING)
			memcpy(&stamp, CMSG_DATA(c), sizeof(stamp));
	return stamp.ts[0];
}

static long long ns_of(const struct timespec *t)
{
	return t->tv_sec * 1000000000ll + t->tv_nsec;
}

static int stamp(const char *host, const char *port)
{
	int want = SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE |
		   SOF_TIMESTAMPING_OPT_TSONLY;
	struct sockaddr_in to = address(host, port);
	struct timespec before, after, told;
	struct pollfd p = { .fd = socket(AF_INET, SOCK_DGRAM, 0) };

	if (setsockopt(p.fd, SOL_SOCKET, SO_TIMESTAMPING, &want, sizeof(want)))
		die("SO_TIMESTAMPING");
	clock_gettime(CLOCK_REALTIME, &before);
	if (sendto(p.fd, "stamp", 5, 0, (struct sockaddr *)&to, sizeof(to)) != 5)
		die("sendto");
	if (poll(&p, 1, WAIT_MS) <= 0)
		late("no time stamp");
	told = stamp_of(p.fd);
	clock_gettime(CLOCK_REALTIME, &after);
	printf("%lld of %lld ns\n", ns_of(&told) - ns_of(&before), ns_of(&after) - ns_of(&before));
	return ns_of(&told) < ns_of(&before) || ns_of(&told) > ns_of(&after);
}

/* ---- few under way ---- */

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static int rate(int count, double start)
{
	printf("%.0f datagrams a second\n", count / (now_s() - start));
	return 0;
}

static int many(const char *host, const char *port, int count, bool tight)
{
	struct sockaddr_in to = address(host, port);
	int i, least = 1, fd = socket(AF_INET, SOCK_DGRAM, 0);
	static const char bytes[MANY_BYTES];
	double start = now_s();

	if (tight && setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &least, sizeof(least)))
		die("SO_SNDBUF");
	for (i = 0; i < count; i++)
		if (sendto(fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&to, sizeof(to)) < 0)
			die("sendto");
	return rate(count, start);
}

/* The kernel says so too where it made a copy after all: then nobody waited for the interface. */
static void given_back(int fd)
{
	struct pollfd p = { .fd = fd };
	char control[512];
	struct msghdr m = { .msg_control = control, .msg_controllen = sizeof(control) };
	struct sock_extended_err *e;
	struct cmsghdr *c;

	if (poll(&p, 1, WAIT_MS) <= 0)
		late("memory that was lent does not come back");
	if (recvmsg(fd, &m, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
		die("MSG_ERRQUEUE");
	c = CMSG_FIRSTHDR(&m);
	e = c ? (struct sock_extended_err *)CMSG_DATA(c) : NULL;
	if (!e || e->ee_origin != SO_EE_ORIGIN_ZEROCOPY || e->ee_code & SO_EE_CODE_ZEROCOPY_COPIED)
		late("memory was not lent");
}

static int lent(const char *host, const char *port, int count)
{
	struct sockaddr_in to = address(host, port);
	int i, one = 1, fd = socket(AF_INET, SOCK_DGRAM, 0);
	static char bytes[MANY_BYTES];
	double start = now_s();

	if (setsockopt(fd, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one)))
		die("SO_ZEROCOPY");
	for (i = 0; i < count; i++) {
		if (sendto(fd, bytes, sizeof(bytes), MSG_ZEROCOPY, (struct sockaddr *)&to,
			   sizeof(to)) < 0)
			die("sendto");
		given_back(fd);
	}
	return rate(count, start);
}

/* ---- a ring of one frame ---- */

/* A frame is all of a block, and a block is a page. */
static struct tpacket2_hdr *ring_of_one(int fd)
{
	unsigned int page = sysconf(_SC_PAGESIZE);
	struct tpacket_req want = { .tp_block_size = page, .tp_block_nr = 1,
				    .tp_frame_size = page, .tp_frame_nr = 1 };
	int version = TPACKET_V2;
	void *map;

	if (setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_TX_RING, &want, sizeof(want)))
		die("PACKET_TX_RING");
	map = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		die("mmap");
	return map;
}

/* sendto() returns when the frame is free again. */
static int ring(const char *interface, int count)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_halen = ETH_ALEN,
				  .sll_ifindex = if_nametoindex(interface),
				  .sll_protocol = htons(ETHERTYPE_NOBODY),
				  .sll_addr = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };
	int i, fd = socket(AF_PACKET, SOCK_DGRAM, 0);
	struct tpacket2_hdr *frame = ring_of_one(fd);
	double start = now_s();

	for (i = 0; i < count; i++) {
		if (__atomic_load_n(&frame->tp_status, __ATOMIC_ACQUIRE) != TP_STATUS_AVAILABLE)
			late("the ring's frame is not free");
		frame->tp_len = MANY_BYTES;
		__atomic_store_n(&frame->tp_status, TP_STATUS_SEND_REQUEST, __ATOMIC_RELEASE);
		if (sendto(fd, NULL, 0, 0, (struct sockaddr *)&to, sizeof(to)) != MANY_BYTES)
			die("sendto");
	}
	return rate(count, start);
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "print"))
		return print(argv[2]);
	if (argc == 5 && !strcmp(argv[1], "tight"))
		return many(argv[2], argv[3], atoi(argv[4]), true);
	if (argc == 5 && !strcmp(argv[1], "plain"))
		return many(argv[2], argv[3], atoi(argv[4]), false);
	if (argc == 5 && !strcmp(argv[1], "lent"))
		return lent(argv[2], argv[3], atoi(argv[4]));
	if (argc == 4 && !strcmp(argv[1], "ring"))
		return ring(argv[2], atoi(argv[3]));
	if (argc == 4 && !strcmp(argv[1], "truesize"))
		return truesize(argv[2], atoi(argv[3]));
	if (argc == 4 && !strcmp(argv[1], "stamp"))
		return stamp(argv[2], argv[3]);
	fprintf(stderr, "usage: see the head of dgram.c\n");
	return 2;
}
