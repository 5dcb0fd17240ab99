// SPDX-License-Identifier: GPL-2.0
/* The proof that two layouts are one: it has to fail where they differ. */
#include "test.h"

#include "xenfront/portable.h"

struct ours {
	u16 id;
	u8 pad[2];
	union {
		struct {
			u32 len;
		} data;
	} u;
};

struct theirs {
	u16 number;
	u16 unused;
	u32 length;
};

struct moved {
	u32 length;
	u16 number;
	u16 unused;
};

struct resized {
	u16 number;
	u16 unused;
	u16 length;
	u16 more;
};

struct longer {
	struct theirs head;
	u32 tail;
};

XFL_ASSERT_SAME_SIZE(struct ours, struct theirs);
XFL_ASSERT_SAME_FIELD(struct ours, id, struct theirs, number);
XFL_ASSERT_SAME_FIELD(struct ours, u.data.len, struct theirs, length);

static void equal_layouts_are_the_same(void **state)
{
	(void)state;
	assert_true(XFL_SAME_SIZE(struct ours, struct theirs));
	assert_true(XFL_SAME_FIELD(struct ours, u.data.len, struct theirs, length));
}

static void a_field_elsewhere_is_noticed(void **state)
{
	(void)state;
	assert_true(XFL_SAME_SIZE(struct ours, struct moved));
	assert_false(XFL_SAME_FIELD(struct ours, id, struct moved, number));
	assert_false(XFL_SAME_FIELD(struct ours, u.data.len, struct moved, length));
}

static void a_field_of_another_size_is_noticed(void **state)
{
	(void)state;
	assert_true(XFL_SAME_SIZE(struct ours, struct resized));
	assert_false(XFL_SAME_FIELD(struct ours, u.data.len, struct resized, length));
}

static void another_size_is_noticed(void **state)
{
	(void)state;
	assert_false(XFL_SAME_SIZE(struct ours, struct longer));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_layouts_are_the_same),
		cmocka_unit_test(a_field_elsewhere_is_noticed),
		cmocka_unit_test(a_field_of_another_size_is_noticed),
		cmocka_unit_test(another_size_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
