/* SPDX-License-Identifier: GPL-2.0 */
/* The counters that load keeps in a file and meter reads while load runs. */
#ifndef XENFRONT_RULER_LOAD_H
#define XENFRONT_RULER_LOAD_H

#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* Of one flow; no other writes to it. */
struct load_count {
	uint64_t ops;	/* datagrams, transactions, or calls of send and recv */
	uint64_t bytes;	/* of payload */
} __attribute__((aligned(64)));

#define LOAD_FLOWS	32

/* LOAD_FLOWS of them. NULL with errno when the file cannot be had. */
static inline struct load_count *load_count_map(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	void *at;

	if (fd < 0)
		return NULL;
	if (ftruncate(fd, 4096)) {
		close(fd);
		return NULL;
	}
	at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return at == MAP_FAILED ? NULL : at;
}

#endif /* XENFRONT_RULER_LOAD_H */
