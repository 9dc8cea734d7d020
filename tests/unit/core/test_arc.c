/* SPDX-License-Identifier: ISC */
/* ARC chains verified: one of two sets, made by another implementation (dkimpy) for a list that
 * changed subject and body, as it is and damaged. */
#include "dkim_fixture.h"

static const char chain[] =
    "ARC-Seal: i=2; cv=pass; a=rsa-sha256; d=relay.example; s=a; t=1795338100;\n"
    " b=HiinG6odx/b3gcpbXjGH3L2hapSCYLHKFW0ad7h4xGja7Rvl1QmD0blBfwGViGycPIv/0\n"
    " tA5UZlfb1GHKkMuWp8Qro3s+ulMDnFbMzjzZikUGwoD0rS9oGWTxe4Poa38ID3hmaLXkOV7\n"
    " HBmF+IF1zDGqVm3+mGMwbtLcCGDyKHY=\n"
    "ARC-Message-Signature: i=2; a=rsa-sha256; c=relaxed/relaxed;\n"
    " d=relay.example; s=a; t=1795338100; h=from : to : subject : date;\n"
    " bh=5AlyD4FvvARg9ijJHmHX5AERrMVtdxN0fsgzO1IJw3M=;\n"
    " b=g/CEAcjCLiUVnYSYa/sxZt8GY82mQhkxpRrVn2G+TClKSkmd24JkYB6ttQSPxarvB/57G\n"
    " y/G8KCMl+aHXnh1LZ9ZE2azhxd3DzxjWx2kIhFxc2nLMak+FipleXP/pwO7uVxVrEvtiwbn\n"
    " 8/sf1s24Dyb0tqzf+Rly0ecZT2IuWlg=\n"
    "ARC-Authentication-Results: i=2; relay.example; spf=pass smtp.mailfrom=sender.example;\n"
    "  arc=pass\n"
    "ARC-Seal: i=1; cv=none; a=rsa-sha256; d=lists.example; s=a; t=1795338000;\n"
    " b=UG7Cnnn3E4Zu0RG67cHDzc7oxui4qaGPdvHIVMxTIIp9CUQZu6EE71SN/Pe+sznh3vGet\n"
    " Rr45C4YPzjVvIVaHvzpim6zAadAJTjPLzQ8vYDtIVIUbANVGN7oAzh1WSOmugX8w03G9+Wk\n"
    " u0wjxyE6hLBUCwZn6T+nClo/u7qUVdQ=\n"
    "ARC-Message-Signature: i=1; a=rsa-sha256; c=relaxed/relaxed;\n"
    " d=lists.example; s=a; t=1795338000; h=from : to : subject : date;\n"
    " bh=RVuIaL4hidsepJvP687ns6wQ4tn1GRpfXtzfdOtLWQA=;\n"
    " b=ojnLxHDQc6rvrHmxYkRUKcB8ovmZDvXVUiotKDFBnIuNy4rZvHmKpQUOT5zuO/0Xd5lAD\n"
    " TzEVIyF+5/QAu1KZzWaY+La5IvXY/6CLsW0beHySbSk3SdiANyhYSZ+3r99QRZns1GJVAO0\n"
    " O2lqaJuHR0OCw0fTTAyu4h/79OVw/Kg=\n"
    "ARC-Authentication-Results: i=1; lists.example; spf=pass smtp.mailfrom=sender.example;\n"
    "  arc=none\n"
    "From: Ann <ann@sender.example>\n"
    "To: list@lists.example\n"
    "Subject: [list] minutes\n"
    "Date: Sun, 22 Nov 2026 09:00:00 +0000\n"
    "Message-ID: <1@sender.example>\n"
    "\n"
    "The minutes are attached.\n"
    "-- \n"
    "list footer\n";

#define KEY                                                                                        \
    "v=DKIM1; "                                                                                    \
    "p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCslVp+26fyKG+zVAheO/nttIPxMpzbw8MSyK9sdUpO11ROLFpood" \
    "v5K6/"                                                                                        \
    "Iu3JvoXGmrsVetVT4WVkdgv4yalQPrORs9FtfZNseq8Cj4tpFmp4I3hUZYxDBFmoJrSwruQraN5ej34yENmNRYb8hgbf" \
    "CePyZ6cL/ECMAwFHibLPU0QIDAQAB"

static void add_keys(struct fixture *f)
{
    setup(f);
    zone_txt(f->zone, "a._domainkey.lists.example", KEY);
    zone_txt(f->zone, "a._domainkey.relay.example", KEY);
}

static void verify_arc(struct fixture *f, const char *text)
{
    verify_bytes(f, text, strlen(text), true, true);
    assert_int_equal(f->rows->len, 1);
    assert_string_equal(row(f, 0)->method, "arc");
}

static void whole_chain_holds(void **state)
{
    struct fixture f;

    (void)state;
    add_keys(&f);
    verify_arc(&f, chain);
    assert_verdict(&f, 0, "pass", "sets=2, verified now, with today's keys");
    assert_string_equal(row(&f, 0)->domain, "relay.example");
    assert_int_equal(f.rounds, 1);
    teardown(&f);
}

static void damage_shows(void **state)
{
    static const struct {
        const char *old, *new, *result, *words;
    } rows[] = {
        {"footer", "folder", "fail", "signature 2 of relay.example: the body was changed"},
        {"[list] minutes", "[list] hours", "fail", "signature 2 of relay.example: the header"},
        {"relay.example; spf=pass", "relay.example; spf=fail", "fail", "seal 2 of relay.example"},
        {"lists.example; spf=pass", "lists.example; spf=fail", "fail", "seal 2 of relay.example"},
        {"i=1; cv=none", "i=1; cv=pass", "fail", "structure: a wrong cv"},
        {"i=2; cv=pass", "i=2; cv=fail", "fail", "structure: sealed as failed"},
        {"ARC-Seal: i=1", "ARC-Seal: i=3", "fail", "structure: an incomplete set"},
        {"ARC-Seal: i=1; cv=none;", "ARC-Seal: i=1; cv=none; h=from;", "fail", "seal"},
        {"d=lists.example; s=a; t=1795338000;\n b=UG7",
         "d=lists.example; s=b; t=1795338000;\n b=UG7", "fail", "seal"},
        {"ARC-Seal: i=2; cv=pass; a=rsa-sha256", "ARC-Seal: i=2; cv=pass; a=rsa-sha1", "fail",
         "seal 2 of relay.example: too weak"},
    };
    struct fixture f;

    (void)state;
    add_keys(&f);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = changed(chain, rows[i].old, rows[i].new);

        verify_arc(&f, text);
        assert_verdict(&f, 0, rows[i].result, rows[i].words);
    }
    teardown(&f);
}

/* What a list did before the newest seal is its right. */
static void older_message_signatures_do_not_count(void **state)
{
    struct fixture f;

    (void)state;
    setup(&f);
    zone_txt(f.zone, "a._domainkey.relay.example", KEY);
    verify_arc(&f, chain);
    assert_verdict(&f, 0, "fail", "seal 1 of lists.example: there is no key any more");
    teardown(&f);
}

static void without_keys_or_bytes(void **state)
{
    struct fixture f;

    (void)state;
    add_keys(&f);
    zone_line(f.zone, "a._domainkey.other.example FAIL");
    hq_dns_cache_close(f.cache, HQ_DNS_OFF);
    verify_arc(&f, chain);
    assert_verdict(&f, 0, NULL, "not verified: there is no DNS; the body is unchanged");
    verify_bytes(&f, chain, strlen(chain), false, true);
    assert_verdict(&f, 0, NULL, "not verified: the message is larger");
    verify_bytes(&f, "From: a@b.example\n\n", 19, true, true);
    assert_int_equal(f.rows->len, 0);
    teardown(&f);
}

static void many_sets_are_not_verified(void **state)
{
    g_autoptr(GString) text = g_string_new(NULL);
    struct fixture f;

    (void)state;
    setup(&f);
    for (unsigned i = 11; i > 0; i--)
        g_string_append_printf(text,
                               "ARC-Seal: i=%u; cv=%s; a=rsa-sha256; d=x.example; s=s; b=AAAA\n"
                               "ARC-Message-Signature: i=%u; a=rsa-sha256; d=x.example; s=s\n"
                               "ARC-Authentication-Results: i=%u; x.example; none\n",
                               i, i == 1 ? "none" : "pass", i, i);
    g_string_append(text, "From: a@b.example\n\nbody\n");
    verify_arc(&f, text->str);
    assert_verdict(&f, 0, NULL, "more than 10 sets");
    assert_int_equal(f.zone->asked, 0);
    teardown(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_chain_holds),
        cmocka_unit_test(damage_shows),
        cmocka_unit_test(older_message_signatures_do_not_count),
        cmocka_unit_test(without_keys_or_bytes),
        cmocka_unit_test(many_sets_are_not_verified),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
