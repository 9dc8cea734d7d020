/* SPDX-License-Identifier: ISC */
/* Received fields that strangers wrote to deceive, to break, or to cost time. */
#include "received_fixture.h"
#include <time.h>

/* Names that are looked up for a client are its owner's choice: none of them logs it in. */
static void resists_names(void **state)
{
    static const char *const fields[] = {
        "from s (authenticated.evil.example [192.0.2.1]) by mx.example with SMTP" DATE,
        "from s (authenticated@evil.example [192.0.2.1]) by mx.example with SMTP" DATE,
        "from s (tlsv1.evil.example. [192.0.2.1]) by mx.example with SMTP" DATE,
        "from s (userid.evil.example [192.0.2.1]) by mx.example with SMTP" DATE,
    };
    struct hq_arena *arena = hq_arena_new();

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++) {
        struct hq_hop hop;

        hq_received_parse(fields[i], strlen(fields[i]), &hop, arena);
        same(hop.from.ip, "192.0.2.1");
        assert_int_not_equal(hop.auth, HQ_YES);
        assert_null(hop.tls);
        assert_int_equal(hop.kind, HQ_HOP_RELAY);
    }
    hq_arena_free(arena);
}

/* Ambiguous syntax yields no host and no address, only what is wrong. */
static void fails_closed(void **state)
{
    static const struct {
        const char *field, *problem;
    } fields[] = {
        {"from a.example (open by mx.example" DATE, "unclosed-comment"},
        {"from a.example \"open by mx.example" DATE, "unclosed-quote"},
        {"from [192.0.2.1 by mx.example" DATE, "unclosed-literal"},
        {"from a.example <open; by mx.example" DATE, "unclosed-angle-address"},
        {"from a.example <<a@b>> by mx.example" DATE, "nested-angle-address"},
        {"from a.example ) by mx.example" DATE, "unexpected-comment-close"},
        {"apparently", "no-clauses"},
        {"", "no-clauses"},
    };
    struct hq_arena *arena = hq_arena_new();

    (void)state;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        struct hq_hop hop;

        hq_received_parse(fields[i].field, strlen(fields[i].field), &hop, arena);
        assert_int_equal(hop.kind, HQ_HOP_UNPARSEABLE);
        assert_string_equal(hop.problem, fields[i].problem);
        assert_null(hop.by.name);
        assert_null(hop.from.ip);
    }
    hq_arena_free(arena);
}

/* A client cannot pass its HELO off as its address, nor a host name as "by". */
static void resists_helo(void **state)
{
    static const struct {
        const char *field, *ip;
    } fields[] = {
        {"from s ([192.0.2.1] helo=[192.0.2.99]) by mx.example", "192.0.2.1"},
        {"from s ([192.0.2.1] helo=x [192.0.2.99]) by mx.example", "192.0.2.1"},
        {"from s (192.0.2.1) (HELO x\\) [192.0.2.99]) by mx.example", "192.0.2.1"},
        {"from s (HELO \"x by evil.example\" [192.0.2.99]) by mx.example", NULL},
        {"from s (HELO x (nested [192.0.2.99])) by mx.example", NULL},
        {"from \"x by evil.example [192.0.2.99]\" ([192.0.2.1]) by mx.example", "192.0.2.1"},
        {"from [192.0.2.99] (n.example [192.0.2.1]) by mx.example", "192.0.2.1"},
        {"from s ([192.0.2.1] ident=[192.0.2.99]) by mx.example", "192.0.2.1"},
    };
    struct hq_arena *arena = hq_arena_new();

    (void)state;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        struct hq_hop hop;

        hq_received_parse(fields[i].field, strlen(fields[i].field), &hop, arena);
        same(hop.from.ip, fields[i].ip);
        same(hop.by.name, "mx.example");
    }
    hq_arena_free(arena);
}

static double seconds_for(const char *text, size_t n)
{
    struct hq_arena *arena = hq_arena_new();
    struct timespec begin, end;
    struct hq_hop hop;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
    hq_received_parse(text, n, &hop, arena);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    hq_arena_free(arena);
    return (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
}

/* 1 MB of any one construct takes no more than a second, sanitizers and all: linear. */
static void is_linear(void **state)
{
    static const char *const units[] = {"(",  ")",         "()",      "<",
                                        "\"", "[",         ";",       " by x",
                                        "a,", "from a ",   "; Mon, ", "(a [1.2.3.4] ",
                                        "\\", "[1.2.3.4] "};
    enum { SIZE = 1000000 };
    static char text[SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        size_t length = strlen(units[i]);

        for (size_t k = 0; k < SIZE; k++)
            text[k] = units[i][k % length];
        assert_true(seconds_for(text, SIZE) < 1.0);
    }
}

static void counts_nesting(void **state)
{
    enum { DEPTH = 20000 };
    static char text[2 * DEPTH + 200] = "from s.example ";
    struct hq_arena *arena = hq_arena_new();
    struct hq_hop hop;
    size_t n = strlen(text);

    (void)state;
    memset(text + n, '(', DEPTH);
    memset(text + n + DEPTH, ')', DEPTH);
    strncpy(text + n + 2 * DEPTH, " by mx.example" DATE, 100);
    hq_received_parse(text, strlen(text), &hop, arena);
    same(hop.by.name, "mx.example");
    assert_int_equal(hop.date, T0);
    hq_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resists_names),  cmocka_unit_test(fails_closed),
        cmocka_unit_test(resists_helo),   cmocka_unit_test(is_linear),
        cmocka_unit_test(counts_nesting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
