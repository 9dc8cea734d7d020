/* SPDX-License-Identifier: ISC */
/* Sorting by fields: "age,-size". Stable; ties are broken by source and id, so that two scans of
 * the same queue are listed alike. */
#ifndef HOPQ_STORE_ORDER_H
#define HOPQ_STORE_ORDER_H

#include "hopq/message.h"
#include <glib.h>

struct hq_order;

/* SPEC NULL or "": by arrival, oldest first. NULL with ERROR (HQ_EXIT_USAGE) for an unknown field.
 */
struct hq_order *hq_order_parse(const char *spec, GError **error);
void hq_order_free(struct hq_order *order);
/* Sorts an array of struct hq_message *. */
void hq_order_sort(const struct hq_order *order, GPtrArray *messages, int64_t now);

#endif
