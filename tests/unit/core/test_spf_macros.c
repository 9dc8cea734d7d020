/* SPDX-License-Identifier: ISC */
/* Macros of SPF: in names that are asked for, and in explanations. */
#include "spf_fixture.h"

static const char *const zone_lines[] = {
    "long.example TXT v=spf1 exists:%{l}.%{l}.%{l}.%{l}.%{l}.tail.example -all",
    "exp.example TXT v=spf1 -all exp=why.%{d}",
    "why.exp.example TXT %{i} not of %{d} (%{c} %{h} %{p} %{r}%%) http://exp.example/%{S}",
    "expinc.example TXT v=spf1 include:exp.example exp=why.expinc.example -all",
    "why.expinc.example TXT of the outer one",
    "expredir.example TXT v=spf1 redirect=exp.example exp=why.expinc.example",
    "expdown.example TXT v=spf1 -all exp=down.example",
    "expbad.example TXT v=spf1 -all exp=why.expbad.example",
    "why.expbad.example TXT %{x}",
    "expesc.example TXT v=spf1 -all exp=why.expesc.example",
    "why.expesc.example TXT \033[31mred",
};

static void test_explanations(void **state)
{
    static const struct {
        const char *sender;
        const char *text;
    } cases[] = {
        {"a&b@exp.example", "203.0.113.5 not of exp.example (203.0.113.5 helo.example unknown "
                            "mx.here.example%) http://exp.example/a%26b%40exp.example"},
        {"u@expinc.example", "of the outer one"},
        {"u@expredir.example", "203.0.113.5 not of exp.example (203.0.113.5 helo.example unknown "
                               "mx.here.example%) http://exp.example/u%40expredir.example"},
        {"u@expdown.example", NULL},
        {"u@expbad.example", NULL},
        {"u@expesc.example", NULL}};
    struct fixture f;
    (void)state;
    setup(&f, zone_lines, G_N_ELEMENTS(zone_lines));
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
        setup(&f, zone_lines, G_N_ELEMENTS(zone_lines));
        zone_line(f.zone, record);
        check(&f, "192.0.2.3", "strong-bad@m.example");
        assert_int_equal(f.spf.result, HQ_RESULT_FAIL);
        assert_string_equal(f.spf.questions[f.spf.question_count - 1], wanted);
        teardown(&f);
    }
    setup(&f, zone_lines, G_N_ELEMENTS(zone_lines));
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
    setup(&f, zone_lines, G_N_ELEMENTS(zone_lines));
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

/* RFC 8616 section 4: a local part that is not ASCII makes no name; other terms stand. */
static void test_international_sender(void **state)
{
    static const struct {
        const char *record;
        const char *term;
    } cases[] = {
        {"v=spf1 a:%{l}.x.example -exists:%{L2r}.x.example include:%{s}.x.example ~all", "~all"},
        {"v=spf1 ?a:%{o}.x.example exists:%{d}.x.example -all", "exists:%{d}.x.example"},
        {"v=spf1 ip4:192.0.2.1 -all", "ip4:192.0.2.1"}};
    struct fixture f;
    (void)state;
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *line = g_strconcat("i.example TXT ", cases[i].record, NULL);
        setup(&f, zone_lines, G_N_ELEMENTS(zone_lines));
        zone_line(f.zone, line);
        zone_line(f.zone, "i.example.x.example A 127.0.0.2");
        check(&f, "192.0.2.1", "\xc3\xbc@i.example");
        assert_string_equal(f.spf.term, cases[i].term);
        teardown(&f);
    }
}

int main(void)
{
    hq_spf_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_explanations),
        cmocka_unit_test(test_macros),
        cmocka_unit_test(test_long_names),
        cmocka_unit_test(test_international_sender),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
