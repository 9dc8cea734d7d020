/* SPDX-License-Identifier: ISC */
/* How long the board takes once a large queue is read: each of its keys, the verdicts, what the
 * front keeps for the comparison with later looks. Messages come as they do in hopq, over the wire.
 *
 * bench_board [MESSAGES] */
#include "hopq/arena.h"
#include "store/board.h"
#include "store/order.h"
#include "store/snapshot.h"
#include "store/trend.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { MESSAGES = 100000, DOMAINS = 4000, KINDS = 60, ROUNDS = 9, AN_ARENA = 1000 };

#define NOW (INT64_C(1795324800) * HQ_SECOND)

static struct hq_reason_kind kinds[KINDS];

static double cpu_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Few destinations have most of the mail: the square of an even number. */
static unsigned skewed(unsigned i, unsigned count)
{
    double even = (double)(i * 2654435761u % 100003u) / 100003.0;

    return (unsigned)(even * even * even * count);
}

static struct hq_message *invent(unsigned i, struct hq_arena *arena)
{
    struct hq_message *message = hq_message_new(arena);
    struct hq_reason *reason = hq_schema_new(&hq_reason_schema, arena);
    unsigned domain = skewed(i, DOMAINS);

    message->source = "postfix:/var/spool/postfix";
    message->mta = "postfix";
    message->queue = "deferred";
    message->id = hq_arena_printf(arena, "4fQ%07X", i);
    message->arrived = NOW - (int64_t)(i * 7919u % 7200u) * HQ_MINUTE;
    message->size = 1000 + i % 50000;
    message->sender = hq_arena_printf(arena, "sender%u@shop.example", i % 977);
    message->client.ip = hq_arena_printf(arena, "192.0.2.%u", i % 200);
    reason->kind = &kinds[(domain + i % 3) % KINDS];
    reason->text = hq_arena_printf(arena, "host mx.d%u.example said: 421 4.7.0 wait %u", domain,
                                   (domain + i % 3) % KINDS);
    reason->relay = hq_arena_printf(arena, "mx.d%u.example", domain);
    for (unsigned r = 0; r <= (i % 10 == 0 ? 4u : 0u); r++) {
        struct hq_recipient *recipient = hq_message_add_recipient(message, arena);
        recipient->address = hq_arena_printf(arena, "user%u@D%u.example", i + r, domain);
        recipient->state = HQ_STATE_DEFERRED;
        recipient->reason = reason;
        recipient->next_attempt = NOW + (int64_t)(i % 3600) * HQ_SECOND;
        recipient->expires = message->arrived + 5 * HQ_DAY;
    }
    message->forwarded.is = i % 4 == 0 ? HQ_YES : HQ_NO;
    message->forwarded.original = i % 4 == 0 ? "office@club.example" : NULL;
    return message;
}

static struct hq_snapshot *fill(unsigned count)
{
    struct hq_snapshot *snapshot = hq_snapshot_new();
    struct hq_arena *arena = hq_arena_new();
    g_autoptr(GByteArray) bytes = g_byte_array_new();

    for (unsigned k = 0; k < KINDS; k++)
        kinds[k] = (struct hq_reason_kind){.masked = g_strdup_printf("421 wait %u", k),
                                           .code = 421,
                                           .category = 1 + k % HQ_CATEGORY_UNKNOWN,
                                           .advice = "wait"};
    for (unsigned i = 0; i < count; i++) {
        g_byte_array_set_size(bytes, 0);
        hq_schema_encode(&hq_message_schema, invent(i, arena), bytes);
        struct hq_message *message =
            hq_decoder_read(snapshot->decoder, &hq_message_schema, bytes->data, bytes->len);
        g_assert(message);
        hq_snapshot_add(snapshot, message);
        if (i % AN_ARENA == 0)
            hq_arena_reset(arena);
    }
    hq_arena_free(arena);
    return snapshot;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void measure(const char *what, void (*work)(GPtrArray *messages, int key),
                    GPtrArray *messages, int key)
{
    double times[ROUNDS];

    for (int i = 0; i < ROUNDS; i++) {
        double begin = cpu_seconds();
        work(messages, key);
        times[i] = cpu_seconds() - begin;
    }
    qsort(times, ROUNDS, sizeof *times, by_value);
    printf("%-28s %6.1f ms (fastest %.1f)\n", what, times[ROUNDS / 2] * 1e3, times[0] * 1e3);
}

/* As the first screen wants it. */
static void make_board(GPtrArray *messages, int key)
{
    struct hq_board *board = hq_board_new_by(messages, NOW, (enum hq_board_key)key);

    hq_board_set_trends(board, NULL, NULL);
    hq_board_diagnosis(board);
    g_assert(hq_board_count(board) > 0);
    hq_board_free(board);
}

static void make_base(GPtrArray *messages, int key)
{
    struct hq_trend_base *base = hq_trend_base_new(messages, NOW - HQ_HOUR);

    (void)key;
    hq_trend_base_compare(base, messages, NOW);
    hq_trend_base_free(base);
}

static void sort(GPtrArray *messages, int key)
{
    g_autoptr(GPtrArray) copy = g_ptr_array_copy(messages, NULL, NULL);
    struct hq_order *order = hq_order_parse(key ? "-size" : NULL, NULL);

    hq_order_sort(order, copy, NOW);
    hq_order_free(order);
}

int main(int argc, char **argv)
{
    unsigned count = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : MESSAGES;
    struct hq_snapshot *snapshot = fill(count);

    printf("%u messages\n", count);
    for (int key = 0; key < HQ_BOARD_KEYS; key++) {
        g_autofree char *what = g_strdup_printf("board by %s", hq_board_key_names[key]);
        measure(what, make_board, snapshot->messages, key);
    }
    measure("two looks compared", make_base, snapshot->messages, 0);
    measure("sort, oldest first", sort, snapshot->messages, 0);
    measure("sort, largest first", sort, snapshot->messages, 1);
    hq_snapshot_unref(snapshot);
    return 0;
}
