/* SPDX-License-Identifier: ISC */
/* Invented messages, the same for the same number. */
#ifndef HOPQ_TESTS_FAKE_MAIL_H
#define HOPQ_TESTS_FAKE_MAIL_H

#include "hopq/detail.h"

struct hq_message *fake_message(unsigned i, struct hq_arena *arena);
/* Makes it wait for one of fourteen towns, none of which answers. */
void fake_no_way_out(struct hq_message *message, unsigned i, struct hq_arena *arena);
/* Puts it on hold. */
void fake_hold(struct hq_message *message);
/* NULL: no such id. */
struct hq_message *fake_full_message(const char *id, bool pending, struct hq_arena *arena);

#endif
