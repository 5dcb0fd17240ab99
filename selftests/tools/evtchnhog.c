// SPDX-License-Identifier: GPL-2.0
/*
 * evtchnhog LEFT: takes all event channels of the domain, gives LEFT of them back, says so on
 * standard output, and holds the others until it is killed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

typedef uint16_t domid_t;	/* the header wants one, and leaves it to Xen's own */
#include <xen/evtchn.h>

/* Nobody will bind the other end. */
static int take(int fd)
{
	struct ioctl_evtchn_bind_unbound_port bind = { .remote_domain = 0 };

	return ioctl(fd, IOCTL_EVTCHN_BIND_UNBOUND_PORT, &bind);
}

static int give_back(int fd, int port)
{
	struct ioctl_evtchn_unbind unbind = { .port = port };

	return ioctl(fd, IOCTL_EVTCHN_UNBIND, &unbind);
}

static int fail(const char *what)
{
	perror(what);
	return 1;
}

int main(int argc, char **argv)
{
	int left = argc == 2 ? atoi(argv[1]) : 0;
	int fd = open("/dev/xen/evtchn", O_RDWR);
	int port, given, last = -1, taken = 0;

	if (fd < 0)
		return fail("/dev/xen/evtchn");
	while ((port = take(fd)) >= 0) {
		last = port;
		taken++;
	}
	if (errno != ENOSPC)
		return fail("IOCTL_EVTCHN_BIND_UNBOUND_PORT");
	/* The last ones were given out in order. */
	for (given = 0; given < left; given++)
		if (give_back(fd, last--))
			return fail("IOCTL_EVTCHN_UNBIND");
	printf("%d channels taken, %d given back\n", taken, given);
	fflush(stdout);
	pause();
	return 0;
}
