// SPDX-License-Identifier: GPL-2.0
/* Serial numbers out of xenstore. */
#include "test.h"

#include "blkfront/serial.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void encode(const u8 *in, u32 n, char *out)
{
	for (; n >= 3; n -= 3, in += 3) {
		u32 v = (u32)in[0] << 16 | (u32)in[1] << 8 | in[2];

		for (int shift = 18; shift >= 0; shift -= 6)
			*out++ = alphabet[v >> shift & 63];
	}
	if (n) {
		u32 v = (u32)in[0] << 16 | (n > 1 ? (u32)in[1] << 8 : 0);

		*out++ = alphabet[v >> 18];
		*out++ = alphabet[v >> 12 & 63];
		*out++ = n > 1 ? alphabet[v >> 6 & 63] : '=';
		*out++ = '=';
	}
	*out = '\0';
}

/* A page that says it holds @length bytes, with the text behind its header. */
static int page(u8 code, u32 length, const char *text, char *serial)
{
	u8 raw[600] = { 0, code, (u8)(length >> 8), (u8)length };
	char coded[900];

	memcpy(raw + 4, text, strlen(text));
	encode(raw, 4 + (u32)strlen(text), coded);
	return xbf_serial_from_page(coded, (u32)strlen(coded), serial);
}

static void a_page_gives_its_serial_number(void **state)
{
	static const char written[] = "AIAAEDAxMjM0NTY3ODlhYmNkZWY=";
	char serial[XBF_SERIAL_MAX + 1];

	(void)state;
	assert_int_equal(xbf_serial_from_page(written, sizeof(written) - 1, serial), 0);
	assert_string_equal(serial, "0123456789abcdef");
	for (const char *const *s = (const char *const []){ "1", "ab", "abc", "x+/ y~", NULL }; *s; s++) {
		assert_int_equal(page(0x80, (u32)strlen(*s), *s, serial), 0);
		assert_string_equal(serial, *s);
	}
	assert_int_equal(page(0x80, 2, "abcdef", serial), 0);
	assert_string_equal(serial, "ab");
}

static void other_pages_are_refused(void **state)
{
	char serial[XBF_SERIAL_MAX + 1];

	(void)state;
	assert_int_equal(page(0x83, 3, "abc", serial), -EINVAL);
	assert_int_equal(page(0x80, 4, "abc", serial), -EINVAL);
	assert_int_equal(page(0x80, 0x1003, "abc", serial), -EINVAL);
	assert_int_equal(page(0x80, 0, "", serial), -EINVAL);
	assert_int_equal(xbf_serial_from_page("", 0, serial), -EINVAL);
	assert_int_equal(xbf_serial_from_page("AIAA", 4, serial), -EINVAL);
	assert_int_equal(xbf_serial_from_page("AI!A", 4, serial), -EINVAL);
}

static void long_ones_are_refused_whole(void **state)
{
	char text[XBF_SERIAL_MAX + 3], serial[XBF_SERIAL_MAX + 1];

	(void)state;
	memset(text, 'z', sizeof(text));
	text[XBF_SERIAL_MAX] = '\0';
	assert_int_equal(page(0x80, XBF_SERIAL_MAX, text, serial), 0);
	assert_string_equal(serial, text);
	assert_int_equal(xbf_serial_from_text(text, XBF_SERIAL_MAX, serial), 0);
	text[XBF_SERIAL_MAX] = 'z';
	text[XBF_SERIAL_MAX + 1] = '\0';
	assert_int_equal(page(0x80, XBF_SERIAL_MAX + 1, text, serial), -EINVAL);
	assert_int_equal(xbf_serial_from_text(text, XBF_SERIAL_MAX + 1, serial), -EINVAL);
}

static void blanks_go_and_control_characters_are_refused(void **state)
{
	static const char padded[] = "  \0serial 7 \n\0";
	char serial[XBF_SERIAL_MAX + 1];

	(void)state;
	assert_int_equal(xbf_serial_from_text(padded, sizeof(padded), serial), 0);
	assert_string_equal(serial, "serial 7");
	assert_int_equal(xbf_serial_from_text(" \n", 2, serial), -EINVAL);
	assert_int_equal(xbf_serial_from_text("a\nb", 3, serial), -EINVAL);
	assert_int_equal(xbf_serial_from_text("a\x7f" "b", 3, serial), -EINVAL);
	assert_int_equal(xbf_serial_from_text("\xc3\xa4", 2, serial), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_gives_its_serial_number),
		cmocka_unit_test(other_pages_are_refused),
		cmocka_unit_test(long_ones_are_refused_whole),
		cmocka_unit_test(blanks_go_and_control_characters_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
