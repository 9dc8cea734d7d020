/* SPDX-License-Identifier: ISC */
/* Trails: delays and clocks, links between hops, and forged hops in whole chains. */
#include "trail_chain.h"

static void counts_delays(void **state)
{
    struct world *world = *state;

    build(world, INNER "Received: from a (b [10.0.0.9]) by c.ours.example\n" EDGE "\n");
    assert_int_equal(world->detail.hop_count, 3);
    assert_int_equal(world->detail.hops[0].n, 0);
    assert_int_equal(world->detail.hops[0].delay, 3 * HQ_SECOND);
    assert_int_equal(world->detail.hops[1].delay, HQ_NONE);
    assert_int_equal(world->detail.hops[2].delay, HQ_NONE);
    assert_int_equal(world->detail.transit, 3 * HQ_SECOND);
    assert_int_equal(world->detail.hops[1].offset, strlen(INNER));
    build(world, "Subject: none\n\n");
    assert_int_equal(world->detail.hop_count, 0);
    assert_int_equal(world->detail.transit, HQ_NONE);
    assert_null(hq_trail_boundary(&world->detail));
    assert_non_null(world->detail.boundary_reason);
}

/* What people subtract are the seconds that they see. */
static void counts_whole_seconds(void **state)
{
    struct world *world = *state;

    build(world, "Received: from x by b.example; Thu, 01 Oct 2026 12:00:04.1 +0000\n"
                 "Received: from x by a.example; Thu, 01 Oct 2026 12:00:03.9 +0000\n\n");
    assert_int_not_equal(world->detail.hops[0].date % HQ_SECOND, 0);
    assert_int_equal(world->detail.hops[0].delay, HQ_SECOND);
    assert_int_equal(world->detail.transit, HQ_SECOND);
}

#define AT(host, time) "Received: from x by " host "; Thu, 01 Oct 2026 " time " +0000\n"

/* A clock that is behind is told from the delays on both sides of it; one ahead likewise; where
 * nothing tells, nobody is blamed. */
static void blames_clocks(void **state)
{
    struct world *world = *state;

    build(world, AT("c.example", "12:10:20") AT("b.example", "12:00:13") AT("b.example", "12:00:10")
                     AT("a.example", "12:10:10") "\n");
    const struct hq_hop *hops = world->detail.hops;
    assert_int_equal(hops[2].clock, -10 * HQ_MINUTE);
    assert_int_equal(hops[1].clock, -10 * HQ_MINUTE); /* one host, one clock */
    assert_int_equal(hops[2].delay, -10 * HQ_MINUTE);
    assert_int_equal(hops[2].delay_corrected, 0);
    assert_int_equal(hops[0].delay_corrected, 7 * HQ_SECOND);
    assert_int_equal(hops[3].clock, HQ_NONE);
    assert_non_null(strstr(hops[2].delay_note, "b.example is 10m behind"));
    build(world, AT("d.example", "12:00:30") AT("c.example", "12:00:20") AT("b.example", "13:00:15")
                     AT("a.example", "12:00:10") "\n");
    hops = world->detail.hops;
    assert_int_equal(hops[2].clock, HQ_HOUR);
    assert_non_null(strstr(hops[1].delay_note, "b.example is 1h00m ahead: a wrong zone"));
    assert_int_equal(hops[2].delay_corrected, 5 * HQ_SECOND);
    assert_int_equal(hops[1].delay_corrected, 5 * HQ_SECOND);
    assert_int_equal(hops[0].delay_corrected, HQ_NONE);
    build(world, AT("b.example", "12:00:00") AT("a.example", "12:07:00") "\n");
    hops = world->detail.hops;
    assert_int_equal(hops[0].clock, HQ_NONE);
    assert_int_equal(hops[1].clock, HQ_NONE);
    assert_non_null(strstr(hops[0].delay_note, "a.example and b.example are at least 7m apart"));
    build(world, AT("b.example", "12:00:00") AT("a.example", "12:00:04") "\n");
    assert_null(world->detail.hops[0].delay_note); /* rounding */
    build(world, AT("b.example", "12:50:00") "Received: from x by y.example\n" AT("a.example",
                                                                                  "12:00:04") "\n");
    assert_int_equal(world->detail.hops[1].delay, HQ_NONE); /* undated: never nought */
    assert_non_null(strstr(world->detail.hops[0].delay_note, "in the queue of a.example"));
}

static void links_hops(void **state)
{
    static const struct {
        const char *from, *by;
        enum hq_link link;
    } rows[] = {
        {"from MAIL.a.example (x.example [8.8.4.4])", "mail.a.example.", HQ_LINK_NAME},
        {"from y (x.example [8.8.4.4])", "z.example (8.8.4.4)", HQ_LINK_ADDRESS},
        {"from y (out.a.example [8.8.4.4])", "in.a.example", HQ_LINK_ORGANISATION},
        {"from y (x.vger.email [8.8.4.4])", "vger.kernel.org", HQ_LINK_ORGANISATION},
        {"from mail.a.example (x.example [8.8.4.4])", "mail", HQ_LINK_LABEL},
        {"from y (x.example [10.0.0.1])", "z.elsewhere.example", HQ_LINK_NETWORK},
        {"by b.example", "z.elsewhere.example", HQ_LINK_SAME_HOST},
        {"from y (x.example [8.8.4.4])", "z.elsewhere.example", HQ_LINK_GAP},
        {"from y ([8.8.4.4])", "z.elsewhere.example", HQ_LINK_UNKNOWN}, /* no name to compare */
        {"from y (x.example [8.8.4.4])", "gate.localdomain", HQ_LINK_UNKNOWN},
        {"from y (x.example [8.8.4.4]", "z.elsewhere.example", HQ_LINK_UNKNOWN}, /* unreadable */
    };
    struct world *world = *state;

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *block = g_strdup_printf(
            "Received: %s by mx.example\nReceived: from c by %s\n\n", rows[i].from, rows[i].by);

        print_message("%s\n", block);
        build(world, block);
        assert_int_equal(world->detail.hops[0].link, rows[i].link);
        assert_int_equal(world->detail.hops[1].link, HQ_LINK_UNKNOWN); /* the oldest */
    }
}

/* Each forged line under the true edge, and what it must be called. */
static void finds_forgeries(void **state)
{
    static const struct {
        const char *line, *id;
        int confidence; /* of forged-below; -1: none */
    } rows[] = {
        {"from a (b [8.8.8.8]) by c.example (Postfix) with SMTP id 4fXyzABC99; Thu, 01 Oct 2026 "
         "11:00:00 GMT",
         "mta-habit", HQ_LEVEL_MEDIUM},
        {"from a ([8.8.8.8]) by c.example with smtp (Exim 4.96) id 12345-6; Thu, 01 Oct 2026 "
         "11:00:00 +0000",
         "mta-habit", HQ_LEVEL_MEDIUM},
        {"from a (b [8.8.8.8]) by mx.google.com with ESMTP id 1; Thu, 01 Oct 2026 11:00:00 +0000",
         "mta-habit", HQ_LEVEL_MEDIUM},
        {"from a (b [8.8.8.8]) by c.example with SMTP; Thu, 01 Oct 2026 11:00:00 +0000)",
         "tail-junk", HQ_LEVEL_MEDIUM},
        {"from a ([Thu, 28 Sep 2023 1:2:3]) by c.example with SMTP; Thu, 01 Oct 2026 11:00:00 "
         "+0000",
         "date-as-ip", HQ_LEVEL_HIGH},
        {"from a (8.8.8.8) by c.example with SMTP; Oct, 01 2026 11:00:00 +0000", "ratware-date",
         HQ_LEVEL_HIGH},
        {"from a (8.8.8.8) by c.example.org with NNFMP; Thu, 01 Oct 2026 11:00:00 +0000",
         "proto-nonsense", HQ_LEVEL_MEDIUM},
        {"from a (8.8.8.800) by h.sender.example with SMTP; Thu, 01 Oct 2026 11:00:00 +0000",
         "impossible-ip", -1},
        {"from a (8.8.8.8) by h.sender.example with SMTP; Thu, 01 Oct 2026 12:22:00 +0000",
         "time-travel", -1},
        {"from a (8.8.8.8) by h.sender.example with SMTP; Thu, 01 Oct 2026 11:00:00 +0300 (JST)",
         "tz-contradict", -1},
    };
    struct world *world = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        g_autofree char *block = g_strdup_printf(EDGE "Received: %s\n\n", rows[i].line);

        print_message("%s\n", rows[i].line);
        build(world, block);
        const struct hq_finding *found = finding(world, rows[i].id);
        assert_non_null(found);
        assert_int_equal(found->hop, 1);
        assert_true(found->offset >= (int64_t)strlen(EDGE));
        const struct hq_finding *forged = finding(world, "forged-below");
        assert_int_equal(forged ? forged->confidence : -1, rows[i].confidence);
        if (forged)
            assert_int_equal(forged->hop, 0);
    }
}

static void accuses_nobody_without_cause(void **state)
{
    struct world *world = *state;

    build(world, INNER EDGE
          "Received: from a ([8.8.8.8] helo=b) by c.example with esmtps (TLS1.3) tls TLS_AES_128 "
          "(Exim 4.96) id 1xCFRE-0001Ef-2G; Thu, 01 Oct 2026 11:59:00 +0000\n"
          "Received: from a (b [8.8.8.9]) by mx.google.com with ESMTPS id a1; Thu, 01 Oct 2026 "
          "04:58:00 -0700 (PDT)\n"
          "Received: (qmail 1 invoked by uid 2); 1 Oct 2026 11:57:00 -0000\n\n");
    assert_int_equal(world->detail.finding_count, 0);
}

static void sees_loops(void **state)
{
    struct world *world = *state;

    build(world, EDGE EDGE EDGE "\n");
    assert_non_null(finding(world, "loop"));
    build(world, EDGE EDGE "\n");
    assert_null(finding(world, "loop"));
}

/* As many hops as the header scanner keeps: bounded findings, no time lost. */
static void bears_many_hops(void **state)
{
    struct world *world = *state;
    g_autoptr(GString) block = g_string_new(NULL);

    for (int i = 0; i < HQ_HEADERS_MAX; i++)
        g_string_append(block, "Received: from a (b [8.8.8.800]) by c; Oct, 01 2026 1:00 PM\n");
    build(world, block->str);
    assert_int_equal(world->detail.hop_count, HQ_HEADERS_MAX);
    assert_true(world->detail.finding_count < 1000);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(counts_delays), TEST(counts_whole_seconds), TEST(blames_clocks),
        TEST(links_hops),    TEST(finds_forgeries),      TEST(accuses_nobody_without_cause),
        TEST(sees_loops),    TEST(bears_many_hops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
