// SPDX-License-Identifier: GPL-2.0
/*
 * What an interface was given to send, as its root queueing discipline counts it: the last place
 * before the driver. What it had no room for is not among it.
 */
#define _GNU_SOURCE
#include "qdisc.h"

#include <linux/gen_stats.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

struct query {
	struct nlmsghdr head;
	struct tcmsg tc;
};

static const struct rtattr *attribute(const struct rtattr *a, int len, int type)
{
	for (; RTA_OK(a, len); a = RTA_NEXT(a, len))
		if ((a->rta_type & NLA_TYPE_MASK) == type)
			return a;
	return NULL;
}

/* Return: whether the message is about the root of this interface; then the counters are set. */
static bool counters_of(const struct nlmsghdr *m, int interface, struct gnet_stats_basic *found)
{
	const struct tcmsg *tc = NLMSG_DATA(m);
	const struct rtattr *a;

	if (tc->tcm_ifindex != interface || tc->tcm_parent != TC_H_ROOT)
		return false;
	a = attribute(TCA_RTA(tc), TCA_PAYLOAD(m), TCA_STATS2);
	a = a ? attribute(RTA_DATA(a), RTA_PAYLOAD(a), TCA_STATS_BASIC) : NULL;
	if (!a)
		return false;
	memcpy(found, RTA_DATA(a), sizeof(*found));
	return true;
}

/* All of the answer is read, so that the socket is ready for the next question. */
static bool read_answer(int netlink, int interface, struct gnet_stats_basic *found)
{
	static char text[32768] __attribute__((aligned(NLMSG_ALIGNTO)));
	bool good = false;
	ssize_t len;

	while ((len = recv(netlink, text, sizeof(text), 0)) > 0) {
		for (struct nlmsghdr *m = (void *)text; NLMSG_OK(m, len); m = NLMSG_NEXT(m, len)) {
			if (m->nlmsg_type == NLMSG_DONE || m->nlmsg_type == NLMSG_ERROR)
				return good;
			good |= counters_of(m, interface, found);
		}
	}
	return good;
}

/* Return: whether there is such an interface, and something that counts. */
bool qdisc_sent(const char *interface, uint64_t *packets, uint64_t *bytes)
{
	static int netlink = -1;
	struct query q = {
		.head = { .nlmsg_len = sizeof(q), .nlmsg_type = RTM_GETQDISC,
			  .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.tc = { .tcm_ifindex = if_nametoindex(interface) },
	};
	struct gnet_stats_basic found = { 0 };

	if (netlink < 0)
		netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (netlink < 0 || !q.tc.tcm_ifindex || send(netlink, &q, sizeof(q), 0) != sizeof(q) ||
	    !read_answer(netlink, q.tc.tcm_ifindex, &found))
		return false;
	*packets = found.packets;
	*bytes = found.bytes;
	return true;
}
