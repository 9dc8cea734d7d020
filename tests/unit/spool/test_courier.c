/* SPDX-License-Identifier: ISC */
/* Courier's control files: who waits, why, since when. */
#include "collect.h"
#include "hopq/time.h"

#define TOP                                                                               \
    "sfrom@here.example\nfdns; pc.example (client.example [::ffff:192.0.2.7])\neENV\nt\n" \
    "M0000000000001267.6A0.1\niuser@here.example\n"
#define RECIPIENTS "rone@far.example\nR\nN\nrtwo@far.example\nRrfc822;alias@here.example\nN\n"
#define END        "uesmtp\nE1795860000\np1795284000\nW1795269600\nA1795255210\n"

static struct collect *parse(const char *control, const char *data)
{
    struct collect *collect = collect_new();
    struct hq_item item;

    hq_item_init(&item);
    item.queue = "queue";
    item.ref = "msgs/7/C4711";
    collect_file(&item.files[0], control, strlen(control), 0660);
    if (data)
        collect_file(&item.files[1], data, strlen(data), 0660);
    hq_spool_find("courier", 7)->parse(&collect->parse, &item);
    hq_item_close(&item);
    return collect;
}

static void envelope(void **state)
{
    struct collect *collect = parse(TOP RECIPIENTS END, "Subject: x\n\nbody\n");
    const struct hq_message *message = collect_one(collect);

    (void)state;
    assert_int_equal(message->problem_count, 0);
    assert_string_equal(message->id, "0000000000001267.6A0.1");
    assert_string_equal(message->sender, "from@here.example");
    assert_string_equal(message->client.helo, "pc.example");
    assert_string_equal(message->client.name, "client.example");
    assert_string_equal(message->client.ip, "192.0.2.7");
    assert_string_equal(message->client.auth, "user@here.example");
    assert_int_equal(message->size, strlen("Subject: x\n\nbody\n"));
    assert_int_equal(message->recipient_count, 2);
    assert_null(message->recipients[0].original);
    assert_string_equal(message->recipients[1].original, "alias@here.example");
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(message->recipients[i].state, HQ_STATE_QUEUED);
        assert_int_equal(message->recipients[i].attempts, 0);
        assert_int_equal(message->recipients[i].next_attempt, 1795255210 * HQ_SECOND);
        assert_int_equal(message->recipients[i].expires, 1795860000 * HQ_SECOND);
    }
    collect_free(collect);
}

/* Of each recipient the last attempt counts, a reply of several lines is one. */
static void attempts(void **state)
{
    struct collect *collect =
        parse(TOP RECIPIENTS END
              "I0 P mx.far.example [198.51.100.4]\nI0 S RCPT TO:<one@far.example>\nI0 T smtp\n"
              "I0 R 450-4.2.1 an old\nI0 R 450 reply\nD0 1795255300\n"
              "I1 R 250 2.1.5 Ok\nS1 1795255301 r\nC1795255302\nA1795255600\n"
              "I0 P mx2.far.example [198.51.100.5]\nI0 S MAIL FROM:<from@here.example>\n"
              "I0 R 421-4.7.0 Try again\nI0 R 421 4.7.0 later\nD0 1795255700\nC1795255701\n"
              "A1795256600\n",
              "Subject: x\n\n");
    const struct hq_recipient *r = collect_one(collect)->recipients;

    (void)state;
    assert_int_equal(r[0].state, HQ_STATE_DEFERRED);
    assert_string_equal(r[0].reason->text, "421-4.7.0 Try again 421 4.7.0 later");
    assert_string_equal(r[0].reason->relay, "mx2.far.example");
    assert_int_equal(r[0].reason->kind->code, 421);
    assert_int_equal(r[0].reason->kind->phase, HQ_PHASE_MAIL);
    assert_int_equal(r[0].attempts, 2);
    assert_int_equal(r[0].last_attempt, 1795255700 * HQ_SECOND);
    assert_int_equal(r[0].next_attempt, 1795256600 * HQ_SECOND);
    assert_int_equal(r[1].state, HQ_STATE_DELIVERED);
    assert_null(r[1].reason);
    assert_int_equal(r[1].next_attempt, HQ_NONE);
    collect_free(collect);
}

static void failed_and_cancelled(void **state)
{
    struct collect *collect =
        parse(TOP RECIPIENTS END "I0 R 550 5.1.1 no\nF0 1795255300\nX\n", "x");
    const struct hq_recipient *r = collect_one(collect)->recipients;

    (void)state;
    assert_int_equal(r[0].state, HQ_STATE_FAILED);
    assert_string_equal(r[0].reason->text, "550 5.1.1 no");
    assert_int_equal(r[1].state, HQ_STATE_EXPIRED);
    collect_free(collect);
}

static void damaged(void **state)
{
    static const char *const controls[] = {
        "",
        "\n",
        TOP,
        "rone@far.example\n",
        TOP "D0 1\nS99999999999999999999 1\nI-1 R x\nI5 R x\nF\nI0\nI0 R\n",
        TOP RECIPIENTS "E99999999999999999999\nAx\nC\nD0\nI1 R",
    };

    (void)state;
    for (unsigned i = 0; i < G_N_ELEMENTS(controls); i++) {
        struct collect *collect = parse(controls[i], "x");
        const struct hq_message *message = collect_one(collect);
        assert_true(*message->id);
        assert_int_equal(collect_has_problem(message, "damaged"), 1);
        for (uint32_t r = 0; r < message->recipient_count; r++)
            assert_int_equal(message->recipients[r].expires, HQ_NONE);
        collect_free(collect);
    }
    struct collect *collect = parse(TOP RECIPIENTS END, NULL);
    assert_true(collect_has_problem(collect_one(collect), "data file"));
    collect_free(collect);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(envelope),
        cmocka_unit_test(attempts),
        cmocka_unit_test(failed_and_cancelled),
        cmocka_unit_test(damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
