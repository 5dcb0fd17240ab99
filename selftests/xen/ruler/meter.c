// SPDX-License-Identifier: GPL-2.0
/*
 * meter: starts a load in the guest, lets it warm up, and counts over a window in its midst, so
 * that neither the load's start nor its end is in the figures.
 *
 *	meter WARM-MS WINDOW-MS COUNTER COMMAND...
 *
 * The warm-up begins when the first operation is counted. The window is marked for tally.
 * COUNTER says where operations and bytes are counted; never in the driver under test:
 *	disk:NAME	requests the block layer has seen completed (/sys/block/NAME/stat)
 *	reads:NAME	the reads among them
 *	load:FILE	what the program load keeps in FILE
 *	pktgen:NAME	packets the in-kernel packet generator has handed to interface NAME
 *	qdisc:NAME	packets that the queueing discipline of interface NAME has let out
 *
 * Prints one line: ns= of the window, ops= and bytes= in it, cpu= ns that Xen accounts to this
 * domain, steal= ns that it was ready and did not run, irqs= event-channel interrupts of devices,
 * total= operations from the start of the load until after its end.
 */
#define _GNU_SOURCE
#include "load.h"
#include "mark.h"
#include "qdisc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STOP_MS		5000
#define START_MS	20000

struct sample {
	uint64_t ns;
	uint64_t ops;
	uint64_t bytes;
	uint64_t cpu;
	uint64_t steal;
	uint64_t irqs;
};

static const volatile struct load_count *load;
static const char *counter_kind, *counter_name;

__attribute__((noreturn, format(printf, 1, 2))) static void die(const char *fmt, ...)
{
	va_list args;

	fputs("meter: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static void read_file(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t have = 0;
	ssize_t got;

	if (fd < 0)
		die("%s: %s", path, strerror(errno));
	while (have < size - 1 && (got = read(fd, text + have, size - 1 - have)) > 0)
		have += got;
	text[have] = 0;
	close(fd);
}

/* Xen's own accounting of this domain, all its vCPUs; see runstate/runstate.c. */
static void sample_cpu(struct sample *s)
{
	unsigned long long running, runnable;
	char text[4096];

	read_file("/proc/xen_runstate", text, sizeof(text));
	s->cpu = 0;
	s->steal = 0;
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		if (sscanf(line, "%llu %llu", &running, &runnable) != 2)
			die("/proc/xen_runstate is not as expected");
		s->cpu += running;
		s->steal += runnable;
	}
}

/* Dynamic event channels; xenstore's and the console's are not the load's. */
static uint64_t count_interrupts(void)
{
	static char text[65536];
	uint64_t sum = 0;

	read_file("/proc/interrupts", text, sizeof(text));
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		char *at = strchr(line, ':');

		if (!at || !strstr(line, "xen-dyn") || strstr(line, "xenbus") ||
		    strstr(line, "hvc_console"))
			continue;
		for (at++; ; ) {
			char *end;
			uint64_t value = strtoull(at, &end, 10);

			if (end == at)
				break;
			sum += value;
			at = end;
		}
	}
	return sum;
}

static void sample_disk(struct sample *s, bool all)
{
	unsigned long long reads, read_sectors, writes, write_sectors;
	char path[64], text[512];

	snprintf(path, sizeof(path), "/sys/block/%s/stat", counter_name);
	read_file(path, text, sizeof(text));
	if (sscanf(text, "%llu %*u %llu %*u %llu %*u %llu", &reads, &read_sectors, &writes,
		   &write_sectors) != 4)
		die("%s is not as expected", path);
	s->ops = all ? reads + writes : reads;
	s->bytes = (all ? read_sectors + write_sectors : read_sectors) * 512;
}

static void sample_pktgen(struct sample *s)
{
	unsigned long long sofar;
	char path[64], text[4096];
	const char *at;

	snprintf(path, sizeof(path), "/proc/net/pktgen/%s", counter_name);
	read_file(path, text, sizeof(text));
	at = strstr(text, "pkts-sofar:");
	if (!at || sscanf(at, "pkts-sofar: %llu", &sofar) != 1)
		die("%s is not as expected", path);
	s->ops = sofar;
	s->bytes = 0;
}

static void sample_qdisc(struct sample *s)
{
	if (!qdisc_sent(counter_name, &s->ops, &s->bytes))
		die("%s has no queueing discipline with counters", counter_name);
}

static void sample_load(struct sample *s)
{
	s->ops = 0;
	s->bytes = 0;
	for (int i = 0; i < LOAD_FLOWS; i++) {
		s->ops += load[i].ops;
		s->bytes += load[i].bytes;
	}
}

static void sample_work(struct sample *s)
{
	if (!strcmp(counter_kind, "disk")) {
		sample_disk(s, true);
	} else if (!strcmp(counter_kind, "reads")) {
		sample_disk(s, false);
	} else if (!strcmp(counter_kind, "pktgen")) {
		sample_pktgen(s);
	} else if (!strcmp(counter_kind, "qdisc")) {
		sample_qdisc(s);
	} else if (load) {
		sample_load(s);
	} else {
		die("nothing is counted by %s", counter_kind);
	}
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static void open_counter(char *text)
{
	counter_kind = text;
	counter_name = strchr(text, ':');
	if (!counter_name)
		die("%s is no counter", text);
	*(char *)counter_name++ = 0;
	if (strcmp(counter_kind, "load"))
		return;
	load = load_count_map(counter_name);
	if (!load)
		die("%s: %s", counter_name, strerror(errno));
}

static pid_t start(char **command)
{
	pid_t child = fork();

	if (child < 0)
		die("fork: %s", strerror(errno));
	if (child)
		return child;
	setpgid(0, 0);
	dup2(open("/dev/null", O_RDONLY), 0);
	dup2(2, 1);
	execvp(command[0], command);
	die("%s: %s", command[0], strerror(errno));
}

/* The load must outlive the window: one that ended by itself has failed. */
static void must_run(pid_t child)
{
	if (waitpid(child, NULL, WNOHANG) == child)
		die("the load ended before the window did");
}

static void stop(pid_t child)
{
	kill(-child, SIGTERM);
	for (int waited = 0; waited < STOP_MS; waited++) {
		if (waitpid(child, NULL, WNOHANG) == child)
			return;
		usleep(1000);
	}
	kill(-child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void pause_ms(unsigned long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&t, &t) && errno == EINTR)
		;
}

/* Programs take their time to begin; what they do then is no part of the warm-up. */
static void await_first(pid_t child, uint64_t before)
{
	struct sample s;

	for (int waited = 0; waited < START_MS; waited += 5) {
		sample_work(&s);
		if (s.ops != before)
			return;
		must_run(child);
		pause_ms(5);
	}
	stop(child);
	die("the load did nothing for %d ms", START_MS);
}

int main(int argc, char **argv)
{
	struct sample first, before, after, last;
	pid_t child;

	if (argc < 5)
		die("meter WARM-MS WINDOW-MS COUNTER COMMAND...");
	open_counter(argv[3]);
	sample_work(&first);
	child = start(argv + 4);
	await_first(child, first.ops);
	pause_ms(strtoul(argv[1], NULL, 10));
	must_run(child);

	before.irqs = count_interrupts();
	sample_cpu(&before);
	sample_work(&before);
	before.ns = now();
	mark_begin_window();
	pause_ms(strtoul(argv[2], NULL, 10));
	must_run(child);	/* before the mark: a window that tally wrote has its line here */
	mark_end_window();
	after.ns = now();
	sample_work(&after);
	sample_cpu(&after);
	after.irqs = count_interrupts();

	stop(child);
	sample_work(&last);
	printf("ns=%llu ops=%llu bytes=%llu cpu=%llu steal=%llu irqs=%llu total=%llu\n",
	       (unsigned long long)(after.ns - before.ns),
	       (unsigned long long)(after.ops - before.ops),
	       (unsigned long long)(after.bytes - before.bytes),
	       (unsigned long long)(after.cpu - before.cpu),
	       (unsigned long long)(after.steal - before.steal),
	       (unsigned long long)(after.irqs - before.irqs),
	       (unsigned long long)(last.ops - first.ops));
	return 0;
}
