// The json-file log: one JSON object for each line of output, as Docker's readers know it.
//
// A line is written when its end is there, or when it is longer than Docker's 16 KiB; what a program
// leaves unfinished at its end is written then.

#define _GNU_SOURCE
#include "log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
	LINE_BYTES = 16 * 1024,
	// A control character becomes six bytes; the rest is the frame around the text.
	EXTRA_BYTES = 16 * 1024,
	ENTRY_BYTES = LINE_BYTES * 6 + EXTRA_BYTES + 128,
	OUT_BYTES = 2 * ENTRY_BYTES,
};

static struct {
	char text[LINE_BYTES];
	size_t size;
} line[2];

static char out[OUT_BYTES];
static size_t out_size;
static char stamp[64];
static uint64_t stamp_ns;
static int is_open;
static char extra[EXTRA_BYTES]; // what goes into each entry beside: a JSON field with its comma, or nothing

int log_open(const struct log_options *options)
{
	if (strlen(options->extra) >= sizeof extra) {
		errno = E2BIG;
		return -1;
	}
	strcpy(extra, options->extra);
	is_open = log_file_open(options) == 0;
	return is_open ? 0 : -1;
}

static void flush(void)
{
	if (out_size > 0)
		log_file_write(out, out_size, stamp_ns);
	out_size = 0;
}

static void put(const char *text, size_t size)
{
	memcpy(out + out_size, text, size);
	out_size += size;
}

// The length of the UTF-8 sequence at text, or 0 where there is none. RFC 3629: no overlong forms,
// no surrogates, nothing above U+10FFFF.
static size_t sequence(const unsigned char *text, size_t size)
{
	const unsigned char first = text[0];
	const size_t length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
	if (length == 0 || length > size)
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	const unsigned char second = text[1];
	if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
		(first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f))
		return 0;
	return length;
}

static void put_escaped(unsigned char byte)
{
	static const char hex[] = "0123456789abcdef";
	const char code[] = { '\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15] };
	switch (byte) {
	case '"':
		put("\\\"", 2);
		break;
	case '\\':
		put("\\\\", 2);
		break;
	case '\n':
		put("\\n", 2);
		break;
	case '\r':
		put("\\r", 2);
		break;
	case '\t':
		put("\\t", 2);
		break;
	default:
		put(code, sizeof code);
	}
}

static int is_plain(unsigned char byte)
{
	return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

static void put_json(const char *chars, size_t size)
{
	const unsigned char *const text = (const unsigned char *)chars;
	size_t at = 0;
	while (at < size) {
		size_t plain = at;
		while (plain < size && is_plain(text[plain]))
			plain++;
		put(chars + at, plain - at);
		at = plain;
		if (at == size)
			return;
		const size_t length = text[at] < 0x80 ? 0 : sequence(text + at, size - at);
		if (length > 0)
			put(chars + at, length);
		else if (text[at] < 0x80)
			put_escaped(text[at]);
		else
			put("\\ufffd", 6);
		at += length > 0 ? length : 1;
	}
}

// Days to a date in the proleptic Gregorian calendar, with years that begin in March so that the
// leap day is the last: the C library's gmtime() would read time zone files.
static void write_stamp(void)
{
	struct timespec now = { 0 };
	clock_gettime(CLOCK_REALTIME, &now);
	stamp_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
	const long days = now.tv_sec / 86400 + 719468, second = now.tv_sec % 86400;
	const long era = days / 146097, day_of_era = days % 146097;
	const long year = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	const long day_of_year = day_of_era - (365 * year + year / 4 - year / 100);
	const long month = (5 * day_of_year + 2) / 153;
	snprintf(stamp, sizeof stamp, "%04ld-%02ld-%02ldT%02ld:%02ld:%02ld.%09ldZ",
		(year + era * 400 + (month >= 10)) % 10000, month < 10 ? month + 3 : month - 9,
		day_of_year - (153 * month + 2) / 5 + 1, second / 3600, second / 60 % 60, second % 60, now.tv_nsec);
}

// Writes what was put before this place alone: the rest begins the next file.
static void flush_up_to(size_t place)
{
	const size_t rest = out_size - place;
	out_size = place;
	flush();
	memmove(out, out + place, rest);
	out_size = rest;
}

static void put_entry(int stream, const char *text, size_t size)
{
	char frame[80];
	if (out_size + ENTRY_BYTES > sizeof out)
		flush();
	const size_t before = out_size;
	put("{\"log\":\"", 8);
	put_json(text, size);
	put(stream == 1 ? "\",\"stream\":\"stdout\"," : "\",\"stream\":\"stderr\",", 20);
	put(extra, strlen(extra));
	const int length = snprintf(frame, sizeof frame, "\"time\":\"%s\"}\n", stamp);
	put(frame, (size_t)length);
	if (before > 0 && log_file_is_full(out_size))
		flush_up_to(before);
}

// Adds to the unfinished line; returns how much was taken.
static size_t take_part(int stream, const char *bytes, size_t size)
{
	const size_t had = line[stream - 1].size, room = LINE_BYTES - had;
	const size_t most = size < room ? size : room;
	const char *const newline = memchr(bytes, '\n', most);
	const size_t part = newline == NULL ? most : (size_t)(newline - bytes) + 1;
	if (had == 0 && (newline != NULL || part == LINE_BYTES)) {
		put_entry(stream, bytes, part); // the whole line is here: no copy
		return part;
	}
	memcpy(line[stream - 1].text + had, bytes, part);
	line[stream - 1].size += part;
	if (newline != NULL || line[stream - 1].size == LINE_BYTES) {
		put_entry(stream, line[stream - 1].text, line[stream - 1].size);
		line[stream - 1].size = 0;
	}
	return part;
}

// Once there is room again.
static void tell_lost(void)
{
	char text[96];
	const uint64_t lost = log_file_lost();
	if (lost == 0)
		return;
	const int length = snprintf(text, sizeof text, "sampan: %llu entries were lost here: the log could not be written\n",
		(unsigned long long)lost);
	put_entry(2, text, (size_t)length);
	flush();
	log_file_told_lost(lost);
}

// stream: 1 is stdout, 2 stderr.
void log_output(int stream, const char *bytes, size_t size)
{
	if (!is_open)
		return;
	write_stamp();
	tell_lost();
	while (size > 0) {
		const size_t taken = take_part(stream, bytes, size);
		bytes += taken;
		size -= taken;
	}
	flush();
}

// What comes from here on is in a new file.
void log_rotate(void)
{
	if (is_open)
		log_file_rotate();
}

void log_finish(void)
{
	if (!is_open)
		return;
	write_stamp();
	for (int stream = 1; stream <= 2; stream++)
		if (line[stream - 1].size > 0)
			put_entry(stream, line[stream - 1].text, line[stream - 1].size);
	flush();
	log_file_close();
	is_open = 0;
}
