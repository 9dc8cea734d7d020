/* SPDX-License-Identifier: ISC */
/* The field table: every name is there, values of known and unknown, how they look. */
#include "hopq/arena.h"
#include "hopq/detail.h"
#include "hopq/fields.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define NOW (1700000000 * HQ_SECOND)

static const struct hq_field_info *field(const char *name)
{
    const struct hq_field_info *info = hq_field_find(name, strlen(name));
    if (!info)
        fail_msg("no field %s", name);
    return info;
}

static void check_show(const struct hq_message *message, const char *name, const char *want)
{
    GString *out = g_string_new("");
    hq_field_show(field(name), message, NOW, out);
    assert_string_equal(out->str, want);
    g_string_free(out, TRUE);
}

static struct hq_message *sample(struct hq_arena *arena)
{
    static const struct hq_reason_kind kind = {.code = 421,
                                               .enhanced = "4.7.0",
                                               .phase = HQ_PHASE_RCPT,
                                               .category = HQ_CATEGORY_THROTTLED,
                                               .provider = "bt"};
    static const struct hq_reason reason = {"slow down", &kind, "mx.b.example", "192.0.2.1"};
    struct hq_message *message = hq_message_new(arena);
    message->sender = "a@x.example";
    message->arrived = NOW - 3 * HQ_HOUR;
    message->size = 7248;
    message->client.ip = "192.0.2.9";
    message->client.helo = "box";
    struct hq_recipient *done = hq_message_add_recipient(message, arena);
    done->address = "done@c.example";
    done->state = HQ_STATE_DELIVERED;
    struct hq_recipient *late = hq_message_add_recipient(message, arena);
    late->address = "j@b.example";
    late->original = "info@ours.example";
    late->state = HQ_STATE_DEFERRED;
    late->reason = &reason;
    late->attempts = 5;
    late->next_attempt = NOW + 10 * HQ_MINUTE;
    late->expires = NOW - HQ_SECOND;
    return message;
}

static void test_names(void **state)
{
    (void)state;
    static const char *const names[] = {
        "from",    "to",        "domain",  "queue",  "reason",        "text",
        "code",    "provider",  "client",  "auth",   "subject",       "id",
        "mta",     "age",       "size",    "rcpts",  "tries",         "next",
        "expires", "forwarded", "source",  "relay",  "sender-domain", "phase",
        "spf",     "forecast",  "finding", "header", "script",        "problem"};
    assert_int_equal(hq_field_count, G_N_ELEMENTS(names));
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        const struct hq_field_info *info = field(names[i]);
        bool text = info->kind == HQ_KIND_TEXT || info->kind == HQ_KIND_CHOICE;
        assert_int_equal(info->text != NULL, text);
        assert_int_equal(info->number != NULL, !text);
        assert_true(strlen(info->help) > 3);
    }
    assert_non_null(hq_field_find("SIZEX", 4));
    assert_null(hq_field_find("siz", 3));
    assert_null(hq_field_find("", 0));
}

static void test_show(void **state)
{
    (void)state;
    struct hq_arena *arena = hq_arena_new();
    struct hq_message *message = sample(arena);
    check_show(message, "from", "a@x.example");
    check_show(message, "to", "j@b.example +1");
    check_show(message, "domain", "b.example");
    check_show(message, "reason", "throttled");
    check_show(message, "code", "421");
    check_show(message, "provider", "bt");
    check_show(message, "relay", "mx.b.example");
    check_show(message, "phase", "rcpt");
    check_show(message, "client", "192.0.2.9");
    check_show(message, "sender-domain", "x.example");
    check_show(message, "age", "3h00m");
    check_show(message, "size", "7.0K");
    check_show(message, "rcpts", "2");
    check_show(message, "tries", "5");
    check_show(message, "next", "10m");
    check_show(message, "expires", "due");
    check_show(message, "forwarded", "-");
    check_show(message, "spf", "");
    assert_null(field("problem")->text(message, 0));
    hq_message_add_problem(message, arena, "cut short");
    check_show(message, "problem", "cut short");
    assert_null(field("problem")->text(message, 1));
    assert_string_equal(field("to")->text(message, 4), "info@ours.example");
    assert_string_equal(field("code")->text(message, 4), "4.7.0");
    assert_string_equal(field("client")->text(message, 1), "box");
    message->sender = "";
    check_show(message, "from", "<>");
    message->forwarded.is = HQ_YES;
    check_show(message, "forwarded", "yes");
    hq_arena_free(arena);
}

static void test_unknown_message(void **state)
{
    (void)state;
    struct hq_arena *arena = hq_arena_new();
    struct hq_message *message = hq_message_new(arena);
    for (unsigned i = 0; i < hq_field_count; i++) {
        GString *out = g_string_new("");
        hq_field_show(&hq_fields[i], message, NOW, out);
        if (strcmp(hq_fields[i].name, "forecast") == 0)
            assert_string_equal(out->str, "unknown"); /* is one of its values */
        else if (strcmp(hq_fields[i].name, "rcpts") != 0)
            assert_true(out->len == 0 || strcmp(out->str, "-") == 0);
        g_string_free(out, TRUE);
    }
    hq_message_add_recipient(message, arena); /* one of which nothing is known */
    for (unsigned i = 0; i < hq_field_count; i++) {
        unsigned n = 0;
        while (hq_fields[i].text && hq_fields[i].text(message, n))
            assert_true(++n < 10);
    }
    hq_arena_free(arena);
}

static void test_detail(void **state)
{
    (void)state;
    struct hq_arena *arena = hq_arena_new();
    struct hq_message *message = hq_message_new(arena);
    struct hq_finding findings[] = {{.id = "gap"}, {.id = "loop"}};
    struct hq_header headers[] = {{.name = "X", .raw = "X: y"}};
    struct hq_detail detail = {
        .findings = findings, .finding_count = 2, .headers = headers, .header_count = 1};
    detail.spf.result = HQ_RESULT_SOFTFAIL;
    detail.forecast.result = HQ_RESULT_FAIL;
    detail.forecast.outlook = HQ_OUTLOOK_MAY_PASS_BY_DKIM;
    message->detail = &detail;
    check_show(message, "spf", "softfail");
    check_show(message, "forecast", "fail");
    assert_string_equal(field("forecast")->text(message, 1), "may-pass-by-dkim");
    assert_string_equal(field("finding")->text(message, 1), "loop");
    assert_null(field("finding")->text(message, 2));
    assert_string_equal(field("header")->text(message, 0), "X: y");
    hq_arena_free(arena);
}

static void test_sizes(void **state)
{
    (void)state;
    static const struct {
        int64_t bytes;
        const char *want;
    } sizes[] = {{0, "0B"},           {1023, "1023B"}, {1024, "1.0K"},     {7248, "7.0K"},
                 {10239, "9.9K"},     {10240, "10K"},  {1048575, "1023K"}, {1048576, "1.0M"},
                 {INT64_MAX, "7.9E"}, {-1, "-"},       {HQ_NONE, "-"}};
    char buf[16];
    for (unsigned i = 0; i < G_N_ELEMENTS(sizes); i++)
        assert_string_equal(hq_size_format(sizes[i].bytes, buf), sizes[i].want);
    for (int64_t bytes = 1; bytes > 0 && bytes < INT64_MAX / 3; bytes = bytes * 3 + 1)
        assert_in_range(strlen(hq_size_format(bytes, buf)), 2, 5);
}

static void test_soonest(void **state)
{
    (void)state;
    struct hq_arena *arena = hq_arena_new();
    struct hq_message *message = hq_message_new(arena);
    assert_null(hq_message_worst(message));
    assert_int_equal(hq_message_next_attempt(message), HQ_NONE);
    static const int64_t next[] = {HQ_NONE, 30, 20, HQ_NONE, 40};
    for (unsigned i = 0; i < G_N_ELEMENTS(next); i++) {
        struct hq_recipient *recipient = hq_message_add_recipient(message, arena);
        recipient->next_attempt = next[i];
        recipient->expires = next[i] == HQ_NONE ? HQ_NONE : -next[i];
    }
    assert_int_equal(hq_message_next_attempt(message), 20);
    assert_int_equal(hq_message_expires(message), -40);
    assert_ptr_equal(hq_message_worst(message), &message->recipients[0]);
    message->recipients[0].state = HQ_STATE_DELIVERED;
    message->recipients[1].state = HQ_STATE_FAILED;
    message->recipients[2].state = HQ_STATE_HELD;
    assert_ptr_equal(hq_message_worst(message), &message->recipients[2]);
    message->recipients[3].state = HQ_STATE_DEFERRED;
    assert_ptr_equal(hq_message_worst(message), &message->recipients[3]);
    hq_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),           cmocka_unit_test(test_show),
        cmocka_unit_test(test_unknown_message), cmocka_unit_test(test_detail),
        cmocka_unit_test(test_sizes),           cmocka_unit_test(test_soonest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
