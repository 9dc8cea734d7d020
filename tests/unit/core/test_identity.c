/* SPDX-License-Identifier: ISC */
/* The line about who a message is from. */
#include "hopq/arena.h"
#include "hopq/auth.h"
#include "hopq/identity.h"
#include "hopq/org.h"
#include <string.h>
/* cmocka.h wants these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct fixture {
    struct hq_arena *arena;
    struct hq_context *context;
    struct hq_header header;
    struct hq_detail detail;
    struct hq_message message;
};

static void setup(struct fixture *f, const char *from, const char *sender)
{
    hq_org_init();
    *f = (struct fixture){.arena = hq_arena_new(), .context = hq_context_new()};
    f->header =
        (struct hq_header){.name = "From", .raw = hq_arena_printf(f->arena, "From: %s", from)};
    f->detail = (struct hq_detail){.headers = &f->header, .header_count = 1};
    f->message = (struct hq_message){.sender = sender, .from = from, .detail = &f->detail};
}

static void teardown(struct fixture *f)
{
    hq_context_free(f->context);
    hq_arena_free(f->arena);
}

static void judges_by_what_is_proven(void **state)
{
    static const struct {
        const char *from, *sender;
        struct hq_auth row;
        struct hq_spf spf;
        enum hq_identity_verdict verdict;
        const char *words;
    } rows[] = {
#define COMPUTED(m, r, d)        \
    {.method = m,                \
     .result = r,                \
     .domain = d,                \
     .source = HQ_AUTH_COMPUTED, \
     .trusted = HQ_YES,          \
     .detail = "x"}
#define WRITTEN(m, r, d, t)                                                             \
    {                                                                                   \
        .method = m, .result = r, .domain = d, .source = HQ_AUTH_CLAIMED, .trusted = t, \
        .authserv = "mx"                                                                \
    }
#define NO_ROW                                   \
    {                                            \
        .method = "x", .source = HQ_AUTH_CLAIMED \
    }
        {"a@b.example",
         "a@b.example",
         COMPUTED("dmarc", "pass", "b.example"),
         {0},
         HQ_IDENTITY_YES,
         "DMARC passes"},
        {"a@b.example",
         "a@b.example",
         COMPUTED("dmarc", "fail", "b.example"),
         {0},
         HQ_IDENTITY_NO,
         "DMARC fails"},
        {"a@b.example",
         "a@c.example",
         COMPUTED("dkim", "pass", "m.b.example"),
         {0},
         HQ_IDENTITY_YES,
         "; the envelope sender is of c.example"},
        {"a@b.example",
         "a@b.example",
         COMPUTED("dkim", "pass", "c.example"),
         {0},
         HQ_IDENTITY_UNCLEAR,
         "nothing proves b.example"},
        {"a@b.example",
         "a@b.example",
         WRITTEN("dmarc", "pass", "b.example", HQ_YES),
         {0},
         HQ_IDENTITY_YES,
         "mx wrote: dmarc pass"},
        {"a@b.example",
         "a@b.example",
         WRITTEN("dmarc", "pass", "b.example", HQ_NO),
         {0},
         HQ_IDENTITY_UNCLEAR,
         "nothing proves"},
        {"a@b.example",
         "a@b.example",
         NO_ROW,
         {.result = HQ_RESULT_PASS, .domain = "b.example", .ip = "192.0.2.1"},
         HQ_IDENTITY_YES,
         "SPF passes now for b.example"},
        {"a@b.example",
         "a@c.example",
         NO_ROW,
         {.result = HQ_RESULT_PASS, .domain = "c.example", .ip = "192.0.2.1"},
         HQ_IDENTITY_UNCLEAR,
         "the envelope sender is of c.example"},
        {"a@b.example",
         "a@b.example",
         NO_ROW,
         {.result = HQ_RESULT_FAIL, .domain = "b.example", .ip = "192.0.2.1", .term = "-all"},
         HQ_IDENTITY_NO,
         "forbids 192.0.2.1"},
        {"\"boss@ours.example\" <a@b.example>",
         "a@b.example",
         COMPUTED("dmarc", "pass", "b.example"),
         {0},
         HQ_IDENTITY_UNCLEAR,
         "the name in From shows an address of ours.example"},
        {"a@b.example, c@d.example",
         "a@b.example",
         NO_ROW,
         {0},
         HQ_IDENTITY_UNCLEAR,
         "several domains"},
#undef COMPUTED
#undef WRITTEN
#undef NO_ROW
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct hq_auth row = rows[i].row;
        struct fixture f;

        setup(&f, rows[i].from, rows[i].sender);
        f.detail.auth = &row;
        f.detail.auth_count = 1;
        f.detail.spf = rows[i].spf;
        hq_identity_judge(&f.message, f.context, &f.detail, f.arena);
        if (f.detail.identity.verdict != rows[i].verdict ||
            !strstr(f.detail.identity.words, rows[i].words))
            print_message("%zu: %s\n", i, f.detail.identity.words);
        assert_int_equal(f.detail.identity.verdict, rows[i].verdict);
        assert_non_null(strstr(f.detail.identity.words, rows[i].words));
        teardown(&f);
    }
}

static void believes_a_user_of_ours(void **state)
{
    struct fixture f;

    (void)state;
    setup(&f, "alice@ours.example", "alice@ours.example");
    f.message.client.auth = "alice";
    hq_identity_judge(&f.message, f.context, &f.detail, f.arena);
    assert_int_equal(f.detail.identity.verdict, HQ_IDENTITY_UNCLEAR);
    hq_context_add_our(f.context, "ours.example");
    hq_identity_judge(&f.message, f.context, &f.detail, f.arena);
    assert_int_equal(f.detail.identity.verdict, HQ_IDENTITY_YES);
    teardown(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_by_what_is_proven),
        cmocka_unit_test(believes_a_user_of_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
