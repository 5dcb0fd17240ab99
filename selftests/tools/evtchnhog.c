// SPDX-License-Identifier: GPL-2.0
/*
 * evtchnhog LEFT: takes all event channels of the domain but LEFT, says so on standard output, and
 * holds them until it is killed.
 */
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

static void give_back(int fd, int port)
{
	struct ioctl_evtchn_unbind unbind = { .port = port };

	if (ioctl(fd, IOCTL_EVTCHN_UNBIND, &unbind))
		perror("IOCTL_EVTCHN_UNBIND");
}

int main(int argc, char **argv)
{
	int left = argc == 2 ? atoi(argv[1]) : 0;
	int fd = open("/dev/xen/evtchn", O_RDWR);
	int port, last = -1, taken = 0;

	if (fd < 0) {
		perror("/dev/xen/evtchn");
		return 1;
	}
	while ((port = take(fd)) >= 0) {
		last = port;
		taken++;
	}
	/* They were given out in order. */
	while (left-- && taken) {
		give_back(fd, last--);
		taken--;
	}
	printf("%d channels\n", taken);
	fflush(stdout);
	pause();
	return 0;
}
