/* SPDX-License-Identifier: ISC */
/* Filter, inside: how its parts pass a mistake up, and the test of one value. */
#ifndef HOPQ_STORE_FILTER_INTERNAL_H
#define HOPQ_STORE_FILTER_INTERNAL_H

#include "hopq/fields.h"
#include "hopq/ip.h"

/* An expression being parsed. */
struct hq_filter_scan {
    const char *text;
    size_t at; /* the next byte */
    size_t *offset;
    GError **error;
};

/* Sets the error for a mistake at byte AT. Always false, to return at once. */
bool hq_filter_fail(struct hq_filter_scan *scan, size_t at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The one of NAMES (NULLs are passed over) that WORD is most likely a misspelling of; NULL: none
 * is near. */
const char *hq_filter_nearest(const char *word, const char *const *names, unsigned count);

enum hq_filter_compare {
    HQ_COMPARE_EQ,
    HQ_COMPARE_LT,
    HQ_COMPARE_LE,
    HQ_COMPARE_GT,
    HQ_COMPARE_GE
};

/* One alternative of a term's value. */
struct hq_filter_test {
    enum {
        HQ_TEST_PATTERN,
        HQ_TEST_EMPTY,   /* "=": there is no value */
        HQ_TEST_PRESENT, /* header:Name */
        HQ_TEST_COMPARE,
        HQ_TEST_NETWORK
    } kind;
    struct hq_pattern *pattern;
    enum hq_filter_compare compare;
    int64_t operand;
    struct hq_cidr network;
};

/* Reads the alternatives up to the blank after them into TESTS (struct hq_filter_test). FIELD NULL:
 * plain text. */
bool hq_filter_read_tests(struct hq_filter_scan *scan, const struct hq_field_info *field,
                          GArray *tests);
void hq_filter_test_clear(struct hq_filter_test *test);
/* VALUE is straight from the mail; NULL and "" are "no value". */
bool hq_filter_test_text(const struct hq_filter_test *test, const char *value);
bool hq_filter_test_number(const struct hq_filter_test *test, int64_t value);

/* Whether a value is compared (NUMBER, SIZE, TIME, SPAN, FLAG) or matched. */
bool hq_filter_is_numeric(const struct hq_field_info *field);
/* A number with its unit as the kind of FIELD has it. */
bool hq_filter_read_operand(const struct hq_field_info *field, const char *text, int64_t *value);

#endif
