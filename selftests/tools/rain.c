// SPDX-License-Identifier: GPL-2.0
/*
 * rain: datagrams that keep coming, whatever becomes of the way, and whose every byte the receiver
 * can judge alone, with or without a checksum that the network verified.
 *
 *	rain send HOST PORT BYTES GAP_US	one every so often, until killed; what cannot be sent
 *						is left out
 *	rain paced HOST PORT BYTES RATE FLOWS	so many sockets' worth of them, 50 a second of each, which
 *						the queueing discipline (fq) lets go at RATE bytes a
 *						second; less, and it always has some
 *	rain catch PORT				compare what comes, until SIGTERM
 *
 * Exit status of "catch" is 0 when some came and all were right.
 */
#include "rain.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LARGEST		65507u
#define MAX_FLOWS	16
/* How often each flow is given one more. */
#define TICK_US		20000

#ifndef SO_MAX_PACING_RATE
#define SO_MAX_PACING_RATE	47
#endif

static uint8_t packet[LARGEST + 1];
static volatile sig_atomic_t enough;

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static void on_term(int signal)
{
	(void)signal;
	enough = 1;
}

static struct sockaddr_in address(const char *host, const char *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(atoi(port)) };

	if (host && inet_pton(AF_INET, host, &a.sin_addr) != 1)
		die(host);
	return a;
}

static int open_udp(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("socket");
	return fd;
}

static uint32_t length(const char *text)
{
	unsigned long len = strtoul(text, NULL, 0);

	if (len < sizeof(struct rain_head) || len > LARGEST)
		die("length");
	return len;
}

/* No route, no buffers, no neighbour: the next one may have more luck. */
static void send_all(char **arg)
{
	struct sockaddr_in to = address(arg[0], arg[1]);
	uint32_t len = length(arg[2]);
	useconds_t gap = strtoul(arg[3], NULL, 0);
	uint64_t number = 0;
	int fd = open_udp();

	for (;; number++) {
		rain_make(packet, number, len);
		sendto(fd, packet, len, MSG_DONTWAIT, (struct sockaddr *)&to, sizeof(to));
		usleep(gap);
	}
}

static void paced(char **arg)
{
	struct sockaddr_in to = address(arg[0], arg[1]);
	uint32_t len = length(arg[2]), rate = strtoul(arg[3], NULL, 0);
	int fd[MAX_FLOWS], flows = atoi(arg[4]), i;
	uint64_t number = 0;

	for (i = 0; i < flows && i < MAX_FLOWS; i++) {
		fd[i] = open_udp();
		if (setsockopt(fd[i], SOL_SOCKET, SO_MAX_PACING_RATE, &rate, sizeof(rate)))
			die("SO_MAX_PACING_RATE");
	}
	for (;; usleep(TICK_US))
		for (i = 0; i < flows && i < MAX_FLOWS; i++) {
			rain_make(packet, number++, len);
			sendto(fd[i], packet, len, MSG_DONTWAIT, (struct sockaddr *)&to, sizeof(to));
		}
}

static int catch(const char *port)
{
	struct sigaction term = { .sa_handler = on_term };
	struct sockaddr_in a = address(NULL, port);
	struct timeval look = { .tv_sec = 1 };
	struct rain_count count = { 0 };
	int fd = open_udp();
	ssize_t got;

	if (bind(fd, (struct sockaddr *)&a, sizeof(a)))
		die("bind");
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &look, sizeof(look));
	sigaction(SIGTERM, &term, NULL);
	while (!enough) {
		got = recv(fd, packet, sizeof(packet), 0);
		if (got >= 0)
			rain_judge(&count, packet, got);
	}
	return rain_verdict(&count);
}

int main(int argc, char **argv)
{
	if (argc == 6 && !strcmp(argv[1], "send"))
		send_all(argv + 2);
	if (argc == 7 && !strcmp(argv[1], "paced"))
		paced(argv + 2);
	if (argc == 3 && !strcmp(argv[1], "catch"))
		return catch(argv[2]);
	fprintf(stderr, "usage: see the head of rain.c\n");
	return 2;
}
