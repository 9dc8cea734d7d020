/* SPDX-License-Identifier: ISC */
/* The triage board: reason × destination, and what stands behind each; or the same recipients
 * grouped by who sent them. */
#ifndef HOPQ_STORE_BOARD_H
#define HOPQ_STORE_BOARD_H

#include "hopq/fields.h"
#include "hopq/history.h"
#include "hopq/message.h"
#include "hopq/trend.h"
#include <glib.h>
#include <stdbool.h>

/* What makes a group. */
enum hq_board_key {
    HQ_BOARD_REASON, /* category, destination domain and provider */
    HQ_BOARD_SENDER, /* envelope sender */
    HQ_BOARD_ORIGIN, /* authenticated user, else the client's address; of this machine's own: the
                        script, else the user, else the machine */
    HQ_BOARD_RELAY,  /* host that answered or failed */
    HQ_BOARD_KEYS
};

extern const char *const hq_board_key_names[HQ_BOARD_KEYS];

#define HQ_BOARD_TOPS 4

/* Counts of the most frequent ones (Misra and Gries): what is more than a fifth is never missed. */
struct hq_board_top {
    const void *key; /* kind of a reason, or address */
    const void *of;  /* the reason, or the recipient */
    uint32_t count;
};

/* One row: waiting recipients that share the key. A message with recipients in several groups is
 * counted in each once. Member order is that of the JSON keys. */
struct hq_group {
    const char *reason; /* name of the category; "held", "not-tried", "incoming" where there is no
                           reason; "unknown" too for a deferred one whose reason is not stored; NULL
                           on boards of other keys */
    const char *domain;
    const char *provider;
    int64_t messages;
    int64_t recipients;
    int64_t bytes;
    int64_t oldest; /* arrival */
    int64_t next_attempt;
    int64_t expiring_6h; /* messages that are lost within six hours, or overdue */
    int64_t forwarded;   /* messages that are */
    const char *sample;  /* verbatim text of one of those recipients whose reason is most frequent:
                            on boards of other keys one of the most frequent category */
    const char *advice;
    const char *by;      /* name of the key */
    const char *name;    /* the sender, origin or relay, "" where there is none; NULL: by reason */
    const char *through; /* the address that most of the forwarded ones came for at first */
    int64_t through_count; /* messages */
    const char *through_to;
    struct hq_trend trend;       /* hq_board_set_trends() */
    const struct hq_rate *rates; /* of the destination by the mail log; NULL: not known */
    GPtrArray *members;          /* const struct hq_message *, in the order of the snapshot */
    const struct hq_message *last_expiring; /* counted in EXPIRING_6H last */
    const struct hq_reason *reason_of;      /* that of SAMPLE; NULL: none */
    int64_t held;                           /* recipients that wait until somebody lets them go */
    int64_t mostly;    /* recipients whose reason is of that category; not counted by reason */
    uint32_t ages[12]; /* messages a bucket: under 5 10 20 40 80 160 320 640 1280 2560 5120 minutes,
                          older (qshape's doubling) */
    struct hq_board_top texts[HQ_BOARD_TOPS], forwarders[HQ_BOARD_TOPS];
};

extern const struct hq_schema hq_group_schema;

struct hq_board; /* groups, largest first */

/* Of the messages given (struct hq_message *, borrowed, must outlive the board). */
struct hq_board *hq_board_new(GPtrArray *messages, int64_t now);
struct hq_board *hq_board_new_by(GPtrArray *messages, int64_t now, enum hq_board_key key);
void hq_board_free(struct hq_board *board); /* NULL is fine */
unsigned hq_board_count(const struct hq_board *board);
const struct hq_group *hq_board_get(const struct hq_board *board, unsigned i);
/* They have the same key. */
bool hq_group_same(const struct hq_group *a, const struct hq_group *b);
/* The name of a group that has one, or what to call it where that is "". */
const char *hq_group_title(const struct hq_group *group);
/* For whom MESSAGE is in GROUP: the first deferred one of its recipients there, else the first.
 * NULL: for none (it has none yet, or is not in the group). */
const struct hq_recipient *hq_group_recipient(const struct hq_group *group,
                                              const struct hq_message *message);

/* Fills the trends of a board by reason: what the log proves; else the movement since BASE, an
 * earlier look at the queue, in the log's last hour, in all of the log; else from ages. Any may be
 * NULL. */
struct hq_logbook;
struct hq_trend_base;
void hq_board_set_trends(struct hq_board *board, const struct hq_logbook *book,
                         const struct hq_trend_base *base);

/* Appends "this is forwarding: 83 % of these come through ann@ours.example -> ann@bt.example";
 * nothing when less than a fifth comes through one address. */
void hq_group_forwarding(const struct hq_group *group, GString *out);

/* In words what is wrong on this machine when it is that: "all 14 destinations fail at connect:
 * …". NULL: nothing of the kind. Lives as long as the board. */
const char *hq_board_diagnosis(const struct hq_board *board);

/* ---- the board's rules, for those who count themselves ---- */

/* All of it: nothing is tried until somebody lets it go. */
static inline bool hq_group_is_held(const struct hq_group *group)
{
    return group->held > 0 && group->held == group->recipients;
}

/* It is lost within six hours, or overdue. */
static inline bool hq_recipient_expires_soon(const struct hq_recipient *recipient, int64_t now)
{
    return recipient->expires != HQ_NONE && recipient->expires < now + 6 * HQ_HOUR;
}

#endif
