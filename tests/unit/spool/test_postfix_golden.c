/* SPDX-License-Identifier: ISC */
/* A queue that real daemons wrote, held against what Postfix's own tools said of it at that moment
 * (postqueue -j, postcat -h). The archive is development data: HOPQ_DATA names its directory. */
#include "golden.h"
#include "spool/postfix/postfix.h"
#include <jansson.h>

static const char *string_of(const json_t *object, const char *key)
{
    const char *string = json_string_value(json_object_get(object, key));

    return string ? string : "";
}

static char *recipient_line(const char *address, const char *reason)
{
    g_autofree char *printable = hq_pf_printable(address);

    return g_strdup_printf("%s|%s", printable, reason);
}

static int compare_strings(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *join_sorted(GPtrArray *lines)
{
    g_ptr_array_sort(lines, compare_strings);
    g_ptr_array_add(lines, NULL);
    char *joined = g_strjoinv("\n", (char **)lines->pdata);
    g_ptr_array_free(lines, TRUE);
    return joined;
}

/* Those that wait: showq lists no recipient that is done. */
static char *recipients_of(const struct hq_message *message)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);

    for (uint32_t i = 0; i < message->recipient_count; i++) {
        const struct hq_recipient *r = &message->recipients[i];
        if (r->state != HQ_STATE_DELIVERED && r->state != HQ_STATE_FAILED)
            g_ptr_array_add(lines, recipient_line(r->address, r->reason ? r->reason->text : ""));
    }
    return join_sorted(lines);
}

static char *recipients_of_json(const json_t *object)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    const json_t *entry;
    size_t i;

    json_array_foreach(json_object_get(object, "recipients"), i, entry) g_ptr_array_add(
        lines, recipient_line(string_of(entry, "address"), string_of(entry, "delay_reason")));
    return join_sorted(lines);
}

static void compare_message(const struct hq_message *message, const json_t *object)
{
    const char *sender = string_of(object, "sender");
    g_autofree char *ours = recipients_of(message);
    g_autofree char *theirs = recipients_of_json(object);

    assert_string_equal(message->queue, string_of(object, "queue_name"));
    assert_string_equal(message->sender, strcmp(sender, "MAILER-DAEMON") == 0 ? "" : sender);
    assert_int_equal(message->size, json_integer_value(json_object_get(object, "message_size")));
    assert_int_equal(message->arrived / HQ_SECOND,
                     json_integer_value(json_object_get(object, "arrival_time")));
    assert_int_equal(message->problem_count, 0);
    assert_string_equal(ours, theirs);
}

static void equals_postqueue(void **state)
{
    golden_unpack("postfix");
    g_autofree char *path = g_build_filename(golden_root, "out", "postqueue-j.json", NULL);
    g_autofree char *text = NULL;
    struct collect *collect = golden_read("postfix", "", false);
    unsigned compared = 0;

    (void)state;
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (unsigned i = 0; lines[i] && *lines[i]; i++) {
        json_t *object = json_loads(lines[i], 0, NULL);
        const struct hq_message *message = collect_find(collect, string_of(object, "queue_id"));
        assert_non_null(message);
        compare_message(message, object);
        json_decref(object);
        compared++;
    }
    assert_int_equal(compared, 64);
    /* what postqueue does not list: two in corrupt/, one that is still being received */
    assert_int_equal(collect->messages->len, compared + 3);
    for (unsigned i = 0; i < collect->messages->len; i++) {
        const struct hq_message *message = collect->messages->pdata[i];
        if (strcmp(message->queue, "corrupt") == 0)
            assert_true(message->problem_count > 0);
        else
            assert_int_equal(message->problem_count, 0);
        assert_int_equal(message->incomplete == HQ_YES, strcmp(message->id, "7A50AA8048F") == 0);
    }
    collect_free(collect);
}

/* postqueue's output read as those must who may not read the queue. */
static void listing_equals_files(void **state)
{
    golden_unpack("postfix");
    g_autofree char *path = g_build_filename(golden_root, "out", "postqueue-j.json", NULL);
    struct collect *files = golden_read("postfix", "", false);
    struct collect *listed = collect_new();
    struct hq_item item;

    (void)state;
    hq_item_init(&item);
    item.listing = true;
    assert_true(hq_file_open(AT_FDCWD, path, DT_UNKNOWN, &item.files[0]));
    hq_postfix_parse(&listed->parse, &item);
    hq_item_close(&item);
    assert_int_equal(listed->messages->len, 64);
    for (unsigned i = 0; i < listed->messages->len; i++) {
        const struct hq_message *theirs = listed->messages->pdata[i];
        const struct hq_message *ours = collect_find(files, theirs->id);
        assert_non_null(ours);
        g_autofree char *a = recipients_of(ours);
        g_autofree char *b = recipients_of(theirs);
        assert_string_equal(a, b);
        assert_string_equal(ours->sender, theirs->sender);
        assert_int_equal(ours->size, theirs->size);
    }
    collect_free(files);
    collect_free(listed);
}

static void compare_header(const char *id, const GString *content, const char *expected)
{
    size_t n = strlen(expected);

    if (content->len < n || memcmp(content->str, expected, n) != 0)
        fail_msg("header of %s differs", id);
    /* behind it the empty line, or nothing where the message has no body yet */
    assert_true(content->len == n || strcmp(content->str + n, "\n") == 0);
}

static void headers_equal_postcat(void **state)
{
    golden_unpack("postfix");
    struct collect *collect = golden_read("postfix", "", false);
    unsigned compared = 0;

    (void)state;
    for (unsigned i = 0; i < collect->messages->len; i++) {
        const struct hq_message *message = collect->messages->pdata[i];
        g_autofree char *name = g_strconcat(message->id, ".txt", NULL);
        g_autofree char *path = g_build_filename(golden_root, "out", "postcat-h", name, NULL);
        g_autofree char *expected = NULL;
        /* postcat takes the empty size record of an unfinished message for garbage */
        if (message->incomplete == HQ_YES || !g_file_get_contents(path, &expected, NULL, NULL))
            continue;
        compare_header(message->id, collect->contents->pdata[i], expected);
        compared++;
    }
    assert_int_equal(compared, 62);
    collect_free(collect);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_postqueue),
        cmocka_unit_test(listing_equals_files),
        cmocka_unit_test(headers_equal_postcat),
    };

    return cmocka_run_group_tests(tests, NULL, golden_clean);
}
