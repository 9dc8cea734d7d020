/* SPDX-License-Identifier: ISC */
/* Invented messages: a queue with one big heap, some small ones, and what hostile strangers send.
 */
#include "fake_mail.h"
#include <glib.h>
#include <string.h>

static const struct {
    unsigned weight; /* of 100 */
    const char *domain;
    struct hq_reason_kind kind;
    const char *text;
    const char *relay;
} heaps[] = {
    {40,
     "btinternet.example",
     {"421 too many", 421, "4.7.0", HQ_PHASE_CONNECT, HQ_CATEGORY_THROTTLED, "bt", HQ_FAULT_REMOTE,
      HQ_WAIT_COND, "Send less there: find the address that forwards to it (key l), stop it."},
     "421 Too many messages (from 203.0.113.7) sent to btinternet.example, try again later",
     "mx.bt.example"},
    {22,
     "gmail.example",
     {"451 greylisted", 451, "4.7.1", HQ_PHASE_RCPT, HQ_CATEGORY_GREYLIST, "gmail", HQ_FAULT_REMOTE,
      HQ_WAIT_YES, "Wait: the next try will pass."},
     "451 4.7.1 Greylisted, please come back in 300 seconds",
     "mx1.gmail.example"},
    {15,
     "hotmail.example",
     {"550 spf", 550, "5.7.23", HQ_PHASE_END_OF_DATA, HQ_CATEGORY_AUTH_FAIL, "microsoft",
      HQ_FAULT_US, HQ_WAIT_NO, "Publish our address in the sender's SPF record, or rewrite (SRS)."},
     "550 5.7.23 The message was rejected because of Sender Policy Framework violation",
     "mx.hotmail.example"},
    {10,
     "old.example",
     {"no shared cipher", HQ_NONE, "4.7.5", HQ_PHASE_STARTTLS, HQ_CATEGORY_TLS, NULL, HQ_FAULT_TLS,
      HQ_WAIT_COND, "Allow older TLS for this destination alone."},
     "TLS Negotiation failed: no shared cipher",
     "mail.old.example"},
    {8,
     "typo.example",
     {"no mx", HQ_NONE, "4.4.3", HQ_PHASE_CONNECT, HQ_CATEGORY_NO_DOMAIN, NULL, HQ_FAULT_RECIPIENT,
      HQ_WAIT_NO, "The domain does not exist: bounce it now."},
     "Host or domain name not found. Name service error for name=typo.example type=MX",
     NULL},
    {5,
     "evil.example",
     {"554 spam", 554, "5.7.1", HQ_PHASE_END_OF_DATA, HQ_CATEGORY_SPAM, NULL, HQ_FAULT_US,
      HQ_WAIT_NO, "Look at what it is before anything else."},
     "554 \033[31mred\033[0m \033]0;owned\a policy \342\200\2563.2.1.1\xe2\x80\xac looks like "
     "SPAM\x9b",
     "mx.evil.example"},
};

static const char *const subjects[] = {
    "Minutes of the meeting on Thursday",
    "Rechnung f\xc3\xbcr November",
    "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe3\x81\xae\xe4\xbb\xb6\xe5\x90\x8d",
    "Your \033[2Jparcel \342\200\256fdp.exe is waiting \xff\xfe",
    "Re: Re: Re: the server is slow again, and this is a subject that goes on for a while",
};

static unsigned heap_of(unsigned i)
{
    unsigned dice = i * 37u % 100u, sum = 0;
    for (unsigned h = 0; h < G_N_ELEMENTS(heaps); h++) {
        sum += heaps[h].weight;
        if (dice < sum)
            return h;
    }
    return 0;
}

static const struct hq_reason *make_reason(unsigned h, struct hq_arena *arena)
{
    struct hq_reason *reason = hq_schema_new(&hq_reason_schema, arena);
    reason->text = heaps[h].text;
    reason->kind = &heaps[h].kind;
    reason->relay = heaps[h].relay;
    reason->relay_ip = heaps[h].relay ? "192.0.2.25" : NULL;
    return reason;
}

static void fill_recipient(struct hq_recipient *recipient, unsigned i, int64_t age, int64_t now,
                           struct hq_arena *arena)
{
    unsigned h = heap_of(i);
    recipient->address = hq_arena_printf(arena, "user%u@%s", i % 17, heaps[h].domain);
    recipient->original = i % 4 == 0 ? "office@club.example" : NULL;
    recipient->state = HQ_STATE_DEFERRED;
    recipient->reason = make_reason(h, arena);
    recipient->attempts = 1 + i % 20;
    recipient->last_attempt = now - (i % 30) * HQ_MINUTE;
    recipient->next_attempt = now + (int64_t)(i % 50 - 1) * HQ_MINUTE;
    recipient->expires = now - age + 5 * HQ_DAY;
}

void fake_no_way_out(struct hq_message *message, unsigned i, struct hq_arena *arena)
{
    static const struct hq_reason_kind kind = {.masked = "connect",
                                               .code = HQ_NONE,
                                               .phase = HQ_PHASE_CONNECT,
                                               .category = HQ_CATEGORY_NETWORK,
                                               .fault = HQ_FAULT_NETWORK,
                                               .wait = HQ_WAIT_YES,
                                               .advice = "Wait, or see why it is silent."};
    struct hq_reason *reason = hq_schema_new(&hq_reason_schema, arena);
    reason->kind = &kind;
    reason->text = hq_arena_printf(arena, "connect to mx.town%u.example[192.0.2.%u]:25: timed out",
                                   i % 14, i % 14);
    reason->relay = hq_arena_printf(arena, "mx.town%u.example", i % 14);
    for (uint32_t r = 0; r < message->recipient_count; r++) {
        message->recipients[r].address = hq_arena_printf(arena, "u%u@town%u.example", i, i % 14);
        message->recipients[r].reason = reason;
    }
}

void fake_hold(struct hq_message *message)
{
    message->queue = "hold";
    for (uint32_t i = 0; i < message->recipient_count; i++) {
        message->recipients[i].state = HQ_STATE_HELD;
        message->recipients[i].next_attempt = HQ_NONE;
    }
}

struct hq_message *fake_message(unsigned i, struct hq_arena *arena)
{
    struct hq_message *message = hq_message_new(arena);
    int64_t now = hq_time_now();
    int64_t age = (int64_t)(i * 7919u % 7100u) * HQ_MINUTE + (int64_t)i * HQ_SECOND;
    message->source = "postfix:/var/spool/postfix";
    message->mta = "postfix";
    message->id = hq_arena_printf(arena, "4fQ%06X", i);
    message->queue = "deferred";
    message->arrived = now - age;
    message->size = 900 + i * 104729u % 3000000u;
    message->sender = i % 9 == 0 ? "" : hq_arena_printf(arena, "sender%u@shop.example", i % 41);
    message->subject = subjects[i % G_N_ELEMENTS(subjects)];
    message->from = hq_arena_printf(arena, "Ann Onymous <sender%u@shop.example>", i % 41);
    message->message_id = hq_arena_printf(arena, "<%u.fake@shop.example>", i);
    message->client.ip = "198.51.100.23";
    message->client.helo = "shop.example";
    message->client.protocol = "ESMTP";
    if (i % 5 == 0) /* made here, by a script */
        message->client = (struct hq_client){.ip = "127.0.0.1"};
    message->script = i % 5 == 0 ? "33:contact.php" : i % 5 == 1 ? "0:forged.php" : NULL;
    message->client.auth = i % 5 == 2 ? "alice" : NULL;
    for (unsigned r = 0; r <= (i % 25 == 0 ? 2u : 0u); r++)
        fill_recipient(hq_message_add_recipient(message, arena), i + r, age, now, arena);
    if (i % 4 == 0) {
        message->forwarded.is = HQ_YES;
        message->forwarded.original = "office@club.example";
    }
    if (i % 33 == 5)
        hq_message_add_problem(message, arena, "record 17 at offset 4711 is cut short");
    return message;
}

static void fill_hop(struct hq_hop *hop, int64_t n, const char *helo, const char *name,
                     const char *ip, const char *by, enum hq_trust trust, int64_t date,
                     int64_t delay)
{
    *hop = (struct hq_hop){.n = n,
                           .from = {helo, name, ip},
                           .by = {by, NULL},
                           .with = "ESMTPS",
                           .auth = HQ_UNKNOWN,
                           .id = "4fQA1B2C3D",
                           .date = date,
                           .zone = 0,
                           .delay = delay,
                           .delay_corrected = HQ_NONE,
                           .clock = HQ_NONE,
                           .trust = (uint8_t)trust,
                           .kind = HQ_HOP_RELAY,
                           .offset = n * 200,
                           .length = 180};
}

static void fill_trail(struct hq_detail *detail, struct hq_arena *arena)
{
    int64_t now = hq_time_now();
    struct hq_tls *tls = hq_arena_alloc(arena, sizeof *tls);
    *tls = (struct hq_tls){"TLSv1.3", "TLS_AES_256_GCM_SHA384"};
    detail->hops = hq_arena_alloc(arena, 4 * sizeof *detail->hops);
    detail->hop_count = 4;
    fill_hop(&detail->hops[0], 0, "localhost", NULL, "127.0.0.1", "mx.our.example", HQ_TRUST_OURS,
             now - HQ_HOUR, 2 * HQ_SECOND);
    fill_hop(&detail->hops[1], 1, "shop.example", "dsl-23.isp.example", "198.51.100.23",
             "mx.our.example", HQ_TRUST_BOUNDARY, now - HQ_HOUR - 2 * HQ_SECOND, 25 * HQ_MINUTE);
    detail->hops[1].tls = tls;
    detail->hops[1].software = "Postfix";
    detail->hops[1].for_address = "office@club.example";
    fill_hop(&detail->hops[2], 2, "bank.example", NULL, "192.0.2.300", "relay.bank.example",
             HQ_TRUST_CLAIMED, now - 90 * HQ_MINUTE, -40 * HQ_SECOND);
    fill_hop(&detail->hops[3], 3, NULL, NULL, NULL, NULL, HQ_TRUST_CLAIMED, HQ_NONE, HQ_NONE);
    detail->hops[3].kind = HQ_HOP_UNPARSEABLE;
    detail->hops[3].problem = "unclosed-comment";
    detail->hops[3].raw = "from (((\033[31m by nowhere; never";
    detail->boundary_reason = "198.51.100.23 is not ours and shop.example is no relay of ours";
    detail->transit = 26 * HQ_MINUTE;
    detail->origin =
        (struct hq_origin){"198.51.100.23", "dsl-23.isp.example", "shop.example", NULL, "envelope"};
}

static void fill_verdicts(struct hq_detail *detail, bool pending, struct hq_arena *arena)
{
    static const struct hq_finding findings[] = {
        {"forged-below", HQ_LEVEL_HIGH, HQ_LEVEL_MEDIUM, 1, "hops older than this are forged",
         HQ_NONE, HQ_NONE},
        {"impossible-ip", HQ_LEVEL_HIGH, HQ_LEVEL_HIGH, 2, "192.0.2.300 is no address", 430, 11},
    };
    static const struct hq_auth auth[] = {
        {.method = "dkim",
         .result = "pass",
         .domain = "shop.example",
         .authserv = "mx.our.example",
         .trusted = HQ_YES,
         .hop = HQ_NONE},
        {.method = "spf",
         .result = "pass",
         .domain = "bank.example",
         .authserv = "mx.bank.example",
         .trusted = HQ_NO,
         .hop = HQ_NONE},
    };
    detail->findings = hq_arena_alloc(arena, sizeof findings);
    memcpy(detail->findings, findings, sizeof findings);
    detail->finding_count = G_N_ELEMENTS(findings);
    detail->auth = hq_arena_alloc(arena, sizeof auth);
    memcpy(detail->auth, auth, sizeof auth);
    detail->auth_count = G_N_ELEMENTS(auth);
    detail->spf.identity = "mailfrom";
    detail->spf.domain = "shop.example";
    detail->spf.ip = "198.51.100.23";
    detail->spf.pending = pending ? HQ_YES : HQ_NO;
    detail->forecast.egress = "203.0.113.7";
    detail->forecast.domain = "shop.example";
    if (pending)
        return;
    detail->spf.result = HQ_RESULT_FAIL;
    detail->spf.term = "-all";
    detail->spf.record = "v=spf1 ip4:192.0.2.0/24 -all";
    detail->forecast.result = HQ_RESULT_FAIL;
    detail->forecast.outlook = HQ_OUTLOOK_MAY_PASS_BY_DKIM;
    detail->forecast.words = "from 203.0.113.7 the destination will see: SPF fail";
    detail->identity.verdict = HQ_IDENTITY_NO;
    detail->identity.words = "SPF of shop.example forbids it";
}

static void fill_text(struct hq_detail *detail, struct hq_arena *arena)
{
    static const struct hq_header headers[] = {
        {"Received", "from localhost by mx.our.example",
         "Received: from localhost\n\tby mx.our.example", 0},
        {"Subject", "Rechnung f\xc3\xbcr November",
         "Subject: =?utf-8?q?Rechnung_f=C3=BCr?= November", 200},
        {"Received", "from bank.example ([192.0.2.300])",
         "Received: from bank.example ([192.0.2.300])", 400},
        {"", "this line is no field", "this line is no field", 600},
    };
    static const struct hq_part parts[] = {
        {0, "multipart/mixed", NULL, NULL, NULL, 5000},
        {1, "text/plain", NULL, "utf-8", "quoted-printable", 1200},
        {1, "application/zip", "invoice\342\200\256fdp.zip", NULL, "base64", 3500},
    };
    detail->headers = hq_arena_alloc(arena, sizeof headers);
    memcpy(detail->headers, headers, sizeof headers);
    detail->header_count = G_N_ELEMENTS(headers);
    detail->parts = hq_arena_alloc(arena, sizeof parts);
    memcpy(detail->parts, parts, sizeof parts);
    detail->part_count = G_N_ELEMENTS(parts);
    detail->body = "Dear customer,\r\n\r\nyour parcel\tis waiting. \033[2J\033[H Click here: "
                   "https://evil.example/a-rather-long-address-that-does-not-break/and-goes-on/"
                   "for-quite-a-while/so-that-it-must-be-cut\n\n-- \nThe parcel people\n";
}

struct hq_message *fake_full_message(const char *id, bool pending, struct hq_arena *arena)
{
    guint64 number;
    if (!g_str_has_prefix(id, "4fQ") ||
        !g_ascii_string_to_unsigned(id + 3, 16, 0, G_MAXUINT32, &number, NULL))
        return NULL;
    struct hq_message *message = fake_message((unsigned)number, arena);
    message->detail = hq_schema_new(&hq_detail_schema, arena);
    fill_trail(message->detail, arena);
    if (number % 2 == 1) {
        message->detail->hops[1].trust = HQ_TRUST_CLAIMED;
        message->detail->boundary_reason = "it was made on this machine";
    }
    fill_verdicts(message->detail, pending, arena);
    if (number % 5 == 3) /* an honest one among them */
        message->detail->finding_count = 0;
    fill_text(message->detail, arena);
    return message;
}
