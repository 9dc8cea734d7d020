/* SPDX-License-Identifier: ISC */
/* What the mail log told, kept in the front: attempts by queue id, rates by destination. */
#ifndef HOPQ_STORE_RATES_H
#define HOPQ_STORE_RATES_H

#include "hopq/history.h"
#include "store/snapshot.h"

struct hq_logbook;

struct hq_logbook *hq_logbook_new(void);
void hq_logbook_free(struct hq_logbook *book); /* NULL is fine */

/* Takes what the log tells, as it comes; the newer entry of an id or domain replaces the older one.
 * Attempts without lines are only counted, and lines that were kept are asked for again. */
void hq_logbook_add_history(struct hq_logbook *book, const struct hq_history *history);
void hq_logbook_add_rate(struct hq_logbook *book, const struct hq_rate *rate);
/* The log NAME is read; it begins at BEGINS. NAME NULL: there is none. */
void hq_logbook_end(struct hq_logbook *book, const char *name, int64_t begins);

bool hq_logbook_ended(const struct hq_logbook *book);
/* NULL: no log was read. */
const char *hq_logbook_name(const struct hq_logbook *book);

/* Where lines are read for single messages only: asks for those of ID, unless that was done. */
void hq_logbook_ask(struct hq_logbook *book, const char *id);
/* The ids that were asked for and have no answer yet; NULL: none. Caller frees with g_strfreev. */
char **hq_logbook_asked(const struct hq_logbook *book);
/* All that the log has about IDS has come. */
void hq_logbook_answer(struct hq_logbook *book, char **ids);
/* The lines of ID were asked for and have not come. */
bool hq_logbook_awaits(const struct hq_logbook *book, const char *id);

/* The log's lines about ID, into ARENA; false: there are none, or none yet. */
bool hq_logbook_history(const struct hq_logbook *book, const char *id, struct hq_history *history,
                        struct hq_arena *arena);
/* NULL: the log has nothing of it. DOMAIN in lower case. */
const struct hq_rate *hq_logbook_rate(const struct hq_logbook *book, const char *domain);

/* Puts the number of attempts that the log counts into the recipients of the snapshot's messages,
 * and with FULL the history into the in-full part. Where a message is older than the log, its
 * number is the greater one of count and estimate. Nobody else may be reading the snapshot.
 * COUNT messages from FROM on; false: those were the last. */
bool hq_logbook_apply(const struct hq_logbook *book, struct hq_snapshot *snapshot, bool full,
                      unsigned from, unsigned count);

#endif
