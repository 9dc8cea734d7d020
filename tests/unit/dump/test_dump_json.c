/* SPDX-License-Identifier: ISC */
/* JSON and NDJSON, parsed back: the objects of hopq(1), their first keys, counts, and that no byte
 * of the mail breaks them. */
#include "hopq/error.h"
#include "hostile.h"
#include <jansson.h>

static json_t *parse(const char *text)
{
    json_error_t error;
    json_t *value = json_loads(text, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    if (!value)
        fail_msg("%s: %s", error.text, text);
    return value;
}

static const char *string_of(json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static int64_t int_of(json_t *object, const char *key)
{
    assert_true(json_is_integer(json_object_get(object, key)));
    return json_integer_value(json_object_get(object, key));
}

/* The lines of an NDJSON dump, parsed into an array. */
static json_t *lines_of(struct hq_snapshot *snapshot, const struct hq_dump_options *options,
                        struct hq_dump_result *result)
{
    g_autofree char *text = sample_dump(snapshot, options, result);
    json_t *objects = json_array();
    assert_true(g_str_has_suffix(text, "}\n"));
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; **line; line++) {
        assert_true(g_str_has_prefix(*line, "{\"type\":\""));
        json_array_append_new(objects, parse(*line));
    }
    hq_snapshot_unref(snapshot);
    return objects;
}

static unsigned count_type(json_t *objects, const char *type)
{
    unsigned count = 0;
    size_t i;
    json_t *object;
    json_array_foreach(objects, i, object)
    {
        count += strcmp(string_of(object, "type"), type) == 0;
    }
    return count;
}

static void test_ndjson(void **state)
{
    (void)state;
    struct hq_dump_options options = sample_options("ndjson");
    json_t *objects = lines_of(sample_snapshot(), &options, NULL);
    assert_int_equal(json_array_size(objects), 3 + 2 + 1);
    assert_int_equal(count_type(objects, "message"), 3);
    assert_int_equal(count_type(objects, "group"), 2);

    json_t *message = json_array_get(objects, 0);
    assert_int_equal(int_of(message, "schema"), 1);
    assert_string_equal(string_of(message, "id"), "4fXyz01");
    assert_string_equal(string_of(message, "arrived"), "2026-11-21T23:00:00Z");
    assert_null(json_object_get(message, "hops"));
    assert_string_equal(string_of(json_array_get(objects, 1), "sender"), "");
    json_t *recipient = json_array_get(json_object_get(message, "recipients"), 0);
    json_t *reason = json_object_get(recipient, "reason");
    assert_string_equal(string_of(reason, "category"), "throttled");
    assert_int_equal(int_of(reason, "code"), 421);

    json_t *group = json_array_get(objects, 3);
    assert_string_equal(string_of(group, "reason"), "throttled");
    assert_int_equal(int_of(group, "messages"), 2);

    json_t *summary = json_array_get(objects, 5);
    assert_string_equal(string_of(summary, "type"), "summary");
    assert_int_equal(int_of(summary, "schema"), 1);
    assert_int_equal(int_of(summary, "messages"), 3);
    assert_int_equal(int_of(summary, "recipients"), 3);
    assert_int_equal(int_of(summary, "unreadable"), 0);
    assert_int_equal(int_of(json_object_get(summary, "queues"), "deferred"), 2);
    assert_int_equal(int_of(json_object_get(summary, "queues"), "hold"), 1);
    assert_int_equal(json_object_size(json_object_get(summary, "queues")), 2);
    assert_true(json_real_value(json_object_get(summary, "took")) == 0.123);
    json_decref(objects);
}

/* Enough messages for several parts of both threads: none lost, none twice, all in order. */
static void test_long_list(void **state)
{
    (void)state;
    enum { COUNT = 1500 };
    struct hq_dump_options options = sample_options("ndjson");
    struct hq_snapshot *snapshot = hq_snapshot_new();
    for (unsigned i = 0; i < COUNT; i++)
        sample_add(snapshot, hq_arena_printf(snapshot->arena, "%04u", i), "a@b.example",
                   (COUNT - i) * HQ_SECOND);
    json_t *objects = lines_of(snapshot, &options, NULL);
    assert_int_equal(count_type(objects, "message"), COUNT);
    for (unsigned i = 0; i < COUNT; i++) {
        g_autofree char *id = g_strdup_printf("%04u", i);
        assert_string_equal(string_of(json_array_get(objects, i), "id"), id);
    }
    json_decref(objects);
}

static void test_json_is_the_same(void **state)
{
    (void)state;
    struct hq_dump_options options = sample_options("ndjson");
    options.full = true;
    json_t *objects = lines_of(sample_snapshot(), &options, NULL);
    options.format = hq_dump_format_find("json");
    struct hq_snapshot *snapshot = sample_snapshot();
    char *text = sample_dump(snapshot, &options, NULL);
    json_t *document = parse(text);

    json_t *all = json_array();
    json_array_extend(all, json_object_get(document, "messages"));
    json_array_extend(all, json_object_get(document, "groups"));
    json_array_append(all, json_object_get(document, "summary"));
    assert_true(json_equal(all, objects));
    assert_int_equal(json_object_size(document), 3);
    json_decref(all);
    json_decref(document);
    json_decref(objects);
    g_free(text);
    hq_snapshot_unref(snapshot);
}

static void test_full(void **state)
{
    (void)state;
    struct hq_dump_options options = sample_options("ndjson");
    options.full = true;
    json_t *objects = lines_of(sample_snapshot(), &options, NULL);
    json_t *message = json_array_get(objects, 0);
    json_t *hops = json_object_get(message, "hops");
    assert_int_equal(json_array_size(hops), 2);
    assert_string_equal(string_of(json_array_get(hops, 0), "trust"), "boundary");
    assert_int_equal(int_of(json_array_get(hops, 0), "delay"), 3);
    assert_string_equal(string_of(json_object_get(message, "forecast"), "outlook"), "fails");
    json_decref(objects);
}

/* Keys are there in full whether a message could be read or not; what stands on the board for
 * a reason where there is none is no category. */
static void test_unread(void **state)
{
    (void)state;
    static const char *const keys[] = {"hops", "origin",   "transit", "spf",     "forecast",
                                       "auth", "findings", "headers", "history", "identity"};
    struct hq_dump_options options = sample_options("ndjson");
    struct hq_snapshot *snapshot = sample_snapshot();
    struct hq_message *message = snapshot->messages->pdata[0];
    options.full = true;
    message->detail = NULL;
    message->recipients[0].state = HQ_STATE_HELD;
    message->recipients[0].reason = NULL;
    json_t *objects = lines_of(snapshot, &options, NULL);
    json_t *unread = json_array_get(objects, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
        assert_non_null(json_object_get(unread, keys[i]));
    assert_true(json_is_array(json_object_get(unread, "hops")));
    assert_true(json_is_null(json_object_get(json_object_get(unread, "origin"), "ip")));

    unsigned held = 0;
    size_t i;
    json_t *object;
    json_array_foreach(objects, i, object)
    {
        const char *name = string_of(object, "name");
        bool here = g_strcmp0(string_of(object, "type"), "group") == 0 && name;
        held +=
            here && strcmp(name, "held") == 0 && json_is_null(json_object_get(object, "reason"));
    }
    assert_int_equal(held, 2); /* the other one is the sample's */
    json_decref(objects);
}

/* Filter, limit and --group decide what is listed; the board and the summary count all that
 * matches. */
static void test_choice(void **state)
{
    (void)state;
    struct hq_dump_options options = sample_options("ndjson");
    struct hq_filter *filter = hq_filter_parse("queue:deferred", NULL, NULL);
    struct hq_order *order = hq_order_parse("-age", NULL);
    struct hq_dump_result result;
    options.filter = filter;
    options.order = order;
    options.limit = 1;
    json_t *objects = lines_of(sample_snapshot(), &options, &result);
    assert_int_equal(count_type(objects, "message"), 1);
    assert_string_equal(string_of(json_array_get(objects, 0), "id"), "4fXyz02");
    assert_int_equal(count_type(objects, "group"), 1);
    assert_int_equal(int_of(json_array_get(objects, 2), "messages"), 2);
    assert_int_equal(result.matched, 2);
    assert_int_equal(result.listed, 1);
    json_decref(objects);

    options.no_list = true;
    objects = lines_of(sample_snapshot(), &options, &result);
    assert_int_equal(count_type(objects, "message"), 0);
    assert_int_equal(result.worst, -1);
    json_decref(objects);

    options.no_list = false;
    options.group = true;
    objects = lines_of(sample_snapshot(), &options, &result);
    assert_int_equal(count_type(objects, "message"), 0);
    assert_int_equal(count_type(objects, "group"), 1);
    assert_int_equal(count_type(objects, "summary"), 1);
    assert_int_equal(result.worst, HQ_LEVEL_HIGH); /* of the messages in the groups */
    json_decref(objects);
    hq_order_free(order);
    hq_filter_free(filter);
}

static void test_result(void **state)
{
    (void)state;
    struct hq_dump_options options = sample_options("ndjson");
    struct hq_dump_result result;
    json_decref(lines_of(sample_snapshot(), &options, &result));
    assert_int_equal(result.worst, HQ_LEVEL_HIGH);
    assert_false(result.partial);

    struct hq_snapshot *snapshot = sample_snapshot();
    hq_snapshot_notice(snapshot, "one directory could not be read", true);
    ((struct hq_message *)snapshot->messages->pdata[0])->detail = NULL;
    json_decref(lines_of(snapshot, &options, &result));
    assert_int_equal(result.worst, -1);
    assert_true(result.partial);
}

static void test_empty(void **state)
{
    (void)state;
    struct hq_dump_options options = sample_options("json");
    struct hq_snapshot *snapshot = hq_snapshot_new();
    snapshot->complete = true;
    options.took = HQ_NONE;
    char *text = sample_dump(snapshot, &options, NULL);
    assert_string_equal(text,
                        "{\"messages\":[],\"groups\":[],\"summary\":{\"type\":\"summary\","
                        "\"schema\":1,\"messages\":0,\"recipients\":0,\"queues\":{},"
                        "\"unreadable\":0,\"expiring_6h\":0,\"diagnosis\":null,\"log\":null,"
                        "\"took\":null,\"taken\":\"2026-11-22T02:00:00Z\",\"notices\":[]}}\n");
    g_free(text);
    hq_snapshot_unref(snapshot);
}

/* Valid UTF-8, valid JSON, nothing that steers a terminal; the bytes that JSON can hold come back.
 */
static void test_hostile(void **state)
{
    (void)state;
    static const char *const formats[] = {"json", "ndjson"};
    for (size_t i = 0; i < G_N_ELEMENTS(formats); i++) {
        struct hq_dump_options options = sample_options(formats[i]);
        options.full = true;
        struct hq_snapshot *snapshot = hostile_snapshot();
        char *text = sample_dump(snapshot, &options, NULL);
        assert_true(g_utf8_validate(text, -1, NULL));
        for (const char *c = text; *c; c++)
            assert_true(*c == '\n' || ((unsigned char)*c >= 0x20 && *c != 0x7f));
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        for (char **line = lines; **line; line++)
            json_decref(parse(*line));
        g_free(text);
        hq_snapshot_unref(snapshot);
    }
}

static json_t *parse_output(int fd)
{
    char *text = sample_output(fd);
    json_t *value = parse(text);
    g_free(text);
    return value;
}

static void test_explain_and_spf(void **state)
{
    (void)state;
    struct hq_dump_options options = sample_options("ndjson");
    GPtrArray *reasons = g_ptr_array_new();
    g_ptr_array_add(reasons, (gpointer)&sample_reason);
    int fd = memfd_create("dump", MFD_CLOEXEC);
    assert_true(hq_dump_reasons(reasons, &options, fd, NULL));
    json_t *reason = parse_output(fd);
    assert_string_equal(string_of(reason, "type"), "reason");
    assert_string_equal(string_of(reason, "category"), "throttled");
    assert_string_equal(string_of(reason, "fault"), "remote");
    json_decref(reason);

    options.format = hq_dump_format_find("json");
    g_ptr_array_add(reasons, (gpointer)&sample_reason);
    fd = memfd_create("dump", MFD_CLOEXEC);
    assert_true(hq_dump_reasons(reasons, &options, fd, NULL));
    json_t *document = parse_output(fd);
    assert_int_equal(json_array_size(json_object_get(document, "reasons")), 2);
    json_decref(document);
    g_ptr_array_unref(reasons);

    const struct hq_spf spf = {.result = HQ_RESULT_FAIL, .term = "-all"};
    fd = memfd_create("dump", MFD_CLOEXEC);
    assert_true(hq_dump_spf(&spf, &options, fd, NULL));
    json_t *check = parse_output(fd);
    assert_string_equal(string_of(check, "type"), "spf");
    assert_string_equal(string_of(check, "result"), "fail");
    assert_true(json_is_null(json_object_get(check, "record")));
    json_decref(check);
}

static void test_cannot_write(void **state)
{
    (void)state;
    struct hq_dump_options options = sample_options("ndjson");
    struct hq_snapshot *snapshot = hq_snapshot_new();
    GError *error = NULL;
    for (int i = 0; i < 2000; i++) /* more than one buffer */
        sample_recipient(snapshot, sample_add(snapshot, "id", "a@b.example", 0), "c@d.example");
    snapshot->complete = true;
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_false(hq_dump_snapshot(snapshot, &options, fd, NULL, &error));
    assert_true(g_error_matches(error, HQ_ERROR, HQ_EXIT_INTERNAL));
    assert_non_null(strstr(error->message, "No space left"));
    g_error_free(error);
    close(fd);
    hq_snapshot_unref(snapshot);
}

static void test_formats(void **state)
{
    (void)state;
    char *names = hq_dump_format_names();
    assert_int_equal(hq_dump_format_find("text"), 0);
    assert_int_equal(hq_dump_format_find("xml"), -1);
    assert_int_equal(hq_dump_format_find(""), -1);
    assert_true(g_str_has_prefix(names, "text, json, ndjson"));
    g_free(names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ndjson),           cmocka_unit_test(test_long_list),
        cmocka_unit_test(test_json_is_the_same), cmocka_unit_test(test_full),
        cmocka_unit_test(test_unread),           cmocka_unit_test(test_choice),
        cmocka_unit_test(test_result),           cmocka_unit_test(test_empty),
        cmocka_unit_test(test_hostile),          cmocka_unit_test(test_explain_and_spf),
        cmocka_unit_test(test_cannot_write),     cmocka_unit_test(test_formats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
