/* SPDX-License-Identifier: ISC */
/* "Is this who it says it is?": From against what is proven about the message, in a sentence. */
#ifndef HOPQ_IDENTITY_H
#define HOPQ_IDENTITY_H

#include "hopq/context.h"
#include "hopq/detail.h"

/* Sets identity in DETAIL from its other parts: our own results first, then what the receiving side
 * wrote, never what is only claimed. YES: what passed belongs to the domain in From. NO: that
 * domain asks to refuse such mail, or its own record speaks against the client. Asks no questions;
 * call it again when more is known. */
void hq_identity_judge(const struct hq_message *message, const struct hq_context *context,
                       struct hq_detail *detail, struct hq_arena *arena);

#endif
