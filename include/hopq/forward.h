/* SPDX-License-Identifier: ISC */
/* Is this mail of a stranger that one of our addresses forwards elsewhere? Such mail must fail
 * SPF at its destination. */
#ifndef HOPQ_FORWARD_H
#define HOPQ_FORWARD_H

#include "hopq/context.h"
#include "hopq/headers.h"
#include "hopq/message.h"

/* Fills MESSAGE->forwarded, by all of: sender not ours, a recipient not ours, it came to us
 * (original recipient, Delivered-To, X-Original-To, Resent-From on top), from outside and not
 * authenticated. Unknown when the context has no domains of ours. HEADERS may be NULL. */
void hq_forward_judge(struct hq_message *message, const struct hq_headers *headers,
                      const struct hq_context *context, struct hq_arena *arena);

#endif
