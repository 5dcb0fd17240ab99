/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of this module share with nobody else. */
#ifndef XEN_FRONTLIB_INTERNAL_H
#define XEN_FRONTLIB_INTERNAL_H

/* park.c */
int xfl_park_init(void);
void xfl_park_exit(void);

/* watch.c */
struct xfl_watch;
bool xfl_watch_fired(const struct xfl_watch *w);
int xfl_watch_init(void);
void xfl_watch_exit(void);

#endif /* XEN_FRONTLIB_INTERNAL_H */
