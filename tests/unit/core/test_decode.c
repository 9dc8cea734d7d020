/* SPDX-License-Identifier: ISC */
/* Decoding of header fields: RFC 2047, addresses as people read them, and what must not happen:
 * a crash in GMime, a lost address, a name that passes for an address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hopq/decode.h"

static struct hq_arena *arena;
static struct hq_headers headers;

static const struct hq_field_span *field(const char *text, size_t n)
{
    static char *copy;

    g_free(copy);
    copy = g_memdup2(text, n);
    hq_headers_scan(&headers, copy, n);
    assert_true(headers.count > 0);
    return &headers.fields[0];
}

struct row {
    const char *value;
    const char *decoded;
};

static void check(const struct row *rows, size_t n,
                  const char *(*decode)(const struct hq_field_span *, struct hq_arena *))
{
    for (size_t i = 0; i < n; i++) {
        g_autofree char *text = g_strdup_printf("X: %s\n\n", rows[i].value);

        assert_string_equal(decode(field(text, strlen(text)), arena), rows[i].decoded);
    }
}

static void texts(void **state)
{
    static const struct row rows[] = {
        {"plain", "plain"},
        {"  outer blanks \n\t", "outer blanks"},
        {"two\n lines", "two lines"},
        {"=?utf-8?q?caf=C3=A9?=", "caf\xc3\xa9"},
        {"=?iso-8859-1?Q?caf=E9?= =?UTF-8?B?4oKs?=", "caf\xc3\xa9\xe2\x82\xac"},
        {"=?utf-8?q?=E2=82?= =?utf-8?q?=AC?=", "\xe2\x82\xac"}, /* a character in two words */
        {"=?koi8-r?Q?=F0=D2=C9=D7=C5=D4?=", "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82"},
        {"=?ISO-2022-JP?B?GyRCRnxLXBsoQg==?=", "\xe6\x97\xa5\xe6\x9c\xac"},
        {"=?UTF-8?B?YQ==?=\n =?UTF-8?B?YmM=?= =?utf-8?b?ZA==?= end", "abcd end"}, /* padded */
        {"=?UTF-8?B?YQ==?=", "a"},
        {"=?UTF-8?B?YQ==?= =?UTF-8?B?", "a =?UTF-8?B?"},
        {"raw \xc3\xa9", "raw \xc3\xa9"},
        {"raw \xe9", "raw \xc3\xa9"}, /* the fallback is windows-1252 whatever the locale */
        {"not = an encoded ? word", "not = an encoded ? word"},
        {"", ""},
    };

    (void)state;
    check(rows, G_N_ELEMENTS(rows), hq_decode_text);
    assert_null(hq_decode_text(NULL, arena));
}

static void addresses(void **state)
{
    static const struct row rows[] = {
        {"bob@b.example", "bob@b.example"},
        {"<bob@b.example>", "bob@b.example"},
        {"Ann Smith <ann@a.example>, bob@b.example", "Ann Smith <ann@a.example>, bob@b.example"},
        {"\"Ann Smith\" <ann@a.example>", "Ann Smith <ann@a.example>"},
        {"\"Smith, Ann\" <ann@a.example>", "\"Smith, Ann\" <ann@a.example>"},
        {"\"security@bank.example\" <x@evil.example>",
         "\"security@bank.example\" <x@evil.example>"},
        {"=?utf-8?q?security=40bank=2Eexample?= <x@evil.example>",
         "\"security@bank.example\" <x@evil.example>"},
        {"=?UTF-8?B?QQ==?= =?UTF-8?B?bm4=?= <ann@a.example>", "Ann <ann@a.example>"},
        {"=?utf-8?q?J=C3=B6rg?= <j@a.example>,\n\tbob@b.example",
         "J\xc3\xb6rg <j@a.example>, bob@b.example"},
        {"undisclosed-recipients:;", "undisclosed-recipients:;"},
        {"Team: ann@a.example, Bob <bob@b.example>;", "Team: ann@a.example, Bob <bob@b.example>;"},
        {"a@a.example, b@b.example; c@c.example", "a@a.example, b@b.example; c@c.example"},
        {"<a@b@c.example>", "<a@b@c.example>"},
        {"Ann <ann@xn--80ak6aa92e.example>", "Ann <ann@xn--80ak6aa92e.example>"},
        {"J\xc3\xb6rg <j@xn--80ak6aa92e.example>", "J\xc3\xb6rg <j@xn--80ak6aa92e.example>"},
        {"no address at all", "no address at all"},
        {"\"open quote <a@b.example>", "open quote <a@b.example>"},
    };

    (void)state;
    check(rows, G_N_ELEMENTS(rows), hq_decode_addresses);
    assert_null(hq_decode_addresses(NULL, arena));
}

/* "g:g:g:…" overflows the stack of GMime from 80 KB on; with less stack earlier. */
static void recursive_groups_are_text(void **state)
{
    static const size_t sizes[] = {2 * 1024, 15 * 1024, 100 * 1024, 8 << 20};

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autoptr(GString) text = g_string_new("From: ");

        while (text->len < sizes[i])
            g_string_append(text, "g:");
        g_string_append(text, "\n\n");

        const char *shown = hq_decode_addresses(field(text->str, text->len), arena);

        assert_int_equal(strlen(shown), text->len - strlen("From: ") - 2);
        assert_memory_equal(shown, "g:g:g:", 6);
    }
}

static void hostile_fields(void **state)
{
    static const char *const units[] = {
        "(",  "\"", "<",    "=?utf-8?b?", "=?utf-8?q?a?= ", "a@", ",",
        "\\", "[",  "\xff", "a:b;",       "=?x?",           "\0"};
    gint64 start = g_get_monotonic_time();

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(units); i++)
        for (size_t size = 1000; size < 200000; size *= 12) {
            g_autoptr(GString) text = g_string_new("From: ");

            while (text->len < size)
                g_string_append_len(text, units[i], (gssize)MAX(strlen(units[i]), 1));
            g_string_append(text, "\n\n");
            assert_non_null(hq_decode_addresses(field(text->str, text->len), arena));
            assert_non_null(hq_decode_text(&headers.fields[0], arena));
        }
    assert_true(g_get_monotonic_time() - start < G_GINT64_CONSTANT(20) * G_USEC_PER_SEC);
}

static void results_are_utf8(void **state)
{
    static const char *const values[] = {"=?utf-8?q?=FF=FE?=", "=?x-unknown?q?=E9?=", "\xe2\x82",
                                         "=?utf-8?b?/w?=", "=?utf-7?q?+2AA-?="};

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(values); i++) {
        g_autofree char *text = g_strdup_printf("X: %s\n\n", values[i]);

        assert_true(g_utf8_validate(hq_decode_text(field(text, strlen(text)), arena), -1, NULL));
    }
}

static void summary_finds_the_script(void **state)
{
    static const struct row rows[] = {
        {"X-PHP-Originating-Script: 33:contact.php\n", "33:contact.php"},
        {"x-php-script: shop.example/send.php for 192.0.2.9, 192.0.2.9\n", "shop.example/send.php"},
        {"X-Source-Dir: shop.example:/public_html\nX-PHP-Originating-Script: 1001:a.php\n",
         "1001:a.php"},
        {"X-PHP-Originating-Script:\nX-Source-Dir: shop.example:/public_html\n",
         "shop.example:/public_html"},
        {"X-PHP-Script: \nX-Mailer: PHP/8\n", NULL},
    };
    struct hq_message message = {0};

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = g_strdup_printf("Subject: x\n%s\n", rows[i].value);

        field(text, strlen(text));
        hq_decode_summary(&headers, &message, arena);
        if (rows[i].decoded)
            assert_string_equal(message.script, rows[i].decoded);
        else
            assert_null(message.script);
    }
}

static void summary_takes_the_first(void **state)
{
    static const char text[] = "Received: x\nsubject: one\nSubject: two\nFrom: a@a.example\n"
                               "From: b@b.example\nTo: c@c.example\nMessage-Id: <1@a.example>\n"
                               "Date: Sun, 22 Nov 2026 00:48:03 +0000\n\n";
    struct hq_message message = {0};

    (void)state;
    field(text, sizeof text - 1);
    hq_decode_summary(&headers, &message, arena);
    assert_string_equal(message.subject, "one");
    assert_string_equal(message.from, "a@a.example");
    assert_string_equal(message.to, "c@c.example");
    assert_string_equal(message.message_id, "<1@a.example>");
    assert_int_equal(message.date, hq_time_from_civil(2026, 11, 22, 0, 48, 3));
    field("X: y\n\n", 6);
    hq_decode_summary(&headers, &message, arena);
    assert_null(message.subject);
    assert_null(message.from);
    assert_true(message.date == HQ_NONE);
}

static void all_headers(void **state)
{
    static const char text[] = "A: =?utf-8?q?=C3=A9?=\n folded\nbroken\nB: x\n\nbody";
    struct hq_detail detail = {0};

    (void)state;
    field(text, sizeof text - 1);
    hq_decode_headers(&headers, &detail, arena);
    assert_int_equal(detail.header_count, 3);
    assert_string_equal(detail.headers[0].name, "A");
    assert_string_equal(detail.headers[0].value, "\xc3\xa9 folded");
    assert_string_equal(detail.headers[0].raw, "A: =?utf-8?q?=C3=A9?=\n folded");
    assert_string_equal(detail.headers[1].name, "");
    assert_string_equal(detail.headers[1].value, "broken");
    assert_int_equal(detail.headers[2].offset, strstr(text, "B: x") - text);
}

static int setup(void **state)
{
    (void)state;
    hq_decode_init();
    arena = hq_arena_new();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    hq_headers_clear(&headers);
    hq_arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts),
        cmocka_unit_test(addresses),
        cmocka_unit_test(recursive_groups_are_text),
        cmocka_unit_test(hostile_fields),
        cmocka_unit_test(results_are_utf8),
        cmocka_unit_test(summary_takes_the_first),
        cmocka_unit_test(summary_finds_the_script),
        cmocka_unit_test(all_headers),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
