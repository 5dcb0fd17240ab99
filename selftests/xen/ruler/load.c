// SPDX-License-Identifier: GPL-2.0
/*
 * load: network traffic that costs little besides the driver's work: batches of system calls,
 * no clock readings, no buffer touched between them. What it counts can be read at any moment.
 *
 *	load serve [PORT]			in dom0
 *	load KIND HOST FILE [SIZE [FLOWS]]	in the guest, until killed; counts in FILE
 *	load packets HOST			print how many packets the vifs there brought so far
 *	load forward HOST KIND TO [SIZE]	have the server on HOST run "load KIND TO" with no count
 *						of its own, until this is killed
 *	load put HOST NAME			send standard input to a file in the server's directory
 *
 * KIND: tcp-out, tcp-in (SIZE bytes a call), udp-out, udp-in (SIZE bytes a datagram), udp-tight (as
 * udp-out, from a socket that may have one or two datagrams under way),
 * rr (one byte there and back on one connection), crr (one connection for each such byte),
 * udp-void (as udp-out, to an address where nobody listens). Several flows are as many processes,
 * each with connections of its own, on the guest's CPUs in turn.
 *
 * A client connects to PORT over TCP and sends one line, "KIND SIZE PORT-OF-ITS-UDP-SOCKET"; the
 * server answers with one line, the port to use. The load ends when that connection does.
 */
#define _GNU_SOURCE
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <glob.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define DEFAULT_PORT	7400
#define BATCH		64
#define MAX_SIZE	(1u << 20)
#define MAX_DATAGRAM	9000
#define SOCKET_BUFFER	(4 << 20)
#define VIA		"via-"

struct request {
	char kind[16];
	unsigned int size;
	unsigned int port;
	char name[32];	/* for put, and where to for via- */
};

static char buffer[MAX_SIZE];
static struct load_count unread;
static struct load_count *count = &unread;

__attribute__((noreturn, format(printf, 1, 2))) static void die(const char *fmt, ...)
{
	va_list args;

	fputs("load: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fprintf(stderr, " (%s)\n", strerror(errno));
	exit(1);
}

static void counted(uint64_t ops, uint64_t bytes)
{
	count->ops += ops;
	count->bytes += bytes;
}

static struct sockaddr_in address(const char *host, unsigned int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };

	if (host && inet_pton(AF_INET, host, &a.sin_addr) != 1)
		die("%s is no IPv4 address", host);
	return a;
}

static int tcp_connect(const struct sockaddr_in *to)
{
	int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)to, sizeof(*to)))
		die("connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

static unsigned int port_of(int fd)
{
	struct sockaddr_in a;
	socklen_t size = sizeof(a);

	if (getsockname(fd, (struct sockaddr *)&a, &size))
		die("getsockname");
	return ntohs(a.sin_port);
}

static int bound(int type, unsigned int port)
{
	struct sockaddr_in any = address(NULL, port);
	int on = 1, size = SOCKET_BUFFER, fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (type == SOCK_DGRAM)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (bind(fd, (struct sockaddr *)&any, sizeof(any)))
		die("bind to port %u", port);
	if (type == SOCK_STREAM && listen(fd, 128))
		die("listen");
	return fd;
}

/* One line, without its end; the peer sends nothing after it before it is answered. */
static bool hear(int fd, char *line, size_t size)
{
	size_t have = 0;

	while (have < size - 1 && recv(fd, line + have, 1, 0) == 1) {
		if (line[have] == '\n') {
			line[have] = 0;
			return true;
		}
		have++;
	}
	return false;
}

/* The other side holds its end of the control connection as long as the load shall run. */
static bool hung_up(int control)
{
	char byte;
	ssize_t got = recv(control, &byte, 1, MSG_DONTWAIT);

	return !got || (got < 0 && errno != EAGAIN);
}

static void tcp_send(int fd, size_t size)
{
	ssize_t sent;

	while ((sent = send(fd, buffer, size, MSG_NOSIGNAL)) > 0)
		counted(1, sent);
}

static void tcp_receive(int fd, size_t size)
{
	ssize_t got;

	while ((got = recv(fd, buffer, size, 0)) > 0)
		counted(1, got);
}

static void batch_init(struct mmsghdr *messages, struct iovec *pieces, size_t size)
{
	for (int i = 0; i < BATCH; i++) {
		pieces[i] = (struct iovec){ buffer, size };
		messages[i] = (struct mmsghdr){ .msg_hdr = { .msg_iov = &pieces[i],
							     .msg_iovlen = 1 } };
	}
}

static void udp_send(int fd, const struct sockaddr_in *to, size_t size, int control, int batch)
{
	struct mmsghdr messages[BATCH];
	struct iovec pieces[BATCH];

	if (connect(fd, (const struct sockaddr *)to, sizeof(*to)))
		die("connect");
	batch_init(messages, pieces, size);
	while (control < 0 || !hung_up(control)) {
		int sent = sendmmsg(fd, messages, batch, 0);

		if (sent > 0)
			counted(sent, sent * size);
		else if (errno != ECONNREFUSED && errno != ENOBUFS)
			die("sendmmsg");
	}
}

/* The least send buffer that the kernel allows. */
static int tight_socket(void)
{
	int least = 1, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &least, sizeof(least)))
		die("SO_SNDBUF");
	return fd;
}

static void udp_receive(int fd, int control)
{
	struct timeval often = { .tv_usec = 100000 };
	struct mmsghdr messages[BATCH];
	struct iovec pieces[BATCH];

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &often, sizeof(often));
	batch_init(messages, pieces, MAX_DATAGRAM);
	while (!hung_up(control)) {
		int got = recvmmsg(fd, messages, BATCH, MSG_WAITFORONE, NULL);

		if (got > 0)
			counted(got, (uint64_t)got * messages[0].msg_len);
	}
}

static void ask_one(int fd)
{
	char byte = 0;

	if (send(fd, &byte, 1, MSG_NOSIGNAL) != 1 || recv(fd, &byte, 1, 0) != 1)
		die("no answer");
	counted(1, 1);
}

static void echo(int fd)
{
	char byte;

	while (recv(fd, &byte, 1, 0) == 1 && send(fd, &byte, 1, MSG_NOSIGNAL) == 1)
		;
}

/* Ends when the client is gone: an alarm looks, since accept() does not. */
static int watched = -1;

static void look(int signal)
{
	(void)signal;
	if (hung_up(watched))
		_exit(0);
	alarm(1);
}

static void echo_each(int listening, int control)
{
	watched = control;
	signal(SIGALRM, look);
	alarm(1);
	for (;;) {
		int fd = accept(listening, NULL, NULL);

		if (fd < 0)
			continue;
		echo(fd);
		close(fd);
	}
}

/* Of all vifs in this network namespace: the ruler's guest has one in each. */
static unsigned long long vif_packets(void)
{
	unsigned long long sum = 0, value;
	glob_t found;

	if (glob("/sys/class/net/vif*/statistics/rx_packets", 0, NULL, &found))
		die("no vif here");
	for (size_t i = 0; i < found.gl_pathc; i++) {
		FILE *file = fopen(found.gl_pathv[i], "re");

		if (file && fscanf(file, "%llu", &value) == 1)
			sum += value;
		if (file)
			fclose(file);
	}
	globfree(&found);
	return sum;
}

static void answer(int control, unsigned long long number)
{
	dprintf(control, "%llu\n", number);
}

/* NAME came as a word without a slash. */
static void keep_file(int control, const char *name)
{
	FILE *file = fopen(name, "we");
	ssize_t got;

	if (!file)
		return;
	answer(control, 0);
	while ((got = recv(control, buffer, sizeof(buffer), 0)) > 0)
		fwrite(buffer, 1, got, file);
	fclose(file);
	send(control, "", 1, MSG_NOSIGNAL);
}

static void run(struct request *r, const char *host);

/* As a client of another server, until our own client hangs up. */
static void send_on(int control, struct request *r)
{
	struct request theirs = *r;
	pid_t sender = fork();

	if (sender < 0)
		return;
	if (!sender) {
		snprintf(theirs.kind, sizeof(theirs.kind), "%s", r->kind + strlen(VIA));
		run(&theirs, r->name);
		_exit(1);
	}
	answer(control, 0);
	while (recv(control, buffer, 1, 0) > 0)
		;
	kill(sender, SIGKILL);
}

static void serve_one(int control)
{
	struct sockaddr_in peer;
	socklen_t size = sizeof(peer);
	struct request r;
	char line[64];
	int fd;

	if (!hear(control, line, sizeof(line)) ||
	    sscanf(line, "%15s %u %u %31[^/]", r.kind, &r.size, &r.port, r.name) < 3 ||
	    r.size > MAX_SIZE || getpeername(control, (struct sockaddr *)&peer, &size))
		return;
	if (!strcmp(r.kind, "packets")) {
		answer(control, vif_packets());
	} else if (!strcmp(r.kind, "put")) {
		keep_file(control, r.name);
	} else if (!strncmp(r.kind, VIA, strlen(VIA))) {
		send_on(control, &r);
	} else if (!strcmp(r.kind, "tcp-out")) {
		answer(control, 0);
		tcp_receive(control, r.size);
	} else if (!strcmp(r.kind, "tcp-in")) {
		answer(control, 0);
		tcp_send(control, r.size);
	} else if (!strcmp(r.kind, "rr")) {
		answer(control, 0);
		echo(control);
	} else if (!strcmp(r.kind, "crr")) {
		fd = bound(SOCK_STREAM, 0);
		answer(control, port_of(fd));
		echo_each(fd, control);
	} else if (!strcmp(r.kind, "udp-out") || !strcmp(r.kind, "udp-tight")) {
		fd = bound(SOCK_DGRAM, 0);
		answer(control, port_of(fd));
		udp_receive(fd, control);
	} else if (!strcmp(r.kind, "udp-in")) {
		answer(control, 0);
		peer.sin_port = htons(r.port);
		udp_send(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), &peer, r.size, control,
			 BATCH);
	}
}

__attribute__((noreturn)) static void serve(unsigned int port)
{
	int listening = bound(SOCK_STREAM, port), on = 1;

	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		int control = accept(listening, NULL, NULL);

		if (control < 0)
			continue;
		if (!fork()) {
			close(listening);
			setsockopt(control, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
			serve_one(control);
			_exit(0);
		}
		close(control);
	}
}

/* Opens the control connection; returns the port that the server named. */
static unsigned int ask(int control, const struct request *r)
{
	char line[64];

	dprintf(control, "%s %u %u %s\n", r->kind, r->size, r->port, r->name);
	if (!hear(control, line, sizeof(line)))
		die("the server does not know %s", r->kind);
	return strtoul(line, NULL, 10);
}

static void ask_each(const struct sockaddr_in *to)
{
	for (;;) {
		int fd = tcp_connect(to);

		ask_one(fd);
		close(fd);
	}
}

static void run(struct request *r, const char *host)
{
	struct sockaddr_in server = address(host, DEFAULT_PORT);
	int control, udp = -1;

	if (!strcmp(r->kind, "udp-void"))
		udp_send(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), &server, r->size, -1,
			 BATCH);
	if (!strcmp(r->kind, "udp-in")) {
		udp = bound(SOCK_DGRAM, 0);
		r->port = port_of(udp);
	}
	control = tcp_connect(&server);
	server.sin_port = htons(ask(control, r));
	if (!strcmp(r->kind, "tcp-out"))
		tcp_send(control, r->size);
	else if (!strcmp(r->kind, "tcp-in"))
		tcp_receive(control, r->size);
	else if (!strcmp(r->kind, "udp-out"))
		udp_send(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), &server, r->size,
			 control, BATCH);
	else if (!strcmp(r->kind, "udp-tight"))
		udp_send(tight_socket(), &server, r->size, control, 1);
	else if (!strcmp(r->kind, "udp-in"))
		udp_receive(udp, control);
	else if (!strcmp(r->kind, "crr"))
		ask_each(&server);
	else
		for (;;)
			ask_one(control);
}

static void stay_on(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("CPU %u", cpu);
}

/* Returns when the first of them ends; the others end with this process. */
static void run_each(struct request *r, const char *host, unsigned int flows)
{
	unsigned int cpus = sysconf(_SC_NPROCESSORS_ONLN);

	for (unsigned int i = 0; i < flows; i++) {
		if (fork())
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		stay_on(i % cpus);
		count += i;
		run(r, host);
		_exit(1);
	}
	wait(NULL);
}

/* The answer at the end says that the file is whole. */
static void put(const struct sockaddr_in *server, struct request *r)
{
	int control = tcp_connect(server);
	ssize_t got;

	ask(control, r);
	while ((got = read(0, buffer, sizeof(buffer))) > 0)
		if (send(control, buffer, got, MSG_NOSIGNAL) != got)
			die("send");
	shutdown(control, SHUT_WR);
	if (recv(control, buffer, 1, 0) != 1)
		die("the server did not keep %s", r->name);
}

/* Holds the connection for as long as the server is to send. */
__attribute__((noreturn)) static void forward(char **argv, struct request *r)
{
	struct sockaddr_in server = address(argv[0], DEFAULT_PORT);
	int control = tcp_connect(&server);

	snprintf(r->kind, sizeof(r->kind), VIA "%.11s", argv[1]);
	snprintf(r->name, sizeof(r->name), "%s", argv[2]);
	if (argv[3])
		r->size = strtoul(argv[3], NULL, 10);
	ask(control, r);
	while (recv(control, buffer, 1, 0) > 0)
		;
	die("the server ended");
}

int main(int argc, char **argv)
{
	struct request r = { .size = 65536, .name = "-" };
	unsigned int flows = 1;

	if (argc >= 2 && !strcmp(argv[1], "serve"))
		serve(argc > 2 ? strtoul(argv[2], NULL, 10) : DEFAULT_PORT);
	if (argc < 3)
		die("usage: see the head of load.c");
	snprintf(r.kind, sizeof(r.kind), "%s", argv[1]);
	if (!strcmp(r.kind, "packets")) {
		struct sockaddr_in server = address(argv[2], DEFAULT_PORT);

		printf("%u\n", ask(tcp_connect(&server), &r));
		return 0;
	}
	if (argc < 4)
		die("usage: see the head of load.c");
	if (!strcmp(r.kind, "forward") && argc > 4)
		forward(argv + 2, &r);
	if (!strcmp(r.kind, "put")) {
		struct sockaddr_in server = address(argv[2], DEFAULT_PORT);

		snprintf(r.name, sizeof(r.name), "%s", argv[3]);
		put(&server, &r);
		return 0;
	}
	if (argc > 4)
		r.size = strtoul(argv[4], NULL, 10);
	if (!r.size || r.size > MAX_SIZE)
		die("size %u is out of range", r.size);
	if (argc > 5)
		flows = strtoul(argv[5], NULL, 10);
	if (!flows || flows > LOAD_FLOWS)
		die("%u flows are out of range", flows);
	count = load_count_map(argv[3]);
	if (!count)
		die("%s", argv[3]);
	memset(count, 0, LOAD_FLOWS * sizeof(*count));
	if (flows == 1)
		run(&r, argv[2]);
	else
		run_each(&r, argv[2], flows);
	die("the connection ended");
}
