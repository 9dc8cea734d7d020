/* SPDX-License-Identifier: ISC */
/* Text made safe: every character that could steer a terminal, and bytes that are no UTF-8. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the above, as cmocka asks */
#include <cmocka.h>

#include "hopq/text.h"
#include <glib.h>
#include <string.h>

static void check_n(const char *s, size_t n, enum hq_text_flags flags, const char *wanted)
{
    char *exact = g_memdup2(s, n); /* no byte behind it: ASan sees an overrun */
    GString *out = g_string_new("");
    hq_text_safe(out, exact, n, flags);
    assert_string_equal(out->str, wanted);
    g_string_free(out, TRUE);
    g_free(exact);
}

static void check(const char *s, const char *wanted)
{
    check_n(s, strlen(s), HQ_TEXT_PLAIN, wanted);
}

static void test_plain_text_passes(void **state)
{
    (void)state;
    check("", "");
    check("a", "a");
    check("12345678", "12345678");
    char all[96];
    for (int i = 0; i < 95; i++)
        all[i] = (char)(0x20 + i);
    all[95] = '\0';
    for (int start = 0; start < 95; start++)
        check(all + start, all + start);
    check("Grüße, 日本, Ελλάδα, Привет, 😀, שלום", "Grüße, 日本, Ελλάδα, Привет, 😀, שלום");
}

static void test_appends(void **state)
{
    (void)state;
    GString *out = g_string_new("x");
    hq_text_safe(out, "\x1b", 1, HQ_TEXT_PLAIN);
    hq_text_safe(out, "y", 1, HQ_TEXT_PLAIN);
    assert_string_equal(out->str, "x^[y");
    g_string_free(out, TRUE);
}

static void test_c0_and_del_at_every_offset(void **state)
{
    (void)state;
    for (int c = 0; c < 0x80; c = c == 0x1F ? 0x7F : c + 1) {
        for (int before = 0; before < 10; before++) {
            char s[32];
            char wanted[40];
            int n = g_snprintf(s, sizeof(s), "%.*s%cabcdefghij", before, "ABCDEFGHIJ", c);
            g_snprintf(wanted, sizeof(wanted), "%.*s^%cabcdefghij", before, "ABCDEFGHIJ", c ^ 0x40);
            check_n(s, (size_t)n, HQ_TEXT_PLAIN, wanted);
            check_n(s, (size_t)n, HQ_TEXT_ASCII, wanted);
        }
    }
}

static void check_code_point(gunichar c, bool visible)
{
    char s[8] = "";
    char wanted[16];
    char ascii[16];
    gint n = g_unichar_to_utf8(c, s);
    g_snprintf(ascii, sizeof(ascii), "<U+%04X>", c);
    g_strlcpy(wanted, visible ? s : ascii, sizeof(wanted));
    check_n(s, (size_t)n, HQ_TEXT_PLAIN, wanted);
    check_n(s, (size_t)n, HQ_TEXT_KEEP_LINES, wanted);
    check_n(s, (size_t)n, HQ_TEXT_ASCII, ascii);
}

static void check_range(gunichar first, gunichar last)
{
    for (gunichar c = first; c <= last; c++)
        check_code_point(c, false);
}

static void test_hidden_characters(void **state)
{
    (void)state;
    check_range(0x80, 0x9F); /* C1: CSI, OSC, … */
    check_code_point(0xAD, false);
    check_code_point(0x61C, false);
    check_range(0x200B, 0x200F);
    check_range(0x2028, 0x202E);
    check_range(0x2060, 0x206F);
    check_range(0xFE00, 0xFE0F);
    check_code_point(0xFEFF, false);
    check_range(0xFFF9, 0xFFFB);
    check_range(0xE0000, 0xE007F);
    check_range(0xE0100, 0xE01EF);
    check_code_point(0x3164, false); /* Hangul filler */
    check_code_point(0x115F, false);
    check_code_point(0x1160, false);
    check_code_point(0xFFA0, false);
    check_code_point(0x180E, false);
    check_code_point(0x34F, false);
    check_code_point(0xE000, false);
    check_code_point(0xF8FF, false);
    check_code_point(0xF0000, false);
    check_code_point(0x10FFFD, false);
    check_range(0xFDD0, 0xFDEF);
    for (gunichar plane = 0; plane <= 0x10; plane++)
        check_range(plane << 16 | 0xFFFE, plane << 16 | 0xFFFF);
    check_code_point(0x378, false); /* not assigned */
}

static void test_visible_neighbours(void **state)
{
    (void)state;
    static const gunichar visible[] = {0xA0,   0xA1,   0xAC,   0xAE,   0x2FF,   0x61B,   0x61E,
                                       0x200A, 0x2010, 0x2027, 0x202F, 0x205F,  0x3163,  0x3165,
                                       0xD7A3, 0xF900, 0xFDCF, 0xFDF0, 0xFE10,  0xFEFC,  0xFF01,
                                       0xFFA1, 0xFFDC, 0xFFFC, 0xFFFD, 0x10000, 0x1F600, 0x20000};
    for (unsigned i = 0; i < G_N_ELEMENTS(visible); i++)
        check_code_point(visible[i], true);
}

static void test_bytes_that_are_no_utf8(void **state)
{
    (void)state;
    check("\x80", "\\x80");
    check("\xBF\xFE\xFF", "\\xBF\\xFE\\xFF");
    check("a\xC3", "a\\xC3");
    check("\xC3(", "\\xC3(");
    check("\xE2\x82", "\\xE2\\x82");
    check("\xF0\x9F\x98", "\\xF0\\x9F\\x98");
    check("\xF0\x9F\x98\xC3\xA9", "\\xF0\\x9F\\x98é");
    check("\xC0\xAF \xC1\xBF", "\\xC0\\xAF \\xC1\\xBF"); /* overlong "/" */
    check("\xE0\x80\xAF \xE0\x9F\xBF", "\\xE0\\x80\\xAF \\xE0\\x9F\\xBF");
    check("\xF0\x80\x80\xAF", "\\xF0\\x80\\x80\\xAF");
    check("\xF0\x8F\xBF\xBF", "\\xF0\\x8F\\xBF\\xBF");
    check("\xED\xA0\x80 \xED\xBF\xBF", "\\xED\\xA0\\x80 \\xED\\xBF\\xBF"); /* surrogates */
    check("\xF4\x90\x80\x80", "\\xF4\\x90\\x80\\x80");                     /* above 10FFFF */
    check("\xF5\x80\x80\x80", "\\xF5\\x80\\x80\\x80");
    check("\xF8\x88\x80\x80\x80", "\\xF8\\x88\\x80\\x80\\x80");
    check("\xED\x9F\xBF\xEE\x80\x80", "<U+D7FF><U+E000>");
}

static void test_cut_at_every_byte(void **state)
{
    (void)state;
    const char text[] = "é日😀";
    for (size_t n = 0; n <= strlen(text); n++) {
        GString *out = g_string_new("");
        char *exact = g_memdup2(text, n);
        hq_text_safe(out, exact, n, HQ_TEXT_PLAIN);
        assert_true(g_utf8_validate(out->str, (gssize)out->len, NULL));
        assert_true(out->len >= n);
        g_string_free(out, TRUE);
        g_free(exact);
    }
    check_n(text, 4, HQ_TEXT_PLAIN, "é\\xE6\\x97");
}

static void test_embedded_nul(void **state)
{
    (void)state;
    check_n("a\0b", 3, HQ_TEXT_PLAIN, "a^@b");
    check("a\xC0\x80"
          "b",
          "a^@b");
    check("\xC0", "\\xC0");
}

static void test_lines(void **state)
{
    (void)state;
    check("a\r\n\tb", "a^M^J^Ib");
    check_n("a\n\tb", 4, HQ_TEXT_KEEP_LINES, "a\n        b");
    check_n("a\tb", 3, HQ_TEXT_KEEP_LINES, "a       b");
    check_n("1234567\tb", 9, HQ_TEXT_KEEP_LINES, "1234567 b");
    check_n("12345678\tb", 10, HQ_TEXT_KEEP_LINES, "12345678        b");
    check_n("123456789012\tb", 14, HQ_TEXT_KEEP_LINES, "123456789012    b");
    check_n("日\tb", 5, HQ_TEXT_KEEP_LINES, "日      b");
    check_n("\x01\tb", 3, HQ_TEXT_KEEP_LINES, "^A      b");
    check_n("a\rb\x0b", 4, HQ_TEXT_KEEP_LINES, "a^Mb^K");
}

static void test_combining_marks(void **state)
{
    (void)state;
    check("e\u0301", "e\u0301");
    check("e\u0301\u0302", "e\u0301\u0302");
    check("e\u0301\u0302\u0303\u0304x\u0301", "e\u0301\u0302<U+0303><U+0304>x\u0301");
    check("\u0301a", "<U+0301>a"); /* would sit on what stands before the string */
    check("\x1b\u0301", "^[<U+0301>");
    check("\u202E\u0301", "<U+202E><U+0301>");
    check("日\u3099", "日\u3099");
    check_n("a\n\u0301", 4, HQ_TEXT_KEEP_LINES, "a\n<U+0301>");
    check("\u1100\u1161\u11A8", "\u1100\u1161\u11A8"); /* Hangul of three jamo */
}

static void test_nothing_unsafe_comes_out_of_anything(void **state)
{
    (void)state;
    GRand *random = g_rand_new_with_seed(20261122);
    for (int round = 0; round < 3000; round++) {
        char bytes[64];
        size_t n = (size_t)g_rand_int_range(random, 0, sizeof(bytes));
        for (size_t i = 0; i < n; i++)
            bytes[i] = g_rand_boolean(random) ? (char)g_rand_int_range(random, -128, 128)
                                              : "\xE2\x80\xAE\xC2\x9B\xF0\x9F"[i % 7];
        GString *out = g_string_new("");
        GString *ascii = g_string_new("");
        GString *again = g_string_new("");
        hq_text_safe(out, bytes, n, HQ_TEXT_PLAIN);
        hq_text_safe(ascii, bytes, n, HQ_TEXT_ASCII);
        assert_true(g_utf8_validate(out->str, (gssize)out->len, NULL));
        for (const char *p = ascii->str; *p; p++)
            assert_in_range(*p, 0x20, 0x7E);
        hq_text_safe(again, out->str, out->len, HQ_TEXT_PLAIN);
        assert_string_equal(again->str, out->str); /* safe is safe */
        g_string_free(out, TRUE);
        g_string_free(ascii, TRUE);
        g_string_free(again, TRUE);
    }
    g_rand_free(random);
}

static void test_utf8(void **state)
{
    (void)state;
    GString *out = g_string_new("");
    const char bytes[] = "a\0\x1b é\u202E \xE2\x82 \xED\xA0\x80 \xF0\x9F";
    hq_text_utf8(out, bytes, sizeof(bytes) - 1);
    const char wanted[] = "a\0\x1b é\u202E \uFFFD\uFFFD \uFFFD\uFFFD\uFFFD \uFFFD\uFFFD";
    assert_int_equal(out->len, sizeof(wanted) - 1);
    assert_memory_equal(out->str, wanted, sizeof(wanted));
    g_string_free(out, TRUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_text_passes),
        cmocka_unit_test(test_appends),
        cmocka_unit_test(test_c0_and_del_at_every_offset),
        cmocka_unit_test(test_hidden_characters),
        cmocka_unit_test(test_visible_neighbours),
        cmocka_unit_test(test_bytes_that_are_no_utf8),
        cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_embedded_nul),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_combining_marks),
        cmocka_unit_test(test_nothing_unsafe_comes_out_of_anything),
        cmocka_unit_test(test_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
