/* SPDX-License-Identifier: ISC */
/* What the dump's tests print: an invented queue of three messages, one of them in full, and the
 * output as a string. */
#ifndef TEST_DUMP_SAMPLE_H
#define TEST_DUMP_SAMPLE_H

#include "dump/dump.h"
#include "hopq/context.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

/* 2026-11-22T02:00:00Z */
static const int64_t sample_now = INT64_C(1795312800) * HQ_SECOND;

static const struct hq_reason_kind sample_kind = {
    .masked = "421 Too many messages (from IP)",
    .code = 421,
    .enhanced = "4.7.0",
    .phase = HQ_PHASE_MAIL,
    .category = HQ_CATEGORY_THROTTLED,
    .provider = "bt",
    .fault = HQ_FAULT_REMOTE,
    .wait = HQ_WAIT_COND,
    .advice = "Send slower to this destination; stop forwarding spam there; do not flush.",
};
static const struct hq_reason sample_reason = {
    .text = "421 4.7.0 Too many messages (from 203.0.113.5), see "
            "https://postmaster.bt.example/limits for what is allowed",
    .kind = &sample_kind,
    .relay = "mx.bt.example",
    .relay_ip = "198.51.100.7",
};

static inline struct hq_message *sample_add(struct hq_snapshot *snapshot, const char *id,
                                            const char *sender, int64_t age)
{
    struct hq_message *message = hq_message_new(snapshot->arena);

    message->source = "postfix:/var/spool/postfix";
    message->mta = "postfix";
    message->id = id;
    message->queue = "deferred";
    message->arrived = sample_now - age;
    message->size = 7248;
    message->sender = sender;
    hq_snapshot_add(snapshot, message);
    return message;
}

static inline struct hq_recipient *sample_recipient(struct hq_snapshot *snapshot,
                                                    struct hq_message *message, const char *address)
{
    struct hq_recipient *recipient = hq_message_add_recipient(message, snapshot->arena);

    recipient->address = address;
    recipient->state = HQ_STATE_DEFERRED;
    recipient->attempts = 5;
    recipient->last_attempt = sample_now - 12 * HQ_MINUTE;
    recipient->next_attempt = sample_now + 18 * HQ_MINUTE;
    recipient->expires = sample_now + 4 * HQ_DAY + 12 * HQ_HOUR;
    recipient->reason = &sample_reason;
    return recipient;
}

static inline void sample_detail(struct hq_snapshot *snapshot, struct hq_message *message)
{
    static struct hq_tls tls = {"TLSv1.3", "TLS_AES_256_GCM_SHA384"};
    static struct hq_finding findings[] = {
        {.id = "forged-below",
         .severity = HQ_LEVEL_HIGH,
         .confidence = HQ_LEVEL_MEDIUM,
         .hop = 1,
         .detail = "hop 1 claims Postfix but writes the zone as GMT"},
    };
    static struct hq_header headers[] = {
        {.name = "Subject", .value = "Größe"},
        {.name = "From", .value = "Ann <ann@sender.example>"},
    };
    static struct hq_auth auths[] = {
        {.hop = HQ_NONE,
         .method = "dkim",
         .result = "pass",
         .domain = "sender.example",
         .authserv = "mx.else",
         .trusted = HQ_NO,
         .source = HQ_AUTH_CLAIMED},
    };
    struct hq_detail *detail = hq_schema_new(&hq_detail_schema, snapshot->arena);
    struct hq_hop *hops = hq_arena_alloc(snapshot->arena, 2 * sizeof *hops);

    for (int i = 0; i < 2; i++) {
        memset(&hops[i], 0, sizeof hops[i]);
        hops[i].n = i;
        hops[i].delay_corrected = hops[i].clock = HQ_NONE;
        hops[i].auth = HQ_UNKNOWN;
        hops[i].kind = HQ_HOP_RELAY;
    }
    hops[0].from = (struct hq_hop_from){"helo.example", "mail.sender.example", "192.0.2.1"};
    hops[0].by.name = "mx.ours.example";
    hops[0].with = "ESMTPS";
    hops[0].id = "4fXyz01";
    hops[0].tls = &tls;
    hops[0].trust = HQ_TRUST_BOUNDARY;
    hops[0].date = sample_now - 3 * HQ_HOUR;
    hops[0].delay = 3 * HQ_SECOND;
    hops[1].kind = HQ_HOP_UNPARSEABLE;
    hops[1].problem = "unclosed-comment";
    hops[1].raw = "from (nowhere by\r\n\tmail.sender.example";
    hops[1].trust = HQ_TRUST_CLAIMED;
    hops[1].date = hops[1].delay = HQ_NONE;
    detail->hops = hops;
    detail->hop_count = 2;
    detail->boundary_reason = "192.0.2.1 is no relay of ours";
    detail->transit = 3 * HQ_SECOND;
    detail->origin = (struct hq_origin){.ip = "192.0.2.1", .source = "envelope"};
    detail->spf.result = HQ_RESULT_FAIL;
    detail->spf.identity = "mailfrom";
    detail->spf.domain = "sender.example";
    detail->spf.ip = "192.0.2.1";
    detail->spf.term = "-all";
    detail->spf.record = "v=spf1 ip4:198.51.100.0/24 -all";
    detail->forecast.result = HQ_RESULT_FAIL;
    detail->forecast.outlook = HQ_OUTLOOK_FAILS;
    detail->forecast.egress = "203.0.113.5";
    detail->forecast.domain = "sender.example";
    detail->forecast.words = "from 203.0.113.5 the destination will see: SPF fail";
    detail->identity.verdict = HQ_IDENTITY_NO;
    detail->identity.words = "SPF of sender.example forbids it";
    detail->auth = auths;
    detail->auth_count = G_N_ELEMENTS(auths);
    detail->findings = findings;
    detail->finding_count = G_N_ELEMENTS(findings);
    detail->headers = headers;
    detail->header_count = G_N_ELEMENTS(headers);
    message->detail = detail;
}

static inline struct hq_snapshot *sample_snapshot(void)
{
    static const char *const evidence[] = {"came for info@ours.example"};
    struct hq_snapshot *snapshot = hq_snapshot_new();

    struct hq_message *message = sample_add(snapshot, "4fXyz01", "ann@sender.example", 3 * HQ_HOUR);
    message->subject = "Größe";
    message->client =
        (struct hq_client){"192.0.2.1", "mail.sender.example", "helo.example", "ESMTPS", NULL};
    message->forwarded = (struct hq_forwarded){HQ_YES, "info@ours.example", evidence, 1};
    sample_recipient(snapshot, message, "bob@btinternet.example")->original = "info@ours.example";
    sample_detail(snapshot, message);

    message = sample_add(snapshot, "4fXyz02", "", 26 * HQ_HOUR);
    sample_recipient(snapshot, message, "carol@btinternet.example")->expires =
        sample_now + 2 * HQ_HOUR;

    message = sample_add(snapshot, "4fXyz03", "a.very.long.sender.address@with.a.long.example",
                         4 * HQ_MINUTE);
    message->queue = "hold";
    message->subject = "Waiting for you";
    struct hq_recipient *recipient = sample_recipient(snapshot, message, "dave@other.example");
    recipient->state = HQ_STATE_HELD;
    recipient->reason = NULL;
    recipient->next_attempt = HQ_NONE;
    snapshot->complete = true;
    return snapshot;
}

static inline struct hq_dump_options sample_options(const char *format)
{
    return (struct hq_dump_options){
        .format = hq_dump_format_find(format), .now = sample_now, .took = 123000};
}

/* All that was written to FD, a memory file that is closed. */
static inline char *sample_output(int fd)
{
    off_t size = lseek(fd, 0, SEEK_END);
    char *text = g_malloc0((gsize)size + 1);

    assert_int_equal(pread(fd, text, (size_t)size, 0), size);
    close(fd);
    return text;
}

static inline char *sample_dump(const struct hq_snapshot *snapshot,
                                const struct hq_dump_options *options,
                                struct hq_dump_result *result)
{
    int fd = memfd_create("dump", MFD_CLOEXEC);

    assert_true(hq_dump_snapshot(snapshot, options, fd, result, NULL));
    return sample_output(fd);
}

#endif
