/* SPDX-License-Identifier: ISC */
/* Tagged messages: by source, id and arrival, so that a tag stays with its message through every
 * refresh, and never goes to another that gets its id. */
#ifndef HOPQ_TUI_TAGS_H
#define HOPQ_TUI_TAGS_H

#include "store/snapshot.h"
#include <stdbool.h>

struct hq_tags;

struct hq_tags *hq_tags_new(void);
void hq_tags_free(struct hq_tags *tags); /* NULL is fine */
unsigned hq_tags_count(const struct hq_tags *tags);
bool hq_tags_has(const struct hq_tags *tags, const struct hq_message *message);
void hq_tags_set(struct hq_tags *tags, const struct hq_message *message, bool on);
void hq_tags_clear(struct hq_tags *tags);
/* By name, of a message that may be gone. */
void hq_tags_drop(struct hq_tags *tags, const char *source, const char *id);
/* Drops the tags of messages that SNAPSHOT, a complete one, does not have any more. */
void hq_tags_keep(struct hq_tags *tags, const struct hq_snapshot *snapshot);
/* Appends the tagged messages that SNAPSHOT has (const struct hq_message *), in its order. */
void hq_tags_collect(const struct hq_tags *tags, const struct hq_snapshot *snapshot,
                     GPtrArray *out);

#endif
