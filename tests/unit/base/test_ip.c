/* SPDX-License-Identifier: ISC */
/* Addresses: the forms that are one and those that only look so, classes, networks at the edges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the above, as cmocka asks */
#include <cmocka.h>

#include "hopq/ip.h"
#include <arpa/inet.h>
#include <glib.h>
#include <string.h>

static void test_parse_and_format(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"0.0.0.0", "0.0.0.0"},
        {"255.255.255.255", "255.255.255.255"},
        {"203.0.113.7", "203.0.113.7"},
        {"::", "::"},
        {"::1", "::1"},
        {"2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
        {"2001:db8:0:1:0:0:0:1", "2001:db8:0:1::1"},
        {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"}, /* RFC 5952 4.2.2: one 0 is no "::" */
        {"2001:0db8::0001", "2001:db8::1"},
        {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
        {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
        {"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"},
        {"::ffff:192.0.2.1", "192.0.2.1"},
        {"::FFFF:c000:201", "192.0.2.1"},
        {"0:0:0:0:0:ffff:192.0.2.1", "192.0.2.1"},
        {"fe80::1%eth0", "fe80::1"},
        {"fe80::1%some-very-long-zone-name-that-nobody-would-really-have", "fe80::1"},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct hq_ip ip;
        char buf[46];
        assert_true(hq_ip_parse_str(rows[i][0], &ip));
        assert_string_equal(hq_ip_format(&ip, buf), rows[i][1]);
    }
}

static void test_what_is_no_address(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        ".",
        ":",
        ":::",
        "1",
        "1.2.3",
        "1.2.3.4.5",
        "1.2.3.256",
        "1.2.3.04",
        "01.2.3.4",
        "0x7f.0.0.1",
        "1.2.3.4 ",
        " 1.2.3.4",
        "1.2.3.4:25",
        "[1.2.3.4]",
        "[::1]",
        "IPv6:::1",
        "1.2.3.-4",
        "1..2.3",
        "1.2.3.4%eth0",
        "::1%",
        "1::2::3",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "::12345",
        "::g",
        "::1.2.3",
        "::1.2.3.4.5",
        "::1.2.3.4:5",
        "12345678901234567890123456789012345678901234567890",
        "example.org",
        "::ffff:1.2.3.256",
        "1:2:3:4:5:6:7:1.2.3.4",
        "%eth0:",
    };
    struct hq_ip ip;
    assert_false(hq_ip_parse_str(NULL, &ip));
    assert_false(hq_ip_parse("1.2.3.4\0", 8, &ip));
    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        memset(&ip, 0xAA, sizeof(ip));
        if (hq_ip_parse_str(bad[i], &ip))
            fail_msg("took '%s'", bad[i]);
        assert_int_equal(ip.family, 0);
    }
}

static void test_only_n_bytes_are_read(void **state)
{
    (void)state;
    struct hq_ip ip;
    char buf[46];
    char *exact = g_memdup2("10.1.2.34", 8);
    assert_true(hq_ip_parse(exact, 8, &ip));
    assert_string_equal(hq_ip_format(&ip, buf), "10.1.2.3");
    g_free(exact);
    assert_string_equal(hq_ip_format(&(struct hq_ip){0}, buf), "");
}

static void test_equal(void **state)
{
    (void)state;
    struct hq_ip a = {4, {1, 2, 3, 4, 9}}; /* what is behind the four does not count */
    struct hq_ip b = {4, {1, 2, 3, 4}};
    struct hq_ip c = {6, {1, 2, 3, 4}};
    assert_true(hq_ip_equal(&a, &b));
    assert_false(hq_ip_equal(&b, &c));
    c.family = 4;
    c.bytes[3] = 5;
    assert_false(hq_ip_equal(&b, &c));
}

static void test_classes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum hq_ip_class class;
    } rows[] = {
        {"0.0.0.0", HQ_IP_INVALID},
        {"0.255.255.255", HQ_IP_INVALID},
        {"1.0.0.0", HQ_IP_GLOBAL},
        {"9.255.255.255", HQ_IP_GLOBAL},
        {"10.0.0.0", HQ_IP_PRIVATE},
        {"10.255.255.255", HQ_IP_PRIVATE},
        {"11.0.0.0", HQ_IP_GLOBAL},
        {"100.63.255.255", HQ_IP_GLOBAL},
        {"100.64.0.0", HQ_IP_CGNAT},
        {"100.127.255.255", HQ_IP_CGNAT},
        {"100.128.0.0", HQ_IP_GLOBAL},
        {"127.0.0.1", HQ_IP_LOOPBACK},
        {"127.255.255.255", HQ_IP_LOOPBACK},
        {"128.0.0.0", HQ_IP_GLOBAL},
        {"169.253.255.255", HQ_IP_GLOBAL},
        {"169.254.0.0", HQ_IP_LINK_LOCAL},
        {"169.255.0.0", HQ_IP_GLOBAL},
        {"172.15.255.255", HQ_IP_GLOBAL},
        {"172.16.0.0", HQ_IP_PRIVATE},
        {"172.31.255.255", HQ_IP_PRIVATE},
        {"172.32.0.0", HQ_IP_GLOBAL},
        {"192.0.2.255", HQ_IP_DOCUMENTATION},
        {"192.0.3.0", HQ_IP_GLOBAL},
        {"192.167.255.255", HQ_IP_GLOBAL},
        {"192.168.0.0", HQ_IP_PRIVATE},
        {"192.169.0.0", HQ_IP_GLOBAL},
        {"198.17.255.255", HQ_IP_GLOBAL},
        {"198.18.0.0", HQ_IP_PRIVATE},
        {"198.19.255.255", HQ_IP_PRIVATE},
        {"198.20.0.0", HQ_IP_GLOBAL},
        {"198.51.100.0", HQ_IP_DOCUMENTATION},
        {"203.0.113.255", HQ_IP_DOCUMENTATION},
        {"203.0.114.0", HQ_IP_GLOBAL},
        {"223.255.255.255", HQ_IP_GLOBAL},
        {"224.0.0.0", HQ_IP_MULTICAST},
        {"239.255.255.255", HQ_IP_MULTICAST},
        {"240.0.0.0", HQ_IP_INVALID},
        {"255.255.255.255", HQ_IP_INVALID},
        {"::", HQ_IP_INVALID},
        {"::1", HQ_IP_LOOPBACK},
        {"::2", HQ_IP_INVALID},
        {"::ffff:10.0.0.1", HQ_IP_PRIVATE},
        {"64:ff9b::1.2.3.4", HQ_IP_GLOBAL},
        {"1fff:ffff::", HQ_IP_INVALID},
        {"2000::", HQ_IP_GLOBAL},
        {"2001:db7:ffff::", HQ_IP_GLOBAL},
        {"2001:db8::", HQ_IP_DOCUMENTATION},
        {"2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", HQ_IP_DOCUMENTATION},
        {"2001:db9::", HQ_IP_GLOBAL},
        {"3fff::1", HQ_IP_DOCUMENTATION},
        {"3fff:fff:ffff::", HQ_IP_DOCUMENTATION},
        {"3fff:1000::", HQ_IP_GLOBAL},
        {"4000::", HQ_IP_INVALID},
        {"fbff:ffff::", HQ_IP_INVALID},
        {"fc00::", HQ_IP_PRIVATE},
        {"fdff::1", HQ_IP_PRIVATE},
        {"fe80::1", HQ_IP_LINK_LOCAL},
        {"febf::1", HQ_IP_LINK_LOCAL},
        {"fec0::1", HQ_IP_PRIVATE},
        {"feff::1", HQ_IP_PRIVATE},
        {"ff02::1", HQ_IP_MULTICAST},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct hq_ip ip;
        assert_true(hq_ip_parse_str(rows[i].text, &ip));
        if (hq_ip_classify(&ip) != rows[i].class)
            fail_msg("%s: class %d", rows[i].text, hq_ip_classify(&ip));
    }
    assert_int_equal(hq_ip_classify(&(struct hq_ip){0}), HQ_IP_INVALID);
}

static void test_who_reaches_it(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool public, inner;
    } rows[] = {
        {"8.8.8.8", true, false},  {"192.0.2.1", true, false},  {"2001:db8::1", true, false},
        {"10.1.2.3", false, true}, {"127.0.0.1", false, true},  {"100.64.0.1", false, true},
        {"fe80::1", false, true},  {"224.0.0.1", false, false}, {"0.0.0.1", false, false},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct hq_ip ip;
        assert_true(hq_ip_parse_str(rows[i].text, &ip));
        if (hq_ip_is_public(&ip) != rows[i].public || hq_ip_is_inner(&ip) != rows[i].inner)
            fail_msg("%s", rows[i].text);
    }
}

static bool contains(const char *net, const char *text)
{
    struct hq_cidr cidr;
    struct hq_ip ip;
    assert_true(hq_cidr_parse(net, &cidr));
    assert_true(hq_ip_parse_str(text, &ip));
    return hq_cidr_contains(&cidr, &ip);
}

static void test_networks(void **state)
{
    (void)state;
    assert_true(contains("0.0.0.0/0", "255.1.2.3"));
    assert_false(contains("0.0.0.0/0", "::1"));
    assert_true(contains("::/0", "ffff::"));
    assert_false(contains("::/0", "1.2.3.4"));
    assert_true(contains("10.1.2.3/8", "10.9.9.9")); /* bits behind the prefix do not count */
    assert_false(contains("10.0.0.0/8", "11.0.0.0"));
    assert_true(contains("192.0.2.1", "192.0.2.1"));
    assert_false(contains("192.0.2.1/32", "192.0.2.0"));
    assert_true(contains("192.0.2.0/31", "192.0.2.1"));
    assert_false(contains("192.0.2.0/31", "192.0.2.2"));
    assert_true(contains("128.0.0.0/1", "255.0.0.0"));
    assert_false(contains("128.0.0.0/1", "127.255.255.255"));
    assert_true(contains("2001:db8::/127", "2001:db8::1"));
    assert_false(contains("2001:db8::/127", "2001:db8::2"));
    assert_true(contains("2001:db8::1/128", "2001:db8::1"));
    assert_true(contains("::ffff:10.0.0.0/104", "10.1.2.3"));
    assert_false(contains("::ffff:10.0.0.0/104", "11.1.2.3"));
    assert_true(contains("::ffff:10.0.0.0/96", "11.1.2.3"));
    assert_true(contains("::ffff:10.0.0.1", "10.0.0.1"));
    struct hq_cidr all;
    assert_true(hq_cidr_parse("0.0.0.0/0", &all));
    assert_false(hq_cidr_contains(&all, &(struct hq_ip){0}));
    assert_false(hq_cidr_contains(&(struct hq_cidr){0}, &(struct hq_ip){0}));
}

static void test_what_is_no_network(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "/",
                                      "/8",
                                      "10.0.0.0/",
                                      "10.0.0.0/33",
                                      "10.0.0.0/08",
                                      "10.0.0.0/-1",
                                      "10.0.0.0/+8",
                                      "10.0.0.0/ 8",
                                      "10.0.0.0/8 ",
                                      "10.0.0.0/8/8",
                                      "10/8",
                                      "::/129",
                                      "::/1000",
                                      "::/0x1",
                                      "::/",
                                      "::ffff:10.0.0.0/95",
                                      "::ffff:10.0.0.0/129",
                                      "x/8"};
    struct hq_cidr cidr;
    assert_false(hq_cidr_parse(NULL, &cidr));
    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++)
        if (hq_cidr_parse(bad[i], &cidr))
            fail_msg("took '%s'", bad[i]);
}

static void test_reverse(void **state)
{
    (void)state;
    char buf[80];
    struct hq_ip ip;
    assert_string_equal(hq_ip_reverse(&(struct hq_ip){0}, buf), "");
    hq_ip_parse_str("192.0.2.255", &ip);
    assert_string_equal(hq_ip_reverse(&ip, buf), "255.2.0.192.in-addr.arpa");
    hq_ip_parse_str("2001:db8::567:89ab", &ip); /* RFC 3596 section 2.5 shows this form */
    assert_string_equal(hq_ip_reverse(&ip, buf), "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."
                                                 "8.b.d.0.1.0.0.2.ip6.arpa");
}

/* Every pattern of empty groups, and of two values beside them, as the C library writes it. */
static void test_format_is_canonical(void **state)
{
    (void)state;
    static const uint16_t values[] = {0x0A0F, 0x2001};
    for (unsigned pattern = 0; pattern < 512; pattern++) {
        struct hq_ip ip = {.family = 6};
        char ours[46];
        char theirs[46];
        for (unsigned i = 0; i < 8; i++) {
            unsigned group = pattern >> i & 1 ? values[pattern >> 8] : 0;
            ip.bytes[2 * i] = (uint8_t)(group >> 8);
            ip.bytes[2 * i + 1] = (uint8_t)group;
        }
        assert_non_null(inet_ntop(AF_INET6, ip.bytes, theirs, sizeof(theirs)));
        assert_string_equal(hq_ip_format(&ip, ours), theirs);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_and_format),
        cmocka_unit_test(test_format_is_canonical),
        cmocka_unit_test(test_what_is_no_address),
        cmocka_unit_test(test_only_n_bytes_are_read),
        cmocka_unit_test(test_equal),
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_who_reaches_it),
        cmocka_unit_test(test_networks),
        cmocka_unit_test(test_what_is_no_network),
        cmocka_unit_test(test_reverse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
