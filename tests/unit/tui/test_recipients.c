/* SPDX-License-Identifier: ISC */
/* The pane of recipients: a list of thousands with few answers says each answer once. */
#include "hopq/time.h"
#include "tui/pane.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { MANY = 10000 };

static const struct hq_reason_kind full = {.masked = "full",
                                           .code = 452,
                                           .phase = HQ_PHASE_RCPT,
                                           .category = HQ_CATEGORY_MAILBOX_FULL,
                                           .fault = HQ_FAULT_RECIPIENT,
                                           .wait = HQ_WAIT_YES,
                                           .advice = "wait"};
static const struct hq_reason_kind grey = {.masked = "grey",
                                           .code = 451,
                                           .phase = HQ_PHASE_RCPT,
                                           .category = HQ_CATEGORY_GREYLIST,
                                           .fault = HQ_FAULT_REMOTE,
                                           .wait = HQ_WAIT_YES,
                                           .advice = "wait"};

static int count(const char *hay, size_t size, const char *needle)
{
    int n = 0;
    const char *end = hay + size, *at;
    for (; (at = memmem(hay, (size_t)(end - hay), needle, strlen(needle))); hay = at + 1)
        n++;
    return n;
}

static void fill(struct hq_message *message, struct hq_arena *arena)
{
    for (unsigned i = 0; i < MANY; i++) {
        struct hq_recipient *recipient = hq_message_add_recipient(message, arena);
        struct hq_reason *reason = hq_schema_new(&hq_reason_schema, arena);
        recipient->address = hq_arena_printf(arena, "u%u@club.example", i);
        reason->kind = i % 2 ? &full : &grey;
        reason->text = hq_arena_printf(arena, "45%u <%s> sorry", i % 2, recipient->address);
        recipient->state = HQ_STATE_DEFERRED;
        recipient->reason = reason;
        recipient->attempts = 3;
    }
    message->recipients[MANY - 1].original = "list@ours.example";
}

static void says_each_answer_once(void **state)
{
    struct hq_term term = {.safe = g_string_new(NULL), .fit = g_string_new(NULL)};
    struct hq_lines lines;
    struct hq_arena *arena = hq_arena_new();
    struct hq_message *message = hq_message_new(arena);
    struct hq_pane_input in = {.message = message, .now = HQ_DAY};
    (void)state;
    message->arrived = 0;
    fill(message, arena);
    hq_lines_init(&lines, &term);
    hq_pane_recipients(&in, &lines);
    const GString *text = lines.text;
    assert_int_equal(count(text->str, text->len, "10000: 5000 greylist, 5000 mailbox-full"), 1);
    assert_int_equal(count(text->str, text->len, " they said"), 2);
    assert_int_equal(count(text->str, text->len, " to do"), 2);
    assert_int_equal(count(text->str, text->len, "450 <u0@club.example> sorry"), 1);
    for (unsigned i = 0; i < MANY; i += 999) { /* nobody is left out */
        g_autofree char *address = g_strdup_printf("%cu%u@club.example", ' ', i);
        assert_int_equal(count(text->str, text->len, address), 1);
    }
    assert_int_equal(count(text->str, text->len, "u9999@club.example, sent to list@ours"), 1);
    assert_int_equal(count(text->str, text->len, "4999 others, below"), 1);
    const char *facts = memmem(text->str, text->len, "arrived ", 8);
    const char *second = memmem(text->str, text->len, "u2@club", 7);
    assert_true(facts && facts < second); /* what is known of the message is not below them all */
    hq_lines_finish(&lines);
    hq_arena_free(arena);
    g_string_free(term.safe, TRUE);
    g_string_free(term.fit, TRUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(says_each_answer_once)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
