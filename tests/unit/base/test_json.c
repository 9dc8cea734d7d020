/* SPDX-License-Identifier: ISC */
/* The JSON writer: commas, escapes, numbers. tests/unit/model/test_json_jansson.c reads it back
 * with another's parser. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the above, as cmocka asks */
#include <cmocka.h>

#include "hopq/json.h"
#include "hopq/text.h"
#include <glib.h>
#include <stdlib.h>
#include <string.h>

static void check_string(const char *s, const char *wanted)
{
    GString *out = g_string_new("");
    struct hq_json json;
    hq_json_init(&json, out);
    hq_json_string(&json, s);
    assert_string_equal(out->str, wanted);
    g_string_free(out, TRUE);
}

static void test_structure(void **state)
{
    (void)state;
    GString *out = g_string_new("");
    struct hq_json json;
    hq_json_init(&json, out);
    hq_json_begin_object(&json);
    hq_json_key(&json, "a");
    hq_json_int(&json, -1);
    hq_json_key(&json, "b");
    hq_json_begin_array(&json);
    hq_json_begin_object(&json);
    hq_json_end_object(&json);
    hq_json_begin_array(&json);
    hq_json_end_array(&json);
    hq_json_bool(&json, true);
    hq_json_bool(&json, false);
    hq_json_null(&json);
    hq_json_string(&json, NULL);
    hq_json_string(&json, "");
    hq_json_end_array(&json);
    hq_json_key(&json, "c");
    hq_json_begin_object(&json);
    hq_json_key(&json, "d");
    hq_json_seconds(&json, 1500000);
    hq_json_end_object(&json);
    hq_json_end_object(&json);
    assert_string_equal(out->str,
                        "{\"a\":-1,\"b\":[{},[],true,false,null,null,\"\"],\"c\":{\"d\":1.5}}");
    g_string_free(out, TRUE);
}

static void test_strings(void **state)
{
    (void)state;
    check_string("plain text of more than eight bytes", "\"plain text of more than eight bytes\"");
    check_string("\"\\/", "\"\\\"\\\\/\"");
    check_string("\b\t\n\f\r\v\x01\x1f", "\"\\b\\t\\n\\f\\r\\u000b\\u0001\\u001f\"");
    check_string("\x7f\xC2\x9B"
                 "31m",
                 "\"\\u007f\\u009b31m\"");
    check_string("é日😀", "\"é日😀\"");
    check_string("\u202E\u200B\u2028\uFEFF", "\"\\u202e\\u200b\\u2028\\ufeff\"");
    check_string("\U000E0041", "\"\\udb40\\udc41\"");
    check_string("\U0010FFFF", "\"\\udbff\\udfff\"");
    check_string("a\xC0\x80"
                 "b",
                 "\"a\\u0000b\"");
    check_string("\xC0 \xED\xA0\x80 \xFF", "\"\uFFFD \uFFFD\uFFFD\uFFFD \uFFFD\"");
    check_string("\xF0\x9F", "\"\uFFFD\uFFFD\"");
}

static void test_escapes_at_every_offset(void **state)
{
    const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefgh";

    (void)state;
    for (int c = 1; c < 0x80; c++) {
        char special[8] = {(char)c};
        if (c == '"' || c == '\\')
            g_snprintf(special, sizeof(special), "\\%c", c);
        else if (c < 0x20 || c == 0x7F)
            g_snprintf(special, sizeof(special), "\\u%04x", (unsigned)c);
        if (c >= '\b' && c <= '\r' && c != '\v')
            g_snprintf(special, sizeof(special), "\\%c", "btn?fr"[c - '\b']);
        for (int before = 0; before < 34; before++) {
            const char *tail = &"0123456789"[before % 11]; /* from ten bytes to none */
            char *s = g_strdup_printf("%.*s%c%s", before, letters, c, tail);
            char *wanted = g_strdup_printf("\"%.*s%s%s\"", before, letters, special, tail);
            check_string(s, wanted);
            g_free(s);
            g_free(wanted);
        }
    }
}

/* A record written once is copied afterwards, wherever its text has moved to meanwhile. */
static void test_records_that_come_again(void **state)
{
    (void)state;
    GString *out = g_string_new("");
    struct hq_json_memo memo = {0};
    struct hq_json json = {.out = out, .memo = &memo};
    int record, other;
    hq_json_begin_array(&json);
    assert_false(hq_json_repeat(&json, &record));
    hq_json_int(&json, 0);
    size_t start = hq_json_start(&json);
    hq_json_string(&json, "once");
    hq_json_remember(&json, &record, start);
    assert_false(hq_json_repeat(&json, &other));
    for (unsigned i = 0; i < 1000; i++)
        assert_true(hq_json_repeat(&json, &record));
    hq_json_end_array(&json);
    assert_int_equal(out->len, strlen("[0") + 1001 * strlen(",\"once\"") + 1);
    assert_string_equal(out->str + out->len - 14, "\"once\",\"once\"]");

    json = (struct hq_json){.out = out};
    hq_json_remember(&json, &record, 0);
    assert_false(hq_json_repeat(&json, &record)); /* no memo */
    g_string_free(out, TRUE);
}

/* Of members a comma stands before all but the first, copied or not. */
static void test_members_that_come_again(void **state)
{
    (void)state;
    GString *out = g_string_new("");
    struct hq_json_memo memo = {0};
    struct hq_json json = {.out = out, .memo = &memo};
    int record;
    for (unsigned i = 0; i < 2; i++) {
        hq_json_begin_object(&json);
        size_t start = hq_json_start(&json);
        if (!hq_json_repeat(&json, &record)) {
            hq_json_member(&json, ",\"a\":", 5);
            hq_json_int(&json, 1);
            hq_json_member(&json, ",\"b\":", 5);
            hq_json_int(&json, 2);
            hq_json_remember(&json, &record, start);
        }
        hq_json_member(&json, ",\"c\":", 5);
        hq_json_bool(&json, false);
        hq_json_end_object(&json);
    }
    assert_string_equal(out->str, "{\"a\":1,\"b\":2,\"c\":false},{\"a\":1,\"b\":2,\"c\":false}");
    g_string_free(out, TRUE);
}

static void test_numbers(void **state)
{
    (void)state;
    static const struct {
        int64_t value;
        const char *integer;
        const char *seconds;
    } rows[] = {
        {0, "0", "0"},
        {1, "1", "0.000001"},
        {-1, "-1", "-0.000001"},
        {10, "10", "0.00001"},
        {100000, "100000", "0.1"},
        {1000000, "1000000", "1"},
        {-1000000, "-1000000", "-1"},
        {123456000, "123456000", "123.456"},
        {10000000, "10000000", "10"},
        {INT64_MAX, "9223372036854775807", "9223372036854.775807"},
        {INT64_MIN, "-9223372036854775808", "-9223372036854.775808"},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        GString *out = g_string_new("");
        struct hq_json json;
        hq_json_init(&json, out);
        hq_json_int(&json, rows[i].value);
        assert_string_equal(out->str, rows[i].integer);
        g_string_truncate(out, 0);
        hq_json_init(&json, out);
        hq_json_seconds(&json, rows[i].value);
        assert_string_equal(out->str, rows[i].seconds);
        g_string_free(out, TRUE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_structure),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_escapes_at_every_offset),
        cmocka_unit_test(test_records_that_come_again),
        cmocka_unit_test(test_members_that_come_again),
        cmocka_unit_test(test_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
