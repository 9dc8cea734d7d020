/* SPDX-License-Identifier: ISC */
/* The front over records that decode and make no sense: boards, order, filters and every format
 * of the dump take whatever [parse] could send. Run under the sanitizers, which end it. */
#include "../any_record.h"
#include "dump/dump.h"
#include "hopq/fields.h"
#include "store/rates.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

enum { ROUNDS = 100, MESSAGES = 12 };

static const int64_t now = INT64_C(1795312800) * HQ_SECOND;
static int null_fd;

static struct hq_snapshot *make_snapshot(struct any *any)
{
    struct hq_snapshot *snapshot = hq_snapshot_new();

    for (unsigned i = 0; i < MESSAGES; i++) {
        struct hq_message *message = any_received(any, &hq_message_schema, snapshot->decoder);
        if (message)
            hq_snapshot_add(snapshot, message);
    }
    return snapshot;
}

static void read_log(struct any *any, struct hq_snapshot *snapshot)
{
    struct hq_decoder *decoder = hq_decoder_new(any->arena);
    struct hq_logbook *book = hq_logbook_new();

    for (unsigned i = 0; i < MESSAGES; i++) {
        const struct hq_history *history = any_received(any, &hq_history_schema, decoder);
        const struct hq_rate *rate = any_received(any, &hq_rate_schema, decoder);
        if (history && history->id)
            hq_logbook_add_history(book, history);
        if (rate)
            hq_logbook_add_rate(book, rate);
    }
    hq_logbook_end(book, "log", any_integer(any));
    hq_logbook_apply(book, snapshot, true, 0, snapshot->messages->len);
    snapshot->log = book;
    hq_decoder_free(decoder);
}

static void use_fields(const struct hq_snapshot *snapshot)
{
    g_autoptr(GString) out = g_string_new(NULL);

    for (guint m = 0; m < snapshot->messages->len; m++)
        for (unsigned i = 0; i < hq_field_count; i++)
            hq_field_show(&hq_fields[i], snapshot->messages->pdata[m], now, out);
}

static void use_boards(const struct hq_snapshot *snapshot)
{
    g_autoptr(GString) out = g_string_new(NULL);

    for (unsigned key = 0; key < HQ_BOARD_KEYS; key++) {
        struct hq_board *board = hq_board_new_by(snapshot->messages, now, key);
        hq_board_set_trends(board, snapshot->log, NULL);
        hq_board_diagnosis(board);
        for (unsigned i = 0; i < hq_board_count(board); i++)
            hq_group_forwarding(hq_board_get(board, i), out);
        hq_board_free(board);
    }
}

static void use_orders(const struct hq_snapshot *snapshot)
{
    for (unsigned i = 0; i < hq_field_count; i++) {
        struct hq_order *order = hq_order_parse(hq_fields[i].name, NULL);
        if (order)
            hq_order_sort(order, snapshot->messages, now);
        hq_order_free(order);
    }
}

static void use_filters(const struct hq_snapshot *snapshot)
{
    static const char *const expressions[] = {
        "word",
        "age:>2h",
        "size:>1M",
        "tries:>3",
        "next:<1h",
        "expires:<6h",
        "rcpts:>1",
        "from:=a@b.example",
        "to:/x$/",
        "domain:*.example",
        "client:203.0.113.0/24",
        "header:Subject=x",
        "finding:gap",
        "forwarded:yes",
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(expressions); i++) {
        size_t offset;
        struct hq_filter *filter = hq_filter_parse(expressions[i], &offset, NULL);
        assert_non_null(filter);
        for (guint m = 0; m < snapshot->messages->len; m++)
            hq_filter_match(filter, snapshot->messages->pdata[m], now);
        hq_filter_free(filter);
    }
}

static void use_dumps(const struct hq_snapshot *snapshot)
{
    static const char *const names[] = {"text", "json", "ndjson", "prometheus"};

    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++)
        for (unsigned group = 0; group < 2; group++) {
            struct hq_dump_options options = {.format = hq_dump_format_find(names[i]),
                                              .group = group,
                                              .full = true,
                                              .now = now,
                                              .took = HQ_NONE};
            assert_true(options.format >= 0);
            hq_dump_snapshot(snapshot, &options, null_fd, NULL, NULL);
        }
}

static void test_any_queue(void **state)
{
    (void)state;
    null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct any any = {.state = round, .arena = hq_arena_new()};
        struct hq_snapshot *snapshot = make_snapshot(&any);

        assert_int_equal(snapshot->messages->len, MESSAGES);
        read_log(&any, snapshot);
        use_fields(snapshot);
        use_boards(snapshot);
        use_orders(snapshot);
        use_filters(snapshot);
        use_dumps(snapshot);
        hq_snapshot_unref(snapshot);
        hq_arena_free(any.arena);
    }
    close(null_fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_any_queue)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
