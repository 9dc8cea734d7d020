/* SPDX-License-Identifier: ISC */
/* What the parts of the Exim spool share: the files of an item, and a message being read. */
#ifndef HOPQ_SPOOL_EXIM_H
#define HOPQ_SPOOL_EXIM_H

#include "id.h"
#include "spool/spools.h"

/* Files of an item. */
enum {
    HQ_EX_HEADER,  /* input/ID-H: envelope and header */
    HQ_EX_DATA,    /* input/ID-D: body */
    HQ_EX_JOURNAL, /* input/ID-J: recipients done since -H was written */
    HQ_EX_LOG,     /* msglog/ID: what happened to the message */
    HQ_EX_RETRY    /* db/retry: hints, the same file for all messages */
};

struct hq_ex_envelope {
    struct hq_parse *parse;
    const struct hq_item *item;
    struct hq_message *message;
    GString *header;         /* the header's text, without deleted fields; NULL: there is none */
    int64_t frozen;          /* since when; HQ_NONE: it is not */
    int64_t complete;        /* when it had been received; HQ_NONE */
    int64_t warnings;        /* that its sender got */
    int64_t lines;           /* of the body; HQ_NONE: -H does not say */
    int64_t header_size;     /* bytes of the fields that are not deleted */
    bool routing;            /* a hint holds a recipient back before any host is looked for */
    bool cut;                /* -H ends too early */
    GHashTable *done;        /* addresses done, const char * of the arena; NULL: none */
    GHashTable *by_address;  /* folded address to index + 1; made when the log needs it */
    struct hq_ex_fate *fate; /* of each recipient, what the log told; NULL: no log */
};

/* What the log tells of a recipient. */
struct hq_ex_fate {
    int64_t last;           /* the last attempt; HQ_NONE */
    int64_t attempts;       /* that were made */
    const char *text;       /* why the last one failed; NULL */
    const char *relay;      /* "name [ip]" */
    int64_t code;           /* Exim's own error number; 0 */
    bool failed, delivered; /* by the log; the lists of those that are done decide */
    bool is_child;          /* not in -H: a router made it */
    bool is_itself;         /* a transport had it as it stands in -H */
};

/* Reads -H. */
void hq_ex_header_read(struct hq_ex_envelope *envelope);
/* A recipient's line of -H becomes a recipient. */
void hq_ex_recipient_add(struct hq_ex_envelope *envelope, const char *line, size_t n);
/* Reads a number of at most 12 digits (in seconds it fits a time) at *S, moving it; false: there is
 * none. */
bool hq_ex_number(const char **s, const char *end, int64_t *value);
/* Does Exim tell the sender of a delay? After the header was read. */
enum hq_tri hq_ex_may_warn(const struct hq_ex_envelope *envelope);
/* Where the body begins in -D. */
int64_t hq_ex_body_start(const struct hq_ex_envelope *envelope);
/* Size as Exim counts it (src/queue.c): fields that are not deleted, the empty line, the body. */
int64_t hq_ex_body_size(const struct hq_ex_envelope *envelope);
/* Puts the body behind the header of the envelope. MAX: of both. */
void hq_ex_body_read(struct hq_ex_envelope *envelope, size_t max);
/* Tells a body that has lost its end. */
void hq_ex_body_check(const struct hq_ex_envelope *envelope);
/* Reads -J. */
void hq_ex_journal_read(struct hq_ex_envelope *envelope);

/* Reads the message log into FATE, and adds the recipients that routers made of others. */
void hq_ex_log_read(struct hq_ex_envelope *envelope);

/* ADDRESS as it is compared: lower case, local part without quotes. Caller frees. */
char *hq_ex_fold(const char *address, size_t n);

/* Appends N bytes of S; "\303" (as Exim's log writes what does not print) becomes the byte. */
void hq_ex_unescape(GString *out, const char *s, size_t n);
const char *hq_ex_unescaped(struct hq_arena *arena, const char *s, size_t n);

/* "2026-11-22 00:57:23 " of a log, with ".123" and "+0100 " by option; local time unless ZONED.
 * Returns what follows; NULL: the line does not begin with a time. */
const char *hq_ex_time_read(const char *s, int64_t *time, bool *zoned);

/* One of the retry hints: src/dbstuff.h of 4.96. */
struct hq_ex_hint {
    int64_t first_failed, last_try, next_try;
    int32_t error, more;
    bool expired; /* the last rule's time is over: one more failure, and it goes back */
    char text[];  /* why, cut to some 150 bytes */
};

struct hq_ex_hints; /* of one file, as it was at one moment */

/* The hints in FILE: read once, kept until FILE is another or has changed. NULL: none. When they
 * cannot be read, WHY says so. Borrowed until the next call. */
const struct hq_ex_hints *hq_ex_hints_get(const struct hq_item_file *file, const char **why);
const struct hq_ex_hint *hq_ex_hints_find(const struct hq_ex_hints *hints, const char *key);
/* What holds back message ID at a host, whatever the port: the later of the hints about the host
 * and about this message there. NULL: none. */
const struct hq_ex_hint *hq_ex_hints_find_host(const struct hq_ex_hints *hints, const char *name,
                                               const char *ip, const char *id);

/* The output of "exim -bp". */
void hq_ex_listing_parse(struct hq_parse *parse, const struct hq_item *item);

#endif
