/* SPDX-License-Identifier: ISC */
/* Trails: delays, the boundary with and without an envelope, the origin, and the rules on hops. */
#include "trail_fixture.h"

#define EDGE                                                                                     \
    "Received: from h.sender.example (n.sender.example [8.8.4.4]) by mx.ours.example (Postfix) " \
    "with ESMTP id 4fXyzABC12; Thu, 01 Oct 2026 12:00:10 +0000 (UTC)\n"
#define INNER                                                                                     \
    "Received: from mx.ours.example (mx.ours.example [10.0.0.2]) by imap.ours.example (Postfix) " \
    "with ESMTP id 4fXyzABC13; Thu, 01 Oct 2026 12:00:13 +0000 (UTC)\n"

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

static void walks_without_envelope(void **state)
{
    struct world *world = *state;

    build(world, INNER EDGE "Received: from x (x [1.1.1.1]) by h.sender.example\n\n");
    assert_int_equal(hq_trail_boundary(&world->detail)->n, 1);
    assert_int_equal(world->detail.hops[0].trust, HQ_TRUST_TRUSTED);
    assert_int_equal(world->detail.hops[2].trust, HQ_TRUST_CLAIMED);
    assert_string_equal(world->detail.origin.ip, "8.8.4.4");
    assert_string_equal(world->detail.origin.source, "received");
    assert_true(hq_context_add_our(world->context, "ours.example"));
    assert_true(hq_context_add_trust(world->context, "8.8.4.0/24"));
    build(world, INNER EDGE "Received: from x (x [1.1.1.1]) by h.sender.example\n\n");
    assert_int_equal(hq_trail_boundary(&world->detail)->n, 2);
    assert_int_equal(world->detail.hops[0].trust, HQ_TRUST_OURS);
}

/* A HELO of ours makes no stranger one of us, and an unreadable hop hides what is older. */
static void is_not_fooled(void **state)
{
    struct world *world = *state;

    build(world, "Received: from mail.ours.example (unknown [8.8.4.4]) by mx.ours.example\n"
                 "Received: from x (x [1.1.1.1]) by h.sender.example\n\n");
    assert_int_equal(hq_trail_boundary(&world->detail)->n, 0);
    build(world, "Received: from x (open by mx.ours.example\n" EDGE "\n");
    assert_null(hq_trail_boundary(&world->detail));
    assert_int_equal(world->detail.hops[1].trust, HQ_TRUST_CLAIMED);
    assert_non_null(finding(world, "received-unparseable"));
}

/* Who writes a hop of ours himself and calls himself by its name is no host of ours: the address
 * was looked up, and the name is nobody's or does not lead back. */
static void is_not_fooled_by_two_lies(void **state)
{
    static const char *const clients[] = {"(unknown [8.8.4.4])",
                                          "(mail.ours.example [8.8.4.4] (may be forged))"};
    struct world *world = *state;

    for (size_t i = 0; i < G_N_ELEMENTS(clients); i++) {
        g_autofree char *block = g_strdup_printf(
            "Received: from mail.ours.example %s by mx.ours.example (Postfix) with ESMTP id 4A1B\n"
            "Received: from x (x.example [1.1.1.1]) by mail.ours.example (Postfix) with ESMTP id "
            "4A1C\n\n",
            clients[i]);

        build(world, block);
        assert_int_equal(hq_trail_boundary(&world->detail)->n, 0);
    }
    build(world, "Received: from a (mail.ours.example [8.8.4.4]) by mx.ours.example (Postfix)\n"
                 "Received: from x (x.example [1.1.1.1]) by mail.ours.example (Postfix)\n\n");
    assert_int_equal(hq_trail_boundary(&world->detail)->n, 1);
}

/* Who looks nothing up knows the client's word only; a neighbour may call itself one of us. */
static void believes_neighbours(void **state)
{
    static const struct {
        const char *hop;
        int64_t boundary;
    } rows[] = {
        {"(8.8.4.4) by mx.ours.example (8.8.9.9) with Microsoft SMTP Server id 15.20.1.1", 1},
        {"(8.9.4.4) by mx.ours.example (8.8.9.9) with Microsoft SMTP Server id 15.20.1.1", 0},
        {"(8.8.4.4) by mx.ours.example (10.0.0.9) with Microsoft SMTP Server id 15.20.1.1", 0},
        {"(8.8.4.4) by mx.ours.example with Microsoft SMTP Server id 15.20.1.1", 0},
        {"(2a00:1450::4) by mx.ours.example (2a00:1450:9::9) with Microsoft SMTP Server", 1},
        {"(2a00:1451::4) by mx.ours.example (2a00:1450:9::9) with Microsoft SMTP Server", 0},
    };
    struct world *world = *state;

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *block = g_strdup_printf(
            "Received: from mail.ours.example %s\n"
            "Received: from x (1.1.1.1) by mail.ours.example with Microsoft SMTP Server\n\n",
            rows[i].hop);

        build(world, block);
        assert_int_equal(hq_trail_boundary(&world->detail)->n, rows[i].boundary);
    }
    build(world, "Received: from unknown (HELO mail.ours.example) (8.8.4.4) by mx.ours.example "
                 "with SMTP\n"
                 "Received: from x (1.1.1.1) by mail.ours.example with SMTP\n\n");
    assert_int_equal(hq_trail_boundary(&world->detail)->n, 0);
}

/* A hop of ours that shows no address: a name that the client chose does not make it one of us. */
static void wants_a_host_behind_a_name(void **state)
{
    struct world *world = *state;

    build(world, "Received: from friend by mx.ours.example with ESMTP id 1\n"
                 "Received: from x (x [1.1.1.1]) by h.sender.example\n\n");
    assert_null(hq_trail_boundary(&world->detail));
    assert_int_equal(world->detail.hops[1].trust, HQ_TRUST_CLAIMED);
    build(world, "Received: from mx.ours.example by imap.ours.example with LMTP id 1\n" EDGE "\n");
    assert_int_equal(hq_trail_boundary(&world->detail)->n, 1);
    build(world, "Received: from mx by imap.ours.example with LMTP id 1\n" EDGE "\n");
    assert_int_equal(hq_trail_boundary(&world->detail)->n, 1);
}

static void knows_provider_edges(void **state)
{
    struct world *world = *state;

    build(world,
          "Received: from A.prod.outlook.com (2603:10a6:1::1) by B.prod.outlook.com with HTTPS\n"
          "Received: from X.outbound.protection.outlook.com (40.107.1.1) by "
          "Y.mail.protection.outlook.com (10.1.1.1) with Microsoft SMTP Server id 15.20.1.1\n"
          "Received: from C.prod.outlook.com (2603:10a6:2::1) by D.prod.outlook.com\n\n");
    assert_int_equal(hq_trail_boundary(&world->detail)->n, 1);
    build(world, "Received: by 2002:a05:6402:1:0:0:0:1 with SMTP id a1\n"
                 "Received: from mail-x.google.com (mail-x.google.com [209.85.1.1]) by "
                 "mx.google.com with ESMTPS id a2\n"
                 "Received: by 2002:a05:6402:2:0:0:0:1 with SMTP id a3\n\n");
    assert_int_equal(hq_trail_boundary(&world->detail)->n, 1);
}

static void believes_the_envelope(void **state)
{
    struct world *world = *state;

    world->message.mta = "postfix";
    world->message.client.ip = "8.8.4.4";
    build(world, EDGE "Received: from x (x [1.1.1.1]) by h.sender.example\n\n");
    assert_int_equal(hq_trail_boundary(&world->detail)->n, 0);
    assert_string_equal(world->detail.origin.source, "envelope");
    world->message.client.ip = "9.9.9.9";
    build(world, EDGE "\n");
    assert_int_equal(hq_trail_boundary(&world->detail)->n, 0);
    world->message.client.ip = "127.0.0.1"; /* a filter of ours: its client counts */
    build(world, "Received: from localhost (localhost [127.0.0.1]) by mx.ours.example\n" EDGE "\n");
    assert_int_equal(hq_trail_boundary(&world->detail)->n, 1);
    world->message.client.ip = NULL; /* submitted here: older hops are the submitter's word */
    world->message.sender = "me@ours.example";
    build(world, "Received: by mx.ours.example (Postfix, from userid 1000)\n" EDGE "\n");
    assert_null(hq_trail_boundary(&world->detail));
    assert_int_equal(world->detail.hops[1].trust, HQ_TRUST_CLAIMED);
    assert_null(world->detail.origin.ip);
    assert_non_null(strstr(world->detail.boundary_reason, "submitted on this machine"));
    world->message.sender = NULL; /* a damaged file looks the same, and nobody knows */
    build(world, EDGE "\n");
    assert_int_equal(world->detail.hops[0].trust, HQ_TRUST_CLAIMED);
    assert_non_null(strstr(world->detail.boundary_reason, "could not be read"));
}

static void names_the_mask(void **state)
{
    struct world *world = *state;

    build(world, "X-EIP: [opaque0123]\n\n");
    assert_string_equal(world->detail.origin.masked, "X-EIP");
    assert_null(world->detail.origin.ip);
    assert_int_equal(finding(world, "origin-masked")->hop, HQ_NONE);
    build(world, "X-Originating-IP: [8.8.4.4]\n\n");
    assert_string_equal(world->detail.origin.ip, "8.8.4.4");
    assert_string_equal(world->detail.origin.source, "x-originating-ip");
    assert_null(world->detail.origin.masked);
}

static const struct hq_origin_claim *claim(const struct world *world, const char *source)
{
    for (uint32_t i = 0; i < world->detail.origin_count; i++) {
        if (strcmp(world->detail.origins[i].source, source) == 0)
            return &world->detail.origins[i];
    }
    return NULL;
}

/* Facts and claims, each with its source; never more than four, no address twice. */
static void lists_origins(void **state)
{
    struct world *world = *state;

    build(world, "X-Originating-IP: [1.1.1.9]\n" EDGE
                 "Received: from pc (pc.example [1.1.1.2]) by h.sender.example (Postfix) with "
                 "ESMTPSA id 4fXyzABC15; Thu, 01 Oct 2026 12:00:08 +0000 (UTC)\n"
                 "Received: from x (x.example [1.1.1.1]) by pc.example\n"
                 "X-Sender-IP: 8.8.4.4\n\n");
    assert_int_equal(world->detail.origin_count, 4);
    assert_int_equal(claim(world, "received")->fact, HQ_YES);
    assert_string_equal(claim(world, "received")->ip, "8.8.4.4");
    assert_int_equal(claim(world, "submission")->fact, HQ_NO);
    assert_int_equal(claim(world, "submission")->hop, 1);
    assert_int_equal(claim(world, "x-originating-ip")->fact, HQ_YES); /* above the boundary */
    assert_null(claim(world, "x-sender-ip"));
    assert_string_equal(world->detail.origins[3].ip, "1.1.1.1");
    assert_int_equal(world->detail.origins[3].fact, HQ_NO);
    build(world, EDGE "X-Originating-IP: [1.1.1.9]\nX-PHP-Originating-Script: 33:mail.php\n\n");
    assert_int_equal(claim(world, "x-originating-ip")->fact, HQ_NO);
    assert_string_equal(claim(world, "x-php-originating-script")->text, "33:mail.php");
}

/* Microsoft 365 sorts its report below; in other mail it is the sender's word. Google and Microsoft
 * show no address of who wrote at their own web pages. */
static void knows_what_providers_write(void **state)
{
    static const char edge[] =
        "Received: from n.example (8.8.4.4) by Y.mail.protection.outlook.com (10.1.1.1) with "
        "Microsoft SMTP Server id 15.20.1.1; Thu, 01 Oct 2026 12:00:10 +0000\n";
    static const char report[] = "X-Forefront-Antispam-Report: CIP:8.8.4.9;CTRY:US;LANG:en;\n\n";
    static const char nobody[] = "X-Forefront-Antispam-Report: CIP:255.255.255.255;CTRY:;\n\n";
    struct world *world = *state;
    g_autofree char *inside = g_strconcat(edge, report, NULL);
    g_autofree char *outside = g_strconcat(EDGE, report, NULL);
    g_autofree char *empty = g_strconcat(EDGE, nobody, NULL);

    build(world, inside);
    assert_int_equal(claim(world, "x-forefront-antispam-report")->fact, HQ_YES);
    assert_string_equal(claim(world, "x-forefront-antispam-report")->ip, "8.8.4.9");
    build(world, outside);
    assert_int_equal(claim(world, "x-forefront-antispam-report")->fact, HQ_NO);
    build(world, empty);
    assert_null(claim(world, "x-forefront-antispam-report"));
    build(world, EDGE "Received: from A.prod.outlook.com ([fe80::1]) by A.prod.outlook.com "
                      "([fe80::1%3]) with mapi id 15.20.1.1; Thu, 01 Oct 2026 12:00:08 +0000\n\n");
    assert_string_equal(world->detail.origins[1].masked, "outlook.com");
    assert_null(world->detail.origins[1].ip);
    assert_null(world->detail.origin.masked);
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
        TEST(counts_delays),
        TEST(counts_whole_seconds),
        TEST(blames_clocks),
        TEST(links_hops),
        TEST(walks_without_envelope),
        TEST(is_not_fooled),
        TEST(is_not_fooled_by_two_lies),
        TEST(believes_neighbours),
        TEST(wants_a_host_behind_a_name),
        TEST(knows_provider_edges),
        TEST(believes_the_envelope),
        TEST(names_the_mask),
        TEST(lists_origins),
        TEST(knows_what_providers_write),
        TEST(finds_forgeries),
        TEST(accuses_nobody_without_cause),
        TEST(sees_loops),
        TEST(bears_many_hops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
