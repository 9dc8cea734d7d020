/* SPDX-License-Identifier: ISC */
/* What the rows of spools.def must bring along, and what all spools share. */
#ifndef HOPQ_SPOOL_SPOOLS_H
#define HOPQ_SPOOL_SPOOLS_H

#include "hopq/spool.h"

#define HQ_SPOOL(scheme, title, prefix)                     \
    bool hq_##prefix##_recognise(const char *path);         \
    const char *hq_##prefix##_default(void);                \
    extern const struct hq_layout_ops hq_##prefix##_layout; \
    void hq_##prefix##_parse(struct hq_parse *parse, const struct hq_item *item);
#include "spools.def"
#undef HQ_SPOOL

/* How much of a message's text parsers hand to EMIT: the header alone, or body too. */
#define HQ_HEADER_MAX  ((size_t)256 * 1024)
#define HQ_CONTENT_MAX ((size_t)1024 * 1024)
#define HQ_WHOLE_MAX   ((size_t)512 * 1024 * 1024)

/* Why a file of an item could not be opened, in words: it has a MODE when it is no regular file. */
const char *hq_item_file_why(const struct hq_item_file *file);
/* A message with what ITEM knows: id, queue, ref, stamp, and a problem when its file could not be
 * opened. The stamp is that of file 0; where the MTA replaces that file while the message lives,
 * the parser sets another file's. */
struct hq_message *hq_spool_message(struct hq_parse *parse, const struct hq_item *item);

/* True: nobody wants what the header of MESSAGE tells, so it need not be read. Not where the
 * envelope lacks sender or recipients: then the header stands in for them. */
bool hq_spool_omits_text(const struct hq_parse *parse, const struct hq_message *message);

/* How much text PARSE wants, at most. */
size_t hq_spool_wanted(const struct hq_parse *parse);
/* PARSE wants the body, too, not only the header. */
bool hq_spool_wants_body(const struct hq_parse *parse);

#endif
