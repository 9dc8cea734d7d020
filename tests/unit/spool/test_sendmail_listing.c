/* SPDX-License-Identifier: ISC */
/* "sendmail -Ac -bp -v", which a plain user gets: whole, odd and hostile. */
#include "collect.h"
#include "spool/sendmail/sendmail.h"

#define TITLE "\t\t/var/spool/mqueue-client (3 requests)\n-----Q-ID----- --Size-- -Priority-\n"
#define LINE_1                                                         \
    "6AMCYtl0000522*       5      30017 Nov 22 12:34 <>\n"             \
    "                 (Deferred: Connection refused by [127.0.0.1])\n" \
    "\t\t\t\t\t\tboss@there.example\n"
#define LINE_2                                                    \
    "6AMCYstP000494      712     -60040+Mar  1 02:03 alice\n"     \
    "      8BITMIME   (host map: lookup (a.example): deferred)\n" \
    "\t\t\t\t\t\t(---bob---)\n"                                   \
    "\t\t\t\t\t\t<x1@there.example>\n"                            \
    "\t\t (452 4.2.2 Mailbox full)\n"                             \
    "\t\t\t\t\t\t\"q x\"@there.example\n"
#define LINE_3 "6AMCYtvX000507 (Permission denied)\n"
#define TOTAL  "\t\tTotal requests: 3\n"

static struct collect *read_listing(const char *text, const char *id)
{
    struct collect *collect = collect_new();
    struct hq_item item;
    int ends[2];

    collect->context->now = 1795350000 * HQ_SECOND; /* 2026-11-22T12:20:00Z */
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], text, strlen(text)), (ssize_t)strlen(text));
    close(ends[1]);
    hq_item_init(&item);
    item.listing = true;
    item.queue = "submission";
    item.id = id;
    item.files[0].fd = ends[0];
    hq_sendmail_parse(&collect->parse, &item);
    close(ends[0]);
    return collect;
}

static void reads_messages(void **state)
{
    struct collect *collect = read_listing(TITLE LINE_1 LINE_2 LINE_3 TOTAL, "");

    (void)state;
    assert_int_equal(collect->messages->len, 3);
    const struct hq_message *m = collect_find(collect, "6AMCYtl0000522");
    assert_string_equal(m->sender, "");
    assert_int_equal(m->size, 5);
    assert_int_equal(m->recipient_count, 1);
    assert_string_equal(m->recipients[0].reason->text,
                        "Deferred: Connection refused by [127.0.0.1]");
    assert_int_equal(m->recipients[0].state, HQ_STATE_DEFERRED);
    assert_int_equal(m->arrived, 1795350840 * HQ_SECOND); /* written in the minute to come */
    m = collect_find(collect, "6AMCYstP000494");
    assert_string_equal(m->sender, "alice");
    assert_int_equal(m->size, 712);
    assert_int_equal(m->arrived, 1772330580 * HQ_SECOND); /* 2026-03-01T02:03:00Z */
    assert_int_equal(m->recipient_count, 2);
    assert_string_equal(m->recipients[0].address, "x1@there.example");
    assert_string_equal(m->recipients[0].reason->text, "452 4.2.2 Mailbox full");
    assert_string_equal(m->recipients[1].address, "\"q x\"@there.example");
    assert_string_equal(m->recipients[1].reason->text, "host map: lookup (a.example): deferred");
    m = collect_find(collect, "6AMCYtvX000507");
    assert_null(m->sender);
    assert_true(collect_has_problem(m, "Permission denied"));
    collect_free(collect);
}

static void reads_one(void **state)
{
    struct collect *collect = read_listing(TITLE LINE_1 LINE_2 TOTAL, "6AMCYstP000494");

    (void)state;
    assert_string_equal(collect_one(collect)->sender, "alice");
    collect_free(collect);
}

/* A queue without mail, and one that is not for this user, are not the same. */
static void tells_words(void **state)
{
    struct collect *collect = read_listing("/var/spool/mqueue-client is empty\n"
                                           "\t\tTotal requests: 0\n",
                                           "");

    (void)state;
    assert_int_equal(collect->messages->len, 0);
    collect_free(collect);
    collect = read_listing("You are not permitted to see the queue\n", "");
    assert_true(collect_has_problem(collect_one(collect), "not permitted"));
    collect_free(collect);
}

/* Cut anywhere: never more messages than there were. */
static void survives_every_cut(void **state)
{
    static const char whole[] = TITLE LINE_1 LINE_2 LINE_3 TOTAL;

    (void)state;
    for (size_t n = 0; n < sizeof whole; n++) {
        g_autofree char *text = g_strndup(whole, n);
        struct collect *collect = read_listing(text, "");
        assert_in_range(collect->messages->len, 0, 4);
        collect_free(collect);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_messages),
        cmocka_unit_test(reads_one),
        cmocka_unit_test(tells_words),
        cmocka_unit_test(survives_every_cut),
    };

    g_setenv("TZ", "UTC", TRUE);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
