/* SPDX-License-Identifier: ISC */
/* SPF checks on an invented zone: mechanisms, grammar, include and redirect, identities. The
 * official suite is test_spf_suite.c. */
#include "spf_fixture.h"

#define TWICE(s) s s

static const char *const zone_lines[] = {
    "plain.example TXT v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 -all",
    "case.example TXT V=SPF1 IP4:192.0.2.1 -ALL",
    "soft.example TXT v=spf1 ~all",
    "neutral.example TXT v=spf1 ?all",
    "empty.example TXT v=spf1",
    "other.example TXT v=spf10 -all",
    "other.example TXT site-verification=1",
    "two.example TXT v=spf1 -all",
    "two.example TXT v=spf1 +all",
    "down.example FAIL",

    "a.example TXT v=spf1 a -all",
    "a.example A 192.0.2.1",
    "a.example AAAA 2001:db8::1",
    "a24.example TXT v=spf1 a:a.example/24//64 -all",
    "a0.example TXT v=spf1 a:a.example/0//0 -all",
    "a0void.example TXT v=spf1 a:nothing.example/0 -all",
    "mapped.example TXT v=spf1 ?ip6:::ffff:192.0.2.1 ip6:::ffff:192.0.2.1/80 -all",
    "zero.example TXT v=spf1 ?ip4:0.0.0.0/0 ~ip6:::/0 -all",
    "mx.example TXT v=spf1 mx -all",
    "mx.example MX mx1.mx.example",
    "mx.example MX mx2.mx.example",
    "mx1.mx.example A 192.0.2.10",
    "mx2.mx.example A 192.0.2.11",
    "mx2.mx.example AAAA 2001:db8::11",
    "mxfail.example TXT v=spf1 mx -all",
    "mxfail.example MX mx1.mx.example",
    "mxfail.example MX down.example",
    "token.example TXT v=spf1 mx -all",
    "token.example MX target.hopq",
    "token.example A 192.0.2.20",
    "target.hopq A 192.0.2.21",
    "nullmx.example TXT v=spf1 mx -all",
    "nullmx.example MX .",
    "ptr.example TXT v=spf1 ptr -all",
    "ptrto.example TXT v=spf1 ptr:ptr.example. -all",
    "30.2.0.192.in-addr.arpa PTR liar.ptr.example",
    "30.2.0.192.in-addr.arpa PTR down.example",
    "30.2.0.192.in-addr.arpa PTR Host.PTR.example",
    "liar.ptr.example A 192.0.2.99",
    "host.ptr.example A 192.0.2.30",
    "31.2.0.192.in-addr.arpa PTR hostptr.example",
    "hostptr.example A 192.0.2.31",
    "exists.example TXT v=spf1 exists:%{ir}.%{v}._spf.%{d} -all",
    "1.2.0.192.in-addr._spf.exists.example A 127.0.0.2",
    "long-ip6.example TXT v=spf1 ip6:2001:db8:1234:5678:9abc:def0:1234:5678/128 -all",

    "inc.example TXT v=spf1 include:plain.example include:soft.example -all",
    "dotted.example TXT v=spf1 exists:%{dr}.plain.example -all",
    "example.dotted.plain.example A 127.0.0.2",
    "incinc.example TXT v=spf1 ?include:inc.example -all",
    "incnone.example TXT v=spf1 include:nothing.example -all",
    "incdown.example TXT v=spf1 include:down.example -all",
    "incbad.example TXT v=spf1 include:bad.example -all",
    "incself.example TXT v=spf1 include:incself.example -all",
    "redir.example TXT v=spf1 redirect=plain.example",
    "redirall.example TXT v=spf1 redirect=plain.example ?all",
    "redirfirst.example TXT v=spf1 redirect=neutral.example ip4:192.0.2.1",
    "redirnone.example TXT v=spf1 redirect=nothing.example",
    "redirself.example TXT v=spf1 redirect=redirself.example",

    "bad.example TXT v=spf1 ip4:192.0.2.256 -all",
    "late.example TXT v=spf1 +all foo",
    "slash.example TXT v=spf1 a/33 -all",
    "octal.example TXT v=spf1 ip4:192.0.2.1/024 -all",
    "colon.example TXT v=spf1 a: -all",
    "modifier.example TXT v=spf1 -redirect=plain.example",
    "unknown.example TXT v=spf1 x.y-z_1=%{l}%%%_%- -all",
    "tab.example TXT v=spf1 a\t-all",
    "d0.example TXT v=spf1 exists:%{d0}.example -all",
    "time.example TXT v=spf1 exists:%{t}.example -all",

    "ten.example TXT v=spf1 " TWICE("a ") TWICE("a ") TWICE("mx ") TWICE("a:a.example ")
        TWICE("a:a.example ") "ip4:192.0.2.77 -all",
    "ten.example A 192.0.2.1",
    "ten.example MX a.example",
    "eleven.example TXT v=spf1 include:ten.example -all",
    "void2.example TXT v=spf1 a:n1.example exists:n2.example ip4:192.0.2.77 -all",
    "void3.example TXT v=spf1 include:void2.example mx:n3.example +all",
};

struct check {
    const char *ip;
    const char *sender;
    enum hq_result result;
    const char *term;
    const char *problem; /* a part of it; NULL: none */
};

static const struct check checks[] = {
    {"192.0.2.1", "u@plain.example", HQ_RESULT_PASS, "ip4:192.0.2.0/24", NULL},
    {"192.0.3.1", "u@plain.example", HQ_RESULT_FAIL, "-all", NULL},
    {"2001:db8::5", "u@plain.example", HQ_RESULT_PASS, "ip6:2001:db8::/32", NULL},
    {"::ffff:192.0.2.1", "u@plain.example", HQ_RESULT_PASS, "ip4:192.0.2.0/24", NULL},
    {"127.0.0.1", "u@plain.example", HQ_RESULT_FAIL, "-all", NULL},
    {"::1", "u@plain.example", HQ_RESULT_FAIL, "-all", NULL},
    {"192.0.2.1", "u@CASE.example", HQ_RESULT_PASS, "IP4:192.0.2.1", NULL},
    {"192.0.2.2", "u@case.example", HQ_RESULT_FAIL, "-ALL", NULL},
    {"192.0.2.1", "u@soft.example", HQ_RESULT_SOFTFAIL, "~all", NULL},
    {"192.0.2.1", "u@neutral.example", HQ_RESULT_NEUTRAL, "?all", NULL},
    {"192.0.2.1", "u@empty.example", HQ_RESULT_NEUTRAL, NULL, NULL},
    {"192.0.2.1", "u@other.example", HQ_RESULT_NONE, NULL, NULL},
    {"192.0.2.1", "u@nothing.example", HQ_RESULT_NONE, NULL, NULL},
    {"192.0.2.1", "u@two.example", HQ_RESULT_PERMERROR, NULL, "more than one SPF record"},
    {"192.0.2.1", "u@down.example", HQ_RESULT_TEMPERROR, NULL, "TXT down.example"},

    {"192.0.2.1", "u@a.example", HQ_RESULT_PASS, "a", NULL},
    {"192.0.2.2", "u@a.example", HQ_RESULT_FAIL, "-all", NULL},
    {"2001:db8::1", "u@a.example", HQ_RESULT_PASS, "a", NULL},
    {"192.0.2.2", "u@a24.example", HQ_RESULT_PASS, "a:a.example/24//64", NULL},
    {"192.0.3.2", "u@a24.example", HQ_RESULT_FAIL, "-all", NULL},
    {"2001:db8::2", "u@a24.example", HQ_RESULT_PASS, "a:a.example/24//64", NULL},
    {"2001:db8:0:1::2", "u@a24.example", HQ_RESULT_FAIL, "-all", NULL},
    {"203.0.113.9", "u@a0.example", HQ_RESULT_PASS, "a:a.example/0//0", NULL},
    {"3fff::9", "u@a0.example", HQ_RESULT_PASS, "a:a.example/0//0", NULL},
    {"203.0.113.9", "u@a0void.example", HQ_RESULT_FAIL, "-all", NULL},
    {"192.0.2.1", "u@mapped.example", HQ_RESULT_FAIL, "-all", NULL},
    {"::1", "u@mapped.example", HQ_RESULT_PASS, "ip6:::ffff:192.0.2.1/80", NULL},
    {"1::1", "u@mapped.example", HQ_RESULT_FAIL, "-all", NULL},
    {"203.0.113.9", "u@zero.example", HQ_RESULT_NEUTRAL, "?ip4:0.0.0.0/0", NULL},
    {"3fff::9", "u@zero.example", HQ_RESULT_SOFTFAIL, "~ip6:::/0", NULL},
    {"192.0.2.11", "u@mx.example", HQ_RESULT_PASS, "mx", NULL},
    {"2001:db8::11", "u@mx.example", HQ_RESULT_PASS, "mx", NULL},
    {"192.0.2.12", "u@mx.example", HQ_RESULT_FAIL, "-all", NULL},
    {"192.0.2.10", "u@mxfail.example", HQ_RESULT_PASS, "mx", NULL},
    {"192.0.2.12", "u@mxfail.example", HQ_RESULT_TEMPERROR, NULL, "A down.example"},
    {"192.0.2.21", "u@token.example", HQ_RESULT_PASS, "mx", NULL},
    {"192.0.2.20", "u@token.example", HQ_RESULT_FAIL, "-all", NULL},
    {"192.0.2.20", "u@nullmx.example", HQ_RESULT_FAIL, "-all", NULL},
    {"192.0.2.30", "u@ptr.example", HQ_RESULT_PASS, "ptr", NULL},
    {"192.0.2.30", "u@ptrto.example", HQ_RESULT_PASS, "ptr:ptr.example.", NULL},
    {"192.0.2.31", "u@ptr.example", HQ_RESULT_FAIL, "-all", NULL},
    {"192.0.2.32", "u@ptr.example", HQ_RESULT_FAIL, "-all", NULL},
    {"192.0.2.1", "u@exists.example", HQ_RESULT_PASS, "exists:%{ir}.%{v}._spf.%{d}", NULL},
    {"192.0.2.2", "u@exists.example", HQ_RESULT_FAIL, "-all", NULL},
    {"2001:db8:1234:5678:9abc:def0:1234:5678", "u@long-ip6.example", HQ_RESULT_PASS,
     "ip6:2001:db8:1234:5678:9abc:def0:1234:5678/128", NULL},

    {"192.0.2.1", "u@inc.example", HQ_RESULT_PASS, "include:plain.example", NULL},
    {"203.0.113.1", "u@inc.example", HQ_RESULT_FAIL, "-all", NULL},
    {"192.0.2.1", "u@incinc.example", HQ_RESULT_NEUTRAL, "?include:inc.example", NULL},
    {"192.0.2.1", "u@incnone.example", HQ_RESULT_PERMERROR, NULL, "nothing.example"},
    {"192.0.2.1", "u@incdown.example", HQ_RESULT_TEMPERROR, NULL, "TXT down.example"},
    {"192.0.2.1", "u@incbad.example", HQ_RESULT_PERMERROR, NULL, "in the record of bad.example"},
    {"192.0.2.1", "u@incself.example", HQ_RESULT_PERMERROR, NULL, "more than 10 terms"},
    {"192.0.2.1", "u@redir.example", HQ_RESULT_PASS, "ip4:192.0.2.0/24", NULL},
    {"203.0.113.1", "u@redir.example", HQ_RESULT_FAIL, "-all", NULL},
    {"203.0.113.1", "u@redirall.example", HQ_RESULT_NEUTRAL, "?all", NULL},
    {"192.0.2.1", "u@redirfirst.example", HQ_RESULT_PASS, "ip4:192.0.2.1", NULL},
    {"192.0.2.2", "u@redirfirst.example", HQ_RESULT_NEUTRAL, "?all", NULL},
    {"192.0.2.1", "u@redirnone.example", HQ_RESULT_PERMERROR, NULL, "nothing.example"},
    {"192.0.2.1", "u@redirself.example", HQ_RESULT_PERMERROR, NULL, "more than 10 terms"},

    {"192.0.2.1", "u@bad.example", HQ_RESULT_PERMERROR, NULL, "\"ip4:192.0.2.256\""},
    {"192.0.2.1", "u@late.example", HQ_RESULT_PERMERROR, NULL, "\"foo\""},
    {"192.0.2.1", "u@slash.example", HQ_RESULT_PERMERROR, NULL, "prefix length"},
    {"192.0.2.1", "u@octal.example", HQ_RESULT_PERMERROR, NULL, "prefix length"},
    {"192.0.2.1", "u@colon.example", HQ_RESULT_PERMERROR, NULL, "wrong domain"},
    {"192.0.2.1", "u@modifier.example", HQ_RESULT_PERMERROR, NULL, "unknown mechanism"},
    {"192.0.2.1", "u@unknown.example", HQ_RESULT_FAIL, "-all", NULL},
    {"192.0.2.1", "u@tab.example", HQ_RESULT_PERMERROR, NULL, "a\t-all"},
    {"192.0.2.1", "u@d0.example", HQ_RESULT_PERMERROR, NULL, "wrong domain"},
    {"192.0.2.1", "u@time.example", HQ_RESULT_PERMERROR, NULL, "wrong domain"},

    {"192.0.2.77", "u@ten.example", HQ_RESULT_PASS, "ip4:192.0.2.77", NULL},
    {"192.0.2.77", "u@eleven.example", HQ_RESULT_PERMERROR, NULL, "more than 10 terms"},
    {"192.0.2.77", "u@void2.example", HQ_RESULT_PASS, "ip4:192.0.2.77", NULL},
    {"192.0.2.78", "u@void3.example", HQ_RESULT_PERMERROR, NULL, "n3.example"},

    {"not an address", "u@plain.example", HQ_RESULT_UNKNOWN, NULL, "address"},
    {NULL, "u@plain.example", HQ_RESULT_UNKNOWN, NULL, "address"},
    {"192.0.2.1", "u@[192.0.2.1]", HQ_RESULT_NONE, NULL, "no domain name"},
    {"192.0.2.1", "u@localhost", HQ_RESULT_NONE, NULL, "no domain name"},
    {"192.0.2.1", "u@", HQ_RESULT_NONE, NULL, "no domain name"},
    {"192.0.2.1", "@", HQ_RESULT_NONE, NULL, "no domain name"},
    {"192.0.2.1", "u@a..example", HQ_RESULT_NONE, NULL, "no domain name"},
    {"192.0.2.1", "u@\xff\xfe.example", HQ_RESULT_NONE, NULL, "no domain name"},
    {"192.0.2.1", "u@dotted.example..", HQ_RESULT_NONE, NULL, "no domain name"},
    {"192.0.2.1", "u@dotted.example.", HQ_RESULT_PASS, "exists:%{dr}.plain.example", NULL},
    {"192.0.2.1", "u@.", HQ_RESULT_NONE, NULL, "no domain name"},
    {"192.0.2.1", "plain.example", HQ_RESULT_PASS, "ip4:192.0.2.0/24", NULL},
    {"192.0.2.1", "@r.example,@x:u@plain.example", HQ_RESULT_PASS, "ip4:192.0.2.0/24", NULL},
};

static void test_table(void **state)
{
    struct fixture f;
    unsigned wrong = 0;
    (void)state;
    setup(&f, zone_lines, G_N_ELEMENTS(zone_lines));
    for (unsigned i = 0; i < G_N_ELEMENTS(checks); i++) {
        const struct check *c = &checks[i];
        check(&f, c->ip, c->sender);
        bool good =
            f.spf.result == c->result && same(f.spf.term, c->term) &&
            (c->problem ? f.spf.problem && strstr(f.spf.problem, c->problem) : !f.spf.problem);
        if (!good)
            printf("%s %s: %s by %s, problem %s\n", c->ip, c->sender, hq_result_names[f.spf.result],
                   f.spf.term, f.spf.problem);
        wrong += !good;
    }
    teardown(&f);
    assert_int_equal(wrong, 0);
}

static void test_result_is_full(void **state)
{
    struct fixture f;
    (void)state;
    setup(&f, zone_lines, G_N_ELEMENTS(zone_lines));
    check(&f, "::ffff:192.0.2.1", "u@inc.example");
    assert_string_equal(f.spf.identity, "mailfrom");
    assert_string_equal(f.spf.domain, "inc.example");
    assert_string_equal(f.spf.ip, "192.0.2.1");
    assert_string_equal(f.spf.record, "v=spf1 include:plain.example include:soft.example -all");
    assert_null(f.spf.explanation);
    assert_int_equal(f.spf.question_count, 2);
    assert_string_equal(f.spf.questions[0], "TXT inc.example");
    assert_string_equal(f.spf.questions[1], "TXT plain.example");
    check(&f, "192.0.2.1", "u@redir.example");
    assert_string_equal(f.spf.record, "v=spf1 redirect=plain.example"); /* what dig shows */
    teardown(&f);
}

static void test_identity(void **state)
{
    struct fixture f;
    (void)state;
    setup(&f, zone_lines, G_N_ELEMENTS(zone_lines));
    for (int i = 0; i < 2; i++) {
        check_helo(&f, "192.0.2.1", "plain.example", i ? "" : NULL);
        assert_int_equal(f.spf.result, HQ_RESULT_PASS);
        assert_string_equal(f.spf.identity, "helo");
        assert_string_equal(f.spf.domain, "plain.example");
    }
    check_helo(&f, "192.0.2.1", "[192.0.2.1]", "");
    assert_int_equal(f.spf.result, HQ_RESULT_NONE);
    check_helo(&f, "192.0.2.1", NULL, NULL);
    assert_int_equal(f.spf.result, HQ_RESULT_NONE);
    zone_line(f.zone, "xn--bcher-kva.example TXT v=spf1 -all"); /* RFC 3492's own example */
    check(&f, "192.0.2.1",
          "u@b\xc3\xbc"
          "cher.example");
    assert_int_equal(f.spf.result, HQ_RESULT_FAIL);
    assert_string_equal(f.spf.domain, "xn--bcher-kva.example");
    teardown(&f);
}

static void test_dns_off(void **state)
{
    struct fixture f;
    (void)state;
    setup(&f, zone_lines, G_N_ELEMENTS(zone_lines));
    hq_dns_cache_close(f.cache, HQ_DNS_OFF);
    assert_int_equal(check(&f, "192.0.2.1", "u@plain.example"), 1);
    assert_int_equal(f.spf.result, HQ_RESULT_TEMPERROR);
    assert_string_equal(f.spf.problem, HQ_DNS_OFF);
    assert_int_equal(f.zone->asked, 0);
    teardown(&f);
}

int main(void)
{
    hq_spf_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_result_is_full),
        cmocka_unit_test(test_identity),
        cmocka_unit_test(test_dns_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
