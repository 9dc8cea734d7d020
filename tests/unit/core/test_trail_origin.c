/* SPDX-License-Identifier: ISC */
/* Where a message came from: facts, claims, and addresses that providers mask. */
#include "trail_chain.h"

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

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(names_the_mask),
        TEST(lists_origins),
        TEST(knows_what_providers_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
