/* SPDX-License-Identifier: ISC */
/* The reason engine: every rule's own example, the wrappers of each MTA, near misses, masks,
 * hostile texts. */
#include "core/reason/parts.h"
#include "hopq/arena.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
    struct hq_reasons *reasons;
    struct hq_arena *arena;
};

static int setup(void **state)
{
    struct fixture *fixture = g_new(struct fixture, 1);
    fixture->reasons = hq_reasons_new();
    fixture->arena = hq_arena_new();
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    hq_reasons_free(fixture->reasons);
    hq_arena_free(fixture->arena);
    g_free(fixture);
    return 0;
}

static const struct hq_reason *parse(void **state, const char *text)
{
    struct fixture *fixture = *state;
    return hq_reason_parse(fixture->reasons, text, NULL, fixture->arena);
}

/* ---- rules ---- */

static void test_each_rule_decides_its_example(void **state)
{
    (void)state;
    const struct hq_rules *rules = hq_rules_get();
    struct hq_reply *reply = g_new0(struct hq_reply, 1);
    struct hq_words *words = g_new0(struct hq_words, 1);
    GString *masked = g_string_new(NULL);
    unsigned wrong = 0;
    for (unsigned i = 0; i < hq_reason_rule_count; i++) {
        const struct hq_reason_rule *want = &hq_reason_rules[i], *got;
        const char *provider;
        hq_reply_parse(reply, want->example, NULL);
        hq_reason_classify(rules, reply, words, masked, &provider, &got);
        if (got == want)
            continue;
        wrong++;
        print_error("rule %u (%s) \"%s\": decided by \"%s\"\n", i,
                    hq_category_names[want->category], want->example,
                    got ? got->example : "a code or nothing");
    }
    assert_int_equal(wrong, 0);
    g_string_free(masked, TRUE);
    g_free(words);
    g_free(reply);
}

static void test_every_category_is_described(void **state)
{
    (void)state;
    bool seen[HQ_CATEGORY_COUNT] = {false};
    for (unsigned i = 0; i < hq_reason_rule_count; i++)
        seen[hq_reason_rules[i].category] = true;
    for (unsigned i = HQ_CATEGORY_NONE + 1; i < HQ_CATEGORY_COUNT; i++) {
        assert_true(seen[i] || i == HQ_CATEGORY_UNKNOWN);
        assert_non_null(hq_category_meaning(i));
        assert_in_range(strlen(hq_category_advice(i)), 4, 160);
        assert_null(strchr(hq_category_advice(i), '\n'));
    }
    assert_null(hq_category_meaning(HQ_CATEGORY_NONE));
    assert_null(hq_category_advice((enum hq_category)77));
}

static void test_each_advice_has_its_example(void **state)
{
    for (unsigned i = 0; i < hq_reason_advice_count; i++) {
        const struct hq_reason_advice *want = &hq_reason_advices[i];
        const struct hq_reason_kind *got = parse(state, want->example)->kind;
        if (got->category != want->category || got->advice != want->advice)
            fail_msg("\"%s\": %s, \"%s\"", want->example, hq_category_names[got->category],
                     got->advice);
        assert_in_range(strlen(want->advice), 20, 200);
    }
}

/* ---- wrappers ---- */

static const struct {
    const char *text;
    enum hq_category category;
    int64_t code;
    const char *enhanced;
    enum hq_phase phase;
    const char *relay, *ip, *provider;
} wrapped[] = {
    {"host mx.b.example[192.0.2.1] said: 550 5.1.1 <a@b.example>: Recipient address rejected: User "
     "unknown in table (in reply to RCPT TO command)",
     HQ_CATEGORY_USER_UNKNOWN, 550, "5.1.1", HQ_PHASE_RCPT, "mx.b.example", "192.0.2.1", NULL},
    {"host mx.b.example[2001:db8::25] said: 451-4.3.0 we are 451-4.3.0 sorry 451 4.3.0 busy (in "
     "reply to end of DATA command)",
     HQ_CATEGORY_REMOTE_ERROR, 451, "4.3.0", HQ_PHASE_END_OF_DATA, "mx.b.example", "2001:db8::25",
     NULL},
    {"host mx.bt.lon5.cpcloud.co.uk[192.0.2.2] refused to talk to me: 421 Too many messages "
     "(1.5.6.1) from 192.0.2.9",
     HQ_CATEGORY_THROTTLED, 421, NULL, HQ_PHASE_GREETING, "mx.bt.lon5.cpcloud.co.uk", "192.0.2.2",
     "bt"},
    {"host mailhub[10.0.0.5] said: 451 4.3.0 busy (in reply to MAIL FROM command)",
     HQ_CATEGORY_REMOTE_ERROR, 451, "4.3.0", HQ_PHASE_MAIL, "mailhub", "10.0.0.5", NULL},
    {"connect to mailhub[10.0.0.5]:25: Connection refused", HQ_CATEGORY_NETWORK, HQ_NONE, NULL,
     HQ_PHASE_CONNECT, "mailhub", "10.0.0.5", NULL},
    {"host unknown[192.0.2.1] said: 451 4.3.0 busy (in reply to MAIL FROM command)",
     HQ_CATEGORY_REMOTE_ERROR, 451, "4.3.0", HQ_PHASE_MAIL, NULL, "192.0.2.1", NULL},
    {"delivery temporarily suspended: connect to mx.b.example[192.0.2.1]:25: Connection timed out",
     HQ_CATEGORY_NETWORK, HQ_NONE, NULL, HQ_PHASE_CONNECT, "mx.b.example", "192.0.2.1", NULL},
    {"lost connection with mx.b.example[192.0.2.1] while sending RCPT TO", HQ_CATEGORY_NETWORK,
     HQ_NONE, NULL, HQ_PHASE_RCPT, "mx.b.example", "192.0.2.1", NULL},
    {"conversation with mx.b.example[192.0.2.1] timed out while sending end of data -- message may "
     "be sent more than once",
     HQ_CATEGORY_NETWORK, HQ_NONE, NULL, HQ_PHASE_END_OF_DATA, "mx.b.example", "192.0.2.1", NULL},
    {"Deferred: 450 4.7.1 Client host rejected: cannot find your hostname, [192.0.2.9]",
     HQ_CATEGORY_PTR_HELO, 450, "4.7.1", HQ_PHASE_UNKNOWN, NULL, NULL, NULL},
    {"Deferred: Connection refused by mx.b.example.", HQ_CATEGORY_NETWORK, HQ_NONE, NULL,
     HQ_PHASE_CONNECT, "mx.b.example", NULL, NULL},
    {"SMTP error from remote mail server after RCPT TO:<a@b.example>: host "
     "gmail-smtp-in.l.google.com [192.0.2.3]: 452 4.2.2 The recipient's inbox is out of storage "
     "space",
     HQ_CATEGORY_MAILBOX_FULL, 452, "4.2.2", HQ_PHASE_RCPT, "gmail-smtp-in.l.google.com",
     "192.0.2.3", "gmail"},
    {"host mx.b.example [192.0.2.1] SMTP error from remote mail server after MAIL "
     "FROM:<x@y.example> SIZE=10: 550 no such domain",
     HQ_CATEGORY_SENDER_BAD, 550, NULL, HQ_PHASE_MAIL, "mx.b.example", "192.0.2.1", NULL},
    {"SMTP error from remote mail server after end of data: host mx.b.example [192.0.2.1]: "
     "554-5.7.1 This looks\\n554 5.7.1 like spam",
     HQ_CATEGORY_SPAM, 554, "5.7.1", HQ_PHASE_END_OF_DATA, "mx.b.example", "192.0.2.1", NULL},
    {"Host or domain name not found. Name service error for name=b.example type=MX: Host not "
     "found, try again",
     HQ_CATEGORY_DNS_TEMP, HQ_NONE, NULL, HQ_PHASE_UNKNOWN, NULL, NULL, NULL},
    {"192.0.2.1 does not like recipient. Remote host said: 550 sorry, no mailbox here by that "
     "name. (#5.1.1) Giving up on 192.0.2.1.",
     HQ_CATEGORY_USER_UNKNOWN, 550, "5.1.1", HQ_PHASE_RCPT, NULL, NULL, NULL},
    {"Cannot start TLS: handshake failure", HQ_CATEGORY_TLS, HQ_NONE, NULL, HQ_PHASE_STARTTLS, NULL,
     NULL, NULL},
    {"mail for b.example loops back to myself", HQ_CATEGORY_LOCAL_ERROR, HQ_NONE, NULL,
     HQ_PHASE_LOCAL, NULL, NULL, NULL},
    {"554 5.4.1 Recipient address rejected: Access denied", HQ_CATEGORY_USER_UNKNOWN, 554, "5.4.1",
     HQ_PHASE_UNKNOWN, NULL, NULL, NULL},
    {"450 4.2.0 <a@b.example>: Recipient address rejected: Greylisted, see "
     "http://postgrey.example/",
     HQ_CATEGORY_GREYLIST, 450, "4.2.0", HQ_PHASE_UNKNOWN, NULL, NULL, NULL},
    {"xyzzy plugh", HQ_CATEGORY_UNKNOWN, HQ_NONE, NULL, HQ_PHASE_UNKNOWN, NULL, NULL, NULL},
};

static void same(const char *want, const char *got)
{
    if (!want || !got)
        assert_ptr_equal(want, got);
    else
        assert_string_equal(got, want);
}

static void test_wrappers(void **state)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(wrapped); i++) {
        const struct hq_reason *reason = parse(state, wrapped[i].text);
        const struct hq_reason_kind *kind = reason->kind;
        assert_string_equal(reason->text, wrapped[i].text);
        if (kind->category != wrapped[i].category || kind->phase != wrapped[i].phase ||
            kind->code != wrapped[i].code)
            fail_msg("%s: %s, phase %d, code %d", wrapped[i].text,
                     hq_category_names[kind->category], kind->phase, (int)kind->code);
        same(wrapped[i].enhanced, kind->enhanced);
        same(wrapped[i].relay, reason->relay);
        if (wrapped[i].ip)
            same(wrapped[i].ip, reason->relay_ip);
        same(wrapped[i].provider, kind->provider);
        assert_int_equal(kind->wait == HQ_WAIT_UNKNOWN, kind->category == HQ_CATEGORY_UNKNOWN);
    }
}

static void test_hint_fills_gaps_only(void **state)
{
    struct fixture *fixture = *state;
    struct hq_reason_hint hint = {"postfix", "mx.web.de[192.0.2.4]:25", "4.4.1", 421,
                                  HQ_PHASE_MAIL};
    const struct hq_reason *reason =
        hq_reason_parse(fixture->reasons, "nothing known about this", &hint, fixture->arena);
    assert_string_equal(reason->relay, "mx.web.de");
    assert_string_equal(reason->relay_ip, "192.0.2.4");
    assert_string_equal(reason->kind->provider, "gmx");
    assert_string_equal(reason->kind->enhanced, "4.4.1");
    assert_int_equal(reason->kind->code, 421);
    assert_int_equal(reason->kind->phase, HQ_PHASE_MAIL);
    reason = hq_reason_parse(fixture->reasons, "552 5.2.2 full", &hint, fixture->arena);
    assert_int_equal(reason->kind->code, 552);
    assert_string_equal(reason->kind->enhanced, "5.2.2");
    assert_null(hq_reason_parse(fixture->reasons, NULL, &hint, fixture->arena));
}

/* ---- masks ---- */

static void test_equal_kinds_are_one(void **state)
{
    const struct hq_reason *a =
        parse(state, "host mx1.b.example[192.0.2.1] said: 550 5.1.1 <joe@b.example> unknown user, "
                     "id 4AbC12345 at Mon, 3 May 2021 10:00:00 (in reply to RCPT TO command)");
    const struct hq_reason *b = parse(
        state, "host mx2.c.example[192.0.2.2] said: 550 5.1.1 <sue.x@c.example> unknown user, id "
               "77fe99a1b at Tue, 14 Jun 2022 23:59:59 (in reply to RCPT TO command)");
    assert_ptr_equal(a->kind, b->kind);
    assert_string_not_equal(a->text, b->text);
    assert_null(strstr(a->kind->masked, "joe"));
    assert_null(strstr(a->kind->masked, "2021"));
    const struct hq_reason *c = parse(state, "550 5.1.1 mailbox full");
    assert_ptr_not_equal(a->kind, c->kind);
}

static void test_names_do_not_mislead(void **state)
{
    static const char *const texts[] = {
        "550 5.1.1 <virus@spam.example>: User unknown",
        "550 5.1.1 <quota.exceeded@greylist.example.com>: User unknown",
        "host spam.virus.example[192.0.2.1] said: 550 User unknown (in reply to RCPT TO command)",
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++)
        assert_int_equal(parse(state, texts[i])->kind->category, HQ_CATEGORY_USER_UNKNOWN);
}

/* ---- hostile ---- */

static char *repeat(const char *s, size_t total)
{
    GString *out = g_string_new(NULL);
    while (out->len < total)
        g_string_append(out, s);
    return g_string_free(out, FALSE);
}

static void test_hostile(void **state)
{
    static const char *const pieces[] = {"a",
                                         " ",
                                         "<",
                                         "@",
                                         ".",
                                         "<<< ",
                                         "<<< 550 ",
                                         " said: ",
                                         "host x.y[1.2.3.4] said: ",
                                         "550-",
                                         "550 ",
                                         "5.",
                                         "5.1.1 ",
                                         "#",
                                         ": ",
                                         ": 550 ",
                                         "http://",
                                         "a@",
                                         "=",
                                         "'",
                                         "a'",
                                         "\\n",
                                         "^M",
                                         "e-",
                                         "host ",
                                         "[",
                                         "smtp; ",
                                         "delivery temporarily suspended: ",
                                         "(in reply to ",
                                         "user unknown ",
                                         "no such user here to best protect our users from spam ",
                                         "\xff",
                                         "\xe2\x80\xae",
                                         "\033[2J",
                                         "a.b.c.d.e.f.",
                                         "1.2.3.4 ",
                                         "::1 ",
                                         "recipient address rejected: ",
                                         "%s%n",
                                         " to best protect",
                                         "SMTP error from remote mail server after RCPT TO:<",
                                         "www.spamhaus.org/ ",
                                         "a1b2c3d4 "};
    for (unsigned i = 0; i < G_N_ELEMENTS(pieces); i++) {
        char *text = repeat(pieces[i], 1 << 20);
        gint64 start = g_get_monotonic_time();
        const struct hq_reason *reason = parse(state, text);
        if (g_get_monotonic_time() - start > G_USEC_PER_SEC / 4)
            fail_msg("\"%s\" takes %d ms", pieces[i],
                     (int)((g_get_monotonic_time() - start) / 1000));
        assert_true(strlen(reason->kind->masked) <= (size_t)HQ_REASON_TEXT_MAX);
        assert_in_range(reason->kind->category, 1, HQ_CATEGORY_UNKNOWN);
        g_free(text);
    }
}

static void test_all_bytes(void **state)
{
    char text[512];
    for (unsigned a = 1; a < 256; a++) {
        for (unsigned b = 0; b < 255; b++)
            text[b] = (char)((a + b * 7) % 255 + 1);
        text[255] = 0;
        assert_non_null(parse(state, text)->kind);
        g_snprintf(text, sizeof text, "550%c5.1.1%cuser%cunknown", (char)a, (char)a, (char)a);
        assert_non_null(parse(state, text)->kind);
    }
    assert_int_equal(parse(state, "")->kind->category, HQ_CATEGORY_UNKNOWN);
    assert_int_equal(parse(state, " \n ")->kind->category, HQ_CATEGORY_UNKNOWN);
    assert_int_equal(parse(state, "(in reply to)")->kind->category, HQ_CATEGORY_UNKNOWN);
    assert_int_equal(parse(state, "%s: %s")->kind->category, HQ_CATEGORY_LOCAL_ERROR);
    assert_non_null(parse(state, "550"));
    assert_non_null(parse(state, "5"));
}

/* More odd kinds than are kept: the results stay right, from the caller's arena. */
static void test_flood_of_kinds(void **state)
{
    char text[64];
    for (int i = 0; i < 25000; i++) {
        g_snprintf(text, sizeof text, "550 user unknown zq%c%c%c%c", 'a' + i % 26,
                   'a' + i / 26 % 26, 'a' + i / 676 % 26, 'a' + i / 17576 % 26);
        assert_int_equal(parse(state, text)->kind->category, HQ_CATEGORY_USER_UNKNOWN);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_each_rule_decides_its_example),
        TEST(test_every_category_is_described),
        TEST(test_each_advice_has_its_example),
        TEST(test_wrappers),
        TEST(test_hint_fills_gaps_only),
        TEST(test_equal_kinds_are_one),
        TEST(test_names_do_not_mislead),
        TEST(test_hostile),
        TEST(test_all_bytes),
        TEST(test_flood_of_kinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
