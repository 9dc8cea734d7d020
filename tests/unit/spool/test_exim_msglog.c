/* SPDX-License-Identifier: ISC */
/* Exim's log of a message: why its recipients wait, and what became of the addresses they stand
 * for. */
#include "exim_parsing.h"

#define TWO                                                                           \
    START "-received_time_complete 1700000000.1\nXX\n2\na@x.example\nb@y.example\n\n" \
          "011  Subject: x\n"
#define AT "2023-11-14 22:13:20 +0000 " /* 1700000000 */
#define L1 "2023-11-14 22:15:20 +0000 "
#define L2 "2023-11-14 22:20:20 +0000 "

static void reads_the_log(void **state)
{
    static const char log[] = AT
        "Received from <a@b.example> P=local S=9\n" L1
        "a@x.example R=r T=t defer (-44) H=mx.x.example [192.0.2.1] DT=0s: SMTP error from remote "
        "mail server after RCPT TO:<a@x.example>: 451 4.7.1 Greylisted Bo\\303\\256te\n" L1
        "H=mx.y.example [192.0.2.2] Connection refused\n" L1
        "kid@z.example (mid@y.example) <B@Y.example> R=r T=t defer (111): Connection refused "
        "DT=1s\n" L2
        "a@x.example R=r T=t defer (-54) DT=0s: retry time not reached for any host\n" L2
        "two@z.example <b@y.example> R=r T=t defer (-1): host lookup did not complete\n"
        "no time at all\n" L2 "nobody@q.example R=r T=t defer (-1): x\n" L2
        "a@x.example R= defer (\n";
    struct collect *collect = collect_new();
    const struct hq_message *m = parse_text(collect, TWO, log);
    const struct hq_recipient *r = m->recipients;

    (void)state;
    assert_int_equal(m->problem_count, 0);
    assert_int_equal(m->recipient_count, 3);
    assert_int_equal(r[0].state, HQ_STATE_DEFERRED);
    assert_int_equal(r[0].attempts, 1);
    assert_true(r[0].last_attempt == 1700000120 * HQ_SECOND);
    assert_non_null(strstr(r[0].reason->text, "Greylisted Bo\303\256te"));
    assert_int_equal(r[0].reason->kind->category, HQ_CATEGORY_GREYLIST);
    assert_string_equal(r[0].reason->relay, "mx.x.example");
    assert_string_equal(r[0].reason->relay_ip, "192.0.2.1");
    assert_string_equal(r[1].address, "kid@z.example");
    assert_string_equal(r[1].original, "b@y.example");
    assert_string_equal(r[1].reason->text, "Connection refused");
    assert_string_equal(r[1].reason->relay, "mx.y.example");
    assert_string_equal(r[2].address, "two@z.example");
    assert_string_equal(r[2].original, "b@y.example");
    collect_free(collect);
}

/* What became of an alias is told by what became of the addresses it stands for. */
static void follows_children(void **state)
{
    static const char header[] =
        START "NY pipe@x.example\nNY file@x.example\nNN gone@x.example\n4\npipe@x.example\n"
              "file@x.example\ngone@x.example\nwaits@x.example\n\n";
    static const char log[] =
        AT "Received from <a@b.example>\n" L1
           "|/bin/true <pipe@x.example>: pipe transport succeeded\n" L1
           "pipe@x.example: children all complete\n" L1
           "/var/mail/x <file@x.example>: file transport succeeded\n" L1
           "other@y.example <file@x.example> R=r T=t H=mx [192.0.2.1]: SMTP error from remote mail "
           "server after RCPT TO:<other@y.example>: 550 5.1.1 No such user DT=0s\n" L1
           "file@x.example: children all complete\n" L1
           "no@y.example <gone@x.example> R=r T=t H=mx [192.0.2.1]: SMTP error from remote mail "
           "server after RCPT TO:<no@y.example>: 550 5.1.1 No such user DT=0s\n" L1
           "gone@x.example: children all complete\n" L1
           "first@y.example <waits@x.example>: t transport succeeded\n" L1
           "last@y.example <waits@x.example> R=r T=t defer (111): Connection refused\n" L2
           "third@y.example <waits@x.example>: t transport succeeded\n";
    static const enum hq_state states[] = {HQ_STATE_DELIVERED, HQ_STATE_DELIVERED, HQ_STATE_FAILED,
                                           HQ_STATE_DEFERRED};
    struct collect *collect = collect_new();
    const struct hq_message *m = parse_text(collect, header, log);

    (void)state;
    assert_int_equal(m->recipient_count, 4);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(m->recipients[i].state, states[i]);
        assert_int_equal(m->recipients[i].attempts, 1);
    }
    assert_int_equal(m->recipients[2].reason->kind->category, HQ_CATEGORY_USER_UNKNOWN);
    assert_string_equal(m->recipients[3].address, "last@y.example");
    assert_string_equal(m->recipients[3].reason->text, "Connection refused");
    collect_free(collect);
}

/* Lines that defer a child have its local part without the quotes of all others. */
static void knows_a_quoted_child(void **state)
{
    static const char header[] =
        START "YN \"a b\"@z.example\nNN c@z.example\n1\nlist@x.example\n\n";
    static const char log[] =
        AT "Received from <a@b.example>\n" L1
           "a b@z.example <list@x.example> R=r T=t defer (111): Connection refused DT=0s\n" L1
           "c@z.example <list@x.example> R=r T=t defer (111): Connection refused DT=0s\n" L1
           "d@z.example <list@x.example> R=r T=t defer (111): Connection refused DT=0s\n" L2
           "\"a b\"@z.example <list@x.example>: t transport succeeded\n" L2
           "c@z.example <list@x.example> R=r T=t H=mx [192.0.2.1]: SMTP error from remote mail "
           "server after RCPT TO:<c@z.example>: 550 5.1.1 No such user DT=0s\n";
    static const enum hq_state states[] = {HQ_STATE_DELIVERED, HQ_STATE_FAILED, HQ_STATE_DEFERRED};
    struct collect *collect = collect_new();
    const struct hq_message *m = parse_text(collect, header, log);

    (void)state;
    assert_int_equal(m->recipient_count, 3);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(m->recipients[i].state, states[i]);
    collect_free(collect);
}

/* "a: a, kid@z.example": the recipient is one of its own children. */
static void tells_a_recipient_from_its_children(void **state)
{
    static const char log[] =
        AT "Received from <a@b.example>\n" L1
           "kid@z.example <a@x.example> R=r T=t defer (111): Connection refused DT=0s\n" L1
           "a@x.example R=r T=local defer (13): Permission denied DT=0s\n" L1
           "b@y.example R=r T=local defer (28): No space left on device DT=0s\n" L1
           "two@z.example <b@y.example> R=r defer (-1): host lookup did not complete DT=0s\n" L2
           "a@x.example <a@x.example>: local transport succeeded\n" L2
           "kid@z.example <a@x.example> R=r T=t defer (-54) DT=0s: retry time not reached\n";
    static const char *const told[][3] = {{"kid@z.example", "a@x.example", "Connection refused"},
                                          {"b@y.example", NULL, "No space left on device"},
                                          {"a@x.example", NULL, "Permission denied"},
                                          {"two@z.example", "b@y.example", "host lookup"}};
    struct collect *collect = collect_new();
    const struct hq_message *m = parse_text(collect, TWO, log);

    (void)state;
    assert_int_equal(m->recipient_count, G_N_ELEMENTS(told));
    for (unsigned i = 0; i < m->recipient_count; i++) {
        const struct hq_recipient *r = &m->recipients[i];
        assert_string_equal(r->address, told[i][0]);
        assert_int_equal(g_strcmp0(r->original, told[i][1]), 0);
        assert_true(g_str_has_prefix(r->reason->text, told[i][2]));
        assert_int_equal(r->attempts, i == 2 ? 2 : 1);
    }
    collect_free(collect);
}

/* Brackets in a quoted local part are none around a parent. */
static void reads_brackets_in_addresses(void **state)
{
    static const char header[] = START "XX\n2\n\"a;<>\"@x.example\n\"b <c>\"@x.example\n\n";
    static const char log[] =
        AT "Received from <a@b.example>\n" L1
           "a;<>@x.example <\"a;<>\"@x.example> R=r T=t defer (111): Connection refused DT=0s\n" L1
           "b <c>@x.example <\"b <c>\"@x.example> R=r T=t defer (13): Permission denied DT=0s\n";
    struct collect *collect = collect_new();
    const struct hq_message *m = parse_text(collect, header, log);

    (void)state;
    assert_int_equal(m->recipient_count, 2);
    assert_string_equal(m->recipients[0].reason->text, "Connection refused");
    assert_string_equal(m->recipients[0].address, "\"a;<>\"@x.example");
    assert_string_equal(m->recipients[1].reason->text, "Permission denied");
    assert_string_equal(m->recipients[1].address, "\"b <c>\"@x.example");
    collect_free(collect);
}

/* Local time of a machine in whatever zone: the first line says how far it is off. */
static void finds_the_zone(void **state)
{
    static const char log[] =
        "2023-11-15 03:58:20 Received from <a@b.example>\n" /* +0545 */
        "2023-11-15 04:08:20.123 a@x.example R=r T=t defer (-1): host lookup did not complete\n";
    struct collect *collect = collect_new();
    const struct hq_message *m = parse_text(collect, TWO, log);

    (void)state;
    assert_true(m->recipients[0].last_attempt == (1700000000 + 600) * HQ_SECOND);
    collect_free(collect);
}

static void tells_failed_from_delivered(void **state)
{
    static const char header[] = START "NY a@x.example\nNN b@y.example\n2\na@x.example\n"
                                       "b@y.example\n\n";
    static const char log[] =
        AT "Received from <a@b.example>\n" L1
           "a@x.example R=r T=t H=mx [192.0.2.1]: SMTP error from remote mail server after RCPT "
           "TO:<a@x.example>: 550 5.1.1 No such user DT=0s\n" L1
           "b@y.example: t transport succeeded\n";
    struct collect *collect = collect_new();
    const struct hq_message *m = parse_text(collect, header, log);

    (void)state;
    assert_int_equal(m->recipients[0].state, HQ_STATE_FAILED);
    assert_int_equal(m->recipients[0].reason->kind->category, HQ_CATEGORY_USER_UNKNOWN);
    assert_null(strstr(m->recipients[0].reason->text, "DT="));
    assert_int_equal(m->recipients[1].state, HQ_STATE_DELIVERED);
    assert_null(m->recipients[1].reason);
    collect_free(collect);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_log),
        cmocka_unit_test(follows_children),
        cmocka_unit_test(knows_a_quoted_child),
        cmocka_unit_test(tells_a_recipient_from_its_children),
        cmocka_unit_test(reads_brackets_in_addresses),
        cmocka_unit_test(finds_the_zone),
        cmocka_unit_test(tells_failed_from_delivered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
