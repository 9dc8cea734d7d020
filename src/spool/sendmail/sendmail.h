/* SPDX-License-Identifier: ISC */
/* What the halves of the Sendmail spool agree on, and what the parts of its parser share. File
 * names: op/op.me section 7.3.1 and sendmail/queue.c (8.17). */
#ifndef HOPQ_SPOOL_SENDMAIL_H
#define HOPQ_SPOOL_SENDMAIL_H

#include "spool/spools.h"

/* Files of an item. An item without a control file is a data file that was left alone. */
enum { HQ_SM_CONTROL, HQ_SM_DATA, HQ_SM_TRANSCRIPT };

#define HQ_SM_PROGRAM "/usr/sbin/sendmail"

/* A queue is named by its directory ("mqueue", "q1"); behind that, what is not just waiting. */
#define HQ_SM_ACTIVE      "/active"      /* locked: Sendmail is at work on it */
#define HQ_SM_QUARANTINED "/quarantined" /* hf */
#define HQ_SM_LOST        "/lost"        /* Qf: Sendmail could not read it; df or tf alone */
#define HQ_SM_INCOMING    "/incoming"    /* df alone, locked or young: still being received */

struct hq_sm_envelope {
    struct hq_parse *parse;
    struct hq_message *message;
    GString *content;           /* header fields as they will be sent */
    size_t content_max;         /* fields beyond are dropped, which is told */
    int64_t version;            /* V; 0 when there is none */
    const char *text;           /* M of the envelope: what happened last */
    const char *quarantine;     /* q: why it is quarantined */
    const char *waiting_text;   /* M of the recipient to come */
    const char *waiting_orcpt;  /* its Q */
    const char *waiting_final;  /* its r */
    const char *alias;          /* C: the address that the next recipients were expanded from */
    int64_t last;               /* K, HQ_NONE: never tried */
    int64_t attempts;           /* N */
    const char *timeout_class;  /* "normal", "urgent", "non-urgent", "dsn"; NULL: normal */
    const char *priority_class; /* the same, by a Priority field, which comes before it */
    bool response;              /* F, r: a bounce of Sendmail's own */
    bool warned;                /* F, w: the sender was told of the delay */
    bool low;                   /* its precedence is below nought: nobody is told of delays */
    bool ended;                 /* the line with a dot was there */
    bool header_cut;
    unsigned line; /* number of the one at hand */
    unsigned odd;  /* lines that are none of a control file */
};

/* Reads the control file's lines. */
void hq_sm_envelope_read(struct hq_sm_envelope *envelope, const struct hq_item_file *file);

/* One field "?flags?Name: value", its continuation lines joined by LF. */
void hq_sm_header_take(struct hq_sm_envelope *envelope, const char *field, size_t n);

/* Adds what the transcript of a running attempt says to the recipients it names. */
void hq_sm_transcript_read(struct hq_sm_envelope *envelope, const struct hq_item_file *file);

/* The bare address of TEXT, which may have a phrase or comments around it. */
const char *hq_sm_address(struct hq_arena *arena, const char *text, size_t n);

/* "host [192.0.2.1]", "user@host": value of the macro $_. */
void hq_sm_client_take(struct hq_sm_envelope *envelope, const char *text);

/* The output of "sendmail -Ac -bp -v". */
void hq_sm_listing_parse(struct hq_parse *parse, const struct hq_item *item);

#endif
