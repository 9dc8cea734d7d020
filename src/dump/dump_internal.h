/* SPDX-License-Identifier: ISC */
/* Dump, inside: what is being dumped, and the functions that the rows of the format table name. */
#ifndef HOPQ_DUMP_DUMP_INTERNAL_H
#define HOPQ_DUMP_DUMP_INTERNAL_H

#include "dump/dump.h"
#include "dump/page.h"
#include "dump/sink.h"
#include "store/board.h"
#include "store/rates.h"

struct hq_dump_queue {
    const char *name; /* "" where the spool has no name for it */
    unsigned count;
};

/* What a snapshot comes down to after filter, order and limit. */
struct hq_dump {
    const struct hq_snapshot *snapshot;
    const struct hq_dump_options *options;
    GPtrArray *messages;    /* to list: const struct hq_message * */
    GPtrArray *all;         /* all that the filter lets through */
    struct hq_board *board; /* of all that the filter lets through, after hq_dump_await_board() */
    GThread *grouping;      /* makes the board; NULL: it is there */
    unsigned matched;
    unsigned expiring_6h; /* messages that are lost within six hours, or overdue */
    unsigned recipients;
    int64_t bytes;
    GArray *queues; /* struct hq_dump_queue, by name */
    struct hq_sink *sink;
    struct hq_detail no_detail;      /* of a message that could not be read in full */
    const struct hq_dump_list *list; /* columns of the text's list, while it is written */
};

/* The board is made while the rows of messages are written; this waits for it. */
void hq_dump_await_board(struct hq_dump *dump);

/* Writes the rows 0 to COUNT-1 to the sink, in order. WRITE appends the rows FROM to TO-1; it is
 * called by two threads and only reads DUMP. */
typedef void (*hq_dump_rows_fn)(GString *out, const struct hq_dump *dump, unsigned from,
                                unsigned to);
void hq_dump_rows(struct hq_dump *dump, unsigned count, hq_dump_rows_fn write);

void hq_dump_text_snapshot(struct hq_dump *dump);
void hq_dump_json_snapshot(struct hq_dump *dump);
void hq_dump_ndjson_snapshot(struct hq_dump *dump);
void hq_dump_prometheus_snapshot(struct hq_dump *dump);

void hq_dump_text_reasons(const GPtrArray *reasons, const struct hq_dump_options *options,
                          struct hq_sink *sink);
void hq_dump_json_reasons(const GPtrArray *reasons, const struct hq_dump_options *options,
                          struct hq_sink *sink);
void hq_dump_ndjson_reasons(const GPtrArray *reasons, const struct hq_dump_options *options,
                            struct hq_sink *sink);

void hq_dump_text_spf(const struct hq_spf *spf, const struct hq_dump_options *options,
                      struct hq_sink *sink);
void hq_dump_json_spf(const struct hq_spf *spf, const struct hq_dump_options *options,
                      struct hq_sink *sink);

/* Parts of the text that several places print. */
void hq_dump_text_message(struct hq_page *page, const struct hq_message *message);
void hq_dump_text_hops(struct hq_page *page, const struct hq_detail *detail);
void hq_dump_text_reason(struct hq_page *page, const struct hq_reason *reason);
void hq_dump_text_spf_lines(struct hq_page *page, const struct hq_spf *spf);

#endif
