/* SPDX-License-Identifier: ISC */
/* Inside of the log: what explains a failure (causes.c), the texts that are kept of a message
 * (texts.c), what comes and goes for a destination (rates.c). */
#ifndef HOPQ_CORE_LOG_PARTS_H
#define HOPQ_CORE_LOG_PARTS_H

#include "base/hash.h"
#include "hopq/arena.h"
#include "hopq/log.h"

/* ---- lines about a connection, kept until the line of an attempt asks for them ---- */

struct hq_log_causes;

struct hq_log_causes *hq_log_causes_new(void);
void hq_log_causes_free(struct hq_log_causes *causes);
void hq_log_causes_add(struct hq_log_causes *causes, const struct hq_log_line *line);
/* What the same process, session or message said within a minute before LINE, or else anybody
 * about the same address within some seconds; empty: nothing. Valid until the next call. */
struct hq_log_span hq_log_causes_find(const struct hq_log_causes *causes,
                                      const struct hq_log_line *line);

/* ---- lines about a message ---- */

struct hq_log_texts;

struct hq_log_texts *hq_log_texts_new(void);
void hq_log_texts_free(struct hq_log_texts *texts);         /* NULL is fine */
size_t hq_log_texts_size(const struct hq_log_texts *texts); /* bytes; NULL is fine */
/* Adds LINE, and what CAUSES has of it if it failed for a reason of TLS. */
void hq_log_texts_add(struct hq_log_texts *texts, const struct hq_log_line *line,
                      const struct hq_log_causes *causes);
/* Fills HISTORY's attempts. */
void hq_log_texts_unpack(const struct hq_log_texts *texts, struct hq_history *history,
                         struct hq_arena *arena);

/* ---- destinations ---- */

struct hq_log_rates;
struct hq_log_rate;

struct hq_log_rates *hq_log_rates_new(void);
void hq_log_rates_free(struct hq_log_rates *rates);
/* The rates of ADDRESS's domain, or those of all others when there are too many domains. Never
 * NULL. */
struct hq_log_rate *hq_log_rates_find(struct hq_log_rates *rates, struct hq_log_span address);
void hq_log_rate_count(struct hq_log_rate *rate, int64_t time, enum hq_outcome outcome);
/* Counts an arrival that came for ORIGINAL at first. */
void hq_log_rate_through(struct hq_log_rate *rate, struct hq_log_span original);
void hq_log_rates_each(struct hq_log_rates *rates, int64_t begins, int64_t now,
                       void (*each)(const struct hq_rate *, void *), void *data);

#endif
