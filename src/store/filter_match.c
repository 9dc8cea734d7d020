/* SPDX-License-Identifier: ISC */
/* Tests of the filter language against text. */
#include "store/filter_internal.h"
#include "store/pattern.h"
#include <string.h>

void hq_filter_test_clear(struct hq_filter_test *test)
{
    hq_pattern_free(test->pattern);
    test->pattern = NULL;
}

static bool in_network(const struct hq_cidr *network, const char *value)
{
    struct hq_ip ip;

    return hq_ip_parse_str(value, &ip) && hq_cidr_contains(network, &ip);
}

/* A text that is a number ("421", not "4.7.0"). */
static bool compare_text(const struct hq_filter_test *test, const char *value)
{
    static const struct hq_field_info number = {.name = "", .kind = HQ_KIND_NUMBER};
    int64_t n;

    return hq_filter_read_operand(&number, value, &n) && hq_filter_test_number(test, n);
}

bool hq_filter_test_text(const struct hq_filter_test *test, const char *value)
{
    if (test->kind == HQ_TEST_PRESENT)
        return value != NULL;
    if (!value || !*value)
        return test->kind == HQ_TEST_EMPTY;
    switch (test->kind) {
    case HQ_TEST_PATTERN:
        return hq_pattern_match(test->pattern, value, strlen(value));
    case HQ_TEST_COMPARE:
        return compare_text(test, value);
    case HQ_TEST_NETWORK:
        return in_network(&test->network, value);
    default:
        return false;
    }
}
