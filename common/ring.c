// SPDX-License-Identifier: GPL-2.0
/*
 * The shared memory of a ring.
 */
#include <linux/module.h>

#include <xenfront/ring.h>

/**
 * xfl_ring_mem_alloc() - allocate, zero and grant the frames of a ring
 * @xbdev: device whose backend is given access
 * @mem: filled in
 * @nr_frames: frames wanted, 1 to XFL_RING_MAX_FRAMES
 *
 * Context: process; allocates with GFP_NOIO.
 * Return: 0 or a negative errno; @mem then holds nothing.
 */
int xfl_ring_mem_alloc(struct xenbus_device *xbdev, struct xfl_ring_mem *mem,
		       unsigned int nr_frames)
{
	int err = xenbus_setup_ring(xbdev, GFP_NOIO, &mem->vaddr, nr_frames, mem->gref);

	mem->nr_frames = err ? 0 : nr_frames;
	return err;
}
EXPORT_SYMBOL_NS_GPL(xfl_ring_mem_alloc, XEN_FRONTLIB);

/**
 * xfl_ring_mem_free() - end access to a ring and free it
 * @mem: a ring, or one that holds nothing
 *
 * A frame that the backend still maps is freed when it lets go: the grant table
 * holds a reference on its page until then.
 */
void xfl_ring_mem_free(struct xfl_ring_mem *mem)
{
	if (!mem->vaddr)
		return;
	xenbus_teardown_ring(&mem->vaddr, mem->nr_frames, mem->gref);
	mem->nr_frames = 0;
}
EXPORT_SYMBOL_NS_GPL(xfl_ring_mem_free, XEN_FRONTLIB);
