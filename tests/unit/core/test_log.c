/* SPDX-License-Identifier: ISC */
/* The mail log as a whole: attempts, histories where they are wanted, what explains a TLS failure,
 * rates of destinations, and that memory stays bounded. */
#include "base/hash.h"
#include "hopq/log.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW (INT64_C(1795324800) * HQ_SECOND) /* 2026-11-22T05:20:00Z */

static struct hq_log *made;

static int setup(void **state)
{
    (void)state;
    made = hq_log_new(NOW, NOW - 7 * HQ_DAY);
    return 0;
}

static int setup_texts(void **state)
{
    setup(state);
    hq_log_want_texts(made, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    hq_log_free(made);
    return 0;
}

/* A line of PROGRAM at TIME. */
static void G_GNUC_PRINTF(3, 4) take(int64_t time, const char *program, const char *format, ...)
{
    char stamp[32];
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    g_autofree char *line =
        g_strdup_printf("%s mx %s: %s", hq_time_rfc3339(time, stamp), program, text);
    hq_log_take(made, line, strlen(line));
}

static void take_defer(int64_t time, int pid, const char *id, const char *to, int64_t delay,
                       const char *text)
{
    g_autofree char *program = g_strdup_printf("postfix/smtp[%d]", pid);
    take(time, program,
         "%s: to=<%s>, orig_to=<ann@ours.example>, relay=mx.example[192.0.2.7]:25, delay=%d, "
         "delays=1/1/1/1, dsn=4.0.0, status=deferred (%s)",
         id, to, (int)(delay / HQ_SECOND), text);
}

struct found {
    unsigned count;
    char *text; /* of the history of the last one, a line an attempt */
    char *id;
    struct hq_rate rate; /* of DOMAIN */
    const char *domain;
};

static void on_history(const struct hq_history *history, void *data)
{
    struct found *found = data;
    GString *text = g_string_new(NULL);
    found->count++;
    for (uint32_t i = 0; i < history->attempt_count; i++) {
        const struct hq_attempt *attempt = &history->attempts[i];
        g_string_append_printf(
            text, "%d %s %s %s (%s) [%s]\n", (int)((NOW - attempt->time) / HQ_SECOND),
            hq_outcome_names[attempt->result], attempt->recipient ? attempt->recipient : "-",
            attempt->relay ? attempt->relay : "-", attempt->text ? attempt->text : "-",
            attempt->cause ? attempt->cause : "-");
    }
    g_free(found->text);
    g_free(found->id);
    found->text = g_string_free(text, FALSE);
    found->id = g_strdup(history->id);
}

static void on_rate(const struct hq_rate *rate, void *data)
{
    struct found *found = data;
    if (g_strcmp0(rate->domain, found->domain) != 0)
        return;
    found->rate = *rate;
    g_free(found->text);
    found->text = g_strdup(rate->through);
}

static void clear(struct found *found)
{
    g_free(found->text);
    g_free(found->id);
}

/* A line for each message: the recipients with the number of attempts and the age of the
 * last. */
static void on_tried(const struct hq_history *history, void *data)
{
    GString *text = data;
    assert_int_equal(history->attempt_count, 0);
    g_string_append(text, history->id);
    for (uint32_t i = 0; i < history->tried_count; i++) {
        const struct hq_tried *tried = &history->tried[i];
        const char *names[] = {"a@b.example", "B@b.example", "c@d.example"};
        const char *name = "?";
        for (unsigned k = 0; k < G_N_ELEMENTS(names); k++)
            if (tried->recipient == hq_hash_address(names[k], strlen(names[k])))
                name = names[k];
        g_string_append_printf(text, " %s %d/%d", name, (int)tried->count,
                               (int)((NOW - tried->last) / HQ_SECOND));
    }
    g_string_append_c(text, '\n');
}

/* Without texts: each recipient has its own count, whatever the case of its letters. */
static void test_tried(void **state)
{
    (void)state;
    g_autoptr(GString) text = g_string_new(NULL);
    take_defer(NOW - 90 * HQ_SECOND, 1, "AAAA1", "a@b.example", 1, "421 later");
    take_defer(NOW - 80 * HQ_SECOND, 1, "AAAA1", "b@b.example", 1, "421 later");
    take_defer(NOW - 70 * HQ_SECOND, 1, "AAAA1", "c@d.example", 1, "421 later");
    take_defer(NOW - 60 * HQ_SECOND, 1, "AAAA1", "B@B.example", 1, "421 later");
    take(NOW - 50 * HQ_SECOND, "postfix/postsuper[4]", "AAAA2: placed on hold");
    take_defer(NOW - 40 * HQ_SECOND, 1, "AAAA3", "a@b.example", 1, "421 later");
    take(NOW - 30 * HQ_SECOND, "postfix/qmgr[4]", "AAAA3: removed");
    assert_false(hq_log_each_history(made, G_MAXUINT, on_tried, text));
    assert_string_equal(text->str, "AAAA1 a@b.example 1/90 B@b.example 2/60 c@d.example 1/70\n");
    g_string_truncate(text, 0);
    assert_false(hq_log_each_history(made, G_MAXUINT, on_tried, text));
    assert_string_equal(text->str, ""); /* nothing new */
    take_defer(NOW - 20 * HQ_SECOND, 1, "AAAA1", "a@b.example", 1, "421 later");
    assert_false(hq_log_each_history(made, G_MAXUINT, on_tried, text));
    assert_string_equal(text->str, "AAAA1 a@b.example 2/20 B@b.example 2/60 c@d.example 1/70\n");
}

static void count_told(const struct hq_history *history, void *data)
{
    GHashTable *told = data;
    assert_true(g_hash_table_add(told, g_strdup(history->id)));
}

/* A slice after the other tells each message once, also when the log goes on between them. */
static void test_slices(void **state)
{
    (void)state;
    g_autoptr(GHashTable) told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (int i = 0; i < 100; i++) {
        g_autofree char *id = g_strdup_printf("AAAA%d", i);
        take_defer(NOW - HQ_MINUTE, 1, id, "a@b.example", 1, "421 later");
    }
    for (unsigned i = 1; i <= 5; i++) {
        assert_true(hq_log_each_history(made, 10, count_told, told));
        assert_int_equal(g_hash_table_size(told), 10 * i);
    }
    take_defer(NOW - HQ_MINUTE, 1, "BBBB1", "a@b.example", 1, "421 later");
    while (hq_log_each_history(made, 10, count_told, told))
        ;
    assert_int_equal(g_hash_table_size(told), 101);
}

/* Lines of one message, and what explains them; an id that is used again begins anew. */
static void test_only(void **state)
{
    (void)state;
    static const char *const only[] = {"AAAA1", NULL};
    struct found found = {0};
    hq_log_want_texts(made, only);
    take(NOW - 100 * HQ_SECOND, "postfix/qmgr[1]", "start of the log");
    take_defer(NOW - 95 * HQ_SECOND, 1, "AAAA1", "old@b.example", 1, "421 later");
    take(NOW - 94 * HQ_SECOND, "postfix/qmgr[4]", "AAAA1: removed");
    take_defer(NOW - 93 * HQ_SECOND, 1, "BBBB2", "a@b.example", 1, "451 AAAA1 later");
    take(NOW - 92 * HQ_SECOND, "postfix/smtp[1]", "warning: TLS library problem: no shared cipher");
    take_defer(NOW - 91 * HQ_SECOND, 1, "AAAA1", "a@b.example", 1, "Cannot start TLS");
    assert_false(hq_log_each_history(made, G_MAXUINT, on_history, &found));
    assert_int_equal(found.count, 1);
    assert_string_equal(found.id, "AAAA1");
    assert_string_equal(found.text, "91 deferred a@b.example mx.example[192.0.2.7]:25 (Cannot "
                                    "start TLS) [no shared cipher]\n");
    assert_int_equal(hq_log_begins(made), NOW - 100 * HQ_SECOND);
    clear(&found);
}

static void test_history(void **state)
{
    (void)state;
    struct found found = {0};
    take(NOW - 100 * HQ_SECOND, "postfix/smtp[1]",
         "SSL_connect error to mx.example[192.0.2.7]:25: -1");
    take(NOW - 100 * HQ_SECOND, "postfix/smtp[2]", "warning: TLS library problem: another's");
    take(NOW - 100 * HQ_SECOND, "postfix/smtp[1]",
         "warning: TLS library problem: no shared cipher");
    take_defer(NOW - 99 * HQ_SECOND, 1, "AAAA1", "a@b.example", HQ_SECOND,
               "Cannot start TLS: handshake failure");
    take_defer(NOW - 50 * HQ_SECOND, 1, "AAAA1", "a@b.example", 50 * HQ_SECOND, "421 later");
    take_defer(NOW - 40 * HQ_SECOND, 3, "BBBB2", "a@b.example", HQ_SECOND, "421 later");
    take(NOW - 30 * HQ_SECOND, "postfix/qmgr[4]", "BBBB2: removed");
    take(NOW - 20 * HQ_SECOND, "postfix/postsuper[4]", "AAAA1: placed on hold");
    assert_false(hq_log_each_history(made, G_MAXUINT, on_history, &found));
    assert_int_equal(found.count, 1);
    assert_string_equal(found.id, "AAAA1");
    assert_string_equal(
        found.text,
        "99 deferred a@b.example mx.example[192.0.2.7]:25 (Cannot start TLS: handshake failure) "
        "[-1; no shared cipher]\n"
        "50 deferred a@b.example mx.example[192.0.2.7]:25 (421 later) [-]\n"
        "20 held - - (placed on hold) [-]\n");
    assert_int_equal(hq_log_begins(made), NOW - 100 * HQ_SECOND);
    clear(&found);
}

/* Sendmail never says that a message is gone. */
static void test_done(void **state)
{
    (void)state;
    struct found found = {0};
    static const char form[] = "4AM5H1aB00141%d: to=<%s@b.example>, delay=00:00:01, mailer=esmtp, "
                               "pri=1, relay=mx. [192.0.2.7], dsn=2.0.0, stat=%s";
    take(NOW - 9, "sm-mta[1]", form, 1, "a", "Sent (ok)");
    take(NOW - 9, "sm-mta[1]", form, 2, "a", "Sent (ok)");
    take(NOW - 9, "sm-mta[1]", form, 2, "b", "Deferred: later");
    take(NOW - 8, "sm-mta[1]", form, 2, "a", "Sent (ok)");
    assert_false(hq_log_each_history(made, G_MAXUINT, on_history, &found));
    assert_int_equal(found.count, 1);
    assert_string_equal(found.id, "4AM5H1aB001412");
    clear(&found);
}

/* Three days: 40 come and 25 go a day, two forwarders; 6 are given up. */
static void test_rates(void **state)
{
    (void)state;
    struct found found = {.domain = "b.example"};
    int64_t begin = NOW - 3 * HQ_DAY - 2 * HQ_HOUR;
    take(begin, "postfix/qmgr[1]", "start of the log");
    for (int i = 0; i < 120; i++) {
        int64_t time = begin + 2 * HQ_HOUR + i * (3 * HQ_DAY / 120);
        g_autofree char *id = g_strdup_printf("AAAA%d", i);
        const char *original = i % 4 ? "ann@ours.example" : "bob@ours.example";
        bool sent = i % 40 < 25;
        for (int try = 0; try < 2; try++)
            take(time + try, "postfix/smtp[9]",
                 "%s: to=<X@B.example>, orig_to=<%s>, relay=mx[192.0.2.7]:25, delay=%d, "
                 "delays=1/1/1/1, dsn=4.0.0, status=%s (x)",
                 id, original, try, try && sent ? "sent" : "deferred");
        if (sent || i % 40 >= 38)
            take(time + 2, "postfix/qmgr[1]",
                 sent ? "%s: removed"
                      : "%s: from=<s@c.example>, status=expired, returned to sender",
                 id);
    }
    take(NOW - 8 * HQ_DAY, "postfix/smtp[9]",
         "OLD11: to=<x@b.example>, relay=mx[192.0.2.7]:25, delay=1, delays=1/1/1/1, dsn=2.0.0, "
         "status=sent (too old to count)");
    hq_log_each_rate(made, on_rate, &found);
    assert_int_equal(found.rate.span, 3 * HQ_DAY);
    assert_in_range(found.rate.window.arrived, 118, 120);
    assert_in_range(found.rate.window.sent, 73, 75);
    assert_int_equal(found.rate.window.expired, 6);
    assert_int_equal(found.rate.window.bounced, 0);
    assert_in_range(found.rate.day.arrived, 39, 42);
    assert_in_range(found.rate.hour.arrived, 1, 2);
    assert_string_equal(found.text, "ann@ours.example");
    assert_int_equal(found.rate.through_count, 90);
    clear(&found);
}

/* A retry of a message that is older than the log is no arrival. */
static void test_old_mail(void **state)
{
    (void)state;
    struct found found = {.domain = "b.example"};
    take(NOW - HQ_HOUR, "postfix/qmgr[1]", "start of the log");
    take_defer(NOW - HQ_MINUTE, 1, "AAAA1", "a@b.example", 2 * HQ_HOUR, "421 later");
    take_defer(NOW - HQ_MINUTE, 1, "AAAA2", "a@b.example", HQ_MINUTE, "421 later");
    hq_log_each_rate(made, on_rate, &found);
    assert_int_equal(found.rate.window.arrived, 1);
    assert_int_equal(found.rate.window.deferred, 2);
    assert_int_equal(found.rate.span, HQ_HOUR);
    clear(&found);
}

static void count_only(const struct hq_rate *rate, void *data)
{
    (void)rate;
    ++*(unsigned *)data;
}

static void test_bounds(void **state)
{
    (void)state;
    struct found found = {0};
    unsigned domains = 0;
    for (int i = 0; i < 6000; i++) {
        g_autofree char *to = g_strdup_printf("a@d%d.example", i);
        take_defer(NOW - HQ_MINUTE, 1, "AAAA1", to, 1, "421 later");
    }
    assert_false(hq_log_each_history(made, G_MAXUINT, on_history, &found));
    assert_int_equal(found.count, 1);
    unsigned lines = 0;
    for (const char *p = found.text; *p; p++)
        lines += *p == '\n';
    assert_in_range(lines, 500, 2000);
    hq_log_each_rate(made, count_only, &domains);
    assert_int_equal(domains, 4001);
    clear(&found);
}

int main(void)
{
    setenv("TZ", "UTC0", 1);
    hq_log_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_tried, setup, teardown),
        cmocka_unit_test_setup_teardown(test_slices, setup, teardown),
        cmocka_unit_test_setup_teardown(test_only, setup, teardown),
        cmocka_unit_test_setup_teardown(test_history, setup_texts, teardown),
        cmocka_unit_test_setup_teardown(test_done, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rates, setup, teardown),
        cmocka_unit_test_setup_teardown(test_old_mail, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bounds, setup_texts, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
