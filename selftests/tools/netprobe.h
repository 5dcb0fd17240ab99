/* SPDX-License-Identifier: GPL-2.0 */
/*
 * netprobe: packets of chosen shapes, verified byte for byte at the other end.
 *
 * One side runs "netprobe serve"; the other asks it over a TCP connection, one line a command,
 * to receive or to send. Commands, with the answers in parentheses ("no WHY" is the refusal):
 *
 *	udp			open a UDP socket (port P)
 *	dest PORT		where "send" sends (ok)
 *	expect SEQ LEN		wait for one datagram holding pattern SEQ (ok | no WHY)
 *	send SEQ SHAPE		send one datagram holding pattern SEQ (ok)
 *	join GROUP		receive that multicast group (ok)
 *	to ADDRESS PORT		as dest, to another address: multicast, broadcast (ok)
 *	sink SEED LEN		LEN bytes of stream SEED follow from the client (ok | no WHY)
 *	source SEED LEN FORM	LEN bytes of stream SEED follow from the server
 *	raw			open a packet socket on the interface of this connection (mac M)
 *	rawexpect SEQ LEN	as expect, one Ethernet frame (ok)
 *	rawsend SEQ LEN MAC	as send, one Ethernet frame (ok)
 *	sniff			start watching the checksums of arriving UDP packets (ok)
 *	csum			how the last one came: "partial", "good" or "bad" (WORD)
 *	mtu N			set the MTU of the interface of this connection (ok)
 */
#ifndef XENFRONT_TOOLS_NETPROBE_H
#define XENFRONT_TOOLS_NETPROBE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define NP_PORT		7300
#define NP_WAIT_MS	5000
#define NP_FRAME	4096u
#define NP_MAX_PIECES	64
#define NP_MAX_UDP	65507
#define NP_ETHERTYPE	0x88b5	/* IEEE 802 local experimental */

/* np_ctl.c: addresses and the control connection. */
union np_addr {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

struct np_conn {
	int fd;			/* the control connection */
	int udp;		/* -1 until "udp" */
	int raw;		/* -1 until "raw" */
	int sniff;		/* -1 until "sniff" */
	union np_addr peer;	/* of the control connection */
	union np_addr dest;	/* where datagrams go */
	unsigned int ifindex;
	char ifname[16];
};

__attribute__((noreturn, format(printf, 1, 2))) void np_die(const char *fmt, ...);
void np_conn_init(struct np_conn *c, int fd);
int np_addr_parse(union np_addr *a, const char *text, unsigned int port);
void np_unmap(union np_addr *a);
void np_set_port(union np_addr *a, unsigned int port);
socklen_t np_addr_len(const union np_addr *a);
void np_connect(struct np_conn *c, const char *host, unsigned int port);
__attribute__((format(printf, 2, 3))) void np_say(struct np_conn *c, const char *fmt, ...);
bool np_hear(struct np_conn *c, char *line, size_t size);
void np_ask(struct np_conn *c, char *answer, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void np_want_ok(struct np_conn *c, const char *what);
bool np_readable(int fd, int ms);
int np_udp_open(struct np_conn *c);
unsigned int np_port_of(int fd);

/* np_shape.c: how a datagram's bytes lie in memory. */
enum np_form { NP_PLAIN, NP_PIECES, NP_STRADDLE };

struct np_piece {
	unsigned int off;	/* in its page (pieces) or its 4 KB frame (straddle) */
	unsigned int len;
};

struct np_shape {
	enum np_form form;
	unsigned int count;
	unsigned int len;	/* of the payload */
	struct np_piece piece[NP_MAX_PIECES];
};

int np_shape_parse(struct np_shape *s, const char *text);
void np_shape_print(const struct np_shape *s, char *text, size_t size);
unsigned int np_shape_slots(const struct np_shape *s);
void np_shape_slots_make(struct np_shape *s, unsigned int slots, unsigned int max, uint64_t seed);
void np_shape_straddle_make(struct np_shape *s, unsigned int slots, unsigned int max,
			    uint64_t seed);
unsigned int np_most_fragments(void);
void np_shape_random(struct np_shape *s, unsigned int frags, unsigned int max, uint64_t seed);

/* np_send.c, np_stream.c, np_raw.c */
int np_send_shape(struct np_conn *c, const struct np_shape *s, uint64_t seq);
const char *np_recv_datagram(struct np_conn *c, uint64_t seq, unsigned int len);
const char *np_stream_receive(struct np_conn *c, uint64_t seed, uint64_t len);
int np_stream_send(struct np_conn *c, uint64_t seed, uint64_t len, const char *form);
int np_raw_open(struct np_conn *c);
const char *np_raw_mac(struct np_conn *c);
int np_raw_send(struct np_conn *c, uint64_t seq, unsigned int len, const char *mac);
const char *np_raw_receive(struct np_conn *c, uint64_t seq, unsigned int len);
int np_sniff_open(struct np_conn *c);
const char *np_sniff_csum(struct np_conn *c);
int np_set_mtu(struct np_conn *c, int mtu);
bool np_find_interface(struct np_conn *c);

/* np_serve.c */
void np_serve(unsigned int port);

#endif /* XENFRONT_TOOLS_NETPROBE_H */
