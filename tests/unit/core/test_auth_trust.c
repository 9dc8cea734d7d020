/* SPDX-License-Identifier: ISC */
/* Which authentication results are believed, which not, and which are reported as a forgery. */
#include "auth_fixture.h"

static void trust_needs_place_and_name(void **state)
{
    static const struct {
        const char *text;
        int trusted;
    } rows[] = {
        {"Authentication-Results: mx.r.example; spf=pass\nReceived: by mx1.r.example "
         "(boundary)\n\n",
         HQ_YES},
        {"Received: by in.r.example (inside)\nAuthentication-Results: MX.R.EXAMPLE; spf=pass\n"
         "Received: by mx1.r.example (boundary)\n\n",
         HQ_YES},
        {"Authentication-Results: mx.evil.example; spf=pass\n"
         "Received: by mx1.r.example (boundary)\n\n",
         HQ_NO},
        {"Authentication-Results: spf=pass\nReceived: by mx1.r.example (boundary)\n\n", HQ_NO},
        {"Authentication-Results: spf=pass\nReceived: by mx1.outlook.com (boundary)\n\n", HQ_YES},
        {"Received: by mx1.outlook.com (boundary)\nAuthentication-Results: spf=pass\n\n", HQ_NO},
        {"Received: by mx1.r.example (boundary)\nAuthentication-Results: mx.r.example; "
         "spf=pass\n\n",
         HQ_NO},
        {"Received: by mx.google.com (boundary)\nAuthentication-Results: mx.google.com; "
         "spf=pass\n\n",
         HQ_YES},
        {"Received: by mx.google.com (boundary)\nSubject: x\n"
         "Authentication-Results: mx.google.com; spf=pass\n\n",
         HQ_NO},
        {"Received: by mx.google.com (boundary)\nAuthentication-Results: evil.example; "
         "spf=pass\n\n",
         HQ_NO},
        {"Received: by mx1.r.example (nothing)\nAuthentication-Results: mx.r.example; spf=pass\n\n",
         HQ_NO},
        {"Authentication-Results: mx.r.example; spf=pass\n\n", HQ_NO},
        {"Authentication-Results-Original: mx.r.example; spf=pass\n"
         "Received: by mx1.r.example (boundary)\n\n",
         HQ_NO},
        {"Received-SPF: pass (mx.r.example: x) client-ip=192.0.2.1\n"
         "Received: by mx1.r.example (boundary)\n\n",
         HQ_YES},
        {"Received-SPF: pass client-ip=192.0.2.1\nReceived: by mx1.r.example (boundary)\n\n",
         HQ_NO},
        {"ARC-Authentication-Results: i=1; mx.r.example; spf=pass\n"
         "Received: by mx1.r.example (boundary)\n\n",
         HQ_YES},
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        read_auth(rows[i].text);
        assert_true(detail.auth_count >= 1);
        if (detail.auth[0].trusted != rows[i].trusted)
            print_message("row %zu: %s", i, rows[i].text);
        assert_int_equal(detail.auth[0].trusted, rows[i].trusted);
    }
}

/* Below Google's Received field the first result is Google's, the second is the sender's. */
static void second_below_is_a_claim(void **state)
{
    (void)state;
    read_auth("Received: by mx.google.com (boundary)\nReceived-SPF: fail (google.com: domain of "
              "a@b.example does not designate 192.0.2.1 as permitted sender) client-ip=192.0.2.1;\n"
              "Authentication-Results: mx.google.com; spf=fail\n"
              "Authentication-Results: mx.google.com; spf=pass\n\n");
    assert_int_equal(detail.auth_count, 3);
    assert_int_equal(detail.auth[0].trusted, HQ_YES);
    assert_int_equal(detail.auth[1].trusted, HQ_YES);
    assert_int_equal(detail.auth[2].trusted, HQ_NO);
}

static void our_own_name_is_believed(void **state)
{
    (void)state;
    context->hostname = g_strdup("filter.ours.example");
    read_auth("Authentication-Results: filter.ours.example; spf=pass\n"
              "Received: by mx1.r.example (boundary)\n\n");
    assert_int_equal(detail.auth[0].trusted, HQ_YES);
    read_auth("Received: by mx1.r.example (boundary)\n"
              "Authentication-Results: filter.ours.example; spf=pass\n\n");
    assert_int_equal(detail.auth[0].trusted, HQ_NO);
    g_clear_pointer(&context->hostname, g_free);
}

/* The receiver's name far below the boundary is a forgery, unless the mail was there before. */
static void spoofed_results(void **state)
{
    static const struct {
        const char *text;
        unsigned findings;
    } rows[] = {
        {"Received: by mx1.r.example (boundary)\nReceived: by x.evil.example (claim)\n"
         "Authentication-Results: mx.r.example; spf=pass\n\n",
         1},
        {"Received: by mx1.r.example (boundary)\nReceived: by mx2.r.example (claim)\n"
         "Authentication-Results: mx.r.example; spf=pass\n\n",
         0},
        {"Received: by mx1.r.example (boundary)\nAuthentication-Results: mx.r.example; spf=pass\n"
         "Received: by x.evil.example (claim)\n\n",
         0},
        {"Received: by mx1.r.example (boundary)\nReceived: by x.evil.example (claim)\n"
         "Authentication-Results: x.evil.example; spf=pass\n\n",
         0},
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        read_auth(rows[i].text);
        assert_int_equal(detail.auth[0].trusted, HQ_NO);
        assert_int_equal(detail.finding_count, rows[i].findings);
        if (rows[i].findings)
            assert_string_equal(detail.findings[0].id, "ar-spoof");
    }
}

/* Directly below the boundary a milter of the receiver's writes, or the sender: what contradicts
 * facts or the receiver's other results is the sender's. */
static void spoofed_directly_below(void **state)
{
#define ABOVE \
    "Authentication-Results: mx.r.example; dkim=none; spf=softfail smtp.mailfrom=b.example\n"
#define HOP   "Received: from 192.0.2.1 by mx1.r.example (boundary)\n"
#define NAME  "Authentication-Results: mx.r.example; "
#define OLDER "Received: from 192.0.2.9 by x.evil.example (claim)\n\n"
    static const struct {
        const char *text;
        const char *detail; /* part of the finding's; NULL: none */
    } rows[] = {
        {HOP NAME "spf=pass smtp.mailfrom=b.example\n" OLDER, NULL},
        /* its own results, above */
        {ABOVE HOP NAME "spf=pass smtp.mailfrom=b.example\n" OLDER,
         "spf=pass where the receiver found softfail"},
        {ABOVE HOP NAME "dkim=pass header.d=b.example\n\n",
         "dkim=pass where the receiver found none"},
        {ABOVE HOP NAME "spf=softfail\n" OLDER, NULL},
        {ABOVE HOP NAME "dmarc=pass header.from=b.example\n" OLDER, NULL},
        {ABOVE HOP "Received-SPF: pass (x) client-ip=192.0.2.1; receiver=mx.r.example\n" OLDER,
         "spf=pass"},
        {NAME "dkim=pass header.d=a.example; dkim=fail header.d=b.example\n" HOP NAME
              "dkim=pass header.d=A.example\n" OLDER,
         NULL},
        {NAME "dkim=pass header.d=a.example; dkim=fail header.d=b.example\n" HOP NAME
              "dkim=pass header.d=b.example\n" OLDER,
         "dkim=pass"},
        {NAME "dkim=temperror header.d=a.example\n" HOP NAME "dkim=pass header.d=a.example\n" OLDER,
         NULL},
        {"Authentication-Results: mx.evil.example; spf=fail\n" HOP NAME "spf=pass\n" OLDER, NULL},
        /* the client */
        {HOP NAME "spf=pass smtp.mailfrom=b.example smtp.client-ip=203.0.113.7\n" OLDER,
         "203.0.113.7 as the client, which was 192.0.2.1"},
        {HOP "Received-SPF: pass (mx.r.example: domain of a@b.example designates 203.0.113.7 as "
             "permitted sender) receiver=mx.r.example\n\n",
         "203.0.113.7"},
        {HOP NAME "iprev=pass policy.iprev=203.0.113.7\n\n", "203.0.113.7"},
        {HOP NAME "iprev=pass policy.iprev=192.0.2.1 (x.example)\n" OLDER, NULL},
        {HOP NAME "spf=pass smtp.client-ip=192.0.2.9\n" OLDER,
         NULL}, /* a relay of ours, unknown to us */
        /* the envelope */
        {"Return-Path: <a@b.example>\n" HOP NAME "spf=pass smtp.mailfrom=bank.example\n" OLDER,
         "bank.example as the sender, which was of b.example"},
        {"Return-Path: <a@b.example>\n" HOP NAME "spf=pass smtp.mailfrom=x@n1.b.example\n" OLDER,
         NULL},
        {"Return-Path: <>\n" HOP NAME "spf=pass smtp.mailfrom=bank.example\n" OLDER, NULL},
        {"Return-Path: <SRS0=1=2=b.example=a@r.example>\n" HOP NAME
         "spf=pass smtp.mailfrom=b.example\n" OLDER,
         NULL},
        {HOP "Return-Path: <a@b.example>\n" NAME "spf=pass smtp.mailfrom=bank.example\n" OLDER,
         NULL},
        /* the order of fields */
        {HOP "From: a@b.example\n" NAME "spf=pass\nSubject: x\n\n", "among the author's fields"},
        {HOP "From: a@b.example\nSubject: x\n" NAME "spf=pass\n\n", NULL},
        {HOP NAME "spf=pass\nFrom: a@b.example\nSubject: x\n\n", NULL},
        {"From: a@b.example\n" HOP NAME "spf=pass\nSubject: x\n\n", NULL},
        /* mail that it had before */
        {ABOVE HOP NAME "spf=pass\nReceived: by mx2.r.example (claim)\n\n", NULL},
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const struct hq_auth *last;

        read_auth(rows[i].text);
        last = &detail.auth[detail.auth_count - 1];
        if (detail.finding_count != (rows[i].detail ? 1 : 0))
            print_message("row %zu: %s\n", i,
                          detail.finding_count ? detail.findings[0].detail : "");
        assert_int_equal(last->trusted, HQ_NO);
        assert_int_equal(detail.finding_count, rows[i].detail ? 1 : 0);
        assert_true((last->provenance == HQ_PROVENANCE_SPOOF) == (rows[i].detail != NULL));
        if (rows[i].detail)
            assert_non_null(strstr(detail.findings[0].detail, rows[i].detail));
    }
}

/* Who can have written what is not trusted. */
static void provenance(void **state)
{
    static const struct {
        const char *text;
        enum hq_provenance provenance;
    } rows[] = {
        {"Authentication-Results: mx.r.example; spf=pass\nReceived: by mx1.r.example "
         "(boundary)\n\n",
         HQ_PROVENANCE_RECEIVER},
        {"Authentication-Results: evil.example; spf=pass\nReceived: by mx1.r.example "
         "(boundary)\n\n",
         HQ_PROVENANCE_CLAIM},
        {"Received: by mx1.r.example (boundary)\nAuthentication-Results: mx.l.example; spf=pass\n"
         "Received: by mx2.l.example (list)\n\n",
         HQ_PROVENANCE_INNER},
        {"Received: by mx1.r.example (boundary)\nReceived: by mx2.l.example (list)\n"
         "Authentication-Results: mx.l.example; spf=pass\n\n",
         HQ_PROVENANCE_INNER},
        {"Received: by mx1.r.example (boundary)\nReceived: by mx2.l.example (list)\n"
         "Received: by mx3.o.example (origin)\nAuthentication-Results: mx.l.example; spf=pass\n\n",
         HQ_PROVENANCE_CLAIM},
        {"Received: by mx1.r.example (boundary)\nReceived: by mx2.l.example (list)\n"
         "Authentication-Results: mx1.r.example; spf=pass\n\n",
         HQ_PROVENANCE_SPOOF},
        /* where filters of the receiver write, and where a sender can write too */
        {"Received: by mx1.r.example (boundary)\nAuthentication-Results: mx1.r.example; spf=pass\n"
         "Received: by mx2.l.example (list)\n\n",
         HQ_PROVENANCE_CLAIM},
        {"Received: by mx1.r.example (nothing)\nAuthentication-Results: mx1.r.example; "
         "spf=pass\n\n",
         HQ_PROVENANCE_UNKNOWN},
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        read_auth(rows[i].text);
        assert_true(detail.auth_count >= 1);
        if (detail.auth[0].provenance != rows[i].provenance)
            print_message("row %zu: %d\n", i, detail.auth[0].provenance);
        assert_int_equal(detail.auth[0].provenance, rows[i].provenance);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trust_needs_place_and_name),
        cmocka_unit_test(provenance),
        cmocka_unit_test(second_below_is_a_claim),
        cmocka_unit_test(our_own_name_is_believed),
        cmocka_unit_test(spoofed_results),
        cmocka_unit_test(spoofed_directly_below),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
