/* SPDX-License-Identifier: ISC */
/* What the parts of the Postfix parser share: an envelope being read. */
#ifndef HOPQ_SPOOL_POSTFIX_H
#define HOPQ_SPOOL_POSTFIX_H

#include "records.h"
#include "spool/spools.h"

/* Where a recipient's record lies: its log entries name it by that offset. */
struct hq_pf_slot {
    int64_t offset;
    uint32_t recipient;
};

struct hq_pf_envelope {
    struct hq_parse *parse;
    const struct hq_item *item;
    struct hq_message *message;
    struct hq_pf_reader reader;
    int64_t size;        /* the size record: of the content in the file; HQ_NONE */
    int64_t data_offset; /* where the content begins; HQ_NONE: not said */
    int64_t expected;    /* recipients that it promises; HQ_NONE */
    int64_t seen;        /* recipients read, done and cancelled ones too */
    int64_t content;     /* offset behind the M record; HQ_NONE: there is none */
    int64_t warn;        /* when its sender is to be told of a delay, 0: it was; HQ_NONE: never */
    uint8_t notify;      /* of the recipient to come: bits of NOTIFY, 0: not said */
    bool sender_seen;
    bool whole;           /* what stands before the content was read without damage */
    const char *original; /* of the recipient to come */
    const char *dsn_original;
    GArray *slots;          /* struct hq_pf_slot, by offset */
    GHashTable *by_address; /* printable address to index + 1; made when a log needs it */
};

/* Reads the envelope in front of the content. */
void hq_pf_envelope_read(struct hq_pf_envelope *envelope);

/* Reads the part extracted behind the content, unless that would cost a read and nothing is to be
 * learnt there. After the content, so that the file is read from front to back. */
void hq_pf_envelope_finish(struct hq_pf_envelope *envelope);

/* Adds what the log in FILE (defer/ID or bounce/ID) says to the recipients it names. */
void hq_pf_log_read(struct hq_pf_envelope *envelope, const struct hq_item_file *file,
                    enum hq_state state);

/* The message's text from the content records: at least the header when MAX allows, the body too
 * when BODY. The caller gives it back with hq_scratch_give(). */
GString *hq_pf_content_read(struct hq_pf_envelope *envelope, bool body, size_t max);

/* ADDRESS (N bytes) as it is written in mail: an odd local part in quotes. Queue files hold it
 * without. global/quote_822_local.c */
const char *hq_pf_address(struct hq_arena *arena, const char *address, size_t n);

/* The form of logs and listings: what does not print is a question mark. Caller frees. */
char *hq_pf_printable(const char *address);

/* The output of "postqueue -j". */
void hq_postqueue_parse(struct hq_parse *parse, const struct hq_item *item);

/* State of a recipient that waits in QUEUE, with or without a reason for a delay. */
enum hq_state hq_pf_state(const char *queue, bool delayed, bool force_expired);

#endif
