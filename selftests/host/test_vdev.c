// SPDX-License-Identifier: GPL-2.0
/* Virtual-device numbers, against the table of xen-vbd-interface(7). */
#include "test.h"

#include "blkfront/vdev.h"

#define nr_of(a) (sizeof(a) / sizeof((a)[0]))

#define XVD(disk, part)		(202u << 8 | (disk) << 4 | (part))
#define EXT(disk, part)		(1u << 28 | (disk) << 8 | (part))
#define SD(major, disk, part)	((major) << 8 | (disk) << 4 | (part))
#define HD(major, disk, part)	((major) << 8 | (disk) << 6 | (part))

static const struct {
	u32 number;
	const char *name;
	u32 minor;
	u32 nr_minors;
} known[] = {
	{ XVD(0u, 0u), "xvda", 0, 16 },
	{ XVD(0u, 1u), "xvda1", 1, 1 },
	{ XVD(0u, 15u), "xvda15", 15, 1 },
	{ XVD(1u, 0u), "xvdb", 16, 16 },
	{ XVD(15u, 0u), "xvdp", 240, 16 },
	{ XVD(15u, 15u), "xvdp15", 255, 1 },
	{ EXT(0u, 0u), "xvda", 0, 256 },
	{ EXT(16u, 0u), "xvdq", 4096, 256 },
	{ EXT(16u, 3u), "xvdq3", 4099, 1 },
	{ EXT(25u, 0u), "xvdz", 6400, 256 },
	{ EXT(26u, 0u), "xvdaa", 6656, 256 },
	{ EXT(701u, 0u), "xvdzz", 179456, 256 },
	{ EXT(702u, 0u), "xvdaaa", 179712, 256 },
	{ EXT(4095u, 0u), "xvdfan", 1048320, 256 },
	{ EXT(4095u, 255u), "xvdfan255", 1048575, 1 },
	{ HD(3u, 0u, 0u), "xvda", 0, 16 },
	{ HD(3u, 1u, 0u), "xvdb", 16, 16 },
	{ HD(22u, 0u, 0u), "xvdc", 32, 16 },
	{ HD(22u, 1u, 0u), "xvdd", 48, 16 },
	{ SD(8u, 0u, 0u), "xvda", 0, 16 },
	{ SD(8u, 0u, 2u), "xvda2", 2, 1 },
	{ SD(8u, 15u, 0u), "xvdp", 240, 16 },
	{ SD(65u, 0u, 0u), "xvdq", 256, 16 },
	{ SD(71u, 15u, 0u), "xvddx", 2032, 16 },
	{ SD(128u, 0u, 0u), "xvddy", 2048, 16 },
	{ SD(135u, 15u, 15u), "xvdiv15", 4095, 1 },
};

static void names_and_minors_of_known_numbers(void **state)
{
	(void)state;
	for (size_t i = 0; i < nr_of(known); i++) {
		struct xbf_vdev v;

		assert_int_equal(xbf_vdev_parse(known[i].number, &v), 0);
		assert_string_equal(v.name, known[i].name);
		assert_int_equal(v.minor, known[i].minor);
		assert_int_equal(v.nr_minors, known[i].nr_minors);
	}
}

static bool major_is_known(u32 major)
{
	return major == 3 || major == 22 || major == 8 || (major >= 65 && major <= 71) ||
		(major >= 128 && major <= 135) || major == 202;
}

static void unknown_majors_are_refused(void **state)
{
	struct xbf_vdev v;

	(void)state;
	for (u32 major = 0; major < 0x100000; major++)
		assert_int_equal(xbf_vdev_parse(major << 8, &v), major_is_known(major) ? 0 : -ENODEV);
}

static void minors_that_do_not_exist_are_refused(void **state)
{
	struct xbf_vdev v;

	(void)state;
	assert_int_equal(xbf_vdev_parse(EXT(4096u, 0u), &v), -ERANGE);
	assert_int_equal(xbf_vdev_parse((1u << 29) - 1, &v), -ERANGE);
	assert_int_equal(xbf_vdev_parse(1u << 29, &v), -ERANGE);
	assert_int_equal(xbf_vdev_parse(3u << 28, &v), -ERANGE);
	assert_int_equal(xbf_vdev_parse(UINT32_MAX, &v), -ERANGE);
}

/* Nothing a toolstack can write overruns the name or the minors. */
static void any_number_gives_a_name_or_an_error(void **state)
{
	struct rng r = test_rng();

	(void)state;
	for (int i = 0; i < 300000; i++) {
		u32 number = rng_one_in(&r, 2) ? rng_u32(&r) : rng_u32(&r) >> rng_below(&r, 24);
		struct xbf_vdev v;
		size_t len;

		if (rng_one_in(&r, 4))
			number = EXT(rng_below(&r, 4096), rng_below(&r, 256));
		memset(&v, 0xff, sizeof(v));
		if (xbf_vdev_parse(number, &v))
			continue;
		len = strnlen(v.name, sizeof(v.name));
		assert_in_range(len, 4, sizeof(v.name) - 1);
		assert_memory_equal(v.name, "xvd", 3);
		assert_true(v.nr_minors >= 1 && (v.nr_minors & (v.nr_minors - 1)) == 0);
		assert_true((u64)v.minor + v.nr_minors <= 1u << 20);
		assert_true(v.minor % v.nr_minors == 0);
	}
}

/* Each disk of major 202 and of the extended kind has a name of its own. */
static void no_two_disks_share_a_name(void **state)
{
	static char name[4096][XBF_VDEV_NAME_LEN];

	(void)state;
	for (u32 disk = 0; disk < 4096; disk++) {
		struct xbf_vdev v;

		assert_int_equal(xbf_vdev_parse(EXT(disk, 0u), &v), 0);
		strcpy(name[disk], v.name);
		if (disk && strlen(name[disk]) == strlen(name[disk - 1]))
			assert_true(strcmp(name[disk - 1], name[disk]) < 0);
		else if (disk)
			assert_true(strlen(name[disk]) == strlen(name[disk - 1]) + 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_minors_of_known_numbers),
		cmocka_unit_test(unknown_majors_are_refused),
		cmocka_unit_test(minors_that_do_not_exist_are_refused),
		cmocka_unit_test(any_number_gives_a_name_or_an_error),
		cmocka_unit_test(no_two_disks_share_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
