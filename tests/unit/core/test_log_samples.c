/* SPDX-License-Identifier: ISC */
/* Lines that real mail servers wrote: what tells of a delivery is read as one, what does not never
 * is. */
#include "hopq/log.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../dev_data.h"

#define NOW (INT64_C(1795324800) * HQ_SECOND) /* 2026-11-22T05:20:00Z */

struct sample {
    const char *text;
    struct hq_log_line line;
    bool known;
};

static bool is_attempt(const struct sample *sample)
{
    return sample->known && sample->line.kind == HQ_LOG_DELIVERY;
}

/* Calls for each line of the file NAME with HEAD before it. */
static unsigned each(const char *name, const char *head, void (*check)(const struct sample *))
{
    g_autofree char *text = NULL;
    unsigned count = 0;

    assert_true(g_file_get_contents(dev_data(name), &text, NULL, NULL));
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        if (!**line || **line == '#')
            continue;
        g_autofree char *whole = g_strconcat(head, *line, NULL);
        struct sample sample = {.text = whole};
        sample.known = hq_log_line_parse(&sample.line, whole, strlen(whole), NOW);
        check(&sample);
        count++;
    }
    return count;
}

#define EXPECT(sample, good)                         \
    do {                                             \
        if (!(good))                                 \
            fail_msg("%s: %s", #good, sample->text); \
    } while (0)

/* Patterns of a parser of Postfix's logs: all that name a recipient and a status, and all that
 * postsuper and the queue manager say of a message. */
static void check_postfix(const struct sample *sample)
{
    static const struct {
        const char *text;
        enum hq_log_kind kind;
    } wanted[] = {
        {": removed", HQ_LOG_GONE},
        {"status=expired", HQ_LOG_STATE},
        {"placed on hold", HQ_LOG_STATE},
        {"released from hold", HQ_LOG_STATE},
        {": requeued", HQ_LOG_NOTE},
        {" notification: ", HQ_LOG_NOTE},
        {"refused to talk", HQ_LOG_NOTE},
        {" lost connection with ", HQ_LOG_NOTE},
        {"SSL_connect error", HQ_LOG_CAUSE},
        {" timed out while ", HQ_LOG_NOTE},
        {"verification failed for", HQ_LOG_CAUSE},
    };
    bool ended = strstr(sample->text, ": to=") && strstr(sample->text, "status=");

    EXPECT(sample, sample->line.time != HQ_NONE);
    EXPECT(sample, !ended || sample->known);
    EXPECT(sample, is_attempt(sample) == (ended && !strstr(sample->text, "deliverable")));
    for (unsigned i = 0; !ended && i < G_N_ELEMENTS(wanted); i++)
        if (strstr(sample->text, wanted[i].text))
            EXPECT(sample, sample->known && sample->line.kind == wanted[i].kind);
}

/* Exim's own tests mask the number of an error that differs between systems: "(EEE)". */
static void check_exim(const struct sample *sample)
{
    bool of_message = g_ascii_isdigit(*sample->text);
    bool tried = !strstr(sample->text, "(-52)") && !strstr(sample->text, "(EEE)");
    bool attempt = strstr(sample->text, " => ") || (strstr(sample->text, " == ") && tried);

    EXPECT(sample, sample->known == of_message);
    EXPECT(sample, is_attempt(sample) == attempt);
}

/* Lines about clients that were refused: none is about a message of the queue. */
static void check_refusals(const struct sample *sample)
{
    EXPECT(sample, !is_attempt(sample));
    EXPECT(sample, sample->line.time != HQ_NONE || strstr(sample->text, "exim["));
    EXPECT(sample, !strstr(sample->text, ": from=<") || sample->line.kind == HQ_LOG_ARRIVAL);
}

static void test_postfix(void **state)
{
    (void)state;
    assert_int_equal(each("loglines/postfix-whyscream.txt",
                          "Nov 22 05:17:01 mx postfix/smtp[81]: ", check_postfix),
                     70);
}

static void test_exim(void **state)
{
    (void)state;
    assert_int_equal(each("loglines/exim-testsuite.txt", "", check_exim), 26);
    assert_true(each("loglines/exim-fail2ban.txt", "", check_refusals) > 30);
}

static void test_sendmail(void **state)
{
    (void)state;
    assert_true(each("loglines/sendmail-fail2ban.txt", "", check_refusals) > 30);
}

int main(void)
{
    setenv("TZ", "UTC0", 1);
    hq_log_init();
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_postfix), cmocka_unit_test(test_exim),
                                       cmocka_unit_test(test_sendmail)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
