// SPDX-License-Identifier: GPL-2.0
/*
 * Verified direct I/O on a disk, or on the file behind it.
 *
 *	blkpat fill DISK SEED			write it whole, in requests of many sizes
 *	blkpat verify DISK SEED [FROM LEN]	read it and compare
 *	blkpat sweep DISK SEED FIRST LAST STEP every|rotate
 *						requests of these sizes, with every 512-byte buffer
 *						alignment in a page, or one alignment each
 *	blkpat mix DISK SEED OPS DEPTH		after "fill": random reads and writes, many at once,
 *						of scattered buffers; SIGTERM ends it early
 *	blkpat poll DISK SEED OPS DEPTH		the same, polled for, of buffers in one piece
 *	blkpat readbatch|writebatch DISK SEED NR BYTES OFFSET
 *						so many requests of so many bytes (0: of any number)
 *						that lie one behind the other, at once, from the disk's
 *						start; the buffer begins OFFSET bytes into a page
 *	blkpat forget DISK SEED OPS SECONDS	reads that are to be polled for, and nobody does for so
 *						long; they have to be complete then
 *	blkpat reads DISK SEED DEPTH queued|polled
 *						after "fill": random reads, so many at once, into
 *						buffers spoiled before each, until SIGTERM
 *	blkpat discard DISK SEED OPS		after "fill": so many discards at once
 *	blkpat flip FILE OFFSET			spoil one byte
 *	blkpat ioctl DISK NUMBER		an ioctl without an argument
 *
 * What a sector holds depends on SEED and on its place. Exit status 0, or 1 with one line saying
 * what is wrong.
 */
#define _GNU_SOURCE
#include "blkpat.h"
#include "pattern.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

unsigned int bp_page;

/* Return: seconds, more on a machine that a bench has found to be slow: PACE is a percentage. */
unsigned int bp_limit(unsigned int seconds)
{
	const char *pace = getenv("PACE");
	unsigned int percent = pace ? atoi(pace) : 100;

	return seconds * (percent ? percent : 100) / 100;
}

void bp_die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stdout, fmt, ap);
	va_end(ap);
	fputc('\n', stdout);
	exit(1);
}

/* Room for the largest request at any offset in a page. */
uint8_t *bp_buffer(void)
{
	void *p = mmap(NULL, BP_MAX_IO + bp_page, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		bp_die("no memory: %m");
	return p;
}

void bp_write(struct disk *d, uint8_t *buf, uint64_t pos, unsigned int len)
{
	ssize_t n;

	pattern_fill(buf, len, d->seed, pos);
	n = pwrite(d->fd, buf, len, pos);
	if (n != (ssize_t)len)
		bp_die("write of %u bytes at %llu, buffer at page offset %lu: %s", len,
		       (unsigned long long)pos, (unsigned long)buf % bp_page,
		       n < 0 ? strerror(errno) : "short");
}

void bp_read_check(struct disk *d, uint8_t *buf, uint64_t pos, unsigned int len)
{
	ssize_t n = pread(d->fd, buf, len, pos);
	long bad;

	if (n != (ssize_t)len)
		bp_die("read of %u bytes at %llu, buffer at page offset %lu: %s", len,
		       (unsigned long long)pos, (unsigned long)buf % bp_page,
		       n < 0 ? strerror(errno) : "short");
	bad = pattern_check(buf, len, d->seed, pos);
	if (bad >= 0)
		bp_die("read of %u bytes at %llu, buffer at page offset %lu: byte %ld is %02x, "
		       "not %02x", len, (unsigned long long)pos, (unsigned long)buf % bp_page, bad,
		       buf[bad], pattern_byte(d->seed, pos + bad));
}

static void disk_open(struct disk *d, const char *path, int flags)
{
	struct stat st;

	d->path = path;
	d->fd = open(path, flags | O_DIRECT | O_CLOEXEC);
	if (d->fd < 0 && errno == EINVAL)	/* a file system without direct I/O */
		d->fd = open(path, flags | O_CLOEXEC);
	if (d->fd < 0 || fstat(d->fd, &st))
		bp_die("%s: %m", path);
	d->size = st.st_size;
	if (S_ISBLK(st.st_mode) && ioctl(d->fd, BLKGETSIZE64, &d->size))
		bp_die("%s: size: %m", path);
	d->size -= d->size % BP_SECTOR;
}

static void fill(struct disk *d)
{
	struct rng r = { .seed = d->seed };
	uint8_t *buf = bp_buffer();
	uint64_t pos, len;

	for (pos = 0; pos < d->size; pos += len) {
		len = BP_SECTOR * rng_range(&r, 1, BP_MAX_IO / BP_SECTOR);
		if (len > d->size - pos)
			len = d->size - pos;
		bp_write(d, buf + BP_SECTOR * rng_range(&r, 0, bp_page / BP_SECTOR - 1), pos, len);
	}
	if (fsync(d->fd))
		bp_die("fsync: %m");
}

static void verify(struct disk *d, uint64_t from, uint64_t len)
{
	uint8_t *buf = bp_buffer();
	uint64_t pos, part;

	for (pos = from; pos < from + len; pos += part) {
		part = from + len - pos < BP_MAX_IO ? from + len - pos : BP_MAX_IO;
		bp_read_check(d, buf, pos, part);
	}
}

static void flip(const char *path, uint64_t pos)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	uint8_t byte;

	if (fd < 0 || pread(fd, &byte, 1, pos) != 1)
		bp_die("%s: %m", path);
	byte ^= 1;
	if (pwrite(fd, &byte, 1, pos) != 1 || fsync(fd))
		bp_die("%s: %m", path);
}

static void do_ioctl(const char *path, unsigned long number)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		bp_die("%s: %m", path);
	if (ioctl(fd, number, 0) < 0)
		bp_die("ioctl %#lx: %m", number);
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "";
	struct disk d = { .fd = -1 };
	bool reads;

	if (argc == 4 && !strcmp(what, "flip")) {
		flip(argv[2], strtoull(argv[3], NULL, 0));
		return 0;
	}
	if (argc == 4 && !strcmp(what, "ioctl")) {
		do_ioctl(argv[2], strtoul(argv[3], NULL, 0));
		return 0;
	}
	if (argc < 4)
		bp_die("usage: blkpat fill|verify|sweep|mix|poll|readbatch|writebatch|forget|reads|"
		       "discard DISK SEED [ARG...] | flip FILE OFFSET | ioctl DISK NUMBER");
	bp_page = sysconf(_SC_PAGESIZE);
	d.seed = strtoull(argv[3], NULL, 0);
	reads = !strcmp(what, "verify") || !strcmp(what, "readbatch") || !strcmp(what, "reads");
	disk_open(&d, argv[2], reads ? O_RDONLY : O_RDWR);
	if (!strcmp(what, "fill"))
		fill(&d);
	else if (!strcmp(what, "verify") && argc == 6)
		verify(&d, strtoull(argv[4], NULL, 0), strtoull(argv[5], NULL, 0));
	else if (!strcmp(what, "verify"))
		verify(&d, 0, d.size);
	else if (!strcmp(what, "sweep") && argc == 8)
		bp_sweep(&d, atoi(argv[4]), atoi(argv[5]), atoi(argv[6]),
			 !strcmp(argv[7], "every"));
	else if ((!strcmp(what, "mix") || !strcmp(what, "poll")) && argc == 6)
		bp_mix(&d, atoi(argv[4]), atoi(argv[5]), !strcmp(what, "poll"));
	else if ((!strcmp(what, "readbatch") || !strcmp(what, "writebatch")) && argc == 7)
		bp_batch(&d, !strcmp(what, "writebatch"), atoi(argv[4]), atoi(argv[5]),
			 atoi(argv[6]));
	else if (!strcmp(what, "forget") && argc == 6)
		bp_forget(&d, atoi(argv[4]), atoi(argv[5]));
	else if (!strcmp(what, "reads") && argc == 6)
		bp_reads(&d, atoi(argv[4]), !strcmp(argv[5], "polled"));
	else if (!strcmp(what, "discard") && argc == 5)
		bp_discard(&d, atoi(argv[4]));
	else
		bp_die("no such command, or not its arguments: %s", what);
	return 0;
}
