/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/codec.h"

static struct prefix prefix(const char *text)
{
	struct prefix p;

	assert_true(prefix_parse(text, strlen(text), &p));
	return p;
}

static size_t write_all(uint8_t *bytes, size_t room, bool *full)
{
	struct prefix p4 = prefix("192.0.2.0/24"), p6 = prefix("2001:db8::1");
	struct writer w;

	writer_init(&w, bytes, room);
	write_u8(&w, 0xfe);
	write_u16(&w, 0xfedc);
	write_u32(&w, 0xfedcba98);
	write_u64(&w, 0xfedcba9876543210);
	write_text(&w, "dovecot");
	write_text(&w, "");
	write_prefix(&w, &p4);
	write_prefix(&w, &p6);
	*full = w.full;
	return w.n;
}

static bool read_all(const uint8_t *bytes, size_t n)
{
	char text[8], none[1];
	struct prefix p;
	struct reader r;
	bool same = true;
	char buf[PREFIX_TEXT];

	reader_init(&r, bytes, n);
	same &= read_u8(&r) == 0xfe;
	same &= read_u16(&r) == 0xfedc;
	same &= read_u32(&r) == 0xfedcba98;
	same &= read_u64(&r) == 0xfedcba9876543210;
	read_text(&r, text, sizeof(text));
	same &= strcmp(text, "dovecot") == 0;
	read_text(&r, none, sizeof(none));
	same &= none[0] == '\0';
	p = read_prefix(&r);
	same &= strcmp(prefix_format(&p, buf), "192.0.2.0/24") == 0;
	p = read_prefix(&r);
	same &= strcmp(prefix_format(&p, buf), "2001:db8::1") == 0;
	if (reader_done(&r))
		assert_true(same);
	return reader_done(&r);
}

static void test_there_and_back(void **state)
{
	uint8_t bytes[128];
	bool full;
	size_t n = write_all(bytes, sizeof(bytes), &full);

	(void)state;
	assert_false(full);
	assert_int_equal(n, 1 + 2 + 4 + 8 + 9 + 2 + 17 + 17);
	assert_true(read_all(bytes, n));
	/* every other length is a fault, and nothing outside is touched */
	for (size_t less = 0; less < n; less++) {
		uint8_t *exact = malloc(less ? less : 1);

		memcpy(exact, bytes, less);
		assert_false(read_all(exact, less));
		free(exact);
		exact = malloc(less ? less : 1);
		write_all(exact, less, &full);
		assert_true(full);
		free(exact);
	}
	bytes[n] = 0;
	assert_false(read_all(bytes, n + 1));
}

static void test_bad_values(void **state)
{
	static const uint8_t host_bits[] = {
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1, 120};
	static const uint8_t too_long[] = {
		1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 129};
	static const uint8_t mapped_short[] = {
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0, 90};
	static const uint8_t nul[] = {3, 0, 'a', 0, 'b'};
	static const uint8_t large[] = {4, 0, 'a', 'b', 'c', 'd'};
	char text[4];
	struct reader r;

	(void)state;
	reader_init(&r, host_bits, sizeof(host_bits));
	read_prefix(&r);
	assert_true(r.bad);
	reader_init(&r, too_long, sizeof(too_long));
	assert_int_equal(read_prefix(&r).len, 0);
	assert_true(r.bad);
	assert_int_equal(read_u8(&r), 0);
	reader_init(&r, mapped_short, sizeof(mapped_short));
	read_prefix(&r);
	assert_true(r.bad);
	reader_init(&r, nul, sizeof(nul));
	read_text(&r, text, sizeof(text));
	assert_false(reader_done(&r));
	assert_string_equal(text, "");
	reader_init(&r, large, sizeof(large));
	read_text(&r, text, sizeof(text));
	assert_false(reader_done(&r));
	assert_string_equal(text, "");
}

static void test_long_text(void **state)
{
	char *text = malloc(70000);
	uint8_t *bytes = malloc(80000);
	struct writer w;

	(void)state;
	memset(text, 'x', 70000);
	text[65535] = '\0';
	writer_init(&w, bytes, 80000);
	write_text(&w, text);
	assert_false(w.full);
	assert_int_equal(w.n, 65537);
	text[65535] = 'x';
	text[65536] = '\0';
	writer_init(&w, bytes, 80000);
	write_text(&w, text);
	assert_true(w.full);
	assert_int_equal(w.n, 0);
	free(text);
	free(bytes);
}

/* Whatever comes, the reader stays inside (ASan watches) and ends. */
static void test_random(void **state)
{
	unsigned int random = 9;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		size_t n = (size_t)rand_r(&random) % 80;
		uint8_t *bytes = malloc(n ? n : 1);

		for (size_t b = 0; b < n; b++)
			bytes[b] = (uint8_t)(rand_r(&random) >> 8);
		if (n > 16 && rand_r(&random) % 2)
			bytes[15] = bytes[16] = 0;
		read_all(bytes, n);
		free(bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_bad_values),
		cmocka_unit_test(test_long_text),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
