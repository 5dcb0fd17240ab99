// SPDX-License-Identifier: GPL-2.0
/*
 * Shapes: how the payload of one datagram lies in the sender's memory, which decides how many
 * slots the packet takes. As text: "p:LEN", "z:OFF+LEN,..." (pieces) or "m:OFF+LEN,..."
 * (straddling; the first piece is the byte that lies behind the headers).
 */
#include "netprobe.h"
#include "pattern.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

/* The first byte of a straddling shape goes where the headers are. */
#define LINEAR 1u
/* Fragments of a packet: most kernels allow the one, some up to the other. */
#define USUAL_FRAGS 17u
#define MAX_FRAGS 45u

static unsigned int frames_of(unsigned int off, unsigned int len)
{
	return (off % NP_FRAME + len + NP_FRAME - 1) / NP_FRAME;
}

/* Data slots, if the driver gives every frame its own slot; the headers take the first. */
unsigned int np_shape_slots(const struct np_shape *s)
{
	unsigned int i, slots = 1;

	if (s->form == NP_PLAIN)
		return 0;
	for (i = s->form == NP_STRADDLE ? 1 : 0; i < s->count; i++)
		slots += frames_of(s->piece[i].off, s->piece[i].len);
	return slots;
}

int np_shape_parse(struct np_shape *s, const char *text)
{
	unsigned int off, len;
	int used;

	memset(s, 0, sizeof(*s));
	if (sscanf(text, "p:%u", &s->len) == 1)
		return s->len > NP_MAX_UDP ? -EINVAL : 0;
	if (text[1] != ':' || (text[0] != 'z' && text[0] != 'm'))
		return -EINVAL;
	s->form = text[0] == 'z' ? NP_PIECES : NP_STRADDLE;
	for (text += 2; sscanf(text, "%u+%u%n", &off, &len, &used) == 2; text += used + 1) {
		if (s->count == NP_MAX_PIECES || len > NP_MAX_UDP - s->len)
			return -EINVAL;
		s->piece[s->count++] = (struct np_piece){ off, len };
		s->len += len;
		if (text[used] != ',')
			break;
	}
	return s->count ? 0 : -EINVAL;
}

void np_shape_print(const struct np_shape *s, char *text, size_t size)
{
	unsigned int i;
	int n;

	if (s->form == NP_PLAIN) {
		snprintf(text, size, "p:%u", s->len);
		return;
	}
	n = snprintf(text, size, "%c:", s->form == NP_PIECES ? 'z' : 'm');
	for (i = 0; i < s->count && n < (int)size; i++)
		n += snprintf(text + n, size - n, "%s%u+%u", i ? "," : "", s->piece[i].off,
			      s->piece[i].len);
}

static void add_piece(struct np_shape *s, unsigned int off, unsigned int len)
{
	s->piece[s->count++] = (struct np_piece){ off, len };
	s->len += len;
}

/* "slots" data slots by way of one piece a page; needs slots - 1 fragments. */
void np_shape_slots_make(struct np_shape *s, unsigned int slots, unsigned int max, uint64_t seed)
{
	struct rng r = { .seed = seed };
	unsigned int i, len, share = slots > 1 ? max / (slots - 1) : max;

	memset(s, 0, sizeof(*s));
	if (slots == 1) {
		s->len = rng_range(&r, 1, max < 64 ? max : 64);
		return;
	}
	s->form = NP_PIECES;
	if (share > NP_FRAME)
		share = NP_FRAME;
	for (i = 1; i < slots; i++) {
		len = rng_range(&r, 1, share);
		add_piece(s, rng_range(&r, 0, NP_FRAME - len), len);
	}
}

/* "slots" data slots where every fragment lies across a frame's end; an odd rest gets its own. */
void np_shape_straddle_make(struct np_shape *s, unsigned int slots, unsigned int max,
			    uint64_t seed)
{
	struct rng r = { .seed = seed };
	unsigned int left = slots - 1, want, len, share;

	memset(s, 0, sizeof(*s));
	s->form = NP_STRADDLE;
	add_piece(s, 0, LINEAR);
	share = (max - LINEAR) / (left / 2 + left % 2 + 1);
	while (left) {
		want = left == 1 ? 1 : 2;
		len = rng_range(&r, 2, share < NP_FRAME ? share : NP_FRAME);
		if (want == 1)
			add_piece(s, rng_range(&r, 0, NP_FRAME - len), len);
		else
			add_piece(s, NP_FRAME - rng_range(&r, 1, len - 1), len);
		left -= want;
	}
}

/* Of a packet that this kernel is to send. Linux 6.1 with 64 KB pages allows 16. */
unsigned int np_most_fragments(void)
{
	unsigned int most = USUAL_FRAGS;
	FILE *file = fopen("/proc/sys/net/core/max_skb_frags", "re");

	if (file && fscanf(file, "%u", &most) != 1)
		most = USUAL_FRAGS;
	if (file)
		fclose(file);
	return most < MAX_FRAGS ? most : MAX_FRAGS;
}

/* Of at most "frags" fragments. */
void np_shape_random(struct np_shape *s, unsigned int frags, unsigned int max, uint64_t seed)
{
	struct rng r = { .seed = ~seed };
	unsigned int kind = rng_range(&r, 0, 3);

	if (kind == 0) {
		memset(s, 0, sizeof(*s));
		s->len = rng_range(&r, 0, max);
	} else if (kind == 1) {
		np_shape_slots_make(s, rng_range(&r, 2, frags + 1), max, seed);
	} else {
		np_shape_straddle_make(s, rng_range(&r, 2, kind == 2 ? 18 : 2 * frags - 1), max,
				       seed);
	}
}
