/* SPDX-License-Identifier: ISC */
/* When a message was tried, when it is tried again, when it is given up: the MTAs' own
 * arithmetic. */
#ifndef HOPQ_SCHEDULE_H
#define HOPQ_SCHEDULE_H

#include "hopq/context.h"
#include "hopq/message.h"

/* Postfix 3.x, src/qmgr/qmgr_active.c: retry times of a deferred file from its modification time
 * (the earliest next attempt) and the arrival; the settings minimal_backoff_time,
 * maximal_backoff_time, queue_run_delay, maximal_queue_lifetime, bounce_queue_lifetime. Fills
 * last_attempt (by the inverse formula unless LOG_WRITTEN, the time of its defer log, is known),
 * attempts (an estimate), next_attempt and expires of every recipient that still waits. MTIME
 * HQ_NONE: not a deferred file, only expires is filled. */
void hq_schedule_postfix(struct hq_message *message, int64_t mtime, int64_t log_written,
                         const struct hq_context *context);

/* The delay warning of Postfix goes with the first failed attempt from WARN on, the time in the
 * queue file; HQ_NONE: the file has none, 0: it was sent. After hq_schedule_postfix(). */
void hq_warning_postfix(struct hq_message *message, int64_t warn, const struct hq_context *context);

/* What an envelope of OpenSMTPD tells. Microseconds, HQ_NONE where not known. */
struct hq_smtpd_times {
    bool transfer;      /* to another host; else a local delivery or a bounce */
    const char *action; /* that delivers it, as smtpd.conf calls it; NULL: none of its actions */
    int64_t created;
    int64_t ttl;    /* of old envelopes; HQ_NONE: what smtpd.conf says is what counts */
    int64_t tried;  /* when the last attempt failed */
    int64_t failed; /* attempts that failed */
    int64_t warned; /* the moment that the last delay warning was for; HQ_NONE: none was sent */
};

/* OpenSMTPD 6.4 to 7, scheduler_ramqueue.c: the N-th attempt is at the creation plus N * N * 400 s
 * (10 s for what is not a transfer), the first such time behind the failure. The scheduler keeps
 * these times in memory: "smtpctl schedule" and a restart make an attempt come sooner. Settings
 * "queue ttl" and "action NAME ttl". Fills last_attempt, attempts, next_attempt and expires of a
 * recipient that still waits. */
void hq_schedule_opensmtpd(struct hq_recipient *recipient, const struct hq_smtpd_times *times,
                           const struct hq_context *context);

/* Its delay warnings, the setting "bounce warn-interval" (up to four times): each goes with the
 * first attempt whose failure leads to one from then on (scheduler.c). After
 * hq_schedule_opensmtpd(); next_attempt may have been corrected meanwhile. */
void hq_warning_opensmtpd(struct hq_recipient *recipient, const struct hq_smtpd_times *times,
                          const struct hq_context *context);

/* What a control file of Sendmail tells. */
struct hq_sendmail_tried {
    int64_t last;              /* attempt, HQ_NONE: none yet */
    int64_t attempts;          /* HQ_NONE: not said */
    const char *timeout_class; /* "normal", "urgent", "non-urgent", "dsn" */
    bool running;              /* an attempt goes on now */
    uint8_t warned;            /* enum hq_warned */
};

/* Sendmail 8.12 to 8.18: fills last_attempt and attempts as they are told, next_attempt (an
 * estimate: the first run of the queue that may take the message) and expires of every recipient
 * that still waits. Settings MinQueueAge, MaxQueueAge, Timeout.queuereturn[.CLASS], and
 * QueueInterval: how often the queue is run. */
void hq_schedule_sendmail(struct hq_message *message, const struct hq_sendmail_tried *tried,
                          const struct hq_context *context);

/* The delay warning, the setting Timeout.queuewarn[.CLASS]: it goes with the first failed attempt
 * from then on. Recipients that are HQ_WARNED_NEVER by their own flags stay so. After
 * hq_schedule_sendmail(). */
void hq_warning_sendmail(struct hq_message *message, const struct hq_sendmail_tried *tried,
                         const struct hq_context *context);

/* What Exim's hints and log tell of a recipient; HQ_NONE where they do not. */
struct hq_exim_retry {
    int64_t first_failed; /* of the destination, by whatever message */
    int64_t last_try;
    int64_t next_try; /* the earliest: then the next run of the queue takes it */
    int64_t frozen;   /* since when */
    bool firm;        /* NEXT_TRY holds even for mail that is so old that it will be given up */
};

/* Exim 4.9x, src/retry.c: the destination has been failing since FIRST_FAILED, and the message
 * since it came, whichever is longer; it goes back at the first failure after the last cutoff of
 * the retry rule. So EXPIRES is an estimate: no earlier, and only if nothing gets through before.
 * The rules are the setting "hopq_retry_rules", a line each; one that cannot be judged from here
 * leaves EXPIRES unknown. Frozen mail: timeout_frozen_after, ignore_bounce_errors_after, auto_thaw.
 */
void hq_schedule_exim(const struct hq_message *message, struct hq_recipient *recipient,
                      const struct hq_exim_retry *retry, const struct hq_context *context);

/* Delay warnings of Exim, the setting delay_warning (a list of times; the last distance goes on and
 * on). SENT: how many were; HQ_NONE: never any for this message. Each goes with the first attempt
 * from then on; AT_ANY_RUN: with the next run of the queue, because addresses are put off at
 * routing, which counts as an attempt. After hq_schedule_exim() of all recipients. */
void hq_warning_exim(struct hq_message *message, int64_t sent, bool at_any_run,
                     const struct hq_context *context);

/* qmail, qmail-send.c: the first LOCALS recipients are local, the others remote; the times of the
 * files of the two channels, HQ_NONE where there is none; the setting queuelifetime. Nothing is
 * stored about attempts: that qmail-send has been running is taken for granted. Fills
 * last_attempt, attempts, next_attempt and expires of recipients that are queued, and makes those
 * deferred that must have been tried. */
void hq_schedule_qmail(struct hq_message *message, uint32_t locals, int64_t local_mtime,
                       int64_t remote_mtime, const struct hq_context *context);

#endif
