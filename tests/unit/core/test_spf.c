/* SPDX-License-Identifier: ISC */
/* SPF checks on an invented zone: mechanisms, macros, limits, include and redirect, identities,
 * hostile records. The official suite is test_spf_suite.c. */
#include "dns_fixture.h"
#include "hopq/spf.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

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

    "ten.example TXT v=spf1 a:a.example a:a.example a:a.example a:a.example a:a.example "
    "a:a.example "
    "a:a.example a:a.example a:a.example a:a.example ip4:192.0.2.77 -all",
    "eleven.example TXT v=spf1 include:ten.example -all",
    "void2.example TXT v=spf1 a:n1.example exists:n2.example ip4:192.0.2.77 -all",
    "void3.example TXT v=spf1 include:void2.example mx:n3.example +all",
    "long.example TXT v=spf1 exists:%{l}.%{l}.%{l}.%{l}.%{l}.tail.example -all",

    "exp.example TXT v=spf1 -all exp=why.%{d}",
    "why.exp.example TXT %{i} is not one of %{d}'s hosts (%{c} %{h} %{p} %{r}%%) see "
    "http://exp.example/%{S}",
    "expinc.example TXT v=spf1 include:exp.example exp=why.expinc.example -all",
    "why.expinc.example TXT of the outer one",
    "expredir.example TXT v=spf1 redirect=exp.example exp=why.expinc.example",
    "expdown.example TXT v=spf1 -all exp=down.example",
    "expbad.example TXT v=spf1 -all exp=why.expbad.example",
    "why.expbad.example TXT %{x}",
    "expesc.example TXT v=spf1 -all exp=why.expesc.example",
    "why.expesc.example TXT \033[31mred",
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
    {"192.0.2.1", "plain.example", HQ_RESULT_PASS, "ip4:192.0.2.0/24", NULL},
    {"192.0.2.1", "@r.example,@x:u@plain.example", HQ_RESULT_PASS, "ip4:192.0.2.0/24", NULL},
};

struct fixture {
    struct zone *zone;
    struct hq_dns_cache *cache;
    struct hq_arena *arena;
    struct hq_spf spf;
};

static void setup(struct fixture *f)
{
    f->zone = zone_new();
    f->cache = hq_dns_cache_new();
    f->arena = hq_arena_new();
    for (unsigned i = 0; i < G_N_ELEMENTS(zone_lines); i++)
        zone_line(f->zone, zone_lines[i]);
}

static void teardown(struct fixture *f)
{
    zone_free(f->zone);
    hq_dns_cache_free(f->cache);
    hq_arena_free(f->arena);
}

/* Replays the check until it is through; how many runs it took. */
static unsigned check_helo(struct fixture *f, const char *ip, const char *helo, const char *sender)
{
    unsigned runs = 1;
    while (!hq_spf_check(f->cache, ip, helo, sender, "mx.here.example", &f->spf, f->arena)) {
        assert_int_equal(f->spf.pending, HQ_YES);
        assert_true(zone_serve(f->zone, f->cache) > 0);
        assert_true(++runs < 100);
    }
    assert_int_equal(f->spf.pending, HQ_NO);
    return runs;
}

static unsigned check(struct fixture *f, const char *ip, const char *sender)
{
    return check_helo(f, ip, "helo.example", sender);
}

static bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static void test_table(void **state)
{
    struct fixture f;
    unsigned wrong = 0;
    (void)state;
    setup(&f);
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
    setup(&f);
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
    setup(&f);
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

static void test_explanations(void **state)
{
    static const struct {
        const char *sender;
        const char *text;
    } cases[] = {{"a&b@exp.example",
                  "203.0.113.5 is not one of exp.example's hosts (203.0.113.5 helo.example "
                  "unknown mx.here.example%) see http://exp.example/a%26b%40exp.example"},
                 {"u@expinc.example", "of the outer one"},
                 {"u@expredir.example",
                  "203.0.113.5 is not one of exp.example's hosts (203.0.113.5 "
                  "helo.example unknown mx.here.example%) see "
                  "http://exp.example/u%40expredir.example"},
                 {"u@expdown.example", NULL},
                 {"u@expbad.example", NULL},
                 {"u@expesc.example", NULL}};
    struct fixture f;
    (void)state;
    setup(&f);
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        check(&f, "203.0.113.5", cases[i].sender);
        assert_int_equal(f.spf.result, HQ_RESULT_FAIL);
        if (!same(f.spf.explanation, cases[i].text))
            fail_msg("%s: %s", cases[i].sender, f.spf.explanation);
    }
    teardown(&f);
}

/* The name that "exists:MACRO.m.example" asks for. */
static void test_macros(void **state)
{
    static const struct {
        const char *macro;
        const char *name;
    } cases[] = {{"%{s}", "strong-bad@m.example"}, /* the section 7.4 examples, this domain */
                 {"%{o}", "m.example"},
                 {"%{d}", "m.example"},
                 {"%{d1}", "example"},
                 {"%{d200}", "m.example"},
                 {"%{dr}", "example.m"},
                 {"%{d1r}", "m"},
                 {"%{l}", "strong-bad"},
                 {"%{l-}", "strong.bad"},
                 {"%{lr-}", "bad.strong"},
                 {"%{l1r-}", "strong"},
                 {"%{L}%{S-}", "strong-badstrong.bad%40m.example"},
                 {"%{ir}", "3.2.0.192"},
                 {"%{i2}", "2.3"},
                 {"%{v}", "in-addr"},
                 {"%{h}", "helo.example"},
                 {"%{p}", "unknown"},
                 {"a%%b%_c%-d", "a%b c%20d"},
                 {"%{o+,/_=}", "m.example"},
                 {"%{o+,.}", "m.example"}};
    struct fixture f;
    (void)state;
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *record =
            g_strdup_printf("m.example TXT v=spf1 exists:%s.x.m.example -all", cases[i].macro);
        g_autofree char *wanted = g_strdup_printf("A %s.x.m.example", cases[i].name);
        setup(&f);
        zone_line(f.zone, record);
        check(&f, "192.0.2.3", "strong-bad@m.example");
        assert_int_equal(f.spf.result, HQ_RESULT_FAIL);
        assert_string_equal(f.spf.questions[f.spf.question_count - 1], wanted);
        teardown(&f);
    }
    setup(&f);
    zone_line(f.zone, "m.example TXT v=spf1 exists:%{ir}.%{v}.x.m.example -all");
    check(&f, "2001:db8::cb01", "strong-bad@m.example");
    assert_string_equal(f.spf.questions[1],
                        "A 1.0.B.C.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.B.D.0.1.0.0.2."
                        "ip6.x.m.example");
    teardown(&f);
}

/* Section 7.3: too long a name loses labels on the left. */
static void test_long_names(void **state)
{
    struct fixture f;
    (void)state;
    setup(&f);
    char sender[200];
    memset(sender, 'x', 60);
    g_strlcpy(sender + 60, "@long.example", sizeof sender - 60);
    check(&f, "192.0.2.1", sender);
    assert_int_equal(f.spf.result, HQ_RESULT_FAIL);
    const char *name = f.spf.questions[1] + 2;
    assert_int_equal(strlen(name), 3 * 61 + 12);
    assert_true(g_str_has_suffix(name, "x.tail.example"));
    teardown(&f);
}

/* One hostile domain once made libspf2 ask two million questions. */
static void test_include_tree(void **state)
{
    struct fixture f;
    (void)state;
    setup(&f);
    for (int depth = 0; depth < 20; depth++) {
        GString *line = g_string_new(NULL);
        g_string_printf(line, "n%d.tree.example TXT v=spf1", depth);
        for (int k = 0; k < 10; k++)
            g_string_append_printf(line, " include:n%d.tree.example", depth + 1 + k * 20);
        zone_line(f.zone, line->str);
        g_string_free(line, TRUE);
    }
    check(&f, "192.0.2.1", "u@n0.tree.example");
    assert_int_equal(f.spf.result, HQ_RESULT_PERMERROR);
    assert_int_equal(f.zone->asked, 11); /* the first one, and one for each of ten terms */
    zone_line(f.zone, "wide.example TXT v=spf1 include:i1.example include:i2.example "
                      "include:i3.example include:i4.example include:i5.example include:i6.example "
                      "include:i7.example include:i8.example include:i9.example "
                      "include:i10.example include:i11.example -all");
    for (int i = 1; i <= 11; i++) {
        g_autofree char *line = g_strdup_printf("i%d.example TXT v=spf1 ?all", i);
        zone_line(f.zone, line);
    }
    f.zone->asked = 0;
    check(&f, "192.0.2.1", "u@wide.example");
    assert_int_equal(f.spf.result, HQ_RESULT_PERMERROR);
    assert_int_equal(f.zone->asked, 11);
    teardown(&f);
}

static void add_mx(struct zone *zone, const char *owner, int count)
{
    for (int i = 0; i < count; i++) {
        g_autofree char *line = g_strdup_printf("%s MX h%d.%s", owner, i, owner);
        g_autofree char *host = g_strdup_printf("h%d.%s A 192.0.2.%d", i, owner, 100 + i);
        zone_line(zone, line);
        zone_line(zone, host);
    }
}

static void test_mx_limits(void **state)
{
    struct fixture f;
    (void)state;
    setup(&f);
    add_mx(f.zone, "mx10.example", 10);
    add_mx(f.zone, "mx11.example", 11);
    zone_line(f.zone, "mx10.example TXT v=spf1 mx -all");
    zone_line(f.zone, "mx11.example TXT v=spf1 mx -all");
    unsigned runs = check(&f, "192.0.2.109", "u@mx10.example");
    assert_int_equal(f.spf.result, HQ_RESULT_PASS);
    assert_int_equal(f.zone->asked, 12);
    assert_int_equal(runs, 4); /* TXT, MX, all the hosts at once */
    f.zone->asked = 0;
    check(&f, "192.0.2.100", "u@mx11.example");
    assert_int_equal(f.spf.result, HQ_RESULT_PERMERROR);
    assert_int_equal(f.zone->asked, 2);
    teardown(&f);
}

/* Only the first ten names of a client count, and only so many are asked for. */
static void test_ptr_limit(void **state)
{
    struct fixture f;
    (void)state;
    setup(&f);
    for (int i = 0; i < 12; i++) {
        g_autofree char *ptr = g_strdup_printf("40.2.0.192.in-addr.arpa PTR p%d.%s", i,
                                               i < 11 ? "far.example" : "ptr.example");
        g_autofree char *host =
            g_strdup_printf("p%d.%s A 192.0.2.40", i, i < 11 ? "far.example" : "ptr.example");
        zone_line(f.zone, ptr);
        zone_line(f.zone, host);
    }
    check(&f, "192.0.2.40", "u@ptr.example");
    assert_int_equal(f.spf.result, HQ_RESULT_FAIL);
    assert_int_equal(f.zone->asked, 12); /* TXT, PTR, ten hosts */
    teardown(&f);
}

/* Records of more terms than libspf2 takes at once. */
static void test_many_terms(void **state)
{
    struct fixture f;
    GString *line = g_string_new("many.example TXT v=spf1");
    (void)state;
    setup(&f);
    for (int i = 0; i < 500; i++)
        g_string_append_printf(line, " ip4:10.%d.%d.1", i / 250, i % 250);
    g_string_append(line, " -all");
    zone_line(f.zone, line->str);
    check(&f, "10.1.249.1", "u@many.example");
    assert_int_equal(f.spf.result, HQ_RESULT_PASS);
    assert_string_equal(f.spf.term, "ip4:10.1.249.1");
    check(&f, "10.1.250.1", "u@many.example");
    assert_int_equal(f.spf.result, HQ_RESULT_FAIL);
    g_string_free(line, TRUE);
    teardown(&f);
}

/* 64 KB records, each with thousands of terms, in an include list: the time of a check is bounded.
 */
static void test_bloated_records(void **state)
{
    struct fixture f;
    (void)state;
    setup(&f);
    GString *line = g_string_new("bloat.example TXT v=spf1");
    for (int i = 0; i < 10; i++)
        g_string_append_printf(line, " include:bloat%d.example", i);
    zone_line(f.zone, line->str);
    for (int i = 0; i < 10; i++) {
        g_string_printf(line, "bloat%d.example TXT v=spf1", i);
        while (line->len < 60000)
            g_string_append(line, " ip4:10.0.0.1");
        zone_line(f.zone, line->str);
    }
    gint64 start = g_get_monotonic_time();
    check(&f, "192.0.2.1", "u@bloat.example");
    assert_int_equal(f.spf.result, HQ_RESULT_PERMERROR);
    assert_non_null(strstr(f.spf.problem, "mechanisms"));
    assert_true(g_get_monotonic_time() - start < 3 * HQ_SECOND);
    g_string_free(line, TRUE);
    teardown(&f);
}

/* Long hostile strings from the envelope go into macros only so far. */
static void test_long_sender(void **state)
{
    struct fixture f;
    (void)state;
    setup(&f);
    char *sender = g_malloc(200000);
    memset(sender, '.', 199999);
    memcpy(sender + 199990, "@m.exampl", 10);
    zone_line(f.zone, "m.exampl TXT v=spf1 exists:%{l}%{s}%{L1r}.example -all exp=why.m.exampl");
    zone_line(f.zone, "why.m.exampl TXT %{S}%{S}%{S}%{S}%{S}%{S}%{S}%{S}%{S}%{S}%{S}%{S}");
    gint64 start = g_get_monotonic_time();
    check_helo(&f, "192.0.2.1", sender, sender);
    assert_int_equal(f.spf.result, HQ_RESULT_FAIL);
    assert_true(strlen(f.spf.explanation) < 5000);
    assert_true(g_get_monotonic_time() - start < HQ_SECOND);
    g_free(sender);
    teardown(&f);
}

static void test_dns_off(void **state)
{
    struct fixture f;
    (void)state;
    setup(&f);
    hq_dns_cache_close(f.cache);
    assert_int_equal(check(&f, "192.0.2.1", "u@plain.example"), 1);
    assert_int_equal(f.spf.result, HQ_RESULT_TEMPERROR);
    assert_int_equal(f.zone->asked, 0);
    teardown(&f);
}

int main(void)
{
    hq_spf_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),           cmocka_unit_test(test_result_is_full),
        cmocka_unit_test(test_identity),        cmocka_unit_test(test_explanations),
        cmocka_unit_test(test_macros),          cmocka_unit_test(test_long_names),
        cmocka_unit_test(test_include_tree),    cmocka_unit_test(test_mx_limits),
        cmocka_unit_test(test_ptr_limit),       cmocka_unit_test(test_many_terms),
        cmocka_unit_test(test_bloated_records), cmocka_unit_test(test_long_sender),
        cmocka_unit_test(test_dns_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
