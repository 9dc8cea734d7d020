/* SPDX-License-Identifier: ISC */
/* The text format of Prometheus, held against its own rules (exposition format 0.0.4, and what
 * "promtool check metrics" asks of names and help): one TYPE and HELP a metric and before its
 * samples, samples of a metric together, no series twice, labels well formed and escaped. */
#include "sample.h"
#include <stdlib.h>

/* "hopq_x{a="b",c="d"} 12": false with the reason in WHY. */
static bool check_labels(const char **s, const char **why)
{
    const char *p = *s + 1;
    do {
        size_t n = strspn(p, "abcdefghijklmnopqrstuvwxyz_");
        if (n == 0 || p[n] != '=' || p[n + 1] != '"')
            return *why = "label name", false;
        for (p += n + 2; *p != '"'; p++) {
            if (*p == '\0' || *p == '\n')
                return *why = "label value does not end", false;
            if (*p == '\\' && !strchr("\\\"n", *++p))
                return *why = "escape", false;
        }
        p++;
    } while (*p++ == ',');
    *s = p;
    return p[-1] == '}' || (*why = "label list does not end", false);
}

static void check_sample(const char *line, const char *metric, GHashTable *series)
{
    const char *s = line + strspn(line, "abcdefghijklmnopqrstuvwxyz_0123456789"), *why = NULL;
    char *end;
    if ((size_t)(s - line) != strlen(metric) || !g_str_has_prefix(line, metric))
        fail_msg("not under its own TYPE (%s): %s", metric, line);
    if (*s == '{' && !check_labels(&s, &why))
        fail_msg("%s: %s", why, line);
    g_autofree char *name = g_strndup(line, (gsize)(s - line));
    if (!g_hash_table_add(series, g_strdup(name)))
        fail_msg("twice: %s", line);
    if (*s != ' ' || (g_ascii_strtod(s + 1, &end), *end) || end == s + 1)
        fail_msg("no number: %s", line);
}

/* Returns the number of samples. */
static unsigned check_format(const char *text)
{
    g_autoptr(GHashTable) series = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GHashTable) metrics = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autofree char *metric = NULL, *helped = NULL;
    unsigned samples = 0;
    assert_true(g_utf8_validate(text, -1, NULL));
    assert_true(g_str_has_suffix(text, "\n"));
    for (unsigned i = 0; lines[i + 1]; i++) {
        g_auto(GStrv) words = g_strsplit(lines[i], " ", 4);
        if (g_str_has_prefix(lines[i], "# HELP ")) {
            assert_true(words[3] && *words[3]);
            g_free(helped);
            helped = g_strdup(words[2]);
        } else if (g_str_has_prefix(lines[i], "# TYPE ")) {
            assert_string_equal(words[2], helped);
            assert_string_equal(words[3], "gauge");
            if (!g_hash_table_add(metrics, g_strdup(words[2])))
                fail_msg("metric begins twice: %s", words[2]);
            /* promtool: names that end so are those of other types */
            assert_false(
                g_str_has_suffix(words[2], "_total") || g_str_has_suffix(words[2], "_count") ||
                g_str_has_suffix(words[2], "_sum") || g_str_has_suffix(words[2], "_bucket"));
            g_free(metric);
            metric = g_strdup(words[2]);
        } else {
            assert_non_null(metric);
            check_sample(lines[i], metric, series);
            samples++;
        }
    }
    return samples;
}

static void test_sample(void **state)
{
    (void)state;
    struct hq_dump_options options = sample_options("prometheus");
    struct hq_snapshot *snapshot = sample_snapshot();
    char *text = sample_dump(snapshot, &options, NULL);
    assert_true(check_format(text) > 20);
    assert_non_null(strstr(text, "\nhopq_queue_messages{queue=\"deferred\"} 2\n"));
    assert_non_null(strstr(text, "\nhopq_reason_messages{reason=\"throttled\"} 2\n"));
    assert_non_null(strstr(text, "\nhopq_destination_recipients{reason=\"throttled\","
                                 "domain=\"btinternet.example\",provider=\"bt\"} 2\n"));
    assert_non_null(strstr(text, "\nhopq_destination_oldest_age_seconds{reason=\"throttled\","
                                 "domain=\"btinternet.example\",provider=\"bt\"} "));
    g_free(text);
    hq_snapshot_unref(snapshot);
}

/* Hundreds of destinations, with names that would break the format. */
static void test_hostile(void **state)
{
    (void)state;
    static const char *const nasty[] = {
        "a\"b\\c.example", "x\ny.example",      "\xff\xfe.example", "}.example",
        "\x1b[2J.example", "a\",b=\"c.example", "^[[2j.example",    "",
        ".example"};
    struct hq_dump_options options = sample_options("prometheus");
    struct hq_snapshot *snapshot = hq_snapshot_new();
    for (unsigned i = 0; i < 300; i++) {
        struct hq_message *message = hq_message_new(snapshot->arena);
        struct hq_recipient *recipient = hq_message_add_recipient(message, snapshot->arena);
        message->queue = i % 2 ? "deferred" : hq_arena_printf(snapshot->arena, "folder %u\n", i);
        if (i % 50 == 2 || i == 298) /* what looks like another, and like what is left over */
            message->queue = i == 298 ? "other" : i < 50 ? "^[" : "\x1b";
        recipient->address = i < 18   ? hq_arena_printf(snapshot->arena, "u@%s", nasty[i % 9])
                             : i < 20 ? "nobody"
                                      : hq_arena_printf(snapshot->arena, "u@d%u.example", i);
        recipient->state = HQ_STATE_DEFERRED;
        hq_snapshot_add(snapshot, message);
    }
    snapshot->complete = true;
    char *text = sample_dump(snapshot, &options, NULL);
    unsigned samples = check_format(text);
    assert_in_range(samples, 100, 400); /* a bound on series whatever the mail is */
    assert_non_null(strstr(text, "domain=\"other\""));
    assert_null(strchr(text, 0x1b));
    g_free(text);
    hq_snapshot_unref(snapshot);
}

static void test_empty(void **state)
{
    (void)state;
    struct hq_dump_options options = sample_options("prometheus");
    struct hq_snapshot *snapshot = hq_snapshot_new();
    snapshot->complete = true;
    char *text = sample_dump(snapshot, &options, NULL);
    assert_true(check_format(text) >= 2);
    g_free(text);
    hq_snapshot_unref(snapshot);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sample),
                                       cmocka_unit_test(test_hostile),
                                       cmocka_unit_test(test_empty)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
