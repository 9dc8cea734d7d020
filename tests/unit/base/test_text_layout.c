/* SPDX-License-Identifier: ISC */
/* Columns: widths as a terminal has them, cutting and wrapping around wide characters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the above, as cmocka asks */
#include <cmocka.h>

#include "base/utf8.h"
#include "hopq/text.h"
#include <glib.h>
#include <locale.h>
#include <string.h>
#include <wchar.h>

static void test_width(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int width;
    } rows[] = {
        {"", 0},
        {"abc", 3},
        {"é", 1},
        {"e\u0301", 1},
        {"日本", 4},
        {"ｱ", 1},
        {"Ａ", 2},
        {"😀", 2},
        {"한", 2},
        {"\u1100\u1161", 2},
        {"ไทย", 3},
        {"…", 1},
        {"€", 1},
        {"שלום", 4},
        {"\u0600", 1},
        {"\u4DC0", 2},
        {"\u3248", 2},
        {"│─", 2},
        {"a\u0301\u0302b", 2},
        {"\xFF", 1},
        {"\xF0\x9F", 2},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++)
        assert_int_equal(hq_text_width(rows[i].text), rows[i].width);
}

static void test_width_is_that_of_the_terminal_library(void **state)
{
    (void)state;
    if (!setlocale(LC_CTYPE, "C.UTF-8"))
        skip();
    unsigned compared = 0;
    for (uint32_t c = 0x20; c <= 0x10FFFF; c++) {
        int width = wcwidth((wchar_t)c);
        if (width < 0 || hq_utf8_hidden(c))
            continue;
        if (hq_utf8_columns(c) != width)
            fail_msg("U+%04X: %d, wcwidth %d", c, hq_utf8_columns(c), width);
        compared++;
    }
    setlocale(LC_CTYPE, "C");
    assert_in_range(compared, 100000, 300000);
}

static void check_fit(const char *safe, int columns, bool right, enum hq_text_flags flags,
                      const char *wanted)
{
    GString *out = g_string_new("");
    hq_text_fit(out, safe, columns, right, flags);
    assert_string_equal(out->str, wanted);
    if (columns > 0)
        assert_int_equal(hq_text_width(out->str), columns);
    g_string_free(out, TRUE);
}

static void test_fit(void **state)
{
    (void)state;
    check_fit("abc", 5, false, HQ_TEXT_PLAIN, "abc  ");
    check_fit("abc", 5, true, HQ_TEXT_PLAIN, "  abc");
    check_fit("abc", 3, false, HQ_TEXT_PLAIN, "abc");
    check_fit("abcd", 3, false, HQ_TEXT_PLAIN, "ab…");
    check_fit("abcd", 3, false, HQ_TEXT_ASCII, "ab~");
    check_fit("abcd", 1, false, HQ_TEXT_PLAIN, "…");
    check_fit("abcd", 0, false, HQ_TEXT_PLAIN, "");
    check_fit("abcd", -1, true, HQ_TEXT_PLAIN, "");
    check_fit("", 3, false, HQ_TEXT_PLAIN, "   ");
    check_fit("日本語", 6, false, HQ_TEXT_PLAIN, "日本語");
    check_fit("日本語", 5, false, HQ_TEXT_PLAIN, "日本…");
    check_fit("日本語", 4, false, HQ_TEXT_PLAIN, "日… ");
    check_fit("日本語", 4, true, HQ_TEXT_PLAIN, " 日…");
    check_fit("日本語", 2, false, HQ_TEXT_PLAIN, "… ");
    check_fit("日", 1, false, HQ_TEXT_PLAIN, "…");
    check_fit("e\u0301e\u0302", 2, false, HQ_TEXT_PLAIN, "e\u0301e\u0302");
    check_fit("abe\u0301d", 3, false, HQ_TEXT_PLAIN, "ab…");
}

/* Who runs the domain is told by its end, so that stays, with what follows. */
static void test_fit_ends(void **state)
{
    const enum hq_text_flags ends = HQ_TEXT_KEEP_END;
    (void)state;
    check_fit("ann@example.org", 15, false, ends, "ann@example.org");
    check_fit("ann@example.org", 18, true, ends, "   ann@example.org");
    check_fit("bounces+ann@example.org +4", 22, false, ends, "bounces…example.org +4");
    check_fit("ann@mail.protection.example.org", 16, false, ends, "ann@m…xample.org");
    check_fit("mail.protection.example.org", 16, false, ends, "mail.…xample.org");
    check_fit("a@b@example.org", 14, false, HQ_TEXT_ASCII | ends, "a@b@~ample.org");
    check_fit("<ann@example.org", 3, false, ends, "<…g");
    check_fit("<ann@example.org", 2, false, ends, "…g");
    check_fit("ann@example.org", 1, false, ends, "…");
    check_fit("日本語@例え.jp", 10, false, ends, "日本…え.jp");
    check_fit("ann@xe\u0301y", 5, false, ends, "a…xe\u0301y");
}

static void test_cut(void **state)
{
    (void)state;
    assert_int_equal(hq_text_cut("abc", 0), 0);
    assert_int_equal(hq_text_cut("abc", -5), 0);
    assert_int_equal(hq_text_cut("abc", 2), 2);
    assert_int_equal(hq_text_cut("abc", 9), 3);
    assert_int_equal(hq_text_cut("日本", 1), 0);
    assert_int_equal(hq_text_cut("日本", 2), 3);
    assert_int_equal(hq_text_cut("日本", 3), 3);
    assert_int_equal(hq_text_cut("a\u0301b", 1), 3); /* marks go with their base */
    assert_int_equal(hq_text_cut("a\xF0\x9F", 9), 3);
}

static void collect(const char *line, size_t n, void *data)
{
    g_string_append_len(data, line, (gssize)n);
    g_string_append_c(data, '|');
}

static void check_wrap(const char *safe, int columns, const char *wanted)
{
    GString *out = g_string_new("");
    hq_text_wrap(safe, columns, collect, out);
    assert_string_equal(out->str, wanted);
    g_string_free(out, TRUE);
}

static void test_wrap(void **state)
{
    (void)state;
    check_wrap("", 5, "");
    check_wrap("abc", 5, "abc|");
    check_wrap("abc def ghi", 7, "abc def|ghi|");
    check_wrap("abc def ghi", 8, "abc def|ghi|");
    check_wrap("abc def ghi", 6, "abc|def|ghi|");
    check_wrap("abcdefghij", 4, "abcd|efgh|ij|");
    check_wrap("a bcdefghij", 4, "a|bcde|fghi|j|");
    check_wrap("abc   def", 4, "abc|def|");
    check_wrap("  abc def", 6, "  abc|def|");
    check_wrap("   abcdef", 5, "   ab|cdef|");
    check_wrap("a\n\nb\n", 5, "a||b|");
    check_wrap("abcde\nf", 5, "abcde|f|");
    check_wrap("日本語 テスト", 6, "日本語|テスト|");
    check_wrap("日本語", 5, "日本|語|");
    check_wrap("日本", 1, "日|本|");
    check_wrap("ab", 0, "a|b|");
    check_wrap("     ", 3, "|");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_width), cmocka_unit_test(test_width_is_that_of_the_terminal_library),
        cmocka_unit_test(test_fit),   cmocka_unit_test(test_fit_ends),
        cmocka_unit_test(test_cut),   cmocka_unit_test(test_wrap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
