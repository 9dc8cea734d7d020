/* SPDX-License-Identifier: ISC */
/* The field table: what users can name of a message. One row of src/model/fields.def gives a field
 * its column on the screen and in the text dump, its sort key, its filter term and its line in the
 * manual. */
#ifndef HOPQ_FIELDS_H
#define HOPQ_FIELDS_H

#include "hopq/message.h"
#include <glib.h>
#include <stdbool.h>

enum hq_field_kind {
    HQ_KIND_TEXT,
    HQ_KIND_CHOICE, /* text out of few words */
    HQ_KIND_NUMBER,
    HQ_KIND_SIZE, /* bytes */
    HQ_KIND_TIME, /* a moment; filters compare the distance to now */
    HQ_KIND_SPAN, /* microseconds */
    HQ_KIND_FLAG  /* enum hq_tri */
};

struct hq_field_info {
    const char *name;  /* "from": in filters and --sort */
    const char *title; /* column heading; NULL: no column of its own */
    enum hq_field_kind kind;
    int width;         /* columns it wants; 0: what is left */
    const char *help;  /* one line for the manual */
    enum hq_need need; /* what must be read to know it */
    /* The I-th value (recipients have many), NULL when there is no such; TEXT and CHOICE. Value 0
     * is the one to show and sort by; behind it some may come twice, and "" is "this recipient has
     * none". Never safe: straight from the mail. Domains and codes may stand in a buffer that the
     * next call on this thread overwrites. "header" gives whole fields, "Name: value". */
    const char *(*text)(const struct hq_message *message, unsigned i);
    /* NUMBER, SIZE, TIME, SPAN, FLAG; HQ_NONE: unknown. NOW in microseconds (for ages). */
    int64_t (*number)(const struct hq_message *message, int64_t now);
};

extern const struct hq_field_info hq_fields[];
extern const unsigned hq_field_count;
const struct hq_field_info *hq_field_find(const char *name, size_t n);

/* Appends the value as people read it in a column ("7.1K", "3h05m", "a@x +2"); still to be made
 * safe. */
void hq_field_show(const struct hq_field_info *field, const struct hq_message *message, int64_t now,
                   GString *out);
/* "7.1K": at most 5 columns. BUF of 16. */
char *hq_size_format(int64_t bytes, char buf[16]);

/* Views of a message that several places need. */
const struct hq_recipient *hq_message_worst(const struct hq_message *message); /* who stands for
    the message: the first deferred one, else the first that waits, else the first; NULL: none */
/* Neither delivered nor failed. */
static inline bool hq_recipient_waits(const struct hq_recipient *recipient)
{
    return recipient->state != HQ_STATE_DELIVERED && recipient->state != HQ_STATE_FAILED;
}
int64_t hq_message_next_attempt(const struct hq_message *message); /* soonest; HQ_NONE */
int64_t hq_message_expires(const struct hq_message *message);      /* soonest; HQ_NONE */

#endif
