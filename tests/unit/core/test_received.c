/* SPDX-License-Identifier: ISC */
/* Received fields: the forms of the MTAs, one invented field each. */
#include "received_fixture.h"

struct form {
    const char *field;
    uint8_t kind;
    const char *ip, *name, *helo, *by, *with, *id, *for_address;
};

static const struct form forms[] = {
    {"from h.example (n.example [192.0.2.1])\r\n\t(using TLSv1.3 with cipher "
     "TLS_AES_256_GCM_SHA384 "
     "(256/256 bits))\r\n\tby mx.example (Postfix) with ESMTPS id 4fXyzABC12\r\n\tfor "
     "<a@b.example>" DATE,
     HQ_HOP_RELAY, "192.0.2.1", "n.example", "h.example", "mx.example", "ESMTPS", "4fXyzABC12",
     "a@b.example"},
    {"from h.example (unknown [IPv6:2001:db8::7]) by mx.example (8.17.1/8.17.1) with ESMTP id "
     "3A1C0lUr012345" DATE,
     HQ_HOP_RELAY, "2001:db8::7", NULL, "h.example", "mx.example", "ESMTP", "3A1C0lUr012345", NULL},
    {"from n.example ([192.0.2.2]:4711 helo=h.example) by mx.example with esmtps (TLS1.3) tls "
     "TLS_AES_128_GCM_SHA256 (Exim 4.96) (envelope-from <s@x.example>) id 1tAbCd-0001Ef-2G for "
     "a@b.example" DATE,
     HQ_HOP_RELAY, "192.0.2.2", "n.example", "h.example", "mx.example", "esmtps",
     "1tAbCd-0001Ef-2G", "a@b.example"},
    {"from [192.0.2.3] (helo=[10.0.0.9]) by mx.example with smtp (Exim 4.92) id "
     "1tAbCd-0001Ef-2G" DATE,
     HQ_HOP_RELAY, "192.0.2.3", NULL, "[10.0.0.9]", "mx.example", "smtp", "1tAbCd-0001Ef-2G", NULL},
    {"from n.example (HELO h.example) (ident@192.0.2.4) by mx.example with SMTP; 1 Oct 2026 "
     "12:00:00 -0000",
     HQ_HOP_RELAY, "192.0.2.4", "n.example", "h.example", "mx.example", "SMTP", NULL, NULL},
    {"from n.example (192.0.2.4) by mx.example with SMTP; 1 Oct 2026 12:00:00 -0000", HQ_HOP_RELAY,
     "192.0.2.4", "n.example", "n.example", "mx.example", "SMTP", NULL, NULL},
    {"from EX1.corp.example (10.1.1.5) by EX2.corp.example (2001:db8::9) with Microsoft\r\n SMTP "
     "Server (version=TLS1_2, cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id 15.20.1.2" DATE,
     HQ_HOP_RELAY, "10.1.1.5", NULL, "EX1.corp.example", "EX2.corp.example",
     "Microsoft SMTP Server", "15.20.1.2", NULL},
    {"from EX1.corp.example ([fe80::1%3]) by EX1.corp.example ([fe80::1%3]) with mapi id "
     "15.20.1.2" DATE,
     HQ_HOP_FETCH, "fe80::1", "EX1.corp.example", NULL, "EX1.corp.example", "mapi", "15.20.1.2",
     NULL},
    {"by 2002:a05:6402:1:0:0:0:1 with SMTP id ab1csp23; Thu, 1 Oct 2026 05:00:00 -0700 (PDT)",
     HQ_HOP_NO_IP, NULL, NULL, NULL, "2002:a05:6402:1:0:0:0:1", "SMTP", "ab1csp23", NULL},
    {"from h (n.example. [192.0.2.5]) by mx.google.example with ESMTPS id "
     "q2si1.400.2026.10.01.05.00.00 for <a@b.example> (version=TLS1_3 "
     "cipher=TLS_AES_128_GCM_SHA256 bits=128/128)" DATE,
     HQ_HOP_RELAY, "192.0.2.5", "n.example.", "h", "mx.google.example", "ESMTPS",
     "q2si1.400.2026.10.01.05.00.00", "a@b.example"},
    {"from pop.example [192.0.2.6] by localhost with POP3 (fetchmail-6.4.37) for "
     "<a@localhost> (single-drop)" DATE,
     HQ_HOP_FETCH, "192.0.2.6", "pop.example", NULL, "localhost", "POP3", NULL, "a@localhost"},
    {"from localhost ([127.0.0.1]) by localhost (mx.example [127.0.0.1]) (amavisd-new, port 10024) "
     "with ESMTP id x1" DATE,
     HQ_HOP_SCANNER, "127.0.0.1", NULL, "localhost", "localhost", "ESMTP", "x1", NULL},
    {"(qmail 4711 invoked by uid 89); 1 Oct 2026 12:00:00 -0000", HQ_HOP_LOCAL, NULL, NULL, NULL,
     NULL, NULL, NULL, NULL},
    {"by mx.example (Postfix, from userid 1000) id 4fXyzABC12" DATE, HQ_HOP_LOCAL, NULL, NULL, NULL,
     "mx.example", NULL, "4fXyzABC12", NULL},
    {"(from u@localhost) by mx.example (8.17.1/8.17.1/Submit) id 3A1C0lUr012345" DATE, HQ_HOP_LOCAL,
     NULL, NULL, NULL, "mx.example", NULL, "3A1C0lUr012345", NULL},
    {"from [192.0.2.7] (account u@x.example HELO [10.0.0.2]) by mx.example (CommuniGate Pro SMTP "
     "6.2) with ESMTPSA id 42" DATE,
     HQ_HOP_RELAY, "192.0.2.7", NULL, "[10.0.0.2]", "mx.example", "ESMTPSA", "42", NULL},
    {"from n.example ([192.0.2.8]:25 \"EHLO h.example\" rhost-flags-OK-OK) by vger.example with "
     "ESMTP id S1" DATE,
     HQ_HOP_RELAY, "192.0.2.8", "n.example", "h.example", "vger.example", "ESMTP", "S1", NULL},
    {"from n.example (EHLO h.example) [192.0.2.9] by mail.gmx.example (mp012) with SMTP" DATE,
     HQ_HOP_RELAY, "192.0.2.9", "n.example", "h.example", "mail.gmx.example", "SMTP", NULL, NULL},
    {"from n.example(192.0.2.10), claiming to be \"h.example\" via SMTP by mx.example, id s1; Thu "
     "Oct  1 12:00:00 2026",
     HQ_HOP_RELAY, "192.0.2.10", "n.example", "h.example", "mx.example", NULL, "s1", NULL},
    {"from ([10.2.2.2:33672]) by mta (ecelerity 4.2) with SMTP id EE/20-1" DATE, HQ_HOP_RELAY,
     "10.2.2.2", NULL, NULL, "mta", "SMTP", "EE/20-1", NULL},
    {"from 30.1.2.3(mailfrom:a@b.example fp:SMTPD_x) by smtp.aliyun.example(127.0.0.1)" DATE,
     HQ_HOP_RELAY, "30.1.2.3", NULL, NULL, "smtp.aliyun.example", NULL, NULL, NULL},
    {"from h - 192.0.2.11 by mx.example with Microsoft SMTPSVC(5.5.1)" DATE, HQ_HOP_RELAY,
     "192.0.2.11", NULL, "h", "mx.example", "Microsoft SMTPSVC(5.5.1)", NULL, NULL},
    {"from h.example [192.0.2.12:465] by mx.example [10.0.0.1:2525] with esmtp (Farcaster) id "
     "f1" DATE,
     HQ_HOP_RELAY, "192.0.2.12", NULL, "h.example", "mx.example", "esmtp", "f1", NULL},
    {"from u (uid 1000) (envelope-from u@x.example) id a1 by x.example (DragonFly Mail Agent "
     "v0.13)" DATE,
     HQ_HOP_LOCAL, NULL, NULL, "u", "x.example", NULL, "a1", NULL},
    {"from [10.0.1.3] ([unknown] [192.0.2.13]) by mx.example (Oracle Communications Messaging "
     "Server 8) with ESMTPA id <0ABC@mx.example>" DATE,
     HQ_HOP_RELAY, "192.0.2.13", NULL, "[10.0.1.3]", "mx.example", "ESMTPA", "0ABC@mx.example",
     NULL},
    {"from <unknown> (<unknown> []) by 42f3521b2610 with HTTP id b1" DATE, HQ_HOP_NO_IP, NULL, NULL,
     "unknown", "42f3521b2610", "HTTP", "b1", NULL},
    {"from h.example ([192.0.2.14]) by mx.example (Halon Mail Gateway) with ESMTPS; for "
     "<a@b.example>" DATE,
     HQ_HOP_RELAY, "192.0.2.14", NULL, "h.example", "mx.example", "ESMTPS", NULL, "a@b.example"},
    {"from h.example (n.example [192.0.2.15])by mx.example with SMTP id 846CF2117for "
     "<a@b.example>" DATE,
     HQ_HOP_RELAY, "192.0.2.15", "n.example", "h.example", "mx.example", "SMTP", "846CF2117",
     "a@b.example"},
    {"from h.example (n.example [192.0.2.16]) by mx.example (SG) with ESMTP id x\r\n Thu, 01 Oct "
     "2026 12:00:00.000 +0000 (UTC)",
     HQ_HOP_RELAY, "192.0.2.16", "n.example", "h.example", "mx.example", "ESMTP", "x", NULL},
    {"from h.example (Not Verified[192.0.2.17]) by mx.example with SMTP" DATE, HQ_HOP_RELAY,
     "192.0.2.17", NULL, "h.example", "mx.example", "SMTP", NULL, NULL},
    {"from 192.0.2.18 (AVG SMTP 7.0.299 [265.6.8]) by mx.example" DATE, HQ_HOP_RELAY, "192.0.2.18",
     NULL, NULL, "mx.example", NULL, NULL, NULL},
    {"from h.example (ciphers.example [192.0.2.19]) by mx.example with SMTP" DATE, HQ_HOP_RELAY,
     "192.0.2.19", "ciphers.example", "h.example", "mx.example", "SMTP", NULL, NULL},
    {"from h.example (client [192.0.2.20]) by mx.example with SMTP" DATE, HQ_HOP_RELAY,
     "192.0.2.20", "client", "h.example", "mx.example", "SMTP", NULL, NULL},
    {"from h.example (Oracle Messaging Server 7.0.5.33.0 64bit) by mx.example" DATE, HQ_HOP_NO_IP,
     NULL, NULL, "h.example", "mx.example", NULL, NULL, NULL},
    {"from h.example (Server 8.8.8.300 64bit) by mx.example" DATE, HQ_HOP_NO_IP, NULL, NULL,
     "h.example", "mx.example", NULL, NULL, NULL},
    {"from 192.0.2.21 (proxying for 10.1.2.3) (SquirrelMail authenticated user u) by mx.example "
     "with HTTP" DATE,
     HQ_HOP_RELAY, "192.0.2.21", NULL, NULL, "mx.example", "HTTP", NULL, NULL},
    {"from h.example (n.example 192.0.2.22) by mx.example with SMTP" DATE, HQ_HOP_RELAY,
     "192.0.2.22", NULL, "h.example", "mx.example", "SMTP", NULL, NULL},
    {"from [10.0.0.1] (really [192.0.2.23]) by mx.example with SMTP" DATE, HQ_HOP_RELAY,
     "192.0.2.23", NULL, "[10.0.0.1]", "mx.example", "SMTP", NULL, NULL},
    {"from h.example (8.8.8.300) by mx.example" DATE, HQ_HOP_NO_IP, NULL, NULL, "h.example",
     "mx.example", NULL, NULL, NULL},
    {"from mail pickup service by web1 with Microsoft SMTPSVC" DATE, HQ_HOP_LOCAL, NULL, NULL, NULL,
     "web1", "Microsoft SMTPSVC", NULL, NULL},
    {"from u (u@localhost) by mx.example (8.17.1/8.17.1/Submit) id 3A1C0lUr012345" DATE,
     HQ_HOP_LOCAL, NULL, NULL, "u", "mx.example", NULL, "3A1C0lUr012345", NULL},
    {"from localhost (localhost [127.0.0.1]) by mx.example (8.17.1/8.17.1/Submit) id 3A1" DATE,
     HQ_HOP_RELAY, "127.0.0.1", "localhost", "localhost", "mx.example", NULL, "3A1", NULL},
    {"from h.example (Unknown_Domain [192.0.2.25]) by mx.example with SMTP" DATE, HQ_HOP_RELAY,
     "192.0.2.25", NULL, "h.example", "mx.example", "SMTP", NULL, NULL},
    {"from h.example ([192.0.2.26]) by mx.example (1.2.3.4) with SMTP" DATE, HQ_HOP_RELAY,
     "192.0.2.26", NULL, "h.example", "mx.example", "SMTP", NULL, NULL},
    {"from imap.example by localhost with IMAP4-SSL getmail6 6.18 msgid:/INBOX-1/2" DATE,
     HQ_HOP_FETCH, NULL, "imap.example", NULL, "localhost", "IMAP4-SSL", NULL, NULL},
    {"from h.example ([192.0.2.27]) by mx.example with SMTP for <@relay.example:a@b.example>" DATE,
     HQ_HOP_RELAY, "192.0.2.27", NULL, "h.example", "mx.example", "SMTP", NULL, "a@b.example"},
    {"from by.example (for.example [192.0.2.28]) by id.example (Postfix) with SMTP id with for "
     "<via@by.example>" DATE,
     HQ_HOP_RELAY, "192.0.2.28", "for.example", "by.example", "id.example", "SMTP", NULL,
     "via@by.example"},
    /* what the client says is no clause */
    {"from by (n.example [192.0.2.8]) by mx.example (Postfix) with ESMTP id 4fXyzABC12" DATE,
     HQ_HOP_RELAY, "192.0.2.8", "n.example", "by", "mx.example", "ESMTP", "4fXyzABC12", NULL},
    {"from with ([192.0.2.8]) by mx.example with esmtp id 1tAbCd-0001Ef-2G" DATE, HQ_HOP_RELAY,
     "192.0.2.8", NULL, "with", "mx.example", "esmtp", "1tAbCd-0001Ef-2G", NULL},
    {"from by mx.example (Postfix) with ESMTP id 4fXyzABC12" DATE, HQ_HOP_NO_IP, NULL, NULL, NULL,
     "mx.example", "ESMTP", "4fXyzABC12", NULL},
    {"from h.example (aBcD= 2001:db8::9) by mx.example with Thrift id x1" DATE, HQ_HOP_RELAY,
     "2001:db8::9", NULL, "h.example", "mx.example", "Thrift", "x1", NULL},
};

static void reads_forms(void **state)
{
    struct hq_arena *arena = hq_arena_new();

    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        const struct form *form = &forms[i];
        struct hq_hop hop;

        print_message("%s\n", form->field);
        hq_received_parse(form->field, strlen(form->field), &hop, arena);
        same(hop.from.ip, form->ip);
        same(hop.by.name, form->by);
        same(hop.from.name, form->name);
        same(hop.from.helo, form->helo);
        same(hop.with, form->with);
        same(hop.id, form->id);
        same(hop.for_address, form->for_address);
        assert_int_equal(hop.kind, form->kind);
        assert_int_equal(hop.date, T0);
    }
    hq_arena_free(arena);
}

static void reads_tls_and_auth(void **state)
{
    struct hq_arena *arena = hq_arena_new();
    struct hq_hop hop;

    (void)state;
    hq_received_parse(forms[0].field, strlen(forms[0].field), &hop, arena);
    assert_string_equal(hop.tls->version, "TLSv1.3");
    assert_string_equal(hop.tls->cipher, "TLS_AES_256_GCM_SHA384");
    assert_int_equal(hop.auth, HQ_NO);
    assert_string_equal(hop.software, "Postfix");
    hq_received_parse(forms[2].field, strlen(forms[2].field), &hop, arena);
    assert_string_equal(hop.tls->cipher, "TLS_AES_128_GCM_SHA256");
    assert_string_equal(hop.envelope_from, "s@x.example");
    assert_string_equal(hop.software, "Exim 4.96");
    hq_received_parse(forms[15].field, strlen(forms[15].field), &hop, arena);
    assert_int_equal(hop.auth, HQ_YES);
    assert_string_equal(hop.auth_user, "u@x.example");
    static const char gateway[] = "from n.example (n.example [192.0.2.8]) (user=joe@x.example "
                                  "mech=LOGIN bits=0) by mx.example with ESMTP id x1" DATE;
    hq_received_parse(gateway, strlen(gateway), &hop, arena);
    assert_int_equal(hop.auth, HQ_YES);
    assert_string_equal(hop.auth_user, "joe@x.example");
    assert_null(hop.ident);
    hq_received_parse(forms[5].field, strlen(forms[5].field), &hop, arena);
    assert_int_equal(hop.auth, HQ_UNKNOWN);
    assert_null(hop.tls);
    hq_arena_free(arena);
}

static void reads_tls_words(void **state)
{
    static const char *const fields[] = {
        "from h (192.0.2.1) by mx.example (IceWarp 13.0) with ASMTP (SSL)" DATE,
        "from h (192.0.2.1) by mx.example (mxl_mta-7.2) over TLS secured channel with ESMTP" DATE,
        "from h (n [192.0.2.1]) (Using TLS) by mx.example with ESMTP" DATE,
        "from h (n [192.0.2.1]) by mx.example with ESMTP (Google Transport Security)" DATE,
        "from h (192.0.2.1) by mx.example with (DHE-RSA-AES256-SHA encrypted) SMTP" DATE,
        "from h (192.0.2.1) by mx.example with UTF8SMTPSA" DATE,
    };
    struct hq_arena *arena = hq_arena_new();
    struct hq_hop hop;

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++) {
        hq_received_parse(fields[i], strlen(fields[i]), &hop, arena);
        assert_non_null(hop.tls);
        same(hop.from.ip, "192.0.2.1");
    }
    hq_arena_free(arena);
}

static void reads_by_address(void **state)
{
    static const char *const fields[] = {
        "from a by mx.example (192.0.2.9) with X" DATE,
        "from a by mx.example [192.0.2.9] with X" DATE,
        "from a by mx.example ([192.0.2.9]) with X" DATE,
        "from a by mx.example ([192.0.2.9]:25) with X" DATE,
        "from a by mx.example ([::ffff:192.0.2.9%3]) with X" DATE,
    };
    struct hq_arena *arena = hq_arena_new();

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++) {
        struct hq_hop hop;

        hq_received_parse(fields[i], strlen(fields[i]), &hop, arena);
        same(hop.by.ip, "192.0.2.9");
    }
    hq_arena_free(arena);
}

/* The table is searched by first letters: a row out of its order would never be found. */
static void orders_programs(void **state)
{
    static const char *const names[] = {
#define SOFTWARE(name, flags) name,
#include "core/received/software.def"
#undef SOFTWARE
    };

    (void)state;
    for (size_t i = 1; i < sizeof names / sizeof *names; i++)
        assert_true((names[i - 1][0] | 0x20) <= (names[i][0] | 0x20));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_forms),     cmocka_unit_test(reads_tls_and_auth),
        cmocka_unit_test(reads_tls_words), cmocka_unit_test(reads_by_address),
        cmocka_unit_test(orders_programs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
