/* SPDX-License-Identifier: ISC */
/* The trust boundary of a trail, with and without an envelope, and what must not move it. */
#include "trail_chain.h"

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

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(walks_without_envelope),     TEST(is_not_fooled),
        TEST(is_not_fooled_by_two_lies),  TEST(believes_neighbours),
        TEST(wants_a_host_behind_a_name), TEST(knows_provider_edges),
        TEST(believes_the_envelope),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
