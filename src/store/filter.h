/* SPDX-License-Identifier: ISC */
/* The filter language of hopq(1): one parser for --filter and the filter line. */
#ifndef HOPQ_STORE_FILTER_H
#define HOPQ_STORE_FILTER_H

#include "hopq/message.h"
#include <glib.h>
#include <stdbool.h>

struct hq_filter;

/* NULL with ERROR (HQ_EXIT_USAGE): two lines, the expression and a caret under the mistake, then
 * what is wrong. An empty expression matches everything. OFFSET, when not NULL, takes the mistake's
 * place. */
struct hq_filter *hq_filter_parse(const char *expression, size_t *offset, GError **error);
void hq_filter_free(struct hq_filter *filter);
bool hq_filter_match(const struct hq_filter *filter, const struct hq_message *message, int64_t now);

#endif
