/* SPDX-License-Identifier: ISC */
/* Patterns of the filter and search: substring, whole value, glob and regular expression, all
 * case-insensitive and all PCRE2, so that they agree on letters. Matching is bounded whatever the
 * pattern and the text are. */
#ifndef HOPQ_STORE_PATTERN_H
#define HOPQ_STORE_PATTERN_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

enum hq_pattern_kind {
    HQ_PATTERN_SUBSTRING,
    HQ_PATTERN_EXACT, /* the whole value */
    HQ_PATTERN_REGEX
};

struct hq_pattern;

/* TEXT must be valid UTF-8. NULL: no regular expression; PROBLEM (caller frees) says why and
 * OFFSET where. */
struct hq_pattern *hq_pattern_new(enum hq_pattern_kind kind, const char *text, char **problem,
                                  size_t *offset);
void hq_pattern_free(struct hq_pattern *pattern); /* NULL is fine */
/* N bytes of TEXT, which need not be valid UTF-8. What takes too long does not match. */
bool hq_pattern_match(const struct hq_pattern *pattern, const char *text, size_t n);

/* Appends text as a regular expression that matches just it. */
void hq_pattern_quote(GString *regex, const char *text, size_t n);

#endif
