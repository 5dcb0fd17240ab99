// SPDX-License-Identifier: GPL-2.0
/*
 * kexecload KERNEL INITRD COMMANDLINE: load the kernel and boot it at once. kexec_file_load()
 * needs nothing else, so no kexec-tools have to be carried into the guest.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/reboot.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int kernel, initrd;

	if (argc != 4) {
		puts("usage: kexecload KERNEL INITRD COMMANDLINE");
		return 1;
	}
	kernel = open(argv[1], O_RDONLY);
	initrd = open(argv[2], O_RDONLY);
	if (kernel < 0 || initrd < 0) {
		printf("cannot open %s: %m\n", kernel < 0 ? argv[1] : argv[2]);
		return 1;
	}
	if (syscall(SYS_kexec_file_load, kernel, initrd, strlen(argv[3]) + 1, argv[3], 0UL)) {
		printf("kexec_file_load: %m\n");
		return 1;
	}
	sync();
	reboot(LINUX_REBOOT_CMD_KEXEC);
	printf("kexec: %m\n");
	return 1;
}
