/* SPDX-License-Identifier: ISC */
/* Labelled Authentication-Results of real writers: development data (HOPQ_DATA), not part of the
 * project. Skipped without it. */
#include "auth_fixture.h"

#include "../dev_data.h"
#include <jansson.h>

/* METHOD=RESULT in the rows, how often. */
static json_int_t count_rows(const char *pair)
{
    json_int_t n = 0;

    for (uint32_t i = 0; i < detail.auth_count; i++) {
        g_autofree char *row =
            g_strdup_printf("%s=%s", detail.auth[i].method, detail.auth[i].result);

        n += strcmp(row, pair) == 0;
    }
    return n;
}

static void check_label(json_t *label)
{
    const char *header = json_string_value(json_object_get(label, "header"));
    json_t *expect = json_object_get(label, "expect");
    json_t *results = json_object_get(expect, "results");
    const char *authserv = json_string_value(json_object_get(expect, "authserv_id"));
    bool named = g_ascii_strncasecmp(header, "Authentication-Results:", 23) == 0;
    g_autofree char *text =
        g_strdup_printf("%s%s\n\n", named ? "" : "Authentication-Results: ", header);
    const char *pair;
    json_t *count;
    size_t i;
    json_t *result;

    read_auth(text);
    json_object_foreach(json_object_get(expect, "counts"), pair, count)
        assert_int_equal(count_rows(pair), json_integer_value(count));
    if (results)
        assert_int_equal(detail.auth_count, json_array_size(results));
    json_array_foreach(results, i, result)
    {
        assert_string_equal(detail.auth[i].method,
                            json_string_value(json_object_get(result, "method")));
        assert_string_equal(detail.auth[i].result,
                            json_string_value(json_object_get(result, "result")));
    }
    if (authserv && detail.auth_count > 0)
        assert_string_equal(detail.auth[0].authserv, authserv);
}

/* Labelled fields of real writers: development data, not part of the project. */
static void labelled_fields(void **state)
{
    const char *path = dev_data("hops/authres.jsonl");
    g_autofree char *lines = NULL;

    (void)state;
    assert_true(g_file_get_contents(path, &lines, NULL, NULL));
    g_auto(GStrv) split = g_strsplit(lines, "\n", -1);

    for (char **line = split; *line; line++) {
        json_t *label = json_loads(*line, 0, NULL);

        if (**line == '\0')
            continue;
        assert_non_null(label);
        check_label(label);
        json_decref(label);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(labelled_fields)};

    return cmocka_run_group_tests(tests, setup, teardown);
}
