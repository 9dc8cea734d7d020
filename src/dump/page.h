/* SPDX-License-Identifier: ISC */
/* A page of text: lines, blocks and columns of a fixed width. Whatever is handed in as RAW is made
 * safe here; nothing from the mail reaches the output another way. */
#ifndef HOPQ_DUMP_PAGE_H
#define HOPQ_DUMP_PAGE_H

#include "hopq/text.h"
#include "hopq/time.h"

struct hq_page {
    GString *out;
    int columns;
    enum hq_text_flags flags; /* HQ_TEXT_ASCII or none */
    int64_t now;
    GString *raw;  /* scratch of those who put a line together: hq_page_raw() */
    GString *safe; /* scratch */
};

enum { HQ_PAGE_MIN_COLUMNS = 60 };

void hq_page_init(struct hq_page *page, GString *out, int columns, bool ascii, int64_t now);
void hq_page_clear(struct hq_page *page);

/* A line of our own words; not cut. */
void hq_page_line(struct hq_page *page, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* RAW wrapped to the page: LEAD (our own ASCII words) before the first line, the others indented
 * by HANGING; LEAD "" stands for that indentation. Line ends and tabs in RAW become blanks. */
void hq_page_block(struct hq_page *page, const char *lead, int hanging, const char *raw);
/* "  LABEL      RAW": nothing when RAW is NULL. */
void hq_page_field(struct hq_page *page, const char *label, const char *raw);

/* A row of columns with one blank between them. */
struct hq_page_cell {
    const char *raw;
    int width;
    bool right;
    bool keep_end; /* cut in the middle where it is too long: addresses */
};
void hq_page_row(struct hq_page *page, const struct hq_page_cell *cells, unsigned count);

/* The emptied scratch string, for a line that is put together of parts: valid until the next
 * call. */
GString *hq_page_raw(struct hq_page *page);

/* "in 12m", "3h05m ago", "now"; "-" when unknown. BUF of 24. */
char *hq_page_when(const struct hq_page *page, int64_t t, char buf[24]);

#endif
