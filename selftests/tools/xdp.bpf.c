// SPDX-License-Identifier: GPL-2.0
/*
 * Programs for the XDP tests. ip(8) and tc(8) load them by name:
 *
 *	ip link set eth0 xdp obj xdp.bpf.o program take
 *	tc filter add dev eth0 ingress bpf direct-action object-file xdp.bpf.o section tc
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>

#define SEC(_name)	__attribute__((section(_name), used))
#define MARK		0x78656e66u	/* "xenf" */
#define TAG		7
#define CUT		32
#define LARGE		5000
#define GROWTH		64
#define PIECE_MOST	1480u
#define ECHO_REPLY	0
#define ECHO_REQUEST	8

static long (*adjust_head)(struct xdp_md *, int) = (void *)BPF_FUNC_xdp_adjust_head;
static long (*adjust_tail)(struct xdp_md *, int) = (void *)BPF_FUNC_xdp_adjust_tail;
static __u64 (*length_of)(struct xdp_md *) = (void *)BPF_FUNC_xdp_get_buff_len;
static long (*adjust_meta)(struct xdp_md *, int) = (void *)BPF_FUNC_xdp_adjust_meta;
static long (*redirect)(__u32, __u64) = (void *)BPF_FUNC_redirect;
static __s64 (*csum_diff)(void *, __u32, void *, __u32, __u32) = (void *)BPF_FUNC_csum_diff;

char _license[] SEC("license") = "GPL";

struct tagged {
	__u8 dest[6];
	__u8 source[6];
	__be16 tag_type;
	__be16 tag;
	__be16 type;
} __attribute__((packed));

struct icmp {
	__u8 type;
	__u8 code;
	__be16 checksum;
	__be32 echo;
};

struct ping {
	struct ethhdr eth;
	struct iphdr ip;
	struct icmp icmp;
} __attribute__((packed));

static __be16 be16(__u16 v)
{
	return __builtin_bswap16(v);
}

static void *start(struct xdp_md *ctx)
{
	return (void *)(long)ctx->data;
}

static void *end(struct xdp_md *ctx)
{
	return (void *)(long)ctx->data_end;
}

static struct ping *ping_of(struct xdp_md *ctx, __u8 type)
{
	struct ping *p = start(ctx);

	if ((void *)(p + 1) > end(ctx) || p->eth.h_proto != be16(ETH_P_IP) || p->ip.ihl != 5 ||
	    p->ip.protocol != 1 || p->icmp.type != type)
		return 0;
	return p;
}

static __u16 fold(__u64 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~((sum & 0xffff) + (sum >> 16));
}

/* An echo request made its own answer. */
static int answer(struct xdp_md *ctx)
{
	struct ping *p = ping_of(ctx, ECHO_REQUEST);
	__u32 addr;

	if (!p)
		return 0;
	__builtin_memcpy(p->eth.h_dest, p->eth.h_source, 6);
	p->eth.h_source[0] = 2;
	addr = p->ip.saddr;
	p->ip.saddr = p->ip.daddr;
	p->ip.daddr = addr;
	p->icmp.type = ECHO_REPLY;
	p->icmp.checksum = fold((__u16)~p->icmp.checksum + (__u16)~be16(ECHO_REQUEST << 8));
	return 1;
}

/* Everything goes its way: for packets of one piece, and for those of several. */
SEC("xdp")
int take(struct xdp_md *ctx)
{
	return XDP_PASS;
}

SEC("xdp.frags")
int take_frags(struct xdp_md *ctx)
{
	return XDP_PASS;
}

/* No pings are answered to us. */
SEC("xdp.frags")
int drop(struct xdp_md *ctx)
{
	return ping_of(ctx, ECHO_REPLY) ? XDP_DROP : XDP_PASS;
}

SEC("xdp.frags")
int reflect(struct xdp_md *ctx)
{
	return answer(ctx) ? XDP_TX : XDP_PASS;
}

SEC("xdp.frags")
int bounce(struct xdp_md *ctx)
{
	return answer(ctx) ? redirect(ctx->ingress_ifindex, 0) : XDP_PASS;
}

/* Answers with the last bytes missing. */
SEC("xdp")
int shorten(struct xdp_md *ctx)
{
	struct ping *p;
	__u16 len;

	if (!answer(ctx))
		return XDP_PASS;
	if (adjust_tail(ctx, -CUT))
		return XDP_ABORTED;
	p = start(ctx);
	if ((void *)(p + 1) > end(ctx))
		return XDP_ABORTED;
	len = be16(p->ip.tot_len) - CUT;
	p->ip.tot_len = be16(len);
	p->ip.check = 0;
	p->ip.check = fold(csum_diff(0, 0, &p->ip, sizeof(p->ip), 0));
	p->icmp.checksum = 0;
	/* Only as many bytes as the test sends. */
	if ((void *)&p->icmp + 40 > end(ctx))
		return XDP_ABORTED;
	p->icmp.checksum = fold(csum_diff(0, 0, (void *)&p->icmp, 40, 0));
	return XDP_TX;
}

/* Large packets get by only if they can grow at their end, and shrink again. */
SEC("xdp.frags")
int stretch(struct xdp_md *ctx)
{
	if (length_of(ctx) < LARGE)
		return XDP_PASS;
	if (adjust_tail(ctx, GROWTH) || adjust_tail(ctx, -GROWTH))
		return XDP_ABORTED;
	return XDP_PASS;
}

/* Echo requests come in with a VLAN tag they did not have. */
SEC("xdp")
int tag(struct xdp_md *ctx)
{
	struct ethhdr was, *eth = start(ctx);
	struct tagged *now;

	if (!ping_of(ctx, ECHO_REQUEST) || (void *)(eth + 1) > end(ctx))
		return XDP_PASS;
	was = *eth;
	if (adjust_head(ctx, -4))
		return XDP_ABORTED;
	now = start(ctx);
	if ((void *)(now + 1) > end(ctx))
		return XDP_ABORTED;
	__builtin_memcpy(now->dest, was.h_dest, 6);
	__builtin_memcpy(now->source, was.h_source, 6);
	now->tag_type = be16(ETH_P_8021Q);
	now->tag = be16(TAG);
	now->type = was.h_proto;
	return XDP_PASS;
}

/* Marks what it sees, for the program below. */
SEC("xdp")
int mark(struct xdp_md *ctx)
{
	__u32 *meta;

	if (adjust_meta(ctx, -(int)sizeof(*meta)))
		return XDP_ABORTED;
	meta = (void *)(long)ctx->data_meta;
	if ((void *)(meta + 1) > start(ctx))
		return XDP_ABORTED;
	*meta = MARK;
	return XDP_PASS;
}

/* Lets nothing by that is marked. */
SEC("tc")
int unmarked(struct __sk_buff *skb)
{
	__u32 *meta = (void *)(long)skb->data_meta;

	if ((void *)(meta + 1) > (void *)(long)skb->data)
		return TC_ACT_OK;
	return *meta == MARK ? TC_ACT_SHOT : TC_ACT_OK;
}

/* Of the bytes from at on, as many as len, in the order they have in memory. */
static __u64 sum_of(struct xdp_md *ctx, const void *at, __u32 len)
{
	__u64 sum = 0;
	__u32 i;

	for (i = 0; i < PIECE_MOST; i++) {
		const __u8 *byte = (const __u8 *)at + i;

		if (i >= len || (void *)(byte + 1) > end(ctx))
			break;
		sum += i & 1 ? (__u32)*byte << 8 : *byte;
	}
	return sum;
}

static int judge(struct xdp_md *ctx, const void *body, __u32 len, __u8 protocol, __u64 addresses)
{
	if ((protocol != IPPROTO_TCP && protocol != IPPROTO_UDP) || len > PIECE_MOST)
		return XDP_PASS;
	return fold(addresses + be16(protocol) + be16(len) + sum_of(ctx, body, len)) ? XDP_DROP :
										     XDP_PASS;
}

/* Drops packets whose TCP or UDP checksum is not right as it stands in the packet. */
SEC("xdp")
int sound(struct xdp_md *ctx)
{
	struct ethhdr *eth = start(ctx);
	struct ipv6hdr *ip6 = (void *)(eth + 1);
	struct iphdr *ip = (void *)(eth + 1);

	if ((void *)(ip + 1) > end(ctx))
		return XDP_PASS;
	if (eth->h_proto == be16(ETH_P_IP) && ip->ihl == 5)
		return judge(ctx, ip + 1, be16(ip->tot_len) - sizeof(*ip), ip->protocol,
			     sum_of(ctx, &ip->saddr, 8));
	if (eth->h_proto == be16(ETH_P_IPV6) && (void *)(ip6 + 1) <= end(ctx))
		return judge(ctx, ip6 + 1, be16(ip6->payload_len), ip6->nexthdr,
			     sum_of(ctx, &ip6->saddr, 32));
	return XDP_PASS;
}
