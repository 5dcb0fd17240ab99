// SPDX-License-Identifier: GPL-2.0
/*
 * qstats: what the kernel's list of queues says, over generic netlink.
 *
 *	qstats INTERFACE queue|device|napi|irq
 *
 * Prints a line for each queue, "rx 0 packets=1 bytes=2" or "rx 0 napi=3"; one for the device,
 * "device - ..."; or one for each NAPI instance, "napi 3 irq=4".
 * Exits with 2 if the kernel has no such list, with 3 if the driver has nothing to say there.
 */
#define _GNU_SOURCE
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* linux/netdev.h, which older systems lack. */
enum { CMD_QUEUE_GET = 10, CMD_NAPI_GET, CMD_QSTATS_GET };
enum { SCOPE = 4, LAST = 11 };

/**
 * struct list - one that can be asked for
 * @name: on the command line
 * @command: that asks for it
 * @ifindex: attribute with the interface
 * @type: that says rx or tx, 0 if there is none
 * @id: with the number of the queue or instance
 * @shown: names of those that are shown
 */
struct list {
	const char *name;
	int command;
	int ifindex;
	int type;
	int id;
	const char *shown[LAST + 1];
};

#define COUNTERS	{ [8] = "packets", [9] = "bytes", [10] = "packets", [11] = "bytes" }

static const struct list lists[] = {
	{ "queue", CMD_QSTATS_GET, 1, 2, 3, COUNTERS },
	{ "device", CMD_QSTATS_GET, 1, 2, 3, COUNTERS },
	{ "napi", CMD_QUEUE_GET, 2, 3, 1, { [4] = "napi" } },
	{ "irq", CMD_NAPI_GET, 1, 0, 2, { [3] = "irq" } },
};

struct request {
	struct nlmsghdr nl;
	struct genlmsghdr genl;
	char attributes[64];
};

static int netlink;

static void die(int code, const char *what)
{
	fprintf(stderr, "qstats: %s\n", what);
	exit(code);
}

static void add(struct request *r, int type, const void *data, size_t size)
{
	struct nlattr *a = (void *)r + NLMSG_ALIGN(r->nl.nlmsg_len);

	a->nla_type = type;
	a->nla_len = NLA_HDRLEN + size;
	memcpy((char *)a + NLA_HDRLEN, data, size);
	r->nl.nlmsg_len = NLMSG_ALIGN(r->nl.nlmsg_len) + NLA_ALIGN(a->nla_len);
}

static struct request request(int family, int command, int flags)
{
	return (struct request){
		.nl = { .nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN), .nlmsg_type = family,
			.nlmsg_flags = NLM_F_REQUEST | flags },
		.genl = { .cmd = command, .version = 1 },
	};
}

/* An unsigned integer of any size that has come, as "uint" attributes do. */
static uint64_t number(const struct nlattr *a)
{
	size_t size = a->nla_len - NLA_HDRLEN;
	uint64_t value = 0;

	memcpy(&value, (const char *)a + NLA_HDRLEN, size < sizeof(value) ? size : sizeof(value));
	return value;
}

static void attributes(const struct nlmsghdr *nl, const struct nlattr **table, int last)
{
	const char *at = (const char *)nl + NLMSG_LENGTH(GENL_HDRLEN);
	const char *end = (const char *)nl + nl->nlmsg_len;

	memset(table, 0, (last + 1) * sizeof(*table));
	while (at + NLA_HDRLEN <= end) {
		const struct nlattr *a = (const void *)at;

		if (a->nla_len < NLA_HDRLEN)
			die(1, "a malformed answer");
		if ((a->nla_type & NLA_TYPE_MASK) <= last)
			table[a->nla_type & NLA_TYPE_MASK] = a;
		at += NLA_ALIGN(a->nla_len);
	}
}

static int send_request(const struct request *r)
{
	return send(netlink, r, r->nl.nlmsg_len, 0) == (ssize_t)r->nl.nlmsg_len;
}

static int family(void)
{
	struct request r = request(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
	const struct nlattr *table[CTRL_ATTR_FAMILY_ID + 1];
	static char answer[65536];

	add(&r, CTRL_ATTR_FAMILY_NAME, "netdev", sizeof("netdev"));
	if (!send_request(&r) || recv(netlink, answer, sizeof(answer), 0) < NLMSG_HDRLEN)
		die(1, "no answer");
	if (((struct nlmsghdr *)answer)->nlmsg_type == NLMSG_ERROR)
		die(2, "this kernel has no list of queues");
	attributes((void *)answer, table, CTRL_ATTR_FAMILY_ID);
	return table[CTRL_ATTR_FAMILY_ID] ? (int)number(table[CTRL_ATTR_FAMILY_ID]) : -1;
}

static void print(const struct list *list, const struct nlmsghdr *nl)
{
	const struct nlattr *table[LAST + 1];
	int i;

	attributes(nl, table, LAST);
	if (!table[list->id])
		printf("device -");
	else
		printf("%s %llu", !list->type ? "napi" : number(table[list->type]) ? "tx" : "rx",
		       (unsigned long long)number(table[list->id]));
	for (i = 1; i <= LAST; i++)
		if (list->shown[i] && table[i])
			printf(" %s=%llu", list->shown[i], (unsigned long long)number(table[i]));
	printf("\n");
}

/* Return: lines printed. */
static int print_all(const struct list *list)
{
	static char answer[65536];
	int lines = 0;

	for (;;) {
		struct nlmsghdr *nl = (void *)answer;
		ssize_t got = recv(netlink, answer, sizeof(answer), 0);

		if (got < NLMSG_HDRLEN)
			die(1, "no answer");
		for (; NLMSG_OK(nl, got); nl = NLMSG_NEXT(nl, got)) {
			if (nl->nlmsg_type == NLMSG_DONE)
				return lines;
			if (nl->nlmsg_type == NLMSG_ERROR)
				die(2, "this kernel does not count by queue");
			print(list, nl);
			lines++;
		}
	}
}

static const struct list *list_named(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (!strcmp(lists[i].name, name))
			return &lists[i];
	die(1, "no such list");
	return NULL;
}

int main(int argc, char **argv)
{
	const struct list *list;
	struct request r;
	uint32_t index;

	if (argc != 3)
		die(1, "usage: qstats INTERFACE queue|device|napi|irq");
	list = list_named(argv[2]);
	index = if_nametoindex(argv[1]);
	netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (!index || netlink < 0)
		die(1, "no such interface");
	r = request(family(), list->command, NLM_F_DUMP);
	add(&r, list->ifindex, &index, sizeof(index));
	if (!strcmp(list->name, "queue")) {
		uint64_t scope = 1;

		add(&r, SCOPE, &scope, sizeof(scope));
	}
	if (!send_request(&r))
		die(1, "cannot ask");
	if (!print_all(list))
		die(3, "the driver has nothing to say");
	return 0;
}
