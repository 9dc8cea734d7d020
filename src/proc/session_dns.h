/* SPDX-License-Identifier: ISC */
/* DNS questions on their way from the parsers to [dns], remembered until they are answered: a new
 * [dns] is asked them again, and one that says nothing for too long is found out. */
#ifndef HOPQ_PROC_SESSION_DNS_H
#define HOPQ_PROC_SESSION_DNS_H

#include "proc/wire.h"

struct hq_questions;

/* HANGS is called when [dns] has been silent for PATIENCE microseconds while an answer was due. */
struct hq_questions *hq_questions_new(gint64 patience, void (*hangs)(void *data), void *data);
void hq_questions_free(struct hq_questions *questions);

/* Parser number ASKER (below 32) wants to know; DNS is the way to [dns], NULL: none now. */
void hq_questions_ask(struct hq_questions *questions, const struct hq_wire_question *question,
                      unsigned asker, struct hq_channel *dns);
/* Takes the question off the list and returns who asked it, one bit a parser; 0: nobody. */
uint32_t hq_questions_settle(struct hq_questions *questions, const struct hq_wire_question *answer);
/* Asks a new [dns] all that is open. */
void hq_questions_repeat(struct hq_questions *questions, struct hq_channel *dns);
/* No answer will come. */
void hq_questions_forget(struct hq_questions *questions);

#endif
