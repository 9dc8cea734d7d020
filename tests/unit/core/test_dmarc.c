/* SPDX-License-Identifier: ISC */
/* DMARC: the grammar of records, the tree walk, alignment, who is in From. */
#include "dns_fixture.h"
#include "hopq/arena.h"
#include "hopq/auth.h"
#include "hopq/decode.h"
#include "hopq/dmarc.h"
#include "hopq/headers.h"
#include "hopq/org.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct fixture {
    struct zone *zone;
    struct hq_dns_cache *cache;
    struct hq_arena *arena;
};

static void setup(struct fixture *f, const char *const *lines, size_t count)
{
    hq_decode_init();
    hq_org_init();
    *f = (struct fixture){zone_new(), hq_dns_cache_new(), hq_arena_new()};
    for (size_t i = 0; i < count; i++)
        zone_line(f->zone, lines[i]);
}

static void teardown(struct fixture *f)
{
    zone_free(f->zone);
    hq_dns_cache_free(f->cache);
    hq_arena_free(f->arena);
}

/* ---- records ---- */

static void records(void **state)
{
    static const struct {
        const char *text;
        bool ours;
        enum hq_dmarc_policy policy, below, absent;
        bool strict_dkim, strict_spf, testing, unusable;
        char psd;
    } rows[] = {
#define UNSET HQ_DMARC_UNSET
#define NONE  HQ_DMARC_NONE
        {"v=DMARC1; p=reject", true, HQ_DMARC_REJECT, UNSET, UNSET, 0, 0, 0, 0, 'u'},
        {"v = DMARC1 ; p = Reject ;", true, HQ_DMARC_REJECT, UNSET, UNSET, 0, 0, 0, 0, 'u'},
        {"v=DMARC1;p=none;sp=quarantine;np=reject;adkim=s;aspf=s;t=y;psd=n", true, NONE,
         HQ_DMARC_QUARANTINE, HQ_DMARC_REJECT, 1, 1, 1, 0, 'n'},
        {"v=DMARC1; p=reject; psd=y; adkim=r; aspf=x", true, HQ_DMARC_REJECT, UNSET, UNSET, 0, 0, 0,
         0, 'y'},
        {"v=DMARC1; p=reject; p=none; x=y; broken; =; ;;", true, HQ_DMARC_REJECT, UNSET, UNSET, 0,
         0, 0, 0, 'u'},
        {"v=DMARC1; p=rejct", true, NONE, UNSET, UNSET, 0, 0, 0, 1, 'u'},
        {"v=DMARC1; p=rejct; rua=mailto:a@b.example", true, NONE, UNSET, UNSET, 0, 0, 0, 0, 'u'},
        {"v=DMARC1; p=reject; sp=all; rua=https://x, mailto:a@b.example", true, NONE, UNSET, UNSET,
         0, 0, 0, 0, 'u'},
        {"v=DMARC1; rua=mailto:", true, NONE, UNSET, UNSET, 0, 0, 0, 1, 'u'},
        {"v=DMARC1", true, NONE, UNSET, UNSET, 0, 0, 0, 1, 'u'},
        {"v=dmarc1; p=reject", false, 0, 0, 0, 0, 0, 0, 0, 0},
        {"v=DMARC2; p=reject", false, 0, 0, 0, 0, 0, 0, 0, 0},
        {"p=reject; v=DMARC1", false, 0, 0, 0, 0, 0, 0, 0, 0},
        {"v=DMARC1 p=reject", false, 0, 0, 0, 0, 0, 0, 0, 0},
        {"v=spf1 -all", false, 0, 0, 0, 0, 0, 0, 0, 0},
        {"", false, 0, 0, 0, 0, 0, 0, 0, 0},
#undef UNSET
#undef NONE
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct hq_dmarc_record record;
        bool ours = hq_dmarc_record_read(rows[i].text, strlen(rows[i].text), &record);

        if (ours != rows[i].ours || (ours && record.policy != rows[i].policy))
            print_message("%s\n", rows[i].text);
        assert_int_equal(ours, rows[i].ours);
        if (!ours)
            continue;
        assert_int_equal(record.policy, rows[i].policy);
        assert_int_equal(record.below, rows[i].below);
        assert_int_equal(record.absent, rows[i].absent);
        assert_int_equal(record.strict_dkim, rows[i].strict_dkim);
        assert_int_equal(record.strict_spf, rows[i].strict_spf);
        assert_int_equal(record.testing, rows[i].testing);
        assert_int_equal(record.unusable, rows[i].unusable);
        assert_int_equal(record.psd, rows[i].psd);
    }
}

/* ---- the walk ---- */

static unsigned find(struct fixture *f, const char *domain, struct hq_dmarc *dmarc)
{
    unsigned rounds = 0;

    while (!hq_dmarc_find(f->cache, domain, dmarc, f->arena)) {
        assert_true(zone_serve(f->zone, f->cache) > 0);
        assert_true(++rounds < 5);
    }
    return rounds;
}

static void walks(void **state)
{
    static const char *const zone[] = {
        "_dmarc.plain.example TXT v=DMARC1; p=reject; sp=quarantine; np=none",
        "sub.plain.example A 192.0.2.1",
        "_dmarc.own.plain.example TXT v=DMARC1; p=none",
        "_dmarc.bank TXT v=DMARC1; p=reject; psd=y",
        "_dmarc.cut.big.example TXT v=DMARC1; p=quarantine; psd=n",
        "_dmarc.big.example TXT v=DMARC1; p=reject",
        "_dmarc.two.example TXT v=DMARC1; p=reject",
        "_dmarc.two.example TXT v=DMARC1; p=none",
        "_dmarc.stray.example TXT v=spf1 -all",
        "_dmarc.stray.example TXT v=DMARC1; p=reject; t=y",
        "_dmarc.dead.example FAIL",
        "_dmarc.mixed.co.uk TXT v=DMARC1; p=reject",
        "_dmarc.org FAIL",
    };
    static const struct {
        const char *domain, *record_domain, *organisation, *tag;
        enum hq_dmarc_policy policy;
    } rows[] = {
        {"plain.example", "plain.example", "plain.example", "p", HQ_DMARC_REJECT},
        {"sub.plain.example", "plain.example", "plain.example", "sp", HQ_DMARC_QUARANTINE},
        {"gone.plain.example", "plain.example", "plain.example", "np", HQ_DMARC_NONE},
        {"own.plain.example", "own.plain.example", "plain.example", "p", HQ_DMARC_NONE},
        /* the public suffix's own record */
        {"acme.bank", "bank", "acme.bank", "p", HQ_DMARC_REJECT},
        {"mail.acme.bank", "bank", "acme.bank", "p", HQ_DMARC_REJECT},
        {"bank", "bank", "bank", "p", HQ_DMARC_REJECT},
        /* "psd=n" cuts an organisation out of a larger one */
        {"x.cut.big.example", "cut.big.example", "cut.big.example", "p", HQ_DMARC_QUARANTINE},
        {"x.big.example", "big.example", "big.example", "p", HQ_DMARC_REJECT},
        {"two.example", NULL, "two.example", NULL, HQ_DMARC_NONE},
        {"stray.example", "stray.example", "stray.example", "p", HQ_DMARC_QUARANTINE},
        {"nothing.at.all.example", NULL, "nothing.at.all.example", NULL, HQ_DMARC_NONE},
        {"a.mixed.co.uk", "mixed.co.uk", "mixed.co.uk", "p", HQ_DMARC_REJECT},
    };
    struct hq_dmarc dmarc;
    struct fixture f;

    (void)state;
    setup(&f, zone, G_N_ELEMENTS(zone));
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        find(&f, rows[i].domain, &dmarc);
        assert_string_equal(dmarc.organisation, rows[i].organisation);
        if (!rows[i].record_domain) {
            assert_null(dmarc.record);
            continue;
        }
        assert_string_equal(dmarc.record_domain, rows[i].record_domain);
        assert_string_equal(dmarc.tag, rows[i].tag);
        assert_int_equal(dmarc.policy, rows[i].policy);
    }
    find(&f, "dead.example", &dmarc);
    assert_true(dmarc.failed);
    find(&f, "fine.org", &dmarc); /* only its public suffix does not answer */
    assert_false(dmarc.failed);
    teardown(&f);
}

static void eight_questions_at_once(void **state)
{
    struct hq_dmarc dmarc;
    struct fixture f;

    (void)state;
    setup(&f, NULL, 0);
    assert_int_equal(find(&f, "a.b.c.d.e.f.g.h.i.j.mail.example.com", &dmarc), 1);
    assert_int_equal(f.zone->asked, 8);
    /* RFC 9989 section 4.10 lists them */
    assert_string_equal(
        f.zone->log->str,
        "16 _dmarc.a.b.c.d.e.f.g.h.i.j.mail.example.com 16 _dmarc.g.h.i.j.mail.example.com "
        "16 _dmarc.h.i.j.mail.example.com 16 _dmarc.i.j.mail.example.com "
        "16 _dmarc.j.mail.example.com 16 _dmarc.mail.example.com 16 _dmarc.example.com "
        "16 _dmarc.com ");
    teardown(&f);
}

static void the_older_way_is_told_where_it_differs(void **state)
{
    static const char *const zone[] = {
        "_dmarc.dept.uni.example TXT v=DMARC1; p=reject; psd=n",
    };
    struct hq_dmarc dmarc;
    struct fixture f;

    (void)state;
    setup(&f, zone, 1);
    find(&f, "dept.uni.example", &dmarc);
    assert_string_equal(dmarc.organisation, "dept.uni.example");
    assert_string_equal(dmarc.listed, "uni.example");
    find(&f, "uni.example", &dmarc);
    assert_null(dmarc.listed);
    teardown(&f);
}

static void alignment(void **state)
{
    static const char *const zone[] = {
        "_dmarc.plain.example TXT v=DMARC1; p=reject",
        "_dmarc.cut.plain.example TXT v=DMARC1; p=reject; psd=n",
    };
    static const struct {
        const char *author, *domain;
        bool strict, aligned;
    } rows[] = {
        {"plain.example", "plain.example", true, true},
        {"plain.example", "PLAIN.example", true, true},
        {"plain.example", "mail.plain.example", true, false},
        {"plain.example", "mail.plain.example", false, true},
        {"mail.plain.example", "other.plain.example", false, true},
        {"mail.plain.example", "plain.example", false, true},
        {"plain.example", "notplain.example", false, false},
        {"plain.example", "x.cut.plain.example", false, false},
        {"x.cut.plain.example", "y.cut.plain.example", false, true},
        {"x.cut.plain.example", "plain.example", false, false},
        {"plain.example", "example", false, false},
    };
    struct hq_dmarc dmarc;
    struct fixture f;

    (void)state;
    setup(&f, zone, G_N_ELEMENTS(zone));
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        bool aligned;

        find(&f, rows[i].author, &dmarc);
        while (!hq_dmarc_align(f.cache, &dmarc, rows[i].domain, rows[i].strict, &aligned))
            assert_true(zone_serve(f.zone, f.cache) > 0);
        if (aligned != rows[i].aligned)
            print_message("%s %s\n", rows[i].author, rows[i].domain);
        assert_int_equal(aligned, rows[i].aligned);
    }
    teardown(&f);
}

/* ---- who is in From ---- */

static void authors(void **state)
{
    static const struct {
        const char *header, *domain, *problem;
    } rows[] = {
        {"From: a@b.example\n", "b.example", NULL},
        {"From: Ann <a@B.Example.>\n", "b.example", NULL},
        {"From: \"x@evil.example\" <a@b.example>\n", "b.example", NULL},
        {"From: \"x\\\" <y@evil.example>\" <a@b.example>\n", "b.example", NULL},
        {"From: (x@evil.example (y)) a@b.example (z)\n", "b.example", NULL},
        {"From: a@b.example,\n c@b.example\n", "b.example", NULL},
        {"From: a@b.example, c@d.example\n", NULL, "several domains"},
        {"From: team: a@b.example, c@b.example;\n", "b.example", NULL},
        {"From: <a@evil.example> <a@b.example>\n", "b.example", NULL},
        {"From: <@relay.example:a@b.example>\n", "b.example", NULL},
        {"From: \"a@x\"@b.example\n", "b.example", NULL},
        {"From: =?utf-8?q?x=40evil.example?= <a@b.example>\n", "b.example", NULL},
        {"From: a@b\xc3\xbc.example\n", "xn--b-eha.example", NULL},
        {"From: Ann\n", NULL, "without a domain"},
        {"From: a@\n", NULL, "without a domain"},
        {"From: a@[192.0.2.1]\n", NULL, "without a domain"},
        {"From: <>\n", NULL, "no address"},
        {"From:\n", NULL, "no address"},
        {"From: a@b..example\n", NULL, "without a domain"},
        {"From: a@b.example\nFrom: a@b.example\n", NULL, "several From"},
        {"To: a@b.example\n", NULL, "no From"},
    };
    struct fixture f;

    (void)state;
    setup(&f, NULL, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct hq_headers headers = {0};
        struct hq_detail detail = {0};
        const char *problem;

        hq_headers_scan(&headers, rows[i].header, strlen(rows[i].header));
        hq_decode_headers(&headers, &detail, f.arena);

        const char *domain = hq_dmarc_author(&detail, &problem, f.arena);

        if (g_strcmp0(domain, rows[i].domain) != 0)
            print_message("%s -> %s\n", rows[i].header, domain ? domain : problem);
        assert_int_equal(g_strcmp0(domain, rows[i].domain), 0);
        if (rows[i].problem)
            assert_non_null(strstr(problem, rows[i].problem));
        else
            assert_null(problem);
        hq_headers_clear(&headers);
    }
    teardown(&f);
}

/* ---- the verdict ---- */

static void verdicts(void **state)
{
    static const char *const zone[] = {
        "_dmarc.plain.example TXT v=DMARC1; p=reject",
        "_dmarc.tight.example TXT v=DMARC1; p=quarantine; aspf=s",
        "_dmarc.bad.example TXT v=DMARC1; p=x",
        "_dmarc.dead.example FAIL",
    };
    static const struct {
        const char *from;
        enum hq_result spf;
        const char *spf_domain, *result, *words;
    } rows[] = {
        {"a@plain.example", HQ_RESULT_PASS, "plain.example", "pass", "aligned: SPF plain.example"},
        {"a@plain.example", HQ_RESULT_PASS, "m.plain.example", "pass", "policy reject"},
        {"a@plain.example", HQ_RESULT_PASS, "other.example", "fail",
         "nothing that passes is aligned: SPF other.example"},
        {"a@plain.example", HQ_RESULT_FAIL, "plain.example", "fail", "nothing that passes"},
        {"a@plain.example", HQ_RESULT_TEMPERROR, "plain.example", "temperror", "did not answer"},
        {"a@plain.example", HQ_RESULT_UNKNOWN, NULL, NULL, "SPF was not checked"},
        {"a@tight.example", HQ_RESULT_PASS, "m.tight.example", "fail", "policy quarantine"},
        {"a@bad.example", HQ_RESULT_PASS, "bad.example", "permerror", "no valid policy"},
        {"a@dead.example", HQ_RESULT_PASS, "dead.example", "temperror", "does not give the policy"},
        {"a@none.example", HQ_RESULT_PASS, "none.example", "none", "no policy"},
        {"nobody", HQ_RESULT_PASS, "none.example", "permerror", "without a domain"},
    };
    struct fixture f;

    (void)state;
    setup(&f, zone, G_N_ELEMENTS(zone));
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(struct hq_auth));
        g_autofree char *raw = g_strdup_printf("From: %s", rows[i].from);
        struct hq_header header = {.name = "From", .value = rows[i].from, .raw = raw};
        struct hq_detail detail = {.headers = &header,
                                   .header_count = 1,
                                   .spf = {.result = (uint8_t)rows[i].spf,
                                           .domain = rows[i].spf_domain,
                                           .pending = HQ_YES}};

        /* it waits for SPF, but asks its own questions meanwhile */
        hq_dmarc_judge(f.cache, &detail, NULL, true, found, f.arena);
        zone_serve(f.zone, f.cache);
        detail.spf.pending = HQ_NO;
        g_array_set_size(found, 0);
        while (!hq_dmarc_judge(f.cache, &detail, NULL, true, found, f.arena))
            assert_true(zone_serve(f.zone, f.cache) > 0);
        assert_int_equal(found->len, 1);

        const struct hq_auth *row = &g_array_index(found, struct hq_auth, 0);

        if (g_strcmp0(row->result, rows[i].result) != 0 || !strstr(row->detail, rows[i].words))
            print_message("%s: %s: %s\n", rows[i].from, row->result, row->detail);
        assert_int_equal(g_strcmp0(row->result, rows[i].result), 0);
        assert_non_null(strstr(row->detail, rows[i].words));
        assert_int_equal(row->source, HQ_AUTH_COMPUTED);
    }
    teardown(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records),
        cmocka_unit_test(walks),
        cmocka_unit_test(eight_questions_at_once),
        cmocka_unit_test(the_older_way_is_told_where_it_differs),
        cmocka_unit_test(alignment),
        cmocka_unit_test(authors),
        cmocka_unit_test(verdicts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
