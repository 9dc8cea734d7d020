/* SPDX-License-Identifier: ISC */
/* What the JSON writer of base makes of any bytes, jansson reads back. It stands here because the
 * model is the lowest layer that knows jansson. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the above, as cmocka asks */
#include <cmocka.h>

#include "hopq/json.h"
#include "hopq/text.h"
#include <glib.h>
#include <jansson.h>
#include <string.h>

/* [S, 1.5, {"k": S}] through the writer and back gives VALUE. */
static void check(const char *s, const char *value, size_t n)
{
    GString *out = g_string_new("");
    struct hq_json json;
    hq_json_init(&json, out);
    hq_json_begin_array(&json);
    hq_json_string(&json, s);
    hq_json_seconds(&json, 1500000);
    hq_json_begin_object(&json);
    hq_json_key(&json, "k");
    hq_json_string(&json, s);
    hq_json_end_object(&json);
    hq_json_end_array(&json);
    for (const char *p = out->str; *p; p++)
        assert_true((unsigned char)*p >= 0x20 && *p != 0x7F);
    json_error_t error;
    json_t *root = json_loadb(out->str, out->len, JSON_ALLOW_NUL, &error);
    if (!root)
        fail_msg("%s: %s", error.text, out->str);
    const json_t *first = json_array_get(root, 0);
    assert_int_equal(json_string_length(first), n);
    assert_memory_equal(json_string_value(first), value, n);
    assert_true(json_equal(first, json_object_get(json_array_get(root, 2), "k")));
    assert_true(json_real_value(json_array_get(root, 1)) == 1.5);
    json_decref(root);
    g_string_free(out, TRUE);
}

static void check_bytes(const char *s)
{
    GString *valid = g_string_new("");
    hq_text_utf8(valid, s, strlen(s));
    check(s, valid->str, valid->len);
    g_string_free(valid, TRUE);
}

static void test_every_code_point(void **state)
{
    (void)state;
    GString *text = g_string_new("");
    for (gunichar c = 1; c <= 0x10FFFF; c++) {
        if (c < 0xD800 || c > 0xDFFF)
            g_string_append_unichar(text, c);
        if (c % 0x1000 == 0xFFF) {
            check(text->str, text->str, text->len);
            g_string_truncate(text, 0);
        }
    }
    g_string_free(text, TRUE);
}

static void test_every_pair_of_bytes(void **state)
{
    (void)state;
    for (int a = 1; a < 0x100; a++)
        for (int b = 1; b < 0x100; b++)
            if (a != 0xC0 || b != 0x80) /* that one is the embedded NUL */
                check_bytes((const char[]){(char)a, (char)b, '\0'});
}

static void test_embedded_nul(void **state)
{
    (void)state;
    check("a\xC0\x80"
          "b",
          "a\0b", 3);
    check("\xC0\x80", "\0", 1);
}

static void test_random_bytes(void **state)
{
    (void)state;
    GRand *random = g_rand_new_with_seed(1122);
    for (int round = 0; round < 5000; round++) {
        char bytes[80];
        size_t n = (size_t)g_rand_int_range(random, 0, sizeof(bytes) - 1);
        for (size_t i = 0; i < n; i++) {
            bytes[i] = (char)g_rand_int_range(random, 1, 256);
            if (bytes[i] == '\xC0')
                bytes[i] = 'x';
        }
        bytes[n] = '\0';
        check_bytes(bytes);
    }
    g_rand_free(random);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_code_point),
        cmocka_unit_test(test_every_pair_of_bytes),
        cmocka_unit_test(test_embedded_nul),
        cmocka_unit_test(test_random_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
