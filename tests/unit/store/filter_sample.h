/* SPDX-License-Identifier: ISC */
/* The messages that the filter's tests match against. */
#ifndef TEST_STORE_FILTER_SAMPLE_H
#define TEST_STORE_FILTER_SAMPLE_H

#include "hopq/detail.h"
#include "hopq/error.h"
#include "store/filter.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const int64_t now = INT64_C(1795000000) * HQ_SECOND;
static struct hq_arena *arena;

static const struct hq_reason_kind throttled = {.masked = "421 too many",
                                                .code = 421,
                                                .enhanced = "4.7.0",
                                                .category = HQ_CATEGORY_THROTTLED,
                                                .phase = HQ_PHASE_MAIL,
                                                .provider = "bt"};
static const struct hq_reason slow_down = {.text = "421 4.7.0 Too many messages (from 192.0.2.1)",
                                           .kind = &throttled,
                                           .relay = "mx.bt.example",
                                           .relay_ip = "198.51.100.7"};

/* Deferred, two recipients, three hours old, with its in-full part. */
static inline struct hq_message *deferred_message(void)
{
    struct hq_message *message = hq_message_new(arena);
    message->source = "postfix:/var/spool/postfix";
    message->mta = "postfix";
    message->id = "4fXyzABC";
    message->queue = "deferred";
    message->arrived = now - 3 * HQ_HOUR;
    message->size = 7248;
    message->sender = "Alice@Sender.example";
    message->subject = "Größe of the invoice";
    message->client =
        (struct hq_client){"203.0.113.9", "mail.sender.example", "helo.example", "ESMTP", "alice"};
    message->forwarded.is = HQ_YES;
    struct hq_recipient *first = hq_message_add_recipient(message, arena);
    first->address = "bob@btinternet.example";
    first->original = "info@ours.example";
    first->state = HQ_STATE_DEFERRED;
    first->attempts = 5;
    first->next_attempt = now + 12 * HQ_MINUTE;
    first->expires = now + 4 * HQ_DAY;
    first->reason = &slow_down;
    struct hq_recipient *second = hq_message_add_recipient(message, arena);
    second->address = "carol@other.example";
    second->state = HQ_STATE_QUEUED;
    return message;
}

/* A bounce of which little is known. */
static inline struct hq_message *bare_message(void)
{
    struct hq_message *message = hq_message_new(arena);
    message->id = "0BARE";
    message->sender = "";
    return message;
}

static inline void add_detail(struct hq_message *message)
{
    static struct hq_header headers[] = {
        {.name = "List-Id", .value = "<news.sender.example>", .raw = "List-Id: <news>"},
        {.name = "X-Empty", .value = "", .raw = "X-Empty:"},
    };
    static struct hq_finding findings[] = {{.id = "forged-below"}};
    struct hq_detail *detail = hq_schema_new(&hq_detail_schema, arena);
    detail->headers = headers;
    detail->header_count = G_N_ELEMENTS(headers);
    detail->findings = findings;
    detail->finding_count = G_N_ELEMENTS(findings);
    detail->spf.result = HQ_RESULT_SOFTFAIL;
    detail->forecast.result = HQ_RESULT_FAIL;
    detail->forecast.outlook = HQ_OUTLOOK_FAILS;
    message->detail = detail;
}

static inline int setup(void **state)
{
    (void)state;
    arena = hq_arena_new();
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    hq_arena_free(arena);
    return 0;
}

static inline bool matches(const struct hq_message *message, const char *expression)
{
    GError *error = NULL;
    struct hq_filter *filter = hq_filter_parse(expression, NULL, &error);
    if (!filter)
        fail_msg("%s: %s", expression, error->message);
    bool result = hq_filter_match(filter, message, now);
    hq_filter_free(filter);
    return result;
}

#endif
