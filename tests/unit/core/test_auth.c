/* SPDX-License-Identifier: ISC */
/* Authentication fields: the RFC's forms, vendors' forms, and above all who may be believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hopq/auth.h"
#include "hopq/decode.h"
#include "hopq/org.h"

static struct hq_arena *arena;
static struct hq_context *context;
static struct hq_detail detail;

/* Reads TEXT. Each Received field is a hop by its name; the one that says "(boundary)" is it. */
static void read_auth(const char *text)
{
    static struct hq_hop hops[8];
    struct hq_headers headers = {0};
    enum hq_trust trust = HQ_TRUST_OURS;

    memset(&detail, 0, sizeof detail);
    memset(hops, 0, sizeof hops);
    hq_headers_scan(&headers, text, strlen(text));
    for (unsigned i = 0; i < headers.count; i++) {
        const struct hq_field_span *field = &headers.fields[i];

        if (!hq_field_is(field, "Received"))
            continue;

        g_autofree char *value = g_strndup(field->value, field->value_length);
        const char *by = strstr(value, "by ");
        struct hq_hop *hop = &hops[detail.hop_count++];
        bool boundary = strstr(value, "(boundary)") != NULL;

        hop->by.name = by ? hq_arena_dup(arena, by + 3, strcspn(by + 3, " ")) : NULL;
        hop->offset = (int64_t)field->offset;
        hop->length = (int64_t)field->length;
        hop->trust = boundary ? HQ_TRUST_BOUNDARY : trust;
        trust = boundary ? HQ_TRUST_CLAIMED : trust;
    }
    detail.hops = hops;
    hq_auth_read(&headers, &detail, context, arena);
    hq_headers_clear(&headers);
}

static void assert_row(unsigned i, const char *method, const char *result, const char *domain,
                       const char *authserv)
{
    assert_true(i < detail.auth_count);

    const struct hq_auth *row = &detail.auth[i];

    assert_string_equal(row->method, method);
    assert_string_equal(row->result, result);
    if (domain)
        assert_string_equal(row->domain, domain);
    else
        assert_null(row->domain);
    if (authserv)
        assert_string_equal(row->authserv, authserv);
    else
        assert_null(row->authserv);
    assert_int_equal(row->source, HQ_AUTH_CLAIMED);
}

static void assert_property(unsigned i, const char *key, const char *expected)
{
    g_autoptr(GString) value = g_string_new(NULL);

    assert_true(hq_auth_property(&detail.auth[i], key, value));
    assert_string_equal(value->str, expected);
}

static void rfc_forms(void **state)
{
    (void)state;
    read_auth(
        "Authentication-Results: mx.a.example 1;\n\tspf=pass (a (nested; x=y) comment)\n"
        "\tsmtp.mailfrom=bob@b.example; dkim/1=FAIL reason=\"bad; signature\"\n"
        "\theader.i=@c.example header.d=d.example; auth=pass smtp.auth=\"u v\"@e.example;\n"
        "\tdmarc (c) = (c) none header.from=b.example; iprev=pass policy.iprev=192.0.2.1\n\n");
    assert_int_equal(detail.auth_count, 5);
    assert_row(0, "spf", "pass", "b.example", "mx.a.example");
    assert_string_equal(detail.auth[0].detail,
                        "(a (nested; x=y) comment) smtp.mailfrom=bob@b.example");
    assert_row(1, "dkim", "fail", "d.example", "mx.a.example"); /* d= counts before i= */
    assert_property(1, "reason", "bad; signature");
    assert_property(1, "header.i", "@c.example");
    assert_row(2, "auth", "pass", "e.example", "mx.a.example");
    assert_row(3, "dmarc", "none", "b.example", "mx.a.example");
    assert_row(4, "iprev", "pass", NULL, "mx.a.example");
    assert_property(4, "policy.iprev", "192.0.2.1");
}

static void no_results(void **state)
{
    static const char *const fields[] = {
        "Authentication-Results: mx.a.example; none\n\n",
        "Authentication-Results: mx.a.example\n\n",
        "Authentication-Results:\n\n",
        "Authentication-Results: ;;;\n\n",
        "Authentication-Results: (only a comment\n\n",
        "Authentication-Results: =====\n\n",
        "Received-SPF:\n\n",
        "Received-SPF: (x) ; a=b\n\n",
        "ARC-Authentication-Results: mx.a.example; spf=pass\n\n",
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(fields) - 1; i++) {
        read_auth(fields[i]);
        assert_int_equal(detail.auth_count, 0);
    }
    read_auth(fields[G_N_ELEMENTS(fields) - 1]); /* without i=: only that the chain is broken */
    assert_int_equal(detail.auth_count, 1);
    assert_row(0, "arc", "fail", NULL, NULL);
}

static void vendor_forms(void **state)
{
    (void)state;
    /* Microsoft 365: no authserv-id, a bare word, words outside of the registry. */
    read_auth("Authentication-Results: spf=softfail (sender IP is 192.0.2.7)\n"
              " smtp.mailfrom=b.example; c.example; dkim=none (message not signed)\n"
              " header.d=none;c.example; dmarc=bestguesspass action=none\n"
              " header.from=b.example;compauth=pass reason=109\n\n");
    assert_int_equal(detail.auth_count, 4);
    assert_row(0, "spf", "softfail", "b.example", NULL);
    assert_row(1, "dkim", "none", NULL, NULL);
    assert_row(2, "dmarc", "bestguesspass", "b.example", NULL);
    assert_property(2, "action", "none");
    assert_row(3, "compauth", "pass", NULL, NULL);
    assert_property(3, "reason", "109");
    /* Yahoo: the domain in front of the method. */
    read_auth(
        "Authentication-Results: mta1.y.example  from=a.example; domainkeys=neutral (no sig);\n"
        "  from=b.example; dkim=pass (ok)\n\n");
    assert_int_equal(detail.auth_count, 2);
    assert_row(0, "domainkeys", "neutral", "a.example", "mta1.y.example");
    assert_row(1, "dkim", "pass", "b.example", "mta1.y.example");
    /* No semicolon between two results. */
    read_auth("Authentication-Results: mx.a.example; spf=pass smtp.helo=h.example "
              "dkim=fail header.d=d.example\n\n");
    assert_int_equal(detail.auth_count, 2);
    assert_row(0, "spf", "pass", "h.example", "mx.a.example");
    assert_row(1, "dkim", "fail", "d.example", "mx.a.example");
}

static void received_spf(void **state)
{
    (void)state;
    read_auth("Received-SPF: Pass (mx.a.example: 192.0.2.1 is authorized) identity=mailfrom;\n"
              " client-ip=192.0.2.1; helo=h.example; envelope-from=\"<bob@b.example>\";\n"
              " receiver=mx.a.example; mechanism=\"ip4:192.0.2.0/24\"\n\n");
    assert_int_equal(detail.auth_count, 1);
    assert_row(0, "spf", "pass", "b.example", "mx.a.example");
    assert_property(0, "client-ip", "192.0.2.1");
    assert_property(0, "helo", "h.example");
    assert_property(0, "envelope-from", "bob@b.example");
    assert_property(0, "mechanism", "ip4:192.0.2.0/24");
    read_auth("Received-SPF: fail (mx.a.example: domain of bob@b.example does not designate "
              "2001:db8::1 as permitted sender)\n\n");
    assert_row(0, "spf", "fail", "b.example", "mx.a.example");
    assert_property(0, "client-ip", "2001:db8::1");
    read_auth("Received-SPF: None (protection.a.example: b.example does not designate\n"
              " permitted sender hosts)\n\n");
    assert_row(0, "spf", "none", NULL, "protection.a.example");
    read_auth("Received-SPF: neutral (a.example: 192.0.2.9 is neither permitted nor denied by "
              "domain of bob@b.example) client-ip=192.0.2.9;\n\n");
    assert_row(0, "spf", "neutral", "b.example", "a.example");
    read_auth("Received-SPF: pass client-ip=192.0.2.1; envelope-from=<>; helo=h.example\n\n");
    assert_row(0, "spf", "pass", "h.example", NULL);
}

/* A HELO is the stranger's own word: it must not pass for another property. */
static void properties_are_not_injected(void **state)
{
    (void)state;
    read_auth("Received-SPF: fail (client-ip=10.0.0.1) helo=\"x client-ip=10.0.0.2 \\\" "
              "client-ip=10.0.0.3\"; client-ip=192.0.2.1; client-ip=10.0.0.4\n\n");
    assert_property(0, "client-ip", "192.0.2.1");
    assert_property(0, "helo", "x client-ip=10.0.0.2 \" client-ip=10.0.0.3");

    g_autoptr(GString) value = g_string_new(NULL);

    read_auth(
        "Authentication-Results: a.example; spf=pass (client-ip=10.0.0.1) x=\"client-ip=1\"\n\n");
    assert_false(hq_auth_property(&detail.auth[0], "client-ip", value));
}

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

#define ARC_SET(i, cv)                                                     \
    "ARC-Seal: i=" i "; a=rsa-sha256; d=s" i ".example; cv=" cv "; b=x=\n" \
    "ARC-Message-Signature: i=" i "; d=s" i ".example\n"                   \
    "ARC-Authentication-Results: i=" i "; s" i ".example; spf=pass smtp.mailfrom=b.example\n"

static void arc_chains(void **state)
{
    static const struct {
        const char *text;
        const char *result;
    } rows[] = {
        {ARC_SET("1", "none") "\n", "pass"},
        {ARC_SET("2", "pass") ARC_SET("1", "none") "\n", "pass"},
        {ARC_SET("2", "fail") ARC_SET("1", "none") "\n", "fail"},
        {ARC_SET("1", "pass") "\n", "fail"},
        {ARC_SET("2", "pass") "\n", "fail"},
        {ARC_SET("1", "none") ARC_SET("1", "none") "\n", "fail"},
        {ARC_SET("51", "pass") ARC_SET("1", "none") "\n", "fail"},
        {ARC_SET("0", "none") "\n", "fail"},
        {"ARC-Seal: i=1; cv=none\n\n", "fail"},
        {ARC_SET("99999999999999999999", "none") "\n", "fail"},
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        read_auth(rows[i].text);
        assert_true(detail.auth_count > 0);
        assert_string_equal(detail.auth[detail.auth_count - 1].method, "arc");
        assert_string_equal(detail.auth[detail.auth_count - 1].result, rows[i].result);
        assert_int_equal(detail.auth[detail.auth_count - 1].trusted, HQ_NO);
    }
    read_auth(ARC_SET("2", "pass") ARC_SET("1", "none") "\n");
    assert_int_equal(detail.auth_count, 3);
    assert_row(0, "spf", "pass", "b.example", "s2.example");
    assert_property(0, "arc-instance", "2");
    assert_row(2, "arc", "pass", "s2.example", "s2.example");
}

static void hostile_fields(void **state)
{
    static const char *const units[] = {"(",
                                        ")",
                                        "\\",
                                        "\"",
                                        ";",
                                        "=",
                                        "a=b",
                                        " spf=pass",
                                        "spf=pass;",
                                        "a/",
                                        "from=b ",
                                        "=\"",
                                        "client-ip=\"\\"};
    static const char *const names[] = {"Authentication-Results: a.example;", "Received-SPF: pass ",
                                        "ARC-Authentication-Results: i=1;", "ARC-Seal: i=1;"};
    gint64 start = g_get_monotonic_time();

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(units) * G_N_ELEMENTS(names); i++) {
        g_autoptr(GString) text = g_string_new(names[i % G_N_ELEMENTS(names)]);

        while (text->len < 300000)
            g_string_append(text, units[i / G_N_ELEMENTS(names)]);
        g_string_append(text, "\n\n");
        read_auth(text->str);
        assert_in_range(detail.auth_count, 0, HQ_AUTH_MAX + 1);
        hq_arena_reset(arena);
    }
    assert_true(g_get_monotonic_time() - start < G_GINT64_CONSTANT(30) * G_USEC_PER_SEC);
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

static int setup(void **state)
{
    (void)state;
    hq_decode_init();
    hq_org_init();
    arena = hq_arena_new();
    context = hq_context_new();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    hq_context_free(context);
    hq_arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc_forms),
        cmocka_unit_test(no_results),
        cmocka_unit_test(vendor_forms),
        cmocka_unit_test(received_spf),
        cmocka_unit_test(properties_are_not_injected),
        cmocka_unit_test(trust_needs_place_and_name),
        cmocka_unit_test(second_below_is_a_claim),
        cmocka_unit_test(our_own_name_is_believed),
        cmocka_unit_test(arc_chains),
        cmocka_unit_test(hostile_fields),
        cmocka_unit_test(spoofed_results),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
