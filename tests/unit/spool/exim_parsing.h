/* SPDX-License-Identifier: ISC */
/* What the tests of Exim's parser share: the beginning of a header file, a parse. */
#ifndef HOPQ_TEST_EXIM_PARSING_H
#define HOPQ_TEST_EXIM_PARSING_H

#include "collect.h"
#include "spool/exim/exim.h"

#define ID "1vMabc-0000AB-1x"

#define START ID "-H\nu 1 1\n<a@b.example>\n1700000000 0\n"

static inline void open_item(struct hq_item *item, const char *header, size_t n, const char *data,
                             size_t data_n)
{
    hq_item_init(item);
    item->queue = "input";
    item->id = ID;
    item->ref = "input/" ID;
    collect_file(&item->files[HQ_EX_HEADER], header, n, 0640);
    collect_file(&item->files[HQ_EX_DATA], data, data_n, 0640);
}

static inline const struct hq_message *parse(struct collect *collect, const char *header, size_t n,
                                             const char *journal, const char *log)
{
    struct hq_item item;
    const char data[] = ID "-D\nbody\n";

    open_item(&item, header, n, data, sizeof data - 1);
    if (journal)
        collect_file(&item.files[HQ_EX_JOURNAL], journal, strlen(journal), 0640);
    if (log)
        collect_file(&item.files[HQ_EX_LOG], log, strlen(log), 0640);
    hq_exim_parse(&collect->parse, &item);
    hq_item_close(&item);
    return collect_one(collect);
}

static inline const struct hq_message *parse_text(struct collect *collect, const char *header,
                                                  const char *log)
{
    return parse(collect, header, strlen(header), NULL, log);
}

#endif
