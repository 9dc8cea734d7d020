/* SPDX-License-Identifier: ISC */
/* The log in the front: attempts put into the listed messages, lines asked for and answered. */
#include "base/hash.h"
#include "store/rates.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define BEGIN (INT64_C(1795000000) * HQ_SECOND)

static struct hq_tried tried(const char *address, int64_t count, int64_t last)
{
    return (struct hq_tried){hq_hash_address(address, strlen(address)), count, last};
}

static void add_tried(struct hq_logbook *book, const char *id, const char *address, int64_t count)
{
    struct hq_tried one = tried(address, count, BEGIN + HQ_HOUR);
    struct hq_history history = {.id = id, .tried = &one, .tried_count = 1};
    hq_logbook_add_history(book, &history);
}

static void add_line(struct hq_logbook *book, const char *id, const char *text)
{
    struct hq_attempt attempt = {.time = BEGIN, .text = text, .result = HQ_OUTCOME_DEFERRED};
    struct hq_history history = {.id = id, .attempts = &attempt, .attempt_count = 1};
    hq_logbook_add_history(book, &history);
}

static struct hq_message *add_message(struct hq_snapshot *snapshot, const char *id, int64_t arrived,
                                      int64_t estimate)
{
    struct hq_message *message = hq_schema_new(&hq_message_schema, snapshot->arena);
    message->source = "postfix:/x";
    message->id = id;
    message->arrived = arrived;
    message->recipient_count = 2;
    message->recipients = hq_arena_alloc(snapshot->arena, 2 * sizeof *message->recipients);
    for (unsigned i = 0; i < 2; i++) {
        message->recipients[i].address = i ? "other@b.example" : "Ann@B.example";
        message->recipients[i].attempts = estimate;
        message->recipients[i].last_attempt = HQ_NONE;
    }
    hq_snapshot_add(snapshot, message);
    return message;
}

/* A message that is older than the log had attempts that the log does not tell. */
static void counts(void **state)
{
    struct hq_logbook *book = hq_logbook_new();
    struct hq_snapshot *snapshot = hq_snapshot_new();
    const struct hq_message *young = add_message(snapshot, "AAAA1", BEGIN + 1, 5);
    const struct hq_message *old = add_message(snapshot, "AAAA2", BEGIN - 1, 5);
    const struct hq_message *unknown = add_message(snapshot, "AAAA3", BEGIN + 1, 5);
    (void)state;
    add_tried(book, "AAAA1", "ann@b.example", 9);
    add_tried(book, "AAAA1", "ann@b.example", 3); /* the newer one counts */
    add_tried(book, "AAAA2", "ann@b.example", 3);
    hq_logbook_end(book, "/var/log/mail.log", BEGIN);
    assert_true(hq_logbook_apply(book, snapshot, false, 0, 2));
    assert_false(hq_logbook_apply(book, snapshot, false, 2, 2));
    assert_int_equal(young->recipients[0].attempts, 3);
    assert_int_equal(young->recipients[0].last_attempt, BEGIN + HQ_HOUR);
    assert_int_equal(young->recipients[1].attempts, 5);
    assert_int_equal(old->recipients[0].attempts, 5);
    assert_int_equal(unknown->recipients[0].attempts, 5);
    hq_snapshot_unref(snapshot);
    hq_logbook_free(book);
}

static void lines(void **state)
{
    struct hq_logbook *book = hq_logbook_new();
    struct hq_arena *arena = hq_arena_new();
    struct hq_history history;
    (void)state;
    assert_null(hq_logbook_asked(book));
    hq_logbook_ask(book, "AAAA1");
    hq_logbook_ask(book, "AAAA1");
    g_auto(GStrv) asked = hq_logbook_asked(book);
    assert_int_equal(g_strv_length(asked), 1);
    hq_logbook_ask(book, "AAAA2"); /* meanwhile */
    add_line(book, "AAAA1", "421 later");
    hq_logbook_answer(book, asked);
    assert_false(hq_logbook_awaits(book, "AAAA1"));
    assert_true(hq_logbook_awaits(book, "AAAA2"));
    assert_true(hq_logbook_history(book, "AAAA1", &history, arena));
    assert_string_equal(history.attempts[0].text, "421 later");
    assert_false(hq_logbook_history(book, "AAAA2", &history, arena));
    add_tried(book, "AAAA1", "ann@b.example", 2); /* one more was made */
    assert_true(hq_logbook_awaits(book, "AAAA1"));
    assert_true(hq_logbook_history(book, "AAAA1", &history, arena));
    for (unsigned i = 0; i < 1000; i++) { /* of many that were looked at few are kept */
        g_autofree char *id = g_strdup_printf("BBBB%u", i);
        hq_logbook_ask(book, id);
    }
    g_auto(GStrv) many = hq_logbook_asked(book);
    assert_in_range(g_strv_length(many), 1, 64);
    assert_true(hq_logbook_awaits(book, "BBBB999"));
    hq_arena_free(arena);
    hq_logbook_free(book);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts),
        cmocka_unit_test(lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
