// SPDX-License-Identifier: GPL-2.0
/* Access to the guest: its rings, the frames it grants, its event channel. */
#include "badback.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

void guest_open(struct guest *g, unsigned int domid)
{
	g->domid = domid;
	g->gnt = xengnttab_open(NULL, 0);
	g->evt = xenevtchn_open(NULL, 0);
	if (!g->gnt || !g->evt)
		die("no grant or event channel device: %m");
}

static void *map(struct guest *g, uint32_t ref)
{
	return xengnttab_map_grant_ref(g->gnt, g->domid, ref, PROT_READ | PROT_WRITE);
}

static void unmap(struct guest *g, void *frame)
{
	if (frame && xengnttab_unmap(g->gnt, frame, 1))
		die("a frame cannot be unmapped: %m");
}

static void unmap_rings(struct guest *g, struct link *l)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		unmap(g, l->ring[i]);
		l->ring[i] = NULL;
	}
}

/* A guest takes back what it published only from a backend that is slow. */
static void is_void(const struct guest *g, const char *what, uint32_t number)
{
	if (g->late)
		printf("void by now: %s %u: %m\n", what, number);
	else
		violation("%s %u is void: %m", what, number);
}

/* Return: whether the rings are mapped and the channel is bound; if not, neither is. */
bool guest_link(struct guest *g, struct link *l, const uint32_t *ref, unsigned int nr,
		uint32_t port)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		l->ring[i] = map(g, ref[i]);
		if (l->ring[i])
			continue;
		is_void(g, "ring", ref[i]);
		unmap_rings(g, l);
		return false;
	}
	l->port = xenevtchn_bind_interdomain(g->evt, g->domid, port);
	if (l->port < 0) {
		is_void(g, "event channel", port);
		unmap_rings(g, l);
		return false;
	}
	return true;
}

void guest_unlink(struct guest *g, struct link *l)
{
	if (!l->ring[0])
		return;
	xenevtchn_unbind(g->evt, l->port);
	unmap_rings(g, l);
}

/* ---- by mapping, one frame after the other ---- */

static bool by_mapping(struct guest *g, const struct piece *piece, unsigned int nr, bool give)
{
	unsigned int i;
	char *frame;

	for (i = 0; i < nr; i++) {
		frame = give ? map(g, piece[i].ref) :
			xengnttab_map_grant_ref(g->gnt, g->domid, piece[i].ref, PROT_READ);
		if (!frame) {
			violation("grant %u cannot be mapped: %m", piece[i].ref);
			return false;
		}
		if (give)
			memcpy(frame + piece[i].offset, piece[i].local, piece[i].len);
		else
			memcpy(piece[i].local, frame + piece[i].offset, piece[i].len);
		unmap(g, frame);
	}
	return true;
}

/* ---- by Xen's copying ---- */

static void copy_plan(const struct guest *g, const struct piece *p, bool give,
		      xengnttab_grant_copy_segment_t *seg)
{
	union xengnttab_copy_ptr theirs = {
		.foreign = { .ref = p->ref, .offset = p->offset, .domid = g->domid },
	};
	union xengnttab_copy_ptr ours = { .virt = p->local };

	*seg = (xengnttab_grant_copy_segment_t) {
		.source = give ? ours : theirs,
		.dest = give ? theirs : ours,
		.len = p->len,
		.flags = give ? GNTCOPY_dest_gref : GNTCOPY_source_gref,
	};
}

static bool by_copying(struct guest *g, const struct piece *piece, unsigned int nr, bool give)
{
	xengnttab_grant_copy_segment_t seg[SLOTS_MAX];
	unsigned int i;

	for (i = 0; i < nr; i++)
		copy_plan(g, &piece[i], give, &seg[i]);
	if (xengnttab_grant_copy(g->gnt, nr, seg))
		die("the grant device does not copy: %m");
	for (i = 0; i < nr; i++) {
		if (seg[i].status != GNTST_okay) {
			violation("grant %u cannot be copied %s: status %d", piece[i].ref,
				  give ? "to" : "from", seg[i].status);
			return false;
		}
	}
	return true;
}

/* Bytes of the guest's frames, to us. */
bool guest_take(struct guest *g, const struct piece *piece, unsigned int nr, bool maps)
{
	return maps ? by_mapping(g, piece, nr, false) : by_copying(g, piece, nr, false);
}

/* Ours, to the guest's frames. */
bool guest_give(struct guest *g, const struct piece *piece, unsigned int nr, bool maps)
{
	return maps ? by_mapping(g, piece, nr, true) : by_copying(g, piece, nr, true);
}

void guest_notify(struct guest *g, const struct link *l)
{
	xenevtchn_notify(g->evt, l->port);
}

/* A channel tells once, until it is asked to tell again. */
void guest_event(struct guest *g)
{
	xenevtchn_port_or_error_t port = xenevtchn_pending(g->evt);

	if (port >= 0)
		xenevtchn_unmask(g->evt, port);
}
