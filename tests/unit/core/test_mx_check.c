/* SPDX-License-Identifier: ISC */
/* MX records of recipients: lists, what is wrong with them, and mail that came in through a backup.
 */
#include "trail_fixture.h"

#include "dns_fixture.h"
#include "hopq/mx_check.h"

static void fill(struct zone *zone)
{
    static const struct {
        const char *domain;
        unsigned preference;
        const char *host;
    } records[] = {
        {"ours.example", 20, "mx2.ours.example"},
        {"ours.example", 10, "mx1.ours.example"},
        {"equal.example", 10, "mx1.ours.example"},
        {"equal.example", 10, "mx2.ours.example"},
        {"null.example", 0, ""},
        {"none.example", 10, "ghost.none.example"},
    };
    static const char *const lines[] = {"mx1.ours.example A 8.8.4.1", "mx2.ours.example A 8.8.4.2",
                                        "bare.example A 8.8.4.9", "broken.example FAIL x"};

    for (size_t i = 0; i < G_N_ELEMENTS(records); i++)
        zone_name(zone, records[i].domain, HQ_DNS_MX, records[i].preference, records[i].host);
    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++)
        zone_line(zone, lines[i]);
}

/* Answers everything that is asked, round after round. */
static void check(struct world *world, const char *recipient, uint8_t state)
{
    struct hq_recipient to = {.address = recipient, .state = state};
    struct hq_dns_cache *cache = hq_dns_cache_new();
    struct zone *zone = zone_new();
    unsigned rounds = 0;

    fill(zone);
    world->message.recipients = &to;
    world->message.recipient_count = 1;
    while (!hq_mx_check(cache, world->context, &world->message, &world->detail, world->arena)) {
        assert_int_equal(world->detail.mx_count, 0);
        assert_true(zone_serve(zone, cache) > 0);
        assert_true(++rounds < 4);
    }
    hq_dns_cache_free(cache);
    zone_free(zone);
}

static void deferred(struct world *world, const char *recipient)
{
    build(world, "Subject: x\n\n");
    check(world, recipient, HQ_STATE_DEFERRED);
}

static void lists_hosts(void **state)
{
    struct world *world = *state;

    deferred(world, "a@Ours.Example");
    assert_int_equal(world->detail.mx_count, 2);
    assert_string_equal(world->detail.mx[0].host, "mx1.ours.example");
    assert_int_equal(world->detail.mx[0].preference, 10);
    assert_string_equal(world->detail.mx[0].addresses[0], "8.8.4.1");
    assert_int_equal(world->detail.finding_count, 0);
    deferred(world, "a@bare.example");
    assert_string_equal(world->detail.mx[0].host, "bare.example");
    assert_int_equal(world->detail.mx[0].preference, HQ_NONE);
    assert_int_equal(world->detail.finding_count, 0);
    deferred(world, "a@broken.example");
    assert_int_equal(world->detail.mx_count, 0);
    deferred(world, "no-domain");
    assert_int_equal(world->detail.mx_count, 0);
}

static void finds_what_is_wrong(void **state)
{
    struct world *world = *state;

    deferred(world, "a@null.example");
    assert_non_null(finding(world, "null-mx"));
    deferred(world, "a@none.example");
    assert_non_null(finding(world, "mx-no-address"));
    assert_string_equal(world->detail.mx[0].note, "has no address");
    build(world, "Subject: x\n\n"); /* what has arrived needs no MX */
    check(world, "a@none.example", HQ_STATE_DELIVERED);
    assert_null(finding(world, "mx-no-address"));
}

/* We are the best MX and do not know; as a backup we wait for the better one; our own domain is
 * ours. */
static void finds_loops(void **state)
{
    struct world *world = *state;

    world->context->hostname = g_strdup("mx1.ours.example");
    deferred(world, "a@ours.example");
    assert_non_null(finding(world, "mx-loop"));
    assert_string_equal(world->detail.mx[0].note, "this host");
    assert_true(hq_context_add_our(world->context, "ours.example"));
    deferred(world, "a@ours.example");
    assert_null(finding(world, "mx-loop"));
    assert_true(hq_context_add_egress(world->context, "8.8.4.9")); /* by address */
    deferred(world, "a@bare.example");
    assert_non_null(finding(world, "mx-loop"));
}

static void does_not_loop_on_a_backup(void **state)
{
    struct world *world = *state;

    world->context->hostname = g_strdup("mx2.ours.example");
    deferred(world, "a@ours.example");
    assert_null(finding(world, "mx-loop"));
    assert_string_equal(world->detail.mx[1].note, "this host");
}

#define TAKEN(host) "Received: from s (s.sender.example [8.8.8.8]) by " host " (Postfix)\n"
#define GIVEN(host, ip) \
    "Received: from " host " (" host " [" ip "]) by imap.ours.example (Postfix)\n"

static void sees_the_backup(void **state)
{
    struct world *world = *state;

    build(world, GIVEN("mx2.ours.example", "8.8.4.2") TAKEN("mx2.ours.example"));
    assert_int_equal(finding(world, "backup-mx")->confidence, HQ_LEVEL_LOW);
    check(world, "a@ours.example", HQ_STATE_DELIVERED);
    const struct hq_finding *backup = finding(world, "backup-mx");
    assert_int_equal(backup->confidence, HQ_LEVEL_HIGH);
    assert_int_equal(backup->hop, 1);
    assert_non_null(
        strstr(backup->detail, "MX 20 of ours.example; the best is mx1.ours.example (10)"));
    build(world, GIVEN("mx1.ours.example", "8.8.4.1") TAKEN("mx1.ours.example"));
    check(world, "a@ours.example", HQ_STATE_DELIVERED);
    assert_null(finding(world, "backup-mx"));
    /* called so, but as good as the other */
    build(world, GIVEN("mx2.ours.example", "8.8.4.2") TAKEN("mx2.ours.example"));
    check(world, "a@equal.example", HQ_STATE_DELIVERED);
    assert_null(finding(world, "backup-mx"));
    /* in a queue the backup is our client: proven by its address, whatever it is called */
    world->message.mta = "postfix";
    world->message.client.ip = "8.8.4.2";
    build(world, GIVEN("b.ours.example", "8.8.4.2") TAKEN("b.ours.example"));
    check(world, "a@ours.example", HQ_STATE_DEFERRED);
    backup = finding(world, "backup-mx");
    assert_non_null(backup);
    assert_non_null(strstr(backup->detail, "--trust"));
    /* a claim that nobody confirms */
    world->message.client.ip = "8.8.4.7";
    build(world, GIVEN("mx2.ours.example", "8.8.4.7") TAKEN("mx9.ours.example"));
    check(world, "a@ours.example", HQ_STATE_DEFERRED);
    assert_true(!finding(world, "backup-mx") ||
                finding(world, "backup-mx")->confidence == HQ_LEVEL_LOW);
}

static void asks_nothing_without_dns(void **state)
{
    struct world *world = *state;
    struct hq_dns_cache *cache = hq_dns_cache_new();
    struct hq_recipient to = {.address = "a@null.example", .state = HQ_STATE_DEFERRED};

    hq_dns_cache_close(cache);
    world->message.recipients = &to;
    world->message.recipient_count = 1;
    build(world, "Subject: x\n\n");
    assert_true(hq_mx_check(cache, world->context, &world->message, &world->detail, world->arena));
    assert_int_equal(world->detail.mx_count + world->detail.finding_count, 0);
    hq_dns_cache_free(cache);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(lists_hosts),     TEST(finds_what_is_wrong),
        TEST(finds_loops),     TEST(does_not_loop_on_a_backup),
        TEST(sees_the_backup), TEST(asks_nothing_without_dns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
