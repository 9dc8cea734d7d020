/* SPDX-License-Identifier: ISC */
/* Exim's header files to messages: every field, what is damaged, and what strangers may have
 * written. */
#include "exim_parsing.h"
#include <errno.h>

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
static unsigned problems_of_body(const char *data, size_t n, bool full)
{
    static const char header[] = ID "-H\nmail 8 8\n<>\n1700000000 0\n-body_linecount 3\nXX\n"
                                    "1\nx@there.example\n\n" FIELDS;
    struct collect *collect = collect_new();
    struct hq_item item;

    collect->parse.full = full;
    open_item(&item, header, sizeof header - 1, data, n);
    hq_exim_parse(&collect->parse, &item);
    hq_item_close(&item);
    unsigned count = collect_one(collect)->problem_count;
    collect_free(collect);
    return count;
}

/* -H has the number of lines. In a listing a body that ends with some line is not read. */
static void body_cut_off(void **state)
{
    static const char data[] = ID "-D\none\n\nthree\n";
    static const char other[] = ID "-D\none\ntwo\nthree\nand a half";
    size_t whole = sizeof data - 1;

    (void)state;
    for (size_t n = 0; n <= whole; n++) {
        bool seen = n < strlen(ID "-D\n") || data[n - 1] != '\n';
        assert_int_equal(problems_of_body(data, n, true), n < whole);
        assert_int_equal(problems_of_body(data, n, false), seen);
    }
    for (unsigned full = 0; full < 2; full++) /* what BDAT may leave: all lines are there */
        assert_int_equal(problems_of_body(other, sizeof other - 1, full), 0);
}

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_everything),    cmocka_unit_test(knows_ids),
        cmocka_unit_test(survives_truncation), cmocka_unit_test(body_cut_off),
        cmocka_unit_test(tells_damage),        cmocka_unit_test(takes_odd_recipients),
        cmocka_unit_test(holds_frozen),        cmocka_unit_test(reads_a_lone_half),
        cmocka_unit_test(reads_the_listing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
