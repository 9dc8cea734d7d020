/* SPDX-License-Identifier: ISC */
/* The filter language of hopq(1): one parser for --filter and the filter line. */
#ifndef HOPQ_STORE_FILTER_H
#define HOPQ_STORE_FILTER_H

#include "hopq/message.h"
#include <glib.h>
#include <stdbool.h>

struct hq_filter;

/* NULL with ERROR (HQ_EXIT_USAGE): "filter: what is wrong", then the expression on a line of its
 * own and a caret under the mistake; safe to print. An empty expression matches everything.
 * OFFSET, when not NULL, takes the mistake's place in bytes. */
struct hq_filter *hq_filter_parse(const char *expression, size_t *offset, GError **error);
void hq_filter_free(struct hq_filter *filter); /* NULL is fine */
/* A NULL filter matches everything. Not for two threads at once. */
bool hq_filter_match(const struct hq_filter *filter, const struct hq_message *message, int64_t now);
/* What messages must be read in for its terms (enum hq_need, bits): a term about what is not read
 * matches nothing. NULL wants nothing. */
unsigned hq_filter_wants(const struct hq_filter *filter);
/* A term asks for what only the in-full part has (hops, verdicts, headers). */
bool hq_filter_wants_detail(const struct hq_filter *filter);

#endif
