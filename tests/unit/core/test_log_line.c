/* SPDX-License-Identifier: ISC */
/* Lines of mail logs: every form by its example, stamps, and what strangers can put into a line. */
#include "hopq/log.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW (INT64_C(1795324800) * HQ_SECOND) /* 2026-11-22T05:20:00Z */

static bool parse(struct hq_log_line *line, const char *text)
{
    /* exactly as long as it is, so that the sanitizer sees a step too far */
    size_t n = strlen(text);
    char *copy = g_memdup2(text, n ? n : 1);
    bool good = hq_log_line_parse(line, copy, n, NOW);
    static char *kept;
    g_free(kept);
    kept = copy;
    return good;
}

static void is(struct hq_log_span span, const char *wanted)
{
    g_autofree char *got = g_strndup(span.s ? span.s : "(none)", span.s ? span.n : 6);
    assert_string_equal(got, wanted);
}

static void test_examples(void **state)
{
    (void)state;
    static const struct {
        const char *name, *example;
    } rows[] = {
#define HQ_LOGFORM(name, mta, kind, result, pattern, example) {name, example},
#include "core/log/forms.def"
#undef HQ_LOGFORM
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct hq_log_line line;
        if (!parse(&line, rows[i].example))
            fail_msg("%s: its example is of no form", rows[i].name);
        assert_string_equal(line.form, rows[i].name);
        assert_true(line.time > NOW - 30 * HQ_DAY && line.time <= NOW);
        if (line.kind == HQ_LOG_DELIVERY)
            assert_true(line.to.n > 3 && memchr(line.to.s, '@', line.to.n));
        if (line.kind != HQ_LOG_CAUSE)
            assert_true(line.id.n > 6);
    }
}

static const char postfix[] =
    "Nov 22 05:17:01 mx postfix/smtp[811]: 4fXyzA1B2C3D: to=<ann@bt.example>, "
    "orig_to=<info@ours.example>, relay=mx.bt.example[192.0.2.7]:25, conn_use=3, delay=2.3, "
    "delays=0.2/0.1/2/0, dsn=4.2.1, status=deferred (host mx said: 421 Too many (in reply))";

static void test_postfix(void **state)
{
    (void)state;
    struct hq_log_line line;
    assert_true(parse(&line, postfix));
    assert_int_equal(line.kind, HQ_LOG_DELIVERY);
    assert_int_equal(line.result, HQ_OUTCOME_DEFERRED);
    assert_int_equal(line.delay, 2 * HQ_SECOND);
    is(line.id, "4fXyzA1B2C3D");
    is(line.pid, "811");
    is(line.program, "postfix/smtp");
    is(line.to, "ann@bt.example");
    is(line.original, "info@ours.example");
    is(line.relay, "mx.bt.example[192.0.2.7]:25");
    is(line.text, "host mx said: 421 Too many (in reply)");

    assert_true(parse(&line, "Nov 22 05:17:01 mx out/local[8]: 2A22C263F6: to=user@host.example, "
                             "orig_to=root@localhost, relay=local, delay=0.07, delays=0/0/0/0, "
                             "dsn=2.0.0, status=sent (delivered to command: procmail)"));
    is(line.to, "user@host.example");
    is(line.original, "root@localhost");
    assert_int_equal(line.result, HQ_OUTCOME_SENT);
    assert_true(parse(&line, "Nov 22 05:17:01 mx postfix/error[8]: 2A22C263F6: to=<a@b.example>, "
                             "relay=none, delay=334, delays=304/31/0/0, dsn=4.4.1, "
                             "status=deferred (delivery temporarily suspended: connect to x: no)"));
    assert_int_equal(line.result, HQ_OUTCOME_SUSPENDED);
    assert_int_equal(line.delay, 334 * HQ_SECOND);
}

static void test_others(void **state)
{
    (void)state;
    struct hq_log_line line;
    assert_true(parse(&line, "2026-11-22 05:17:03.120 +0100 [47] 1tEabc-000abc-2D == a@bt.example "
                             "<info@ours.example> R=dns T=smtp defer (-44) H=mx.example "
                             "[192.0.2.7]: SMTP error: 451 later: much later"));
    assert_int_equal(line.time, NOW - 3 * HQ_MINUTE + 3120000 - HQ_HOUR);
    is(line.pid, "47");
    is(line.original, "info@ours.example");
    is(line.relay, "mx.example [192.0.2.7]");
    is(line.text, "SMTP error: 451 later: much later");
    assert_int_equal(line.result, HQ_OUTCOME_DEFERRED);
    assert_true(parse(&line, "2026-11-22 05:17:03 1tEabc-000abc-2D == a@bt.example routing defer "
                             "(-52): retry time not reached"));
    assert_int_equal(line.kind, HQ_LOG_NOTE); /* nothing was tried */
    assert_true(parse(&line, "Nov 22 05:17:03 mx exim[33]: 2026-11-22 05:17:03 1tEabc-000abc-2D => "
                             "a@bt.example R=dns T=smtp H=mx [192.0.2.7] C=\"250 ok\""));
    is(line.text, "250 ok");
    is(line.pid, "33");

    assert_true(parse(&line, "Nov 22 05:17:01 mx sm-mta[33]: 4AM5H1aB001414: to=<a@bt.example>, "
                             "ctladdr=<root@k.example> (0/0), delay=1+02:28:00, xdelay=00:00:16, "
                             "mailer=esmtp, pri=390351, relay=mx.bt.example. [192.0.2.7], "
                             "dsn=4.7.1, stat=Deferred: 450 4.7.1 no, [208.100.55.237]"));
    is(line.relay, "mx.bt.example. [192.0.2.7]");
    is(line.text, "450 4.7.1 no, [208.100.55.237]");
    assert_int_equal(line.delay, HQ_DAY + 2 * HQ_HOUR + 28 * HQ_MINUTE);

    assert_true(parse(&line, "Nov 22 05:17:01 mx smtpd[44]: 4b3a6c195c1f6010 mta delivery "
                             "evpid=8f26ea98359eccea from=<> to=<a@bt.example> rcpt=<-> "
                             "source=\"-\" relay=\"192.0.2.7 (mx)\" delay=1h2m3s "
                             "result=\"PermFail\" stat=\"550 no\""));
    is(line.relay, "192.0.2.7 (mx)");
    is(line.text, "550 no");
    is(line.session, "4b3a6c195c1f6010");
    assert_null(line.original.s);
    assert_int_equal(line.sender.n, 0);
    assert_int_equal(line.delay, 3723 * HQ_SECOND);
    assert_int_equal(line.result, HQ_OUTCOME_BOUNCED);
}

static void test_stamps(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t time;
    } rows[] = {
        {"Nov 22 05:17:01 x", NOW - 179 * HQ_SECOND},
        {"Nov  2 05:20:00 x", NOW - 20 * HQ_DAY},
        {"Dec 24 05:20:00 x", NOW - 333 * HQ_DAY}, /* last year's */
        {"Nov 23 04:20:00 x", NOW + 23 * HQ_HOUR}, /* a clock that is ahead */
        {"2026-11-22T05:20:00Z x", NOW},
        {"2026-11-22T06:20:00.5+01:00 x", NOW + HQ_SECOND / 2},
        {"2026-11-22 05:20:00 x", NOW},
        {"2026-11-22 00:20:00 -0500 x", NOW},
        {"1795324800.000250 x", NOW + 250},
        {"Nov 32 05:17:01 x", HQ_NONE},
        {"Nov 22 25:17:01 x", HQ_NONE},
        {"Now 22 05:17:01 x", HQ_NONE},
        {"2026-13-22T05:20:00Z x", HQ_NONE},
        {"2026-11-22T05:20:00Z", HQ_NONE}, /* nothing behind it */
        {"2026-11-22", HQ_NONE},
        {"17953248", HQ_NONE},
        {"", HQ_NONE},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        size_t used, n = strlen(rows[i].text);
        g_autofree char *copy = g_memdup2(rows[i].text, n + 1);
        int64_t time = hq_log_stamp(copy, n, NOW, &used);
        if (time != rows[i].time)
            fail_msg("%s: %" G_GINT64_FORMAT, rows[i].text, (time - NOW) / HQ_SECOND);
        if (time != HQ_NONE)
            assert_string_equal(copy + used, "x");
    }
}

/* Every form's example cut at every byte, and with every byte replaced. */
static void test_damaged(void **state)
{
    (void)state;
    static const char *const examples[] = {
#define HQ_LOGFORM(name, mta, kind, result, pattern, example) example,
#include "core/log/forms.def"
#undef HQ_LOGFORM
    };
    static const char bytes[] = {'\0', ' ', '<', '>', ',', '(', '[', '"', ':', '\xff'};
    struct hq_log_line line;
    for (unsigned i = 0; i < G_N_ELEMENTS(examples); i++) {
        size_t n = strlen(examples[i]);
        for (size_t cut = 0; cut < n; cut++) {
            g_autofree char *copy = g_memdup2(examples[i], cut ? cut : 1);
            hq_log_line_parse(&line, copy, cut, NOW);
            g_autofree char *other = g_memdup2(examples[i], n);
            other[cut] = bytes[cut % sizeof bytes];
            hq_log_line_parse(&line, other, n, NOW);
        }
    }
}

static void test_hostile(void **state)
{
    (void)state;
    struct hq_log_line line;
    /* An address with the words of the form in it: an attempt is not made out of it. */
    assert_false(parse(&line, "Nov 22 05:17:01 mx postfix/smtpd[8]: NOQUEUE: to=<a@b>, relay=x, "
                              "delay=1, delays=1, dsn=2.0.0, status=sent (x)"));
    assert_true(parse(&line, "Nov 22 05:17:01 mx postfix/smtp[8]: 2A22C263F6: to=<\"x, relay=evil, "
                             "\"@b.example>, relay=mx[192.0.2.1]:25, delay=1, delays=1, dsn=4.0.0, "
                             "status=deferred (x)"));
    is(line.to, "\"x, relay=evil, \"@b.example");
    is(line.relay, "mx[192.0.2.1]:25");
    /* with the facility before the host */
    assert_true(
        parse(&line, "Nov 22 05:17:01 <mail.info> mx postfix/qmgr[8]: 2A22C263F6: removed"));
    is(line.program, "postfix/qmgr");
    assert_false(parse(&line, "Nov 22 05:17:01 <mail.info>"));
    /* a program that is none of a mail server's */
    assert_false(parse(&line, "Nov 22 05:17:01 mx sshd[8]: 2A22C263F6: removed"));
    /* time: a line of nothing but beginnings of groups */
    GString *text = g_string_new("Nov 22 05:17:01 mx sm-mta[33]: 4AM5H1aB001414: to=<");
    while (text->len < 1u << 20)
        g_string_append(text, ">, ctladdr=<>, delay=, ");
    gint64 begin = g_get_monotonic_time();
    for (unsigned i = 0; i < 100; i++)
        hq_log_line_parse(&line, text->str, text->len, NOW);
    assert_true(g_get_monotonic_time() - begin < 2 * G_USEC_PER_SEC);
    g_string_free(text, TRUE);
}

int main(void)
{
    setenv("TZ", "UTC0", 1);
    hq_log_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples), cmocka_unit_test(test_postfix),
        cmocka_unit_test(test_others),   cmocka_unit_test(test_stamps),
        cmocka_unit_test(test_damaged),  cmocka_unit_test(test_hostile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
