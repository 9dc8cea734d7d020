/* SPDX-License-Identifier: ISC */
/* The rules of findings.def held against samples that must show them, and others that must not. */
#include "finding_samples.h"

#include "dns_fixture.h"
#include "hopq/auth.h"
#include "hopq/mx_check.h"

static const struct hq_finding *find(struct world *world, const char *block, const char *id)
{
    build(world, block);
    hq_auth_read(&world->headers, &world->detail, world->context, world->arena);
    return finding(world, id);
}

/* Egress of ours is 8.8.4.4. */
static void ask_mx(struct world *world, const char *recipient)
{
    struct hq_recipient to = {.address = recipient, .state = HQ_STATE_DEFERRED};
    struct hq_dns_cache *cache = hq_dns_cache_new();
    struct zone *zone = zone_new();

    zone_name(zone, "null.example", HQ_DNS_MX, 0, "");
    zone_name(zone, "none.example", HQ_DNS_MX, 1, "ghost.none.example");
    zone_line(zone, "self.example A 8.8.4.4");
    zone_line(zone, "one.example A 8.8.4.5");
    zone_name(zone, "guarded.example", HQ_DNS_MX, 10, "mx.filter.example");
    zone_line(zone, "mx.filter.example A 8.8.4.6");
    zone_line(zone, "inner.ours.example A 8.8.4.7");
    assert_true(hq_context_add_egress(world->context, "8.8.4.4"));
    world->message.recipients = &to;
    world->message.recipient_count = 1;
    while (!hq_mx_check(cache, world->context, &world->message, &world->detail, world->arena))
        assert_true(zone_serve(zone, cache) > 0);
    world->message.recipient_count = 0;
    hq_dns_cache_free(cache);
    zone_free(zone);
}

/* A sample that begins with its recipient is about the MX records. */
static const struct hq_finding *find_any(struct world *world, const char *block, const char *id)
{
    find(world, block, id);
    if (g_str_has_prefix(block, "To: ") || g_str_has_prefix(block, "Delivered-To: ")) {
        const char *address = strchr(block, ' ') + 1;
        g_autofree char *to = g_strndup(address, strcspn(address, "\n"));

        ask_mx(world, to);
    }
    return finding(world, id);
}

static const struct rule_row {
    const char *id;
    uint8_t severity, confidence;
} table[] = {
#define FINDING(id, severity, confidence, words) {id, HQ_LEVEL_##severity, HQ_LEVEL_##confidence},
#include "core/finding/findings.def"
#undef FINDING
};

/* Evidence is a header field of the block or a piece of one, or the finding is not about one place.
 */
static void check_evidence(const struct hq_finding *shown, const char *block)
{
    assert_true(shown->detail && *shown->detail);
    assert_true(g_utf8_validate(shown->detail, -1, NULL));
    if (shown->offset == HQ_NONE) {
        assert_int_equal(shown->hop, HQ_NONE);
        return;
    }
    assert_true(shown->offset >= 0 && shown->length > 0);
    assert_true((size_t)(shown->offset + shown->length) <= strlen(block));
    const char *inner = memchr(block + shown->offset, '\n', (size_t)shown->length - 1);
    assert_true(!inner || inner[1] == '\t' || inner[1] == ' ');
}

static void shows_the_piece(void **state)
{
    static const struct {
        const char *id, *block, *piece;
    } pieces[] = {
        {"mta-habit", EDGE CLIENT BY("h.sender.example", "bogus") AT("12:00:08"), "bogus"},
        {"mta-habit",
         EDGE CLIENT BY("h.sender.example", "4A1B2C3D02") "; Thu, 01 Oct 2026 12:00:08 GMT\n",
         "Thu, 01 Oct 2026 12:00:08 GMT"},
        {"helo-big", EDGE_FROM("mx.google.com (dsl.home.example [8.8.4.4])"), "mx.google.com"},
        {"helo-ip-ne", EDGE_FROM("[9.9.9.9] (n.sender.example [8.8.4.4])"), "[9.9.9.9]"},
        {"rdns-dynamic", EDGE_FROM("h (p12.dialup.isp.example [8.8.4.4])"),
         "p12.dialup.isp.example"},
        {"rdns-none", EDGE_FROM("h.sender.example (unknown [8.8.4.4])"),
         "from h.sender.example (unknown [8.8.4.4])"},
        {"provider-false", EDGE OLDER("mail-x.google.com"), "mail-x.google.com"},
        {"origin-claimed", EDGE REFUSAL HANDED_ON, "8.8.8.8"},
        {"mid-by-relay", EDGE "Message-ID: <1@mx.ours.example>\n" HANDED_ON AUTHORS,
         "Message-ID: <1@mx.ours.example>\n"},
        {"date-far", EDGE "Date: Sun, 27 Sep 2026 11:00:00 +0000\n",
         "Date: Sun, 27 Sep 2026 11:00:00 +0000\n"},
        /* another spelling than the one it was read as: the clause */
        {"same-ip-twice",
         "Received: from a.example (a.example [IPv6:2a00:1:0:0::1])" BY("mx.ours.example",
                                                                        "4A1B2C3D01")
             AT("12:00:10") "Received: from a.example (a.example\n\t[IPv6:2a00:1:0:0::1])" BY(
                 "b.example", "4A1B2C3D05") AT("12:00:08"),
         "from a.example (a.example\n\t[IPv6:2a00:1:0:0::1])"},
    };
    struct world *world = *state;

    for (size_t i = 0; i < G_N_ELEMENTS(pieces); i++) {
        print_message("%s\n", pieces[i].id);
        const struct hq_finding *shown = find_any(world, pieces[i].block, pieces[i].id);
        assert_non_null(shown);
        g_autofree char *piece = g_strndup(pieces[i].block + shown->offset, (gsize)shown->length);
        assert_string_equal(piece, pieces[i].piece);
    }
}

/* Every row of the table has a sample here that shows it with evidence, severity and confidence,
 * and one that must not; a row added without them fails. */
static void has_samples_of_every_rule(void **state)
{
    struct world *world = *state;

    for (size_t t = 0; t < G_N_ELEMENTS(table); t++) {
        unsigned samples = 0;

        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
            if (strcmp(rows[i].id, table[t].id) != 0)
                continue;
            const struct hq_finding *shown = find_any(world, rows[i].shows, rows[i].id);

            assert_non_null(shown);
            assert_non_null(hq_finding_words(shown->id));
            check_evidence(shown, rows[i].shows);
            assert_int_equal(shown->severity, table[t].severity);
            assert_true(shown->confidence >= table[t].confidence);
            samples++;
        }
        print_message("%s: %u\n", table[t].id, samples);
        assert_true(samples > 0);
    }
}

static void tells_right_from_wrong(void **state)
{
    struct world *world = *state;

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const struct hq_finding *shown = find_any(world, rows[i].shows, rows[i].id);

        print_message("%s\n%s-- must not:\n%s", rows[i].id, rows[i].shows, rows[i].not );
        assert_non_null(shown);
        assert_int_equal(shown->hop, rows[i].hop < 0 ? HQ_NONE : rows[i].hop);
        assert_null(find_any(world, rows[i].not, rows[i].id));
    }
}

/* Who the client is, is a fact at the boundary only; nothing that our own hosts write is asked. */
static void asks_where_it_may(void **state)
{
    static const char from[] = "h (p12.dialup.isp.example [8.8.4.4])";
    g_autofree char *below =
        g_strdup_printf(EDGE "Received: from %s by h.sender.example (Postfix)\n", from);
    g_autofree char *edge =
        g_strdup_printf("Received: from %s by mx.ours.example (Postfix)\n", from);
    struct world *world = *state;

    assert_null(find(world, below, "rdns-dynamic"));
    assert_non_null(find(world, edge, "rdns-dynamic"));
    assert_true(hq_context_add_trust(world->context, "8.8.4.0/24"));
    assert_null(find(world, edge, "rdns-dynamic"));
}

/* A liar at the boundary has forged no hops; weak signs on both sides are "possible", never more.
 */
static void weighs_weak_signs(void **state)
{
    static const char liar[] = "mx.google.com (p12.dialup.isp.example [8.8.4.4])";
    g_autofree char *alone =
        g_strdup_printf("Received: from %s by mx.ours.example (Postfix)\n", liar);
    g_autofree char *both = g_strdup_printf("%s%s", alone, OLDER("elsewhere.example"));
    g_autofree char *many = g_strdup_printf(
        "%s" AUTHORS CLIENT BY("elsewhere.example", "4XwVnJ12bcz9x") AT("11:59:00"), alone);
    struct world *world = *state;

    assert_null(find(world, alone, "forged-below"));
    assert_non_null(find(world, alone, "helo-big"));
    assert_null(find(world, EDGE OLDER("elsewhere.example"), "forged-below"));
    const struct hq_finding *forged = find(world, both, "forged-below");
    assert_non_null(forged);
    assert_int_equal(forged->confidence, HQ_LEVEL_LOW);
    assert_int_equal(forged->hop, 0);
    assert_non_null(strstr(forged->detail, "may be"));
    forged = find(world, many, "forged-below");
    assert_non_null(forged);
    assert_int_equal(forged->confidence, HQ_LEVEL_LOW);
}

/* In a queue the backup MX is our client, and what it wrote only claimed: said with the way out. */
static void sees_a_backup_behind_the_envelope(void **state)
{
    static const char chain[] =
        INNER("mx2.ours.example (mx2.ours.example [8.8.4.1])") TAKEN_BY("mx2.ours.example");
    struct world *world = *state;

    world->message.mta = "postfix";
    world->message.client.ip = "8.8.4.1";
    const struct hq_finding *backup = find(world, chain, "backup-mx");
    assert_non_null(backup);
    assert_non_null(strstr(backup->detail, "--trust"));
    assert_true(hq_context_add_trust(world->context, "8.8.4.1"));
    backup = find(world, chain, "backup-mx");
    assert_non_null(backup);
    assert_null(strstr(backup->detail, "--trust"));
    assert_int_equal(hq_trail_boundary(&world->detail)->n, 1);
}

/* The claimed origin is told, with why, and never taken for the fact. */
static void keeps_claim_and_fact_apart(void **state)
{
    struct world *world = *state;
    const struct hq_finding *claim =
        find(world,
             EDGE REFUSAL "Received: from laptop (ppp-8.dialup.isp.example [8.8.8.8]) by "
                          "in.sender.example (Postfix)\n",
             "origin-claimed");

    assert_non_null(claim);
    assert_non_null(strstr(claim->detail, "8.8.8.8 (ppp-8.dialup.isp.example), looks dynamic"));
    assert_non_null(strstr(claim->detail, "does not designate"));
    assert_string_equal(world->detail.origin.ip, "8.8.4.4");
}

/* Names of a megabyte, signs of order, empty ids: bounded words, no time lost. */
static void bears_hostile_names(void **state)
{
    struct world *world = *state;
    g_autofree char *name = g_strnfill(1000000, '8');
    g_autofree char *block = g_strdup_printf(
        "Received: from %s.%s (x%s.dsl.example [8.8.4.4]) by %s.example (Exim 4.96) id ;\n"
        "Received: from a (b [8.8.4.4]) by -.example (Postfix) id \001\002; 1 Oct 2026 1:1 PM\n",
        name, name, name, name);

    find(world, block, "");
    assert_int_equal(world->detail.hop_count, 2);
    for (uint32_t i = 0; i < world->detail.finding_count; i++)
        assert_true(strlen(world->detail.findings[i].detail) < 1000);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(tells_right_from_wrong),
        TEST(has_samples_of_every_rule),
        TEST(shows_the_piece),
        TEST(asks_where_it_may),
        TEST(weighs_weak_signs),
        TEST(sees_a_backup_behind_the_envelope),
        TEST(keeps_claim_and_fact_apart),
        TEST(bears_hostile_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
