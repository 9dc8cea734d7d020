/* SPDX-License-Identifier: ISC */
/* The mail log: takes its lines one by one, oldest first, and keeps how often messages that are
 * still in a queue were tried and the rates of destinations; of single messages, when wanted, the
 * lines themselves. Forms of lines: src/core/log/forms.def. Any line may be hostile: time is linear
 * in its length, and memory is bounded. */
#ifndef HOPQ_LOG_H
#define HOPQ_LOG_H

#include "hopq/history.h"
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* More of a line than this is not looked at: rsyslog's and journald's own limit for a message is
 * 8 KiB, Postfix cuts at 2000. */
#define HQ_LOG_LINE_MAX 8192

/* Once a process, before any sandbox: old syslog stamps are local time, and the zone is a file. */
void hq_log_init(void);

/* ---- one line ---- */

enum hq_log_kind {
    HQ_LOG_OTHER,    /* none of the forms */
    HQ_LOG_DELIVERY, /* the end of an attempt for a recipient */
    HQ_LOG_ARRIVAL,
    HQ_LOG_STATE, /* of the message: held, released, expired */
    HQ_LOG_GONE,  /* it left the queue */
    HQ_LOG_NOTE,
    HQ_LOG_CAUSE /* tells of a connection, not of a message */
};

struct hq_log_span {
    const char *s; /* into the line; NULL: not there */
    size_t n;
};

struct hq_log_line {
    enum hq_log_kind kind;
    enum hq_outcome result;
    int64_t time;  /* HQ_NONE: no stamp that could be read */
    int64_t delay; /* since the message arrived, HQ_NONE: not told */
    const char *form;
    struct hq_log_span program, pid, id, session, sender, to, original, relay, text;
};

/* Reads the N bytes of S, no line end. NOW gives the year to stamps without one. False: it is a
 * line of no known form; LINE's time may be set all the same. */
bool hq_log_line_parse(struct hq_log_line *line, const char *s, size_t n, int64_t now);
/* The stamp alone; HQ_NONE: there is none. *USED takes the bytes it and the blanks behind take. */
int64_t hq_log_stamp(const char *s, size_t n, int64_t now, size_t *used);

/* ---- all of them ---- */

struct hq_log;

/* What is older than SINCE is passed over. */
struct hq_log *hq_log_new(int64_t now, int64_t since);
void hq_log_free(struct hq_log *log); /* NULL is fine */
/* Call it before the first line: histories will have attempts, too. ONLY (NULL-terminated): lines
 * about other messages are passed over, and there are no rates; NULL: of all messages. */
void hq_log_want_texts(struct hq_log *log, const char *const *only);
/* Time has passed: more lines follow. */
void hq_log_set_now(struct hq_log *log, int64_t now);
void hq_log_take(struct hq_log *log, const char *line, size_t n);

/* When the first line that counts was written; HQ_NONE: there was none. */
int64_t hq_log_begins(const struct hq_log *log);
/* When the last one was. */
int64_t hq_log_ends(const struct hq_log *log);

/* Calls EACH for at most LIMIT messages that are still in the queue and of which there is something
 * new since they were told last; false: there are no more. HISTORY is valid during the call. */
bool hq_log_each_history(struct hq_log *log, unsigned limit,
                         void (*each)(const struct hq_history *, void *), void *data);
/* For every destination. */
void hq_log_each_rate(struct hq_log *log, void (*each)(const struct hq_rate *, void *), void *data);

#endif
