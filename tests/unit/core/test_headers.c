/* SPDX-License-Identifier: ISC */
/* The header scanner: line ends, folds, what is no field, where the body starts, and time that
 * grows with the bytes and not faster. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hopq/headers.h"

static struct hq_headers headers;

/* Scans a copy of exactly N bytes, so that a sanitizer sees a read past them; the copy is kept
 * until the next scan. */
static void scan(const char *text, size_t n)
{
    static char *copy;

    g_free(copy);
    copy = g_memdup2(n > 0 ? text : "", MAX(n, 1));
    hq_headers_scan(&headers, copy, n);
}

static void scan_text(const char *text)
{
    scan(text, strlen(text));
}

static void assert_field(unsigned i, const char *name, const char *value)
{
    assert_true(i < headers.count);

    const struct hq_field_span *field = &headers.fields[i];

    assert_int_equal(field->name_length, strlen(name));
    assert_memory_equal(field->name, name, strlen(name));
    assert_int_equal(field->value_length, strlen(value));
    assert_memory_equal(field->value, value, strlen(value));
}

static void line_ends(void **state)
{
    static const char *const ends[] = {"\n", "\r\n", "\r", "\r\r\n"};

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
        g_autofree char *text =
            g_strdup_printf("A: one%sB: two%s\tmore%s%sbody", ends[i], ends[i], ends[i], ends[i]);
        g_autofree char *folded = g_strdup_printf("two%s\tmore", ends[i]);

        scan_text(text);
        assert_int_equal(headers.count, 2);
        assert_field(0, "A", "one");
        assert_field(1, "B", folded);
        assert_true(headers.complete);
        assert_memory_equal(headers.block + headers.body, "body", 4);
        assert_int_equal(headers.fields[1].offset, strlen("A: one") + strlen(ends[i]));
        assert_int_equal(headers.fields[1].offset + headers.fields[1].length, headers.length);
    }
}

/* In a message of LF lines a bare CR is content: it neither ends a field nor the header. */
static void bare_cr_is_content(void **state)
{
    (void)state;
    scan_text("A: one\nB: x\r\rReceived: from evil\nC: three\n\n");
    assert_int_equal(headers.count, 3);
    assert_field(1, "B", "x\r\rReceived: from evil");
    assert_field(2, "C", "three");
}

static void odd_lines_are_kept(void **state)
{
    (void)state;
    scan_text(" starts with a fold\nA : blank before\nno colon here\n folded\n: no name\n"
              "two words: x\nB:y\nC:\n\xc3\xa4: z\n\nbody");
    assert_int_equal(headers.count, 8);
    assert_field(0, "", " starts with a fold");
    assert_field(1, "A", "blank before");
    assert_field(2, "", "no colon here\n folded");
    assert_field(3, "", ": no name");
    assert_field(4, "", "two words: x");
    assert_field(5, "B", "y");
    assert_field(6, "C", "");
    assert_field(7, "", "\xc3\xa4: z");
}

static void mbox_line_is_skipped(void **state)
{
    (void)state;
    scan_text("From a@b.example Sun Nov 22 00:00:00 2026\nA: one\n\n");
    assert_int_equal(headers.count, 1);
    assert_field(0, "A", "one");
    scan_text("From : a@b.example\n\n");
    assert_int_equal(headers.count, 1);
    assert_field(0, "From", "a@b.example");
    scan_text("A: one\nFrom a@b.example\n\n");
    assert_int_equal(headers.count, 2);
    assert_field(1, "", "From a@b.example");
}

static void incomplete_blocks(void **state)
{
    (void)state;
    scan_text("");
    assert_int_equal(headers.count, 0);
    assert_false(headers.complete);
    assert_int_equal(headers.body, 0);
    scan_text("A: one");
    assert_field(0, "A", "one");
    assert_false(headers.complete);
    assert_int_equal(headers.length, 6);
    assert_int_equal(headers.body, 6);
    scan_text("A: one\n \n");
    assert_field(0, "A", "one\n ");
    assert_false(headers.complete);
    scan_text("\nbody");
    assert_int_equal(headers.count, 0);
    assert_true(headers.complete);
    assert_int_equal(headers.length, 0);
    assert_int_equal(headers.body, 1);
    scan("A: o\0e\n\n", 8);
    assert_int_equal(headers.fields[0].value_length, 3);
    assert_true(headers.complete);
}

static void find_and_compare(void **state)
{
    (void)state;
    scan_text("Received: a\nSubject: s\nRECEIVED: b\nReceived-SPF: c\n\n");

    const struct hq_field_span *first = hq_headers_find(&headers, "received", 0);
    const struct hq_field_span *second = hq_headers_find(&headers, "Received", 1);

    assert_ptr_equal(first, &headers.fields[0]);
    assert_ptr_equal(second, &headers.fields[2]);
    assert_null(hq_headers_find(&headers, "Received", 3));
    assert_null(hq_headers_find(&headers, "Receive", 0));
    assert_true(hq_field_is(&headers.fields[3], "received-spf"));
    assert_false(hq_field_is(&headers.fields[3], "received-sp"));
}

static void unfolding(void **state)
{
    static const struct {
        const char *field;
        const char *unfolded;
    } rows[] = {
        {"A: one\n\t two\r\n  three\n\n", "one two three"},
        {"A:\n one\n\n", " one"},
        {"A: one \n two\n\n", "one  two"},
        {"X: y\nA: one\rtwo\n\n", "one\rtwo"},
        {"A: one\n\n", "one"},
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GString) out = g_string_new(NULL);

        scan_text(rows[i].field);
        hq_field_unfold(&headers.fields[headers.count - 1], out);
        assert_string_equal(out->str, rows[i].unfolded);
    }
}

static void count_is_bounded(void **state)
{
    g_autoptr(GString) text = g_string_new(NULL);

    (void)state;
    for (unsigned i = 0; i < HQ_HEADERS_MAX + 7; i++)
        g_string_append(text, "A: b\n");
    g_string_append(text, "\nbody");
    scan(text->str, text->len);
    assert_int_equal(headers.count, HQ_HEADERS_MAX);
    assert_true(headers.complete);
    assert_int_equal(headers.body, text->len - 4);
}

/* Each of these made a naive scanner quadratic: 4 MB must take a moment, not minutes. */
static void hostile_blocks_take_linear_time(void **state)
{
    static const char *const units[] = {"\r", "a\r", "\n ",    "a:\r ",  " ",
                                        ":",  "A",   "\r\n\t", "a\rb\n "};
    const size_t size = 4 << 20;
    gint64 start = g_get_monotonic_time();

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
        g_autoptr(GString) text = g_string_new("A: b\n");
        g_autoptr(GString) out = g_string_new(NULL);

        while (text->len < size)
            g_string_append(text, units[i]);
        scan(text->str, text->len);
        assert_true(headers.count > 0);
        for (unsigned f = 0; f < headers.count; f++) {
            assert_true(headers.fields[f].offset + headers.fields[f].length <= headers.length);
            hq_field_unfold(&headers.fields[f], out);
        }
    }
    assert_true(g_get_monotonic_time() - start < G_GINT64_CONSTANT(20) * G_USEC_PER_SEC);
}

static int clear(void **state)
{
    (void)state;
    hq_headers_clear(&headers);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_ends),
        cmocka_unit_test(bare_cr_is_content),
        cmocka_unit_test(odd_lines_are_kept),
        cmocka_unit_test(mbox_line_is_skipped),
        cmocka_unit_test(incomplete_blocks),
        cmocka_unit_test(find_and_compare),
        cmocka_unit_test(unfolding),
        cmocka_unit_test(count_is_bounded),
        cmocka_unit_test(hostile_blocks_take_linear_time),
    };

    return cmocka_run_group_tests(tests, NULL, clear);
}
