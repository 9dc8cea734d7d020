/* SPDX-License-Identifier: ISC */
/* The MIME tree of a message, flat and in order of appearance, and the text of one part. */
#ifndef HOPQ_CORE_BODY_BODY_H
#define HOPQ_CORE_BODY_BODY_H

#include "hopq/arena.h"
#include "hopq/detail.h"
#include <gmime/gmime.h>

#define BODY_PARTS_MAX 1000 /* more are passed over */
#define BODY_DEPTH_MAX 32   /* a multipart deeper than this is shown as a leaf */

struct body_part {
    struct hq_part shown;
    size_t start; /* of the content in the message; its length is shown.size */
    GMimeContentEncoding encoding;
    bool attachment;
};

/* Appends the parts (struct body_part) of the N bytes of MESSAGE to PARTS. */
void hq_body_tree(const char *message, size_t n, GArray *parts, struct hq_arena *arena);

/* Fills what the part's own header (the N bytes of HEADER) tells: SHOWN but size and depth,
 * encoding, attachment. FALLBACK is the type when there is none. *BOUNDARY (owned) for a multipart
 * that has one, else NULL. */
void hq_body_describe(const char *header, size_t n, const char *fallback, struct body_part *part,
                      char **boundary, struct hq_arena *arena);

/* Appends the N bytes of S in CHARSET (NULL: not told) as UTF-8. */
void hq_body_to_utf8(GString *out, const char *s, size_t n, const char *charset);

/* Appends the text of N bytes of HTML: no tags, scripts, styles or comments, entities decoded. */
void hq_body_html_text(GString *out, const char *html_text, size_t n);

#endif
