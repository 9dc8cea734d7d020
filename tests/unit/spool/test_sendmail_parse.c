/* SPDX-License-Identifier: ISC */
/* Control files of Sendmail to messages. */
#include "sendmail_file.h"

static void reads_all(void **state)
{
    struct collect *collect = collect_new();
    const struct hq_message *m = read_control(collect, SOUND);

    (void)state;
    assert_int_equal(m->problem_count, 0);
    assert_int_equal(m->incomplete, HQ_NO);
    assert_int_equal(m->arrived, 1795000000 * HQ_SECOND);
    assert_int_equal(m->size, 5);
    assert_string_equal(m->sender, "ann@sender.example");
    assert_string_equal(m->client.ip, "192.0.2.7");
    assert_string_equal(m->client.name, "mx.client.example");
    assert_string_equal(m->client.helo, "helo.example");
    assert_string_equal(m->client.protocol, "ESMTPS");
    assert_string_equal(m->client.auth, "ann@sender.example");
    assert_int_equal(m->recipient_count, 3);
    assert_string_equal(m->recipients[0].address, "a@grey.example");
    assert_string_equal(m->recipients[0].original, "before@list@old.example");
    assert_string_equal(m->recipients[1].address, "b@full.example");
    assert_string_equal(m->recipients[1].original, "info@ours.example");
    assert_string_equal(m->recipients[2].address, "c@silent.example");
    assert_null(m->recipients[2].original);
    assert_string_equal(text_of(m, 0), "Deferred: 451 4.7.1 <a@grey.example>: Greylisted");
    assert_string_equal(text_of(m, 1), "Deferred: 452 4.2.2 <b@full.example>: Mailbox full");
    assert_string_equal(text_of(m, 2), "");
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(m->recipients[i].state, HQ_STATE_DEFERRED);
        assert_int_equal(m->recipients[i].attempts, 3);
        assert_int_equal(m->recipients[i].last_attempt, 1795003600 * HQ_SECOND);
        assert_int_equal(m->recipients[i].expires, m->arrived + 5 * HQ_DAY);
    }
    assert_string_equal(collect_content(collect, 0),
                        "Received: from x\n\tby y; Sat, 21 Nov 2026 01:00:00 +0000\n"
                        "Date: Sat, 21 Nov 2026 01:00:00 +0000\nSubject: one\n two\n"
                        "X-Quoted: \342\200\224 end\n\n");
    collect_free(collect);
}

static void reads_the_body_when_asked(void **state)
{
    struct collect *collect = collect_new();

    (void)state;
    collect->parse.want_body = true;
    read_control(collect, "V8\nT5\nK0\nN0\nSa@b.example\nRPFD:c@d.example\nH??Subject: s\n.\n");
    assert_string_equal(collect_content(collect, 0), "Subject: s\n\nbody\n");
    collect_free(collect);
}

/* Who a text of the whole envelope is about. */
static void spreads_the_envelopes_text(void **state)
{
    static const struct {
        const char *text, *first, *own, *second, *third;
        bool on_second, on_third;
    } cases[] = {
        {"Deferred: Connection refused by mx.b.example.", "a@a.example", "", "b@b.example",
         "c@c.example", true, false},
        {"Deferred", "a@a.example", "", "b@b.example", "c@c.example", true, true},
        {"Deferred: x", "a@a.example", "Deferred: x", "b@b.example", "c@c.example", false, false},
        {"Deferred: Name server: mx.a.example: host name lookup failure", "z@a.example", "Deferred",
         "b@b.example", "c@b.example", true, true},
        {"User unknown", "a@a.example", "Deferred", "b@b.example", "c@b.example", false, false},
        {"Deferred: by notb.example or b.example2 or -b.example", "c@c.example", "", "b@b.example",
         "c@c.example", true, true},
    };

    (void)state;
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct collect *collect = collect_new();
        g_autofree char *control = g_strdup_printf(
            "V8\nT5\nK6\nN1\nM%s\nSs@s.example\n%s%s%sRPFD:%s\nRPFD:%s\nRPFD:%s\n.\n",
            cases[i].text, *cases[i].own ? "M" : "", cases[i].own, *cases[i].own ? "\n" : "",
            cases[i].first, cases[i].second, cases[i].third);
        const struct hq_message *m = read_control(collect, control);
        assert_string_equal(text_of(m, 1), cases[i].on_second ? cases[i].text : "");
        assert_string_equal(text_of(m, 2), cases[i].on_third ? cases[i].text : "");
        collect_free(collect);
    }
}

static void lost_parts(void **state)
{
    struct collect *collect = collect_new();
    struct hq_item item;

    (void)state;
    set_files(&item, SOUND, strlen(SOUND), NULL);
    const struct hq_message *m = read_item(collect, &item);
    assert_true(collect_has_problem(m, "data file is missing"));
    assert_int_equal(m->size, HQ_NONE);

    set_files(&item, NULL, 0, "Some body.\n");
    item.queue = "mqueue/lost";
    m = read_item(collect, &item);
    assert_true(collect_has_problem(m, "control file is missing"));
    assert_int_equal(m->size, 11);
    assert_null(m->sender);

    set_files(&item, NULL, 0, "Some body.\n");
    item.queue = "mqueue/incoming";
    m = read_item(collect, &item);
    assert_int_equal(m->problem_count, 0);
    assert_int_equal(m->incomplete, HQ_YES);

    set_files(&item, NULL, 0, NULL);
    item.files[0].error = EACCES;
    m = read_item(collect, &item);
    assert_true(collect_has_problem(m, "cannot be read"));
    collect_free(collect);
}

static void states_by_queue(void **state)
{
    static const struct {
        const char *queue;
        enum hq_state tried, fresh;
        bool problem;
    } cases[] = {
        {"mqueue", HQ_STATE_DEFERRED, HQ_STATE_QUEUED, false},
        {"mqueue/active", HQ_STATE_DEFERRED, HQ_STATE_QUEUED, false},
        {"mqueue/quarantined", HQ_STATE_HELD, HQ_STATE_HELD, false},
        {"mqueue/lost", HQ_STATE_HELD, HQ_STATE_HELD, true},
    };
    static const char fresh[] = "V8\nT5\nK0\nN0\nqwhy\nSa@b.example\nRPFD:c@d.example\n.\n";

    (void)state;
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct collect *collect = collect_new();
        struct hq_item item;
        set_files(&item, SOUND, strlen(SOUND), "x");
        item.queue = cases[i].queue;
        const struct hq_message *m = read_item(collect, &item);
        assert_int_equal(m->recipients[0].state, cases[i].tried);
        assert_int_equal(m->problem_count > 0, cases[i].problem);
        assert_int_equal(m->recipients[0].next_attempt == HQ_NONE, i > 0);
        set_files(&item, fresh, strlen(fresh), "x");
        item.queue = cases[i].queue;
        m = read_item(collect, &item);
        assert_int_equal(m->recipients[0].state, cases[i].fresh);
        assert_int_equal(m->recipients[0].last_attempt, HQ_NONE);
        /* nothing else tells why it waits */
        assert_string_equal(text_of(m, 0), cases[i].fresh == HQ_STATE_HELD ? "why" : "");
        collect_free(collect);
    }
}

static void senders(void **state)
{
    static const struct {
        const char *lines, *sender;
    } cases[] = {
        {"Frs\nSMAILER-DAEMON\n", ""},
        {"Frs\nSann@x.example\n", "ann@x.example"},
        {"Fs\nSMAILER-DAEMON\n", "MAILER-DAEMON"},
        {"S<>\n", ""},
        {"SAnn Example <ann@x.example>\n", "ann@x.example"},
        {"Sann@x.example (Ann (who else))\n", "ann@x.example"},
        {"S(Ann) ann@x.example\n", "ann@x.example"},
        {"S\"a <b\" <c@x.example>\n", "c@x.example"},
        {"S<\"a>b\"@x.example>\n", "\"a>b\"@x.example"},
        {"S\"never closed <a@x.example>\n", "\"never closed <a@x.example>"},
        {"S(((\n", "((("},
        {"S\\\n", "\\"},
        {"S\"\\\n", "\"\\"},
        {"Scaf\303\251@x.example\n", "caf\303\251@x.example"},
        {"S\342\377\200\377\224@x.example\n", "\342\200\224@x.example"},
    };

    (void)state;
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct collect *collect = collect_new();
        g_autofree char *control = g_strdup_printf("V8\nT5\nK0\nN0\n%s.\n", cases[i].lines);
        assert_string_equal(read_control(collect, control)->sender, cases[i].sender);
        collect_free(collect);
    }
}

static void clients(void **state)
{
    static const struct {
        const char *line, *ip, *name, *auth;
    } cases[] = {
        {"host.example [192.0.2.1]", "192.0.2.1", "host.example", NULL},
        {"[192.0.2.1]", "192.0.2.1", NULL, NULL},
        {"joe@host.example [192.0.2.1]", "192.0.2.1", "host.example", NULL},
        {"host.example [IPv6:2001:db8::1]", "2001:db8::1", "host.example", NULL},
        {"root@localhost", NULL, NULL, "root"},
        {"localhost", NULL, NULL, NULL},
        {"host.example [not an address]", NULL, NULL, NULL},
        {"host.example [192.0.2.1", NULL, NULL, NULL},
        {"", NULL, NULL, NULL},
        {"@", NULL, NULL, NULL},
    };

    (void)state;
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct collect *collect = collect_new();
        g_autofree char *control =
            g_strdup_printf("V8\nT5\n$_%s\nSa@b.example\n.\n", cases[i].line);
        const struct hq_message *m = read_control(collect, control);
        if (g_strcmp0(m->client.ip, cases[i].ip) || g_strcmp0(m->client.name, cases[i].name) ||
            g_strcmp0(m->client.auth, cases[i].auth))
            fail_msg("\"%s\": %s %s %s", cases[i].line, m->client.ip, m->client.name,
                     m->client.auth);
        collect_free(collect);
    }
}

static void reads_the_transcript(void **state)
{
    static const char transcript[] =
        "... while talking to mx.grey.example.:\n>>> RCPT To:<a@grey.example>\n"
        "<<< 451 4.7.1 come back\n451 4.7.1 <A@grey.example>... Deferred: 451 4.7.1 come back\n"
        "550 5.1.1 b@full.example... User unknown\n250 c@silent.example... Sent\n"
        "451 <nobody@else.example>... Deferred\n4\n5\n... while talking to :\n451 ... \n";
    struct collect *collect = collect_new();
    struct hq_item item;

    (void)state;
    set_files(&item, SOUND, strlen(SOUND), "x");
    item.queue = "mqueue/active";
    collect_file(&item.files[HQ_SM_TRANSCRIPT], transcript, strlen(transcript), 0600);
    const struct hq_message *m = read_item(collect, &item);
    assert_string_equal(text_of(m, 0), "Deferred: 451 4.7.1 come back");
    assert_string_equal(m->recipients[0].reason->relay, "mx.grey.example");
    assert_int_equal(m->recipients[0].state, HQ_STATE_DEFERRED);
    assert_int_equal(m->recipients[1].state, HQ_STATE_FAILED);
    assert_int_equal(m->recipients[2].state, HQ_STATE_DEFERRED);
    collect_free(collect);
}

static void timeouts_by_class(void **state)
{
    static const struct {
        const char *header;
        int days;
    } cases[] = {
        {"H??Precedence: bulk\n", 7},
        {"H??Precedence: special-delivery\n", 2},
        {"H??Precedence: first-class\n", 5},
        {"H??Precedence: nonsense\n", 5},
        {"H??Priority: urgent\nH??Precedence: bulk\n", 2},
        {"H??Content-Type: multipart/report;\n\treport-type=delivery-status\n", 1},
        {"H??Content-Type: multipart/report; report-type=disposition\n", 5},
        {"", 5},
    };

    (void)state;
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct collect *collect = collect_new();
        GHashTable *mta = collect->context->mta;
        g_hash_table_replace(mta, g_strdup("Timeout.queuereturn.non-urgent"), g_strdup("7d"));
        g_hash_table_replace(mta, g_strdup("Timeout.queuereturn.urgent"), g_strdup("2d"));
        g_hash_table_replace(mta, g_strdup("Timeout.queuereturn.dsn"), g_strdup("24h"));
        g_autofree char *control = g_strdup_printf(
            "V8\nT86400\nK0\nN0\nSa@b.example\nRPFD:c@d.example\n%s.\n", cases[i].header);
        const struct hq_message *m = read_control(collect, control);
        assert_int_equal(m->recipients[0].expires, (cases[i].days + 1) * HQ_DAY);
        collect_free(collect);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_all),
        cmocka_unit_test(reads_the_body_when_asked),
        cmocka_unit_test(spreads_the_envelopes_text),
        cmocka_unit_test(lost_parts),
        cmocka_unit_test(states_by_queue),
        cmocka_unit_test(senders),
        cmocka_unit_test(clients),
        cmocka_unit_test(reads_the_transcript),
        cmocka_unit_test(timeouts_by_class),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
