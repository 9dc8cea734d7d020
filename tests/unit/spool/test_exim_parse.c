/* SPDX-License-Identifier: ISC */
/* Exim's files to messages: every field, what is damaged, and what strangers may have written. */
#include "collect.h"
#include "spool/exim/exim.h"
#include "spool/exim/list.h"
#include <errno.h>

#define ID  "1vMabc-0000AB-1x"
#define NEW "1vMabc-00000000ABC-1x2y"

#define ENVELOPE                                                   \
    ID "-H\n"                                                      \
       "mail 8 8\n"                                                \
       "<ann@here.example>\n"                                      \
       "1700000000 0\n"                                            \
       "-received_time_usec .250000\n"                             \
       "-received_time_complete 1700000001.5\n"                    \
       "--helo_name client.example\n"                              \
       "-host_address [192.0.2.9]:4711\n"                          \
       "--host_name name.example\n"                                \
       "-(mysql)auth_id carol\n"                                   \
       "-received_protocol esmtpsa\n"                              \
       "--aclm note 9\nXX\n2\na@b\n\n"                             \
       "-tls_cipher TLS1.3:X:256\n"                                \
       "YN done@there.example\n"                                   \
       "NN also@there.example\n"                                   \
       "5\n"                                                       \
       "done@there.example\n"                                      \
       "wait@there.example\n"                                      \
       "orc@there.example rfc822;F+2Bx@old.example 24,3  0,-1#3\n" \
       "one@there.example err@here.example 16,1#1\n"               \
       "\"odd #1\"@there.example\n"                                \
       "\n"
#define FIELDS                           \
    "026P Received: from x\n\tby here\n" \
    "011* Gone: yes\n"                   \
    "015  Subject: hello\n"

static const struct hq_message *parse(struct collect *collect, const char *header, size_t n,
                                      const char *journal, const char *log)
{
    struct hq_item item;
    const char data[] = ID "-D\nbody\n";

    hq_item_init(&item);
    item.queue = "input";
    item.id = ID;
    item.ref = "input/" ID;
    collect_file(&item.files[HQ_EX_HEADER], header, n, 0640);
    collect_file(&item.files[HQ_EX_DATA], data, sizeof data - 1, 0640);
    if (journal)
        collect_file(&item.files[HQ_EX_JOURNAL], journal, strlen(journal), 0640);
    if (log)
        collect_file(&item.files[HQ_EX_LOG], log, strlen(log), 0640);
    hq_exim_parse(&collect->parse, &item);
    hq_item_close(&item);
    return collect_one(collect);
}

static const struct hq_message *parse_text(struct collect *collect, const char *header,
                                           const char *log)
{
    return parse(collect, header, strlen(header), NULL, log);
}

static void reads_everything(void **state)
{
    struct collect *collect = collect_new();
    const struct hq_message *m;

    (void)state;
    collect->parse.full = true;
    m = parse(collect, ENVELOPE FIELDS, sizeof(ENVELOPE FIELDS) - 1, "wait@there.example\nhal",
              NULL);
    assert_int_equal(m->problem_count, 0);
    assert_int_equal(m->incomplete, HQ_NO);
    assert_string_equal(m->sender, "ann@here.example");
    assert_true(m->arrived == 1700000000 * HQ_SECOND + 250000);
    assert_int_equal(m->size, 26 + 15 + 1 + 5);
    assert_string_equal(m->client.ip, "192.0.2.9");
    assert_string_equal(m->client.name, "name.example");
    assert_string_equal(m->client.helo, "client.example");
    assert_string_equal(m->client.auth, "carol");
    assert_string_equal(m->client.protocol, "esmtpsa");
    assert_int_equal(m->recipient_count, 5);
    assert_int_equal(m->recipients[0].state, HQ_STATE_DELIVERED);
    assert_int_equal(m->recipients[1].state, HQ_STATE_DELIVERED); /* by the journal */
    assert_int_equal(m->recipients[2].state, HQ_STATE_QUEUED);
    assert_string_equal(m->recipients[2].address, "orc@there.example");
    assert_string_equal(m->recipients[2].original, "F+x@old.example");
    assert_string_equal(m->recipients[3].address, "one@there.example");
    assert_string_equal(m->recipients[3].original, "wait@there.example");
    assert_string_equal(m->recipients[4].address, "\"odd #1\"@there.example");
    assert_null(m->recipients[4].original);
    assert_string_equal(collect_content(collect, 0),
                        "Received: from x\n\tby here\nSubject: hello\n\nbody\n");
    collect_free(collect);
}

static void knows_ids(void **state)
{
    char id[HQ_EX_ID_MAX + 1], kind;

    (void)state;
    assert_true(hq_ex_id_of_file(ID "-H", id, &kind));
    assert_string_equal(id, ID);
    assert_int_equal(kind, 'H');
    assert_true(hq_ex_id_of_file(NEW "-D", id, &kind));
    assert_string_equal(id, NEW);
    assert_false(hq_ex_id_of_file("hdr.12345", id, &kind));
    assert_false(hq_ex_id_of_file("1vMabc-0000AB-1-H", id, &kind));
    assert_false(hq_ex_id_of_file("../abc-0000AB-1x-H", id, &kind));
    assert_false(hq_ex_id_of_file("-H", id, &kind));
}

/* Every beginning of a file is a message with a problem, and shows what could be read. */
static void survives_truncation(void **state)
{
    const char whole[] = ENVELOPE FIELDS;
    const size_t sound[] = {sizeof(ENVELOPE) - 1 + 31, sizeof(ENVELOPE) - 1 + 47};

    (void)state;
    for (size_t n = 0; n < sizeof whole - 1; n++) {
        struct collect *collect = collect_new();
        const struct hq_message *m = parse(collect, whole, n, NULL, NULL);
        bool is_sound = false;
        for (unsigned i = 0; i < G_N_ELEMENTS(sound); i++)
            is_sound |= n == sound[i]; /* between two fields nothing tells of more */
        if ((m->problem_count > 0) == is_sound)
            fail_msg("cut at %zu: %u problems", n, m->problem_count);
        assert_string_equal(m->id, ID);
        if (n > 60) /* behind the sender */
            assert_string_equal(m->sender, "ann@here.example");
        collect_free(collect);
    }
}

static void check_damage(const char *header, const char *problem, unsigned recipients)
{
    struct collect *collect = collect_new();
    const struct hq_message *m = parse_text(collect, header, NULL);

    if (!collect_has_problem(m, problem))
        fail_msg("no \"%s\"", problem);
    assert_int_equal(m->recipient_count, recipients);
    collect_free(collect);
}

#define START ID "-H\nu 1 1\n<a@b.example>\n1700000000 0\n"

static void tells_damage(void **state)
{
    (void)state;
    check_damage("1vMabc-0000AB-1y-H\nu 1 1\n<a@b.example>\n1 0\nXX\n0\n\n", "another message", 0);
    check_damage(ID "-H\nu 1 1\na@b.example\n1 0\nXX\n0\n\n", "sender", 0);
    check_damage(ID "-H\nu 1 1\n<>\nnever\nXX\n0\n\n", "arrival time", 0);
    check_damage(START "YY a@b.example\n", "too early", 0);
    check_damage(START "ZZ a@b.example\n0\n\n", "recipients done", 0);
    check_damage(START "XX\nmany\n\n", "number of recipients", 0);
    check_damage(START "XX\n999999999999\na@b.example\n\n", "fewer recipients", 1);
    check_damage(START "XX\n99999999999999999999\na@b.example\n\n", "number of recipients", 0);
    check_damage(START "XX\n1\na@b.example\nc@d.example\n\n", "more recipients", 1);
    check_damage(START "-aclm x 999999999\nXX\n1\na@b.example\n\n", "variable", 0);
    check_damage(START "XX\n1\na@b.example\n\nSubject: no length\n", "header is damaged", 1);
    check_damage(START "XX\n1\na@b.example\n\n999999999999  Subject: x\n", "too early", 1);
}

/* What is no extra stays a part of the address. */
static void takes_odd_recipients(void **state)
{
    static const struct {
        const char *line, *address;
    } cases[] = {
        {"a@b.example x 9,1#1", "a@b.example x 9,1#1"},
        {"a@b.example 0,-1#1", "a@b.example 0,-1#1"},
        {"a@b.example  0,77#1", "a@b.example"},
        {"#1", "#1"},
        {"a#3", "a#3"},
        {"  0,0#1", " "},
    };

    (void)state;
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct collect *collect = collect_new();
        g_autofree char *text = g_strdup_printf(START "XX\n1\n%s\n\n", cases[i].line);
        const struct hq_message *m = parse_text(collect, text, NULL);
        assert_int_equal(m->recipient_count, 1);
        if (i != 5)
            assert_string_equal(m->recipients[0].address, cases[i].address);
        assert_null(m->recipients[0].original);
        collect_free(collect);
    }
}

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

static void holds_frozen(void **state)
{
    struct collect *collect = collect_new();
    const struct hq_message *m;

    (void)state;
    g_hash_table_insert(collect->context->mta, g_strdup("timeout_frozen_after"), g_strdup("1w"));
    m = parse_text(collect, START "-frozen 1700000100\nXX\n1\na@x.example\n\n", NULL);
    assert_string_equal(m->queue, "frozen");
    assert_int_equal(m->recipients[0].state, HQ_STATE_HELD);
    assert_true(m->recipients[0].expires == 1700000000 * HQ_SECOND + 7 * HQ_DAY);
    collect_free(collect);
}

static void reads_a_lone_half(void **state)
{
    struct collect *collect = collect_new();
    struct hq_item item;

    (void)state;
    for (unsigned incoming = 0; incoming < 2; incoming++) {
        hq_item_init(&item);
        item.id = ID;
        item.queue = incoming ? "incoming" : "input";
        collect_file(&item.files[HQ_EX_DATA], "x", 1, 0640);
        hq_exim_parse(&collect->parse, &item);
        hq_item_close(&item);
    }
    const struct hq_message *lost = collect->messages->pdata[0];
    const struct hq_message *coming = collect->messages->pdata[1];
    assert_true(collect_has_problem(lost, "no header file"));
    assert_int_equal(coming->problem_count, 0);
    assert_int_equal(coming->incomplete, HQ_YES);
    collect_free(collect);
}

static void reads_the_listing(void **state)
{
    static const char text[] = " 5h  4.1K " ID " <ann@here.example>\n"
                               "        D done@there.example\n"
                               "          wait@there.example\n\n"
                               "12m   335 " NEW " <> *** frozen ***\n"
                               "          \"a b\"@there.example\n\n"
                               "exim: something is wrong\n";
    struct collect *collect = collect_new();
    struct hq_item item;

    (void)state;
    hq_item_init(&item);
    item.listing = true;
    collect_file(&item.files[0], text, sizeof text - 1, 0600);
    hq_exim_parse(&collect->parse, &item);
    hq_item_close(&item);
    assert_int_equal(collect->messages->len, 3);
    const struct hq_message *first = collect_find(collect, ID);
    const struct hq_message *second = collect_find(collect, NEW);
    assert_string_equal(first->sender, "ann@here.example");
    assert_int_equal(first->size, 4198);
    assert_true(first->arrived == collect->context->now - 5 * HQ_HOUR);
    assert_int_equal(first->recipients[0].state, HQ_STATE_DELIVERED);
    assert_int_equal(first->recipients[1].state, HQ_STATE_UNKNOWN);
    assert_string_equal(second->sender, "");
    assert_string_equal(second->queue, "frozen");
    assert_int_equal(second->recipients[0].state, HQ_STATE_HELD);
    assert_true(collect_has_problem(collect->messages->pdata[2], "something is wrong"));
    collect_free(collect);
}

static void splits_lists(void **state)
{
    static const struct {
        const char *list, *joined;
    } cases[] = {{"a : b.example:c", "a|b.example|c"},
                 {"<; 192.0.2.1 ; 2001:db8::1", "192.0.2.1|2001:db8::1"},
                 {"2001::db8::::1 : x", "2001:db8::1|x"},
                 {"", ""}};

    (void)state;
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(GStrv) items = hq_ex_list_split(cases[i].list);
        g_autofree char *joined = g_strjoinv("|", items);
        assert_string_equal(joined, cases[i].joined);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_everything),
        cmocka_unit_test(knows_ids),
        cmocka_unit_test(survives_truncation),
        cmocka_unit_test(tells_damage),
        cmocka_unit_test(takes_odd_recipients),
        cmocka_unit_test(reads_the_log),
        cmocka_unit_test(follows_children),
        cmocka_unit_test(tells_a_recipient_from_its_children),
        cmocka_unit_test(knows_a_quoted_child),
        cmocka_unit_test(reads_brackets_in_addresses),
        cmocka_unit_test(finds_the_zone),
        cmocka_unit_test(tells_failed_from_delivered),
        cmocka_unit_test(holds_frozen),
        cmocka_unit_test(reads_a_lone_half),
        cmocka_unit_test(reads_the_listing),
        cmocka_unit_test(splits_lists),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
