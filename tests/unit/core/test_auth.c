/* SPDX-License-Identifier: ISC */
/* Authentication fields: the RFC's forms, vendors' forms, ARC chains, hostile input. */
#include "auth_fixture.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc_forms),
        cmocka_unit_test(no_results),
        cmocka_unit_test(vendor_forms),
        cmocka_unit_test(received_spf),
        cmocka_unit_test(properties_are_not_injected),
        cmocka_unit_test(arc_chains),
        cmocka_unit_test(hostile_fields),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
