/* SPDX-License-Identifier: ISC */
/* A spool that a real smtpd wrote, held against what "smtpctl show queue" said of it at that
 * moment. The archive is development data. */
#include "golden.h"

/* strnvis(3), as smtpctl prints an error. */
static char *vis(const char *text)
{
    GString *out = g_string_new(NULL);

    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        unsigned low = *p & 0x7f;
        const char *sign = *p & 0x80 ? "\\M" : "\\";
        if (*p == '\\')
            g_string_append(out, "\\\\");
        else if ((*p >= 0x20 && *p < 0x7f) || *p == '\t')
            g_string_append_c(out, (char)*p);
        else if (low < 0x20 || low == 0x7f)
            g_string_append_printf(out, "%s^%c", sign, low ^ 0x40);
        else
            g_string_append_printf(out, "%s-%c", sign, low);
    }
    return g_string_free(out, FALSE);
}

static const struct hq_recipient *recipient(const struct hq_message *message, const char *id)
{
    for (uint32_t i = 0; i < message->recipient_count; i++)
        if (strcmp(message->recipients[i].id, id) == 0)
            return &message->recipients[i];
    fail_msg("no envelope %s", id);
    return NULL;
}

enum { ID, SOURCE, TYPE, FLAGS, SENDER, RCPT, DEST, CREATED, EXPIRES, TRIED, RETRY, STATE, NEXT };

static int64_t number(const char *digits)
{
    return g_ascii_strtoll(digits, NULL, 10);
}

static void compare(const struct hq_message *message, char **field, int64_t captured)
{
    const struct hq_recipient *got = recipient(message, field[ID]);
    g_autofree char *error = vis(got->reason ? got->reason->text : "");
    bool deferred = number(field[RETRY]) > 0;

    assert_string_equal(message->sender, strcmp(field[SENDER], "@") == 0 ? "" : field[SENDER]);
    assert_string_equal(got->address, field[DEST]);
    assert_int_equal(message->client.ip != NULL, strcmp(field[SOURCE], "local") != 0);
    assert_true(message->arrived <= number(field[CREATED]) * HQ_SECOND);
    assert_int_equal(got->attempts, number(field[RETRY]));
    assert_int_equal(got->state, deferred ? HQ_STATE_DEFERRED : HQ_STATE_QUEUED);
    assert_string_equal(error, field[NEXT + 1]);
    if (strcmp(field[STATE], "pending") == 0)
        assert_int_equal(got->next_attempt, (captured + number(field[NEXT])) * HQ_SECOND);
    assert_int_equal(message->problem_count, 0);
}

static void equals_smtpctl(void **state)
{
    golden_unpack("opensmtpd");
    g_autofree char *listing = golden_out("smtpctl-show-queue.txt", NULL);
    g_autofree char *when = golden_out("captured-at", NULL);
    g_auto(GStrv) lines = g_strsplit(listing, "\n", -1);
    struct collect *collect = golden_read("opensmtpd", "", true);
    const char *captured = when ? strchr(when, '\n') : NULL;
    unsigned compared = 0;

    (void)state;
    assert_non_null(captured);
    for (unsigned i = 0; lines[i] && *lines[i]; i++, compared++) {
        g_auto(GStrv) field = g_strsplit(lines[i], "|", NEXT + 2);
        g_autofree char *id = g_strndup(field[ID], 8);
        const struct hq_message *message = collect_find(collect, id);
        assert_non_null(message);
        compare(message, field, number(captured + 1));
    }
    assert_int_equal(compared, 125);
    /* what smtpctl does not list: a damaged envelope, one that comes in, one that waits for smtpd
     */
    unsigned others = 0;
    for (unsigned i = 0; i < collect->messages->len; i++) {
        const struct hq_message *message = collect->messages->pdata[i];
        bool other = strcmp(message->queue, "queue") != 0 || message->problem_count > 0;
        others += other;
        compared -= other ? 0 : message->recipient_count;
        if (message->problem_count > 0)
            assert_string_equal(message->id, "af85bf09");
    }
    assert_int_equal(compared, 0);
    assert_int_equal(others, 3);
    collect_free(collect);
}

/* "smtpctl show message" prints the file as it is. */
static void texts_equal_smtpctl(void **state)
{
    golden_unpack("opensmtpd");
    struct collect *collect = golden_read("opensmtpd", "", true);
    unsigned compared = 0;

    (void)state;
    for (unsigned i = 0; i < collect->messages->len; i++) {
        const struct hq_message *message = collect->messages->pdata[i];
        g_autofree char *name = g_strdup_printf("show-message/%s.txt", message->id);
        const GString *content = collect->contents->pdata[i];
        size_t n;
        g_autofree char *text = golden_out(name, &n);
        if (!text)
            continue;
        assert_int_equal(message->size, n);
        assert_int_equal(content->len, MIN(n, (size_t)1024 * 1024));
        assert_memory_equal(content->str, text, content->len);
        compared++;
    }
    assert_true(compared >= 48);
    collect_free(collect);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_smtpctl),
        cmocka_unit_test(texts_equal_smtpctl),
    };

    return cmocka_run_group_tests(tests, NULL, golden_clean);
}
