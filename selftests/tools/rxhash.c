// SPDX-License-Identifier: GPL-2.0
/*
 * rxhash: which packets the driver gave the stack with a hash.
 *
 *	rxhash INTERFACE COMMAND...
 *
 * Prints "N with a hash, N without", of the packets of TCP over IPv4 that came in while the
 * command ran, and exits as that did. The filter reads the hash as it is; most other ways of
 * asking have the kernel compute one.
 */
#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define TYPE_AT		12
#define PROTOCOL_AT	23
#define TCP		6
/* What is kept of a packet tells the two apart. */
#define KEPT_PLAIN	1
#define KEPT_HASHED	2

static struct sock_filter program[] = {
	BPF_STMT(BPF_LD | BPF_H | BPF_ABS, TYPE_AT),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, 5),
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, PROTOCOL_AT),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TCP, 0, 3),
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (__u32)(SKF_AD_OFF + SKF_AD_RXHASH)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 2, 0),
	BPF_STMT(BPF_RET | BPF_K, KEPT_HASHED),
	BPF_STMT(BPF_RET | BPF_K, 0),
	BPF_STMT(BPF_RET | BPF_K, KEPT_PLAIN),
};

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static int open_socket(const char *interface)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP),
				  .sll_ifindex = if_nametoindex(interface) };
	struct sock_fprog code = { .len = sizeof(program) / sizeof(program[0]), .filter = program };
	int room = 4 << 20, fd = socket(AF_PACKET, SOCK_RAW, 0);

	if (fd < 0 || !at.sll_ifindex ||
	    setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &code, sizeof(code)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at)))
		die(interface);
	return fd;
}

static void count_one(int fd, unsigned long *count)
{
	struct sockaddr_ll from;
	socklen_t size = sizeof(from);
	char kept[KEPT_HASHED];
	ssize_t got = recvfrom(fd, kept, sizeof(kept), 0, (struct sockaddr *)&from, &size);

	if (got > 0 && from.sll_pkttype != PACKET_OUTGOING)
		count[got]++;
}

static pid_t start(char **command)
{
	pid_t child = fork();

	if (child < 0)
		die("fork");
	if (child)
		return child;
	dup2(2, 1);
	execvp(command[0], command);
	die(command[0]);
	return -1;
}

int main(int argc, char **argv)
{
	unsigned long count[KEPT_HASHED + 1] = { 0 };
	struct pollfd p = { .events = POLLIN };
	int status, last;
	pid_t child;

	if (argc < 3) {
		fprintf(stderr, "usage: rxhash INTERFACE COMMAND...\n");
		return 2;
	}
	p.fd = open_socket(argv[1]);
	child = start(argv + 2);
	do {
		last = waitpid(child, &status, WNOHANG) == child;
		while (poll(&p, 1, 100) > 0)
			count_one(p.fd, count);
	} while (!last);
	printf("%lu with a hash, %lu without\n", count[KEPT_HASHED], count[KEPT_PLAIN]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 2;
}
