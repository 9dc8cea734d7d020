/* SPDX-License-Identifier: ISC */
/* Forwarded or not: each condition alone must be able to say no. */
#include "hopq/arena.h"
#include "hopq/forward.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

struct scene {
    const char *sender, *rcpt, *original, *ip, *auth, *headers;
    int8_t want;
    const char *want_original;
};

#define OUTSIDE                                                                      \
    "Received: from mx.stranger.example (mx.stranger.example [198.51.100.7])\n\tby " \
    "mx.ours.example\n"
#define LOCAL "Received: by mx.ours.example (Postfix)\n\tid 4ABC; Sat, 1 Jan 2022 00:00:00 +0000\n"

static const struct scene scenes[] = {
    /* alias: all four */
    {"a@stranger.example", "j@free.example", "info@ours.example", "198.51.100.7", NULL, OUTSIDE,
     HQ_YES, "info@ours.example"},
    /* the original in other case is the same; a subdomain of ours is ours */
    {"a@stranger.example", "J@free.example", "j@FREE.example", "198.51.100.7", NULL, OUTSIDE, HQ_NO,
     NULL},
    {"a@stranger.example", "j@free.example", "x@sub.ours.example", "198.51.100.7", NULL, NULL,
     HQ_YES, "x@sub.ours.example"},
    /* F1: ours, SRS, bounce, unknown */
    {"u@ours.example", "j@free.example", "info@ours.example", "198.51.100.7", NULL, OUTSIDE, HQ_NO,
     NULL},
    {"SRS0=aaaa=bb=stranger.example=a@ours.example", "j@free.example", "info@ours.example",
     "198.51.100.7", NULL, OUTSIDE, HQ_NO, NULL},
    {"", "j@free.example", "info@ours.example", "198.51.100.7", NULL, OUTSIDE, HQ_NO, NULL},
    {NULL, "j@free.example", "info@ours.example", "198.51.100.7", NULL, OUTSIDE, HQ_UNKNOWN,
     "info@ours.example"},
    /* F2: stays with us */
    {"a@stranger.example", "bob@ours.example", "info@ours.example", "198.51.100.7", NULL, OUTSIDE,
     HQ_NO, NULL},
    /* F3: by header, and not by a header that the stranger wrote */
    {"a@stranger.example", "j@free.example", NULL, "198.51.100.7", NULL,
     LOCAL "Delivered-To: bob@ours.example\n" OUTSIDE, HQ_YES, "bob@ours.example"},
    {"a@stranger.example", "j@free.example", NULL, "198.51.100.7", NULL,
     LOCAL "Resent-From: Bob <bob@ours.example>\n" OUTSIDE, HQ_YES, "bob@ours.example"},
    {"a@stranger.example", "j@free.example", NULL, "198.51.100.7", NULL,
     OUTSIDE "Delivered-To: bob@ours.example\n", HQ_NO, NULL},
    {"a@stranger.example", "j@free.example", NULL, "198.51.100.7", NULL,
     LOCAL "Delivered-To: bob@other.example\n" OUTSIDE, HQ_NO, NULL},
    {"a@stranger.example", "j@free.example", NULL, "198.51.100.7", NULL, NULL, HQ_UNKNOWN, NULL},
    {"a@stranger.example", "j@free.example", NULL, "198.51.100.7", NULL,
     LOCAL "Delivered-To: @@@@\nX-Original-To: <\nResent-From:\n", HQ_NO, NULL},
    /* F4: our user, our network, loopback, not known */
    {"a@stranger.example", "j@free.example", "info@ours.example", "198.51.100.7", "alice", OUTSIDE,
     HQ_NO, "info@ours.example"},
    {"a@stranger.example", "j@free.example", "info@ours.example", "10.1.2.3", NULL, OUTSIDE, HQ_NO,
     "info@ours.example"},
    {"a@stranger.example", "j@free.example", "info@ours.example", "127.0.0.1", NULL, OUTSIDE, HQ_NO,
     "info@ours.example"},
    {"a@stranger.example", "j@free.example", "info@ours.example", NULL, NULL, OUTSIDE, HQ_UNKNOWN,
     "info@ours.example"},
};

static struct hq_message *judge(const struct scene *scene, const struct hq_context *context,
                                struct hq_arena *arena)
{
    struct hq_message *message = hq_message_new(arena);
    message->sender = scene->sender;
    struct hq_recipient *recipient = hq_message_add_recipient(message, arena);
    recipient->address = scene->rcpt;
    recipient->original = scene->original;
    message->client.ip = scene->ip;
    message->client.auth = scene->auth;
    struct hq_headers headers = {0};
    if (scene->headers)
        hq_headers_scan(&headers, scene->headers, strlen(scene->headers));
    hq_forward_judge(message, scene->headers ? &headers : NULL, context, arena);
    hq_headers_clear(&headers);
    return message;
}

static void test_scenes(void **state)
{
    (void)state;
    struct hq_arena *arena = hq_arena_new();
    struct hq_context *context = hq_context_new();
    assert_true(hq_context_add_our(context, "ours.example"));
    assert_true(hq_context_add_trust(context, "10.0.0.0/8"));
    for (unsigned i = 0; i < G_N_ELEMENTS(scenes); i++) {
        struct hq_message *message = judge(&scenes[i], context, arena);
        if (message->forwarded.is != scenes[i].want)
            fail_msg("scene %u: %d", i, message->forwarded.is);
        if (scenes[i].want_original)
            assert_string_equal(message->forwarded.original, scenes[i].want_original);
        else
            assert_null(message->forwarded.original);
        if (scenes[i].want == HQ_YES)
            assert_true(message->forwarded.evidence_count > 0);
        for (uint32_t k = 0; k < message->forwarded.evidence_count; k++)
            assert_non_null(message->forwarded.evidence[k]);
    }
    hq_context_free(context);
    hq_arena_free(arena);
}

static void test_nothing_is_ours(void **state)
{
    (void)state;
    struct hq_arena *arena = hq_arena_new();
    struct hq_context *context = hq_context_new();
    assert_int_equal(judge(&scenes[0], context, arena)->forwarded.is, HQ_UNKNOWN);
    hq_context_free(context);
    hq_arena_free(arena);
}

static void test_many_recipients_bounded(void **state)
{
    (void)state;
    struct hq_arena *arena = hq_arena_new();
    struct hq_context *context = hq_context_new();
    hq_context_add_our(context, "ours.example");
    struct hq_message *message = hq_message_new(arena);
    message->sender = "a@stranger.example";
    message->client.ip = "198.51.100.7";
    for (int i = 0; i < 5000; i++) {
        struct hq_recipient *recipient = hq_message_add_recipient(message, arena);
        recipient->address = i % 2 ? "j@free.example" : NULL;
        recipient->original = "all@ours.example";
    }
    hq_forward_judge(message, NULL, context, arena);
    assert_int_equal(message->forwarded.is, HQ_YES);
    assert_in_range(message->forwarded.evidence_count, 1, 8);
    hq_context_free(context);
    hq_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scenes),
        cmocka_unit_test(test_nothing_is_ours),
        cmocka_unit_test(test_many_recipients_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
