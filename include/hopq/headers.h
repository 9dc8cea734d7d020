/* SPDX-License-Identifier: ISC */
/* Header scanner: the header block of a message as raw spans. Nothing is repaired or dropped: a
 * line that is no field is a field without a name. All line ends (LF, CRLF, CR alone), one pass,
 * linear. RFC 5322 section 2.2, 3.6, 4.5 (obsolete: blanks before the colon). */
#ifndef HOPQ_HEADERS_H
#define HOPQ_HEADERS_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

struct hq_field_span {
    const char *name; /* into the block; NAME_LENGTH 0: the line is no field */
    size_t name_length;
    const char *value; /* behind the colon and one optional blank, folds kept, no final line end */
    size_t value_length;
    size_t offset; /* of the field in the block */
    size_t length; /* with name and final line end */
};

struct hq_headers {
    const char *block; /* borrowed */
    size_t length;     /* of the header block, without the empty line */
    size_t body;       /* offset of the first body byte; == size when there is none */
    bool complete;     /* the empty line was seen */
    struct hq_field_span *fields;
    unsigned count;
    unsigned capacity;
};

/* Scans the N bytes at BLOCK, which must live as long as HEADERS is used. A leading "From " line of
 * an mbox is skipped. At most HQ_HEADERS_MAX fields are kept, the rest is passed over. HEADERS can
 * be reused: zero it first, end with hq_headers_clear(). */
#define HQ_HEADERS_MAX 20000
void hq_headers_scan(struct hq_headers *headers, const char *block, size_t n);
void hq_headers_clear(struct hq_headers *headers);

/* The first field of that name (case-insensitive) at or behind index FROM; NULL: none. */
const struct hq_field_span *hq_headers_find(const struct hq_headers *headers, const char *name,
                                            unsigned from);
bool hq_field_is(const struct hq_field_span *field, const char *name);

/* Appends the value unfolded: each line end with the blanks behind it becomes one blank. */
void hq_field_unfold(const struct hq_field_span *field, GString *out);

#endif
