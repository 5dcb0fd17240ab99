// SPDX-License-Identifier: GPL-2.0
// Copyright (C) 2026 xenfront maintainers
/*
 * Serial numbers of disks. XAPI writes the SCSI page of vital product data with the serial number
 * (SPC-4, 7.8.15: page code 80h) into the backend's directory, in base64. Other toolstacks can
 * write the number as it is.
 *
 * Parsing alone: same_disk.c reads the keys, and compares the number after a restore.
 */
#include "serial.h"

#define XBF_VPD_HEADER	4u
#define XBF_VPD_UNIT_SERIAL	0x80

static int xbf_sextet(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -EINVAL;
}

/* Ignores what follows the padding. Return: bytes decoded, or -EINVAL. */
static int xbf_decode_base64(const char *text, u32 len, u8 *out, u32 room)
{
	u32 bits = 0, have = 0, n = 0, i;

	for (i = 0; i < len && text[i] != '='; i++) {
		int six;

		if (text[i] == '\n' || text[i] == '\r')
			continue;
		six = xbf_sextet(text[i]);
		if (six < 0 || n == room)
			return -EINVAL;
		bits = bits << 6 | (u32)six;
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		out[n++] = (u8)(bits >> have);
	}
	return (int)n;
}

static bool xbf_is_filler(char c)
{
	return c == ' ' || c == '\0' || c == '\n';
}

/**
 * xbf_serial_from_text() - a serial number that was written as it is
 * @text: what was written; not trusted
 * @len: bytes in @text
 * @serial: result, room for XBF_SERIAL_MAX and a null byte
 *
 * Blanks, line feeds and null bytes around it are left out.
 *
 * Return: 0; -EINVAL if it is empty, too long or not printable ASCII.
 */
int xbf_serial_from_text(const char *text, u32 len, char *serial)
{
	u32 i;

	while (len && xbf_is_filler(text[len - 1]))
		len--;
	while (len && xbf_is_filler(*text)) {
		text++;
		len--;
	}
	if (!len || len > XBF_SERIAL_MAX)
		return -EINVAL;
	for (i = 0; i < len; i++) {
		if (text[i] < ' ' || text[i] > '~')
			return -EINVAL;
		serial[i] = text[i];
	}
	serial[len] = '\0';
	return 0;
}

/**
 * xbf_serial_from_page() - the serial number in a page of vital product data
 * @text: the page in base64
 * @len: bytes in @text
 * @serial: result, room for XBF_SERIAL_MAX and a null byte
 *
 * Return: 0, or -EINVAL if it is no such page.
 */
int xbf_serial_from_page(const char *text, u32 len, char *serial)
{
	u8 page[XBF_VPD_HEADER + XBF_SERIAL_MAX];
	int n = xbf_decode_base64(text, len, page, sizeof(page));
	u32 length;

	if (n < (int)XBF_VPD_HEADER || page[1] != XBF_VPD_UNIT_SERIAL)
		return -EINVAL;
	length = (u32)page[2] << 8 | page[3];
	if (length > (u32)n - XBF_VPD_HEADER)
		return -EINVAL;
	return xbf_serial_from_text((const char *)page + XBF_VPD_HEADER, length, serial);
}
