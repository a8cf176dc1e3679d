#include "connectors/utf8.h"

#include <stdint.h>
#include <string.h>

/* The length of the valid sequence at `text`, or 0. */
static size_t sequence(const unsigned char *text, size_t length, unsigned *ret_character)
{
	unsigned char first = text[0];
	size_t wanted;
	unsigned character, least;

	if (first < 0x80) {
		*ret_character = first;
		return 1;
	}
	if (first >= 0xC2 && first <= 0xDF) {
		wanted = 2;
		character = first & 0x1Fu;
		least = 0x80;
	} else if (first >= 0xE0 && first <= 0xEF) {
		wanted = 3;
		character = first & 0x0Fu;
		least = 0x800;
	} else if (first >= 0xF0 && first <= 0xF4) {
		wanted = 4;
		character = first & 0x07u;
		least = 0x10000;
	} else {
		return 0;
	}
	if (length < wanted)
		return 0;
	for (size_t i = 1; i < wanted; i++) {
		if ((text[i] & 0xC0) != 0x80)
			return 0;
		character = character << 6 | (text[i] & 0x3Fu);
	}
	if (character < least || character > 0x10FFFF || (character >= 0xD800 && character <= 0xDFFF))
		return 0;
	*ret_character = character;
	return wanted;
}

bool utf8_valid(const char *text, size_t length)
{
	const unsigned char *at = (const unsigned char *)text;
	unsigned character;

	while (length > 0) {
		uint64_t eight;
		/* Most text is ASCII: eight bytes at a time. */
		while (length >= sizeof eight) {
			memcpy(&eight, at, sizeof eight);
			if ((eight & UINT64_C(0x8080808080808080)) != 0)
				break;
			at += sizeof eight;
			length -= sizeof eight;
		}
		if (length == 0)
			break;
		size_t taken = sequence(at, length, &character);
		if (taken == 0)
			return false;
		at += taken;
		length -= taken;
	}
	return true;
}

size_t utf8_encode(unsigned character, char *out)
{
	unsigned char *bytes = (unsigned char *)out;

	if (character < 0x80) {
		bytes[0] = (unsigned char)character;
		return 1;
	}
	if (character < 0x800) {
		bytes[0] = (unsigned char)(0xC0 | character >> 6);
		bytes[1] = (unsigned char)(0x80 | (character & 0x3F));
		return 2;
	}
	if (character < 0x10000) {
		bytes[0] = (unsigned char)(0xE0 | character >> 12);
		bytes[1] = (unsigned char)(0x80 | (character >> 6 & 0x3F));
		bytes[2] = (unsigned char)(0x80 | (character & 0x3F));
		return 3;
	}
	bytes[0] = (unsigned char)(0xF0 | character >> 18);
	bytes[1] = (unsigned char)(0x80 | (character >> 12 & 0x3F));
	bytes[2] = (unsigned char)(0x80 | (character >> 6 & 0x3F));
	bytes[3] = (unsigned char)(0x80 | (character & 0x3F));
	return 4;
}

unsigned utf8_next(const char *text, size_t length, size_t *ret_length)
{
	unsigned character = 0xFFFD;
	size_t taken = sequence((const unsigned char *)text, length, &character);

	*ret_length = taken == 0 ? 1 : taken;
	return taken == 0 ? 0xFFFD : character;
}

void utf8_drop_cut(char *text)
{
	size_t length = strlen(text);

	for (size_t back = 1; back <= 3 && back <= length; back++) {
		unsigned char byte = (unsigned char)text[length - back];
		if ((byte & 0xC0) == 0x80)
			continue;
		size_t wanted = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
		if (wanted > back)
			text[length - back] = '\0';
		return;
	}
}
