/* SPDX-License-Identifier: ISC */
/* What the four processes say to each other: the types of frames and their records. Those of
 * [act] are in wire_act.h.
 *
 *   front → [spool]   ADD ADD_ALL PARSER SCAN DONE OPEN LOG
 *   [spool] → front   SOURCE REFUSED ADDED CULPRIT GONE SCANNED NOTICE LOGGED
 *   [spool] → [parse] SOURCE BATCH LOG
 *   [parse] → front   HELLO MESSAGE DONE QUESTION VERDICT NOTICE TAKEN
 *                     HISTORY RATE LOGGED
 *   front → [parse]   ANSWER DNS_OFF CHECK
 *   front ↔ [dns]     QUESTION ANSWER NOTICE */
#ifndef HOPQ_PROC_WIRE_H
#define HOPQ_PROC_WIRE_H

#include "hopq/context.h"
#include "hopq/dns.h"
#include "hopq/spool.h"
#include "proc/channel.h"

enum hq_wire {
    HQ_WIRE_HELLO = 1, /* text: what confines the sender */
    HQ_WIRE_ADD,       /* source; one descriptor: standard input for "-" */
    HQ_WIRE_ADD_ALL,   /* – */
    HQ_WIRE_ADDED,     /* – : the sources of an ADD or ADD_ALL have been told */
    HQ_WIRE_SOURCE,    /* source */
    HQ_WIRE_REFUSED,   /* refusal */
    HQ_WIRE_PARSER,    /* number of a parser; one descriptor: the way to it; none: it is gone */
    HQ_WIRE_SCAN,      /* scan */
    HQ_WIRE_SCANNED,   /* – : every batch was sent and answered */
    HQ_WIRE_OPEN,      /* item, with the source's number: read in full */
    HQ_WIRE_GONE,      /* item: not there any more */
    HQ_WIRE_BATCH,     /* batch, and the descriptors of its items in order */
    HQ_WIRE_MESSAGE,   /* result; blob: an encoded hq_message */
    HQ_WIRE_DONE,      /* number of a batch: all its messages are out */
    HQ_WIRE_CULPRIT,   /* item: [parse] died of it */
    HQ_WIRE_QUESTION,  /* question */
    HQ_WIRE_ANSWER,    /* question; blob: the DNS message */
    HQ_WIRE_DNS_OFF,   /* text: why no answer will come; none from [dns] */
    HQ_WIRE_CHECK,     /* check: one SPF check without a message */
    HQ_WIRE_VERDICT,   /* hq_spf: its result */
    HQ_WIRE_NOTICE,    /* text, for the user */
    HQ_WIRE_IDLE,      /* text, for the user: why nothing in a queue moves */
    HQ_WIRE_TAKEN,     /* number: when the snapshot that is read was made */
    HQ_WIRE_LOG,       /* log: read the mail log; on to [parse] with its descriptors */
    HQ_WIRE_HISTORY,   /* hq_history: of a message, as the log tells it */
    HQ_WIRE_RATE,      /* hq_rate: of a destination */
    HQ_WIRE_LOGGED     /* log: it is read; from [spool]: there is none */
};

struct hq_wire_text {
    const char *text;
};

struct hq_wire_number {
    int64_t number; /* a count, or a moment */
};

/* A source, with what is known of its MTA: struct hq_context in a form that travels. */
struct hq_wire_source {
    int64_t index;
    const char *scheme;
    const char *name; /* "postfix:/var/spool/postfix" */
    const char *hostname;
    const char *const *our;
    const char *const *trust;
    const char *const *egress;
    const char *const *settings; /* name, value, name, value, … */
    uint32_t our_count, trust_count, egress_count, setting_count;
    int64_t now;
    int64_t omit; /* to [spool]: what messages are not read in (enum hq_need, bits) */
};

struct hq_wire_refusal {
    int64_t code; /* enum hq_exit */
    const char *text;
};

struct hq_wire_scan {
    int8_t full;
    const char *const *ids; /* none: all */
    uint32_t id_count;
};

struct hq_wire_file {
    int8_t present; /* its descriptor travels along */
    int64_t error;
    int64_t size;
    int64_t mtime;
    int64_t mode;
    int64_t stamp;
};

struct hq_wire_item {
    int64_t source;
    const char *queue;
    const char *id;
    const char *ref;
    int8_t listing;
    struct hq_wire_file *files;
    uint32_t file_count;
};

struct hq_wire_batch {
    int64_t number;
    int8_t scan; /* part of a scan; else one message that was opened */
    int8_t full;
    int8_t want_body;
    int64_t omit; /* enum hq_need, bits */
    const char *const *ids;
    uint32_t id_count;
    struct hq_wire_item *items;
    uint32_t item_count;
};

struct hq_wire_result {
    int64_t batch;
    int8_t scan;
};

struct hq_wire_question {
    const char *name;
    int64_t type;   /* enum hq_dns_type */
    int64_t status; /* enum hq_dns_status, of an answer */
};

struct hq_wire_log {
    const char *name; /* NULL: the usual one; in LOGGED: there is none */
    int8_t pipe;
    int8_t texts;           /* histories have attempts */
    const char *const *ids; /* only of these messages, and no rates; none: of all */
    uint32_t id_count;
    int64_t begins; /* LOGGED: its first line that counts */
};

struct hq_wire_check {
    const char *ip;
    const char *helo;
    const char *sender;
};

extern const struct hq_schema hq_wire_check_schema;
extern const struct hq_schema hq_wire_text_schema, hq_wire_number_schema, hq_wire_source_schema,
    hq_wire_refusal_schema, hq_wire_scan_schema, hq_wire_item_schema, hq_wire_batch_schema,
    hq_wire_result_schema, hq_wire_question_schema, hq_wire_log_schema;

void hq_wire_send(struct hq_channel *channel, enum hq_wire type, const struct hq_schema *schema,
                  const void *record);
void hq_wire_send_text(struct hq_channel *channel, enum hq_wire type, const char *text);
void hq_wire_send_number(struct hq_channel *channel, enum hq_wire type, int64_t number);

/* Between the item that the spools use and the one that travels. The descriptors are moved: to FDS
 * (room for HQ_ITEM_FILES; returns how many), or from FDS into ITEM (how many were taken;
 * -1: fewer than the record says). Strings are borrowed by unpack, copied by pack. */
unsigned hq_wire_pack_item(struct hq_wire_item *wire, struct hq_item *item, int *fds,
                           struct hq_arena *arena);
int hq_wire_unpack_item(struct hq_item *item, const struct hq_wire_item *wire, int *fds,
                        unsigned fd_count);

/* Between a context and the form that travels (its strings go to ARENA). */
void hq_wire_pack_context(struct hq_wire_source *wire, const struct hq_context *context,
                          struct hq_arena *arena);
struct hq_context *hq_wire_unpack_context(const struct hq_wire_source *wire);

#endif
