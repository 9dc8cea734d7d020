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
        {"guarded.example", 10, "mx.filter.example"},
        {"vanity.example", 10, "mx.vanity.example"},
        {"number.example", 10, "8.8.4.7"},
        {"hidden.example", 10, "nat.hoster.example"},
    };
    static const char *const lines[] = {
        "mx1.ours.example A 8.8.4.1",    "mx2.ours.example A 8.8.4.2",
        "bare.example A 8.8.4.9",        "broken.example FAIL x",
        "mx.filter.example A 8.8.4.3",   "node.hoster.example A 8.8.4.6",
        "nat.hoster.example A 10.0.0.6", "alias.hoster.example A 8.8.4.3",
        "mx.vanity.example A 8.8.4.5",   "node.ours.example A 8.8.4.8"};

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
    deferred(world, "a@number.example");
    assert_non_null(finding(world, "mx-no-address"));
    assert_string_equal(world->detail.mx[0].note, "an address, where a name belongs");
    deferred(world, "a@hidden.example");
    assert_string_equal(world->detail.mx[0].note, "no address that the Internet reaches");
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

/* HOST took it from CLIENT, "name [ip]", for an address of DOMAIN. */
static const struct hq_finding *side_door(struct world *world, const char *client, const char *host,
                                          const char *domain)
{
    g_autofree char *to = g_strconcat("u@", domain, NULL);
    g_autofree char *hop =
        g_strdup_printf("Received: from h.sender.example (%s) by %s (Postfix) with ESMTP id "
                        "4A1B2C3D01 for <%s>; Thu, 01 Oct 2026 12:00:10 +0000\n",
                        client, host, to);

    build(world, hop);
    check(world, to, HQ_STATE_DELIVERED);
    return finding(world, "side-door");
}

#define STRANGER "n.sender.example [8.8.8.8]"

static void sees_the_side_door(void **state)
{
    struct world *world = *state;
    const struct hq_finding *door =
        side_door(world, STRANGER, "node.hoster.example", "guarded.example");

    assert_non_null(door);
    assert_int_equal(door->hop, 0);
    assert_non_null(strstr(door->detail, "8.8.8.8 brought it straight to node.hoster.example"));
    assert_non_null(strstr(door->detail, "mx.filter.example (10), a host of somebody else"));
    /* of a provider it is known how its MX are called */
    assert_non_null(
        side_door(world, STRANGER, "AB1.mail.protection.outlook.com", "guarded.example"));
    /* the filter, by its address or by the name of another host of it */
    assert_null(
        side_door(world, "x.sender.example [8.8.4.3]", "node.hoster.example", "guarded.example"));
    assert_null(side_door(world, "out7.filter.example [8.8.4.77]", "node.hoster.example",
                          "guarded.example"));
    /* the MX by another name, hosts that nobody can compare, domains that it is not for */
    assert_null(side_door(world, STRANGER, "alias.hoster.example", "guarded.example"));
    assert_null(side_door(world, STRANGER, "nat.hoster.example", "guarded.example"));
    assert_null(side_door(world, STRANGER, "ghost.hoster.example", "guarded.example"));
    assert_null(side_door(world, STRANGER, "node.hoster.example", "vanity.example"));
    assert_null(side_door(world, STRANGER, "node.hoster.example", "bare.example"));
    assert_null(side_door(world, STRANGER, "node.hoster.example", "null.example"));
    assert_null(side_door(world, STRANGER, "node.hoster.example", "broken.example"));
    build(world, "Received: from h (" STRANGER ") by node.hoster.example (Postfix) with ESMTPSA "
                 "id 4A1B2C3D01 for <u@guarded.example>; Thu, 01 Oct 2026 12:00:10 +0000\n");
    check(world, "u@guarded.example", HQ_STATE_DELIVERED);
    assert_null(finding(world, "side-door")); /* who has a password may */
    build(world, "Received: from h (" STRANGER ") by node.hoster.example (Postfix) with ESMTP "
                 "id 4A1B2C3D01 for <u@list.example>; Thu, 01 Oct 2026 12:00:10 +0000\n");
    check(world, "u@guarded.example", HQ_STATE_DELIVERED);
    assert_null(finding(world, "side-door")); /* it was sent there, but came here for another */
}

/* Of our own domains we know which hosts are its MX and which are not. */
static void sees_the_side_door_of_ours(void **state)
{
    struct world *world = *state;

    assert_null(side_door(world, STRANGER, "node.ours.example", "ours.example"));
    assert_true(hq_context_add_our(world->context, "ours.example"));
    assert_non_null(side_door(world, STRANGER, "node.ours.example", "ours.example"));
    assert_null(side_door(world, STRANGER, "mx2.ours.example", "ours.example"));
    assert_null(
        side_door(world, "mx2.ours.example [8.8.4.2]", "node.ours.example", "ours.example"));
    assert_true(hq_context_add_egress(world->context, "8.8.4.2")); /* this host is an MX */
    assert_null(side_door(world, STRANGER, "node.ours.example", "ours.example"));
}

static void asks_nothing_without_dns(void **state)
{
    struct world *world = *state;
    struct hq_dns_cache *cache = hq_dns_cache_new();
    struct hq_recipient to = {.address = "a@null.example", .state = HQ_STATE_DEFERRED};

    hq_dns_cache_close(cache, HQ_DNS_OFF);
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
        TEST(lists_hosts),
        TEST(finds_what_is_wrong),
        TEST(finds_loops),
        TEST(does_not_loop_on_a_backup),
        TEST(sees_the_backup),
        TEST(sees_the_side_door),
        TEST(sees_the_side_door_of_ours),
        TEST(asks_nothing_without_dns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
