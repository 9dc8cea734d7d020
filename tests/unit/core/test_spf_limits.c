/* SPDX-License-Identifier: ISC */
/* What hostile domains cannot do to an SPF check: questions, time and memory are bounded. */
#include "spf_fixture.h"

/* One hostile domain once made libspf2 ask two million questions. */
static void test_include_tree(void **state)
{
    struct fixture f;
    (void)state;
    setup(&f, NULL, 0);
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
    setup(&f, NULL, 0);
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
    setup(&f, NULL, 0);
    for (int i = 0; i < 12; i++) {
        g_autofree char *ptr = g_strdup_printf("40.2.0.192.in-addr.arpa PTR p%d.%s", i,
                                               i < 11 ? "far.example" : "ptr.example");
        g_autofree char *host =
            g_strdup_printf("p%d.%s A 192.0.2.40", i, i < 11 ? "far.example" : "ptr.example");
        zone_line(f.zone, ptr);
        zone_line(f.zone, host);
    }
    zone_line(f.zone, "ptr.example TXT v=spf1 ptr -all");
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
    setup(&f, NULL, 0);
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
    setup(&f, NULL, 0);
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
    setup(&f, NULL, 0);
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

int main(void)
{
    hq_spf_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_include_tree),    cmocka_unit_test(test_mx_limits),
        cmocka_unit_test(test_ptr_limit),       cmocka_unit_test(test_many_terms),
        cmocka_unit_test(test_bloated_records), cmocka_unit_test(test_long_sender),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
