/* SPDX-License-Identifier: ISC */
/* Numbers of the filter language: ages, sizes, counts and yes/no, and how they compare. */
#include "store/filter_internal.h"
#include <string.h>

bool hq_filter_is_numeric(const struct hq_field_info *field)
{
    return field && field->number;
}

static bool read_count(const char *text, const char **rest, int64_t *value)
{
    int64_t n = 0;

    if (!g_ascii_isdigit(*text))
        return false;
    for (; g_ascii_isdigit(*text); text++)
        if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, *text - '0', &n))
            return false;
    *rest = text;
    *value = n;
    return true;
}

/* "100", "10k", "5M", "2G", also "10KB": powers of 1024. */
static bool read_size(const char *text, int64_t *value)
{
    static const char units[] = "kmg";
    const char *rest;

    if (!read_count(text, &rest, value))
        return false;
    const char *unit = *rest ? strchr(units, g_ascii_tolower(*rest)) : NULL;
    if (unit) {
        int64_t factor = INT64_C(1) << (10 * (unit - units + 1));
        if (__builtin_mul_overflow(*value, factor, value))
            return false;
        rest++;
    }
    if (*rest == 'b' || *rest == 'B')
        rest++;
    return !*rest;
}

static bool read_flag(const char *text, int64_t *value)
{
    static const struct {
        const char *word;
        int64_t value;
    } words[] = {{"yes", 1}, {"no", 0}, {"true", 1}, {"false", 0}, {"unknown", HQ_NONE}};

    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (g_ascii_strcasecmp(words[i].word, text) == 0) {
            *value = words[i].value;
            return true;
        }
    return false;
}

bool hq_filter_read_operand(const struct hq_field_info *field, const char *text, int64_t *value)
{
    const char *rest;

    switch (field->kind) {
    case HQ_KIND_SIZE:
        return read_size(text, value);
    case HQ_KIND_TIME:
    case HQ_KIND_SPAN:
        return hq_time_parse_span(text, value);
    case HQ_KIND_FLAG:
        return read_flag(text, value);
    default:
        return read_count(text, &rest, value) && !*rest;
    }
}

bool hq_filter_test_number(const struct hq_filter_test *test, int64_t value)
{
    if (value == HQ_NONE || test->operand == HQ_NONE) /* unknown is neither more nor less */
        return test->compare == HQ_COMPARE_EQ && value == test->operand;
    switch (test->compare) {
    case HQ_COMPARE_LT:
        return value < test->operand;
    case HQ_COMPARE_LE:
        return value <= test->operand;
    case HQ_COMPARE_GT:
        return value > test->operand;
    case HQ_COMPARE_GE:
        return value >= test->operand;
    default:
        return value == test->operand;
    }
}
