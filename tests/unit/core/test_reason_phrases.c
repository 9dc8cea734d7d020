/* SPDX-License-Identifier: ISC */
/* The phrase rules against each other: texts in which a word, a step or a code makes the
 * difference, and those about which nothing is known. */
#include "hopq/arena.h"
#include "hopq/reason.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

struct judged {
    const char *text;
    enum hq_category category;
};

static void judge(const struct judged *cases, unsigned n)
{
    struct hq_reasons *reasons = hq_reasons_new();
    struct hq_arena *arena = hq_arena_new();
    unsigned wrong = 0;

    for (unsigned i = 0; i < n; i++) {
        enum hq_category got = hq_reason_parse(reasons, cases[i].text, NULL, arena)->kind->category;
        if (got == cases[i].category)
            continue;
        wrong++;
        print_error("%s: %s, not %s\n", cases[i].text, hq_category_names[got],
                    hq_category_names[cases[i].category]);
    }
    hq_arena_free(arena);
    hq_reasons_free(reasons);
    assert_int_equal(wrong, 0);
}

static void test_near_misses(void **state)
{
    static const struct judged cases[] = {
        /* who refuses: the port, or the server that answers there */
        {"connect to mx.b.example[192.0.2.1]:25: Connection refused", HQ_CATEGORY_NETWORK},
        {"host mx.b.example[192.0.2.1] refused to talk to me: 554 Connection refused from "
         "192.0.2.9",
         HQ_CATEGORY_REPUTATION},
        {"550 Connection refused, no reverse DNS for 192.0.2.9", HQ_CATEGORY_PTR_HELO},
        {"554 The IP address you are sending from is blocked", HQ_CATEGORY_REPUTATION},
        {"550 This user is blocked", HQ_CATEGORY_MAILBOX_DISABLED},
        {"421 Connection refused, too many connections", HQ_CATEGORY_THROTTLED},
        /* Sendmail knew that the host is down, and made no try */
        {"Deferred", HQ_CATEGORY_NETWORK},
        {"Deferred: 450 4.2.2 mailbox full", HQ_CATEGORY_MAILBOX_FULL},
        /* the same status, used in two ways */
        {"421 4.7.23 The sending IP has no PTR record", HQ_CATEGORY_PTR_HELO},
        {"550 5.7.23 not good", HQ_CATEGORY_AUTH_FAIL},
        {"550 5.1.10 RecipientNotFound; Recipient not found by lookup", HQ_CATEGORY_USER_UNKNOWN},
        {"556 5.1.10 Domain has a null MX", HQ_CATEGORY_NO_DOMAIN},
        /* a quota of mails an hour is no quota of a mailbox */
        {"550 5.7.1 Sender's sending quota exceeded", HQ_CATEGORY_THROTTLED},
        {"550 5.2.2 Recipient's quota exceeded", HQ_CATEGORY_MAILBOX_FULL},
        {"550 too many messages in this mailbox", HQ_CATEGORY_MAILBOX_FULL},
        {"450 too many messages in this hour", HQ_CATEGORY_THROTTLED},
        {"454 4.7.0 Too many login attempts, try again later", HQ_CATEGORY_AUTH_REQUIRED},
        /* "not a" is no beginning of "not available" */
        {"421 <a@b.example> Service not available - too busy", HQ_CATEGORY_REMOTE_ERROR},
        {"550 <a@b.example> is not a subscriber", HQ_CATEGORY_USER_UNKNOWN},
        /* dots that tie a word to an address */
        {"550 This account is not allowed...a@b.example", HQ_CATEGORY_MAILBOX_DISABLED},
        /* who addresses the reader is not our own MTA */
        {"unable to go on with it", HQ_CATEGORY_LOCAL_ERROR},
        {"sorry, we are unable to go on with it, please ask", HQ_CATEGORY_UNKNOWN},
        /* other languages */
        {"550 Der Empf\xc3\xa4nger ist unbekannt", HQ_CATEGORY_USER_UNKNOWN},
        {"550 Adresse inconnue", HQ_CATEGORY_USER_UNKNOWN},
        {"552 Skrzynka jest pe\xc5\x82na", HQ_CATEGORY_MAILBOX_FULL},
        /* whose fault: the status says of whom the words speak */
        {"553 5.1.8 Domain b.example does not exist", HQ_CATEGORY_SENDER_BAD},
        {"553 5.1.2 Domain b.example does not exist", HQ_CATEGORY_NO_DOMAIN},
        {"450 4.3.5 Spool is a mess", HQ_CATEGORY_REMOTE_ERROR},
        {"550 5.7.29 Not good enough", HQ_CATEGORY_AUTH_FAIL},
        {"550 5.7.29 Not sent over TLS", HQ_CATEGORY_TLS},
        /* what is too large, long or much */
        {"552 Mail is too large", HQ_CATEGORY_TOO_LARGE},
        {"554 Message line is too long", HQ_CATEGORY_FORMAT},
        {"451 this message has been in the queue too long", HQ_CATEGORY_NETWORK},
        {"552 Mailbox has too many messages", HQ_CATEGORY_MAILBOX_FULL},
        {"554 Message exceeds the spam score", HQ_CATEGORY_SPAM},
        {"450 Your mails exceed the allowed rate", HQ_CATEGORY_THROTTLED},
        {"452 4.3.1 Mail system is full", HQ_CATEGORY_REMOTE_ERROR},
        /* their resolver is refused by the list, we are on none */
        {"554 5.7.1 Client host [192.0.2.1] blocked using zen.example; Error: open resolver; "
         "https://www.spamhaus.org/returnc/pub/192.0.2.9",
         HQ_CATEGORY_DNS_TEMP},
        {"554 5.7.1 Client host [192.0.2.1] blocked using zen.example; "
         "https://www.spamhaus.org/query/ip/192.0.2.1",
         HQ_CATEGORY_DNSBL},
        /* "Recipient address rejected" says who, what follows why; nothing: nobody is there */
        {"554 <a@b.example>: Recipient address rejected: b.example", HQ_CATEGORY_USER_UNKNOWN},
        /* a status in quotes; qmail's log, which has no blanks */
        {"550 \"5.1.8 Go and fix it\"", HQ_CATEGORY_SENDER_BAD},
        {"192.0.2.1_does_not_like_recipient./Remote_host_said:_550_5.2.2_No_room/Giving_up_on_"
         "192.0.2.1./",
         HQ_CATEGORY_MAILBOX_FULL},
        /* the filter is ill, or finds something */
        {"451 Spam filter timed out", HQ_CATEGORY_REMOTE_ERROR},
        {"554 Rejected by the spam filter", HQ_CATEGORY_SPAM},
        {"454 4.7.0 Authentication database unavailable", HQ_CATEGORY_AUTH_REQUIRED},
    };
    (void)state;
    judge(cases, G_N_ELEMENTS(cases));
}

/* Letters beyond ASCII: capitals, writing without blanks, quotes of word processors, the encoding
 * of old. */
static void test_letters(void **state)
{
    static const struct judged cases[] = {
        {"550 \xd0\x9f\xd0\x9e\xd0\x9b\xd0\xac\xd0\x97\xd0\x9e\xd0\x92\xd0\x90\xd0\xa2\xd0\x95"
         "\xd0\x9b\xd0\xac \xd0\x9d\xd0\x95 \xd0\x9d\xd0\x90\xd0\x99\xd0\x94\xd0\x95\xd0\x9d",
         HQ_CATEGORY_USER_UNKNOWN},
        {"550 \xe8\xaf\xa5\xe7\x94\xa8\xe6\x88\xb7\xe4\xb8\x8d\xe5\xad\x98\xe5\x9c\xa8",
         HQ_CATEGORY_USER_UNKNOWN},
        {"554 \xe9\x82\xae\xe4\xbb\xb6\xe8\xa2\xab\xe5\x88\xa4\xe4\xb8\xba\xe5\x9e\x83\xe5\x9c\xbe"
         "\xe9\x82\xae\xe4\xbb\xb6",
         HQ_CATEGORY_SPAM},
        {"550 Bo\xeete aux lettres pleine", HQ_CATEGORY_MAILBOX_FULL},
        {"550 EMPF\xc3\x84NGER GIBT ES NICHT", HQ_CATEGORY_USER_UNKNOWN},
        {"550 The mailbox \xe2\x80\x9c"
         "a\xe2\x80\x9d doesn\xe2\x80\x99t exist",
         HQ_CATEGORY_USER_UNKNOWN},
        {"550 User un\xe2\x80\x8bknown", HQ_CATEGORY_USER_UNKNOWN},
        /* words, though none that is known */
        {"550 \xd0\x9c\xd1\x8f\xd1\x83", HQ_CATEGORY_UNKNOWN},
    };
    (void)state;
    judge(cases, G_N_ELEMENTS(cases));
}

/* The same words mean another thing in another step. */
static void test_steps(void **state)
{
    static const struct judged cases[] = {
        /* who is refused before a word was said is refused for his address */
        {"host mx.b.example[192.0.2.1] refused to talk to me: 421 Service refused, try later",
         HQ_CATEGORY_REPUTATION},
        {"host mx.b.example[192.0.2.1] said: 421 4.2.0 Service refused, try later (in reply to end "
         "of DATA command)",
         HQ_CATEGORY_REMOTE_ERROR},
        {"host mx.b.example[192.0.2.1] refused to talk to me: 421 Server busy, try later",
         HQ_CATEGORY_REMOTE_ERROR},
        {"553 mx.b.example does not exist (in reply to MAIL FROM command)", HQ_CATEGORY_SENDER_BAD},
        {"553 mx.b.example does not exist", HQ_CATEGORY_NO_DOMAIN},
        /* only smtpd says "Recipient address rejected", never our own delivery */
        {"5.1.1 <a@b.example>: Recipient address rejected: Failed validation check",
         HQ_CATEGORY_USER_UNKNOWN},
    };
    (void)state;
    judge(cases, G_N_ELEMENTS(cases));
}

/* Who or what the words are about. */
static void test_subjects(void **state)
{
    static const struct judged cases[] = {
        {"550 recipient domain must exist", HQ_CATEGORY_NO_DOMAIN},
        {"550 sender domain must exist", HQ_CATEGORY_SENDER_BAD},
        {"552 5.2.2 Over limit, the user has too much mail", HQ_CATEGORY_MAILBOX_FULL},
        {"450 4.7.1 Too much mail from 192.0.2.9", HQ_CATEGORY_THROTTLED},
        {"550 A URL in this message (pills . b . example) is listed at b.example",
         HQ_CATEGORY_SPAM},
        {"550 192.0.2.9 is listed at b.example", HQ_CATEGORY_DNSBL},
        {"550 That file extension is a high risk and blacklisted", HQ_CATEGORY_VIRUS},
        {"550 5.1.1 Sending to this invalid address is suppressed, it has bounced before",
         HQ_CATEGORY_POLICY},
        {"550 Mailbox suspended, service contract ended", HQ_CATEGORY_MAILBOX_DISABLED},
        {"550 remote server is misconfigured", HQ_CATEGORY_REMOTE_ERROR},
        {"554 5.3.5 Local configuration error", HQ_CATEGORY_LOCAL_ERROR},
        {"lowest numbered MX record points to local host", HQ_CATEGORY_LOCAL_ERROR},
        {"No valid hosts defined for this domain", HQ_CATEGORY_NO_DOMAIN},
        {"Connected to 192.0.2.1 but connection died. Possible duplicate! (#4.4.2)",
         HQ_CATEGORY_NETWORK},
        {"No route found to domain b.example. Check DNS configuration in the directory",
         HQ_CATEGORY_NO_DOMAIN},
        {"552 Nachricht zu gross", HQ_CATEGORY_TOO_LARGE},
        {"553 5.7.1 Absender abgelehnt", HQ_CATEGORY_SENDER_BAD},
        {"552 El buz\xc3\xb3n est\xc3\xa1 lleno", HQ_CATEGORY_MAILBOX_FULL},
        {"550 Direccion invalida", HQ_CATEGORY_USER_UNKNOWN},
    };
    (void)state;
    judge(cases, G_N_ELEMENTS(cases));
}

/* Codes that servers use as they like say nothing; others say a little. */
static void test_unknown_words(void **state)
{
    static const struct judged cases[] = {
        {"550 xyzzy plugh", HQ_CATEGORY_UNKNOWN},
        {"551 xyzzy plugh", HQ_CATEGORY_UNKNOWN},
        {"552 xyzzy plugh", HQ_CATEGORY_UNKNOWN},
        {"553 xyzzy plugh", HQ_CATEGORY_UNKNOWN},
        {"550 5.2.0 xyzzy plugh", HQ_CATEGORY_UNKNOWN},
        {"550 5.2.1 xyzzy plugh", HQ_CATEGORY_MAILBOX_DISABLED},
        {"450 4.2.1 xyzzy plugh", HQ_CATEGORY_REMOTE_ERROR},
        {"451 xyzzy plugh", HQ_CATEGORY_REMOTE_ERROR},
        {"530 xyzzy plugh", HQ_CATEGORY_AUTH_REQUIRED},
        {"550 5.1.1 xyzzy plugh", HQ_CATEGORY_USER_UNKNOWN},
    };
    (void)state;
    judge(cases, G_N_ELEMENTS(cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_near_misses),   cmocka_unit_test(test_letters),
        cmocka_unit_test(test_steps),         cmocka_unit_test(test_subjects),
        cmocka_unit_test(test_unknown_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
