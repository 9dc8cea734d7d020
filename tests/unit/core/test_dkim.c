/* SPDX-License-Identifier: ISC */
/* DKIM against the published examples: RFC 6376 appendix A (RSA, simple) and RFC 8463 appendix A
 * (Ed25519 and RSA, relaxed), as they are and damaged in every way that has a name. */
#include "dkim_fixture.h"

static const char rfc6376[] = "DKIM-Signature: v=1; a=rsa-sha256; s=brisbane; d=example.com;\n"
                              "      c=simple/simple; q=dns/txt; i=joe@football.example.com;\n"
                              "      h=Received : From : To : Subject : Date : Message-ID;\n"
                              "      bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\n"
                              "      b=AuUoFEfDxTDkHlLXSZEpZj79LICEps6eda7W3deTVFOk4yAUoqOB\n"
                              "      4nujc7YopdG5dWLSdNg6xNAZpOPr+kHxt1IrE+NahM6L/LbvaHut\n"
                              "      KVdkLLkpVaVVQPzeRDI009SO2Il5Lu7rDNH6mZckBdrIx0orEtZV\n"
                              "      4bmp/YzhwvcubU4=;\n"
                              "Received: from client1.football.example.com  [192.0.2.1]\n"
                              "      by submitserver.example.com with SUBMISSION;\n"
                              "      Fri, 11 Jul 2003 21:01:54 -0700 (PDT)\n"
                              "From: Joe SixPack <joe@football.example.com>\n"
                              "To: Suzie Q <suzie@shopping.example.net>\n"
                              "Subject: Is dinner ready?\n"
                              "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\n"
                              "Message-ID: <20030712040037.46341.5F8J@football.example.com>\n"
                              "\n"
                              "Hi.\n"
                              "\n"
                              "We lost the game. Are you hungry yet?\n"
                              "\n"
                              "Joe.\n";

static const char rfc8463[] = "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\n"
                              " d=football.example.com; i=@football.example.com;\n"
                              " q=dns/txt; s=brisbane; t=1528637909; h=from : to :\n"
                              " subject : date : message-id : from : subject : date;\n"
                              " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\n"
                              " b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\n"
                              " Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\n"
                              "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\n"
                              " d=football.example.com; i=@football.example.com;\n"
                              " q=dns/txt; s=test; t=1528637909; h=from : to : subject :\n"
                              " date : message-id : from : subject : date;\n"
                              " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\n"
                              " b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\n"
                              " DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\n"
                              " dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=\n"
                              "From: Joe SixPack <joe@football.example.com>\n"
                              "To: Suzie Q <suzie@shopping.example.net>\n"
                              "Subject: Is dinner ready?\n"
                              "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\n"
                              "Message-ID: <20030712040037.46341.5F8J@football.example.com>\n"
                              "\n"
                              "Hi.\n"
                              "\n"
                              "We lost the game.  Are you hungry yet?\n"
                              "\n"
                              "Joe.\n";

#define KEY_6376                                                                           \
    "p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYt"   \
    "IxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfV" \
    "jH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB"
#define KEY_8463_RSA                                                                       \
    "p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bd"   \
    "OKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5" \
    "QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB"
#define KEY_8463 "k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="

static void add_keys(struct fixture *f)
{
    setup(f);
    zone_txt(f->zone, "brisbane._domainkey.example.com", "v=DKIM1; " KEY_6376);
    zone_txt(f->zone, "brisbane._domainkey.football.example.com", "v=DKIM1; " KEY_8463);
    zone_txt(f->zone, "test._domainkey.football.example.com", "v=DKIM1; k=rsa; " KEY_8463_RSA);
}

static void examples_of_the_rfcs_hold(void **state)
{
    struct fixture f;

    (void)state;
    add_keys(&f);
    verify(&f, rfc6376);
    assert_int_equal(f.rows->len, 1);
    assert_verdict(&f, 0, "pass", "selector brisbane, verified now, with today's key");
    assert_string_equal(row(&f, 0)->domain, "example.com");
    verify(&f, rfc8463);
    assert_int_equal(f.rows->len, 2);
    assert_verdict(&f, 0, "pass", "selector brisbane");
    assert_verdict(&f, 1, "pass", "selector test");
    assert_int_equal(f.rounds, 1); /* both keys are asked for at once */
    teardown(&f);
}

static void line_ends_do_not_matter(void **state)
{
    struct fixture f;

    (void)state;
    add_keys(&f);

    g_autofree char *crlf = changed(rfc6376, "\n", "\r\n");
    g_autofree char *mixed = changed(rfc8463, "Hi.\n", "Hi.\r\n");
    g_autofree char *cut = g_strndup(rfc6376, strlen(rfc6376) - 1);

    verify(&f, crlf);
    assert_verdict(&f, 0, "pass", "");
    verify(&f, mixed);
    assert_verdict(&f, 0, "pass", "");
    verify(&f, cut);
    assert_verdict(&f, 0, "pass", "");
    teardown(&f);
}

/* What a relay may do to a message, and what it may not: simple and relaxed differ. */
static void changes_show(void **state)
{
    static const struct {
        const char *old, *new;
        const char *simple, *relaxed; /* result; NULL: the text is not in that message */
        const char *words;            /* of what does not pass */
    } rows[] = {
        {"Hi.", "Ho.", "fail", "fail", "body was changed"},
        {"Joe.\n", "Joe.\n\n\n", "pass", "pass", ""},
        {"Joe.\n", "Joe.\n.\n", "fail", "fail", "body was changed"},
        {"Joe.\n", "Joe. \t \n", "fail", "pass", "body was changed"},
        {"Joe.\n", "Joe.\n \n", "fail", "pass", "body was changed"},
        {"hungry yet", "hungry \t yet", "fail", "pass", "body was changed"},
        {"hungry yet", "hungryyet", "fail", "fail", "body was changed"},
        {"Is dinner", "Was dinner", "fail", "fail", "header was changed"},
        {"Is dinner", "Is  dinner", "fail", "pass", "header was changed"},
        {"Is dinner", "Is\n dinner", "fail", "pass", "header was changed"},
        {"Subject:", "SUBJECT:", "fail", "pass", "header was changed"},
        {"Subject:", "Subject :", "fail", "pass", "header was changed"},
        {"ready?\n", "ready? \n", "fail", "pass", "header was changed"},
        {"DKIM-Signature: v=1;", "X-Other: x\nDKIM-Signature: v=1;", "pass", "pass", ""},
        {"\nDate:", "\nX-Other: x\nDate:", "pass", "pass", ""},
        /* only the second example signs a second Subject as not being there */
        {"\nDate:", "\nSubject: Is dinner ready?\nDate:", "pass", "fail", "header was changed"},
        {"From: Joe", "From: Bob", "fail", "fail", "header was changed"},
    };
    struct fixture f;

    (void)state;
    add_keys(&f);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *simple = changed(rfc6376, rows[i].old, rows[i].new);
        g_autofree char *relaxed = changed(rfc8463, rows[i].old, rows[i].new);
        bool simple_holds = strcmp(rows[i].simple, "pass") == 0;
        bool relaxed_holds = strcmp(rows[i].relaxed, "pass") == 0;

        verify(&f, simple);
        assert_verdict(&f, 0, rows[i].simple, simple_holds ? "" : rows[i].words);
        verify(&f, relaxed);
        for (unsigned k = 0; k < 2; k++)
            assert_verdict(&f, k, rows[i].relaxed, relaxed_holds ? "" : rows[i].words);
    }
    teardown(&f);
}

/* The tags of a signature: what is wrong with them is told, and no key is asked for. */
static void bad_signatures(void **state)
{
    static const struct {
        const char *old, *new, *result, *words;
    } rows[] = {
        {"v=1;", "v=2;", "neutral", "version"},
        {"v=1;", "", "neutral", "version"},
        {"v=1;", "v=1; v=1;", "neutral", "tags"},
        {"v=1;", "v=1; nothing;", "neutral", "tags"},
        {"v=1;", "v=1;;", "neutral", "tags"},
        {"a=rsa-sha256", "a=rsa-sha1", "policy", "too weak: rsa-sha1"},
        {"a=rsa-sha256", "a=rot13", "neutral", "algorithm"},
        {"c=simple/simple", "c=strict", "neutral", "canonical form"},
        {"q=dns/txt", "q=carrier/pigeon", "neutral", "not in the DNS"},
        {"d=example.com", "d=", "neutral", "no domain"},
        {"d=example.com", "d=..", "neutral", "no domain"},
        {"d=example.com", "d=other.example", "neutral", "outside the signing domain"},
        {"d=example.com", "d=xample.com", "neutral", "outside the signing domain"},
        {"s=brisbane;", "", "neutral", "no domain and selector"},
        {"From : To", "To", "neutral", "does not cover From"},
        {"bh=2jUS", "bh=!jUS", "neutral", "body hash is not there or damaged"},
        {"bh=2jUSOH9N", "bh=", "neutral", "body hash is not there or damaged"},
        {"b=AuUo", "b=Au!o", "neutral", "not there or damaged"},
        {"q=dns/txt", "l=x", "neutral", "no number"},
        {"q=dns/txt", "l=-1", "neutral", "no number"},
        {"q=dns/txt", "l=99999999999999999999999", "fail", "shorter than what was signed"},
        {"q=dns/txt", "t=20; x=10", "neutral", "expires before"},
        {"i=joe@football.example.com", "i=joe", "neutral", "outside the signing domain"},
    };
    struct fixture f;

    (void)state;
    add_keys(&f);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = changed(rfc6376, rows[i].old, rows[i].new);

        verify(&f, text);
        assert_int_equal(f.rows->len, 1);
        assert_verdict(&f, 0, rows[i].result, rows[i].words);
    }
    assert_int_equal(f.zone->asked, 0);
    teardown(&f);
}

/* The same signature with other records in the DNS. */
static void keys(void **state)
{
    static const struct {
        const char *record, *result, *words;
    } rows[] = {
        {KEY_6376, "pass", ""},
        {"v=DKIM1; t=y; " KEY_6376, "pass", "only testing"},
        {"v=DKIM1; s=email; h=sha1:sha256; n=note; " KEY_6376 ";", "pass", ""},
        {"v=DKIM1; p=", "permerror", "revoked"},
        {"v=DKIM1; k=rsa", "permerror", "no key"},
        {"v=DKIM2; " KEY_6376, "permerror", "not of DKIM"},
        {KEY_6376 "; v=DKIM1", "permerror", "not of DKIM"},
        {"v=DKIM1; h=sha1; " KEY_6376, "permerror", "SHA-256"},
        {"v=DKIM1; s=tlsrpt; " KEY_6376, "permerror", "not for mail"},
        {"v=DKIM1; k=dsa; " KEY_6376, "permerror", "unknown kind"},
        {"v=DKIM1; t=s; " KEY_6376, "permerror", "subdomain"},
        {"v=DKIM1; " KEY_8463, "permerror", "another kind"},
        {"v=DKIM1; " KEY_8463_RSA, "fail", "another one by now"},
        {"v=DKIM1; p=AAAA", "permerror", "cannot be read"},
        {"v=DKIM1; p=!", "permerror", "not base64"},
        {"v=DKIM1 p=x", "permerror", "not of DKIM"},
        {"nonsense", "permerror", "cannot be read"},
        /* 512 bits */
        {"v=DKIM1; p=MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBALvr7cb6gNqKBPE1R7bWL7ZLC5Lj0m7bcq1aOHdE"
         "9y0aQjUsY0a2mYv1MEq3hCmJr0X9lU1n5m0p1w4nXcd2ftMCAwEAAQ==",
         "policy", "too weak: a key of 512 bits"},
    };
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct fixture f;

        setup(&f);
        zone_txt(f.zone, "brisbane._domainkey.example.com", rows[i].record);
        verify(&f, rfc6376);
        assert_verdict(&f, 0, rows[i].result, rows[i].words);
        teardown(&f);
    }
}

static void no_key(void **state)
{
    struct fixture f;

    (void)state;
    setup(&f);
    verify(&f, rfc6376);
    assert_verdict(&f, 0, "permerror", "no key any more");
    teardown(&f);

    setup(&f);
    zone_line(f.zone, "brisbane._domainkey.example.com FAIL");
    verify(&f, rfc6376);
    assert_verdict(&f, 0, "temperror", "DNS");
    teardown(&f);

    add_keys(&f);
    hq_dns_cache_close(f.cache, HQ_DNS_OFF);
    verify(&f, rfc6376);
    assert_verdict(&f, 0, NULL, "not verified: there is no DNS; the body is unchanged");

    g_autofree char *text = changed(rfc6376, "Hi.", "Ho.");

    verify(&f, text);
    assert_verdict(&f, 0, "fail", "body was changed");
    assert_int_equal(f.zone->asked, 0);
    teardown(&f);
}

static void several_records_of_which_one_is_a_key(void **state)
{
    struct fixture f;

    (void)state;
    setup(&f);
    zone_txt(f.zone, "brisbane._domainkey.example.com", "v=spf1 -all");
    zone_txt(f.zone, "brisbane._domainkey.example.com", "v=DKIM1; " KEY_6376);
    verify(&f, rfc6376);
    assert_verdict(&f, 0, "pass", "");
    teardown(&f);
}

static void part_of_a_message_is_not_verified(void **state)
{
    struct fixture f;

    (void)state;
    add_keys(&f);
    verify_bytes(&f, rfc6376, strlen(rfc6376), false, false);
    assert_verdict(&f, 0, NULL, "not verified: the message is larger");
    assert_int_equal(f.zone->asked, 0);
    teardown(&f);
}

static void only_so_many_signatures(void **state)
{
    g_autoptr(GString) text = g_string_new(NULL);
    struct fixture f;
    unsigned i = 0;

    (void)state;
    add_keys(&f);
    for (unsigned k = 0; k < 500; k++)
        g_string_append(text, "DKIM-Signature: v=1; a=rsa-sha256; s=s; d=d.example; h=from; b=aaaa;"
                              " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=\n");
    g_string_append(text, rfc6376);
    verify(&f, text->str);
    assert_int_equal(f.rows->len, HQ_DKIM_MAX + 1);
    assert_verdict(&f, HQ_DKIM_MAX, NULL, "491 signatures behind the first 10");
    assert_null(hq_dkim_next_pass(f.dkim, &i));
    assert_true(f.zone->asked <= HQ_DKIM_MAX);
    teardown(&f);
}

static void domains_that_pass(void **state)
{
    struct fixture f;
    unsigned i = 0;

    (void)state;
    setup(&f);
    zone_txt(f.zone, "test._domainkey.football.example.com", KEY_8463_RSA);
    verify(&f, rfc8463);
    assert_verdict(&f, 0, "permerror", "no key any more");
    assert_verdict(&f, 1, "pass", "");
    assert_string_equal(hq_dkim_next_pass(f.dkim, &i), "football.example.com");
    assert_null(hq_dkim_next_pass(f.dkim, &i));
    verify(&f, "From: a@b.example\n\nno signature\n");
    assert_null(f.dkim);
    teardown(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples_of_the_rfcs_hold),
        cmocka_unit_test(line_ends_do_not_matter),
        cmocka_unit_test(changes_show),
        cmocka_unit_test(bad_signatures),
        cmocka_unit_test(keys),
        cmocka_unit_test(no_key),
        cmocka_unit_test(several_records_of_which_one_is_a_key),
        cmocka_unit_test(part_of_a_message_is_not_verified),
        cmocka_unit_test(only_so_many_signatures),
        cmocka_unit_test(domains_that_pass),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
