/* SPDX-License-Identifier: ISC */
/* Envelope of a Postfix queue file: what stands before the content, and the part behind it that
 * cleanup extracted (recipients of "sendmail -t"). Record types: global/rec_type.h, Postfix 3.7. */
#include "postfix.h"
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#define NOTIFY_DELAY 8 /* DSN_NOTIFY_DELAY of global/dsn_mask.h */

typedef void (*take_fn)(struct hq_pf_envelope *envelope, const struct hq_pf_record *record);

static void problem(struct hq_pf_envelope *envelope, const char *what, int64_t offset)
{
    /* a file that is still being written may end anywhere */
    if (envelope->message->incomplete != HQ_YES)
        hq_message_add_problem(envelope->message, envelope->parse->arena, "%s at byte %" PRId64,
                               what, offset);
}

/* "%15ld" fields: content size, content offset, recipients, … All zero until the message is
 * complete (cleanup/cleanup_out.h). */
static void take_size(struct hq_pf_envelope *envelope, const struct hq_pf_record *record)
{
    const char *p = record->data, *end = p + record->length;
    int64_t size, offset, recipients;

    if (envelope->size != HQ_NONE)
        return;
    if (!hq_pf_number(&p, end, &size) || size < 0) {
        problem(envelope, "size record without a size", record->offset);
        return;
    }
    if (size == 0 && envelope->message->incomplete != HQ_NO) {
        envelope->message->incomplete = HQ_YES;
        return;
    }
    envelope->size = size;
    if (hq_pf_number(&p, end, &offset) && offset > 0)
        envelope->data_offset = offset;
    if (hq_pf_number(&p, end, &recipients) && recipients > 0)
        envelope->expected = recipients;
}

static void take_time(struct hq_pf_envelope *envelope, const struct hq_pf_record *record)
{
    const char *p = record->data, *end = p + record->length;
    int64_t seconds, micro = 0;

    if (envelope->message->arrived != HQ_NONE)
        return;
    if (!hq_pf_number(&p, end, &seconds) || seconds <= 0 || seconds > INT64_MAX / HQ_SECOND - 1) {
        problem(envelope, "arrival time without a time", record->offset);
        return;
    }
    if (!hq_pf_number(&p, end, &micro) || micro < 0 || micro >= HQ_SECOND)
        micro = 0;
    envelope->message->arrived = seconds * HQ_SECOND + micro;
}

/* When the sender is told of the delay; overwritten with -1 when that was done. There is none for a
 * bounce, and where delay_warning_time is 0 (cleanup/cleanup_envelope.c). */
static void take_warning(struct hq_pf_envelope *envelope, const struct hq_pf_record *record)
{
    const char *p = record->data;
    int64_t seconds;
    bool ahead = hq_pf_number(&p, p + record->length, &seconds) && seconds > 0 &&
                 seconds < INT64_MAX / HQ_SECOND;

    envelope->warn = ahead ? seconds * HQ_SECOND : 0;
}

static void take_sender(struct hq_pf_envelope *envelope, const struct hq_pf_record *record)
{
    if (envelope->sender_seen) {
        problem(envelope, "second sender", record->offset);
        return;
    }
    envelope->sender_seen = true;
    envelope->message->sender = hq_pf_address(envelope->parse->arena, record->data, record->length);
}

static void take_original(struct hq_pf_envelope *envelope, const struct hq_pf_record *record)
{
    envelope->original = hq_pf_address(envelope->parse->arena, record->data, record->length);
}

static void forget_original(struct hq_pf_envelope *envelope)
{
    envelope->original = NULL;
    envelope->dsn_original = NULL;
    envelope->notify = 0;
}

/* R waits, D is done: the type byte is overwritten in place when the recipient was delivered or
 * bounced. */
static void take_recipient(struct hq_pf_envelope *envelope, const struct hq_pf_record *record)
{
    struct hq_arena *arena = envelope->parse->arena;
    struct hq_recipient *recipient = hq_message_add_recipient(envelope->message, arena);
    struct hq_pf_slot slot = {record->offset, envelope->message->recipient_count - 1};
    const char *original = envelope->original ? envelope->original : envelope->dsn_original;

    recipient->address = hq_pf_address(arena, record->data, record->length);
    if (original && *original && strcmp(original, recipient->address) != 0)
        recipient->original = original;
    if (envelope->notify && !(envelope->notify & NOTIFY_DELAY))
        recipient->warned = HQ_WARNED_NEVER;
    if (record->type == 'D')
        recipient->state = HQ_STATE_DELIVERED;
    g_array_append_val(envelope->slots, slot);
    envelope->seen++;
    forget_original(envelope);
}

/* A milter took the recipient back. */
static void take_cancelled(struct hq_pf_envelope *envelope, const struct hq_pf_record *record)
{
    (void)record;
    envelope->seen++;
    forget_original(envelope);
}

/* Attributes that say who handed the message over. The log_ ones survive a content filter
 * (XFORWARD), so they come first. */
#define ATTRIBUTE(name, member, first)                                   \
    {                                                                    \
        name, sizeof name - 1, offsetof(struct hq_client, member), first \
    }
static const struct attribute {
    const char *name;
    size_t length;
    size_t offset; /* in struct hq_client */
    bool first;
} attributes[] = {
    ATTRIBUTE("log_client_address", ip, true),   ATTRIBUTE("log_client_name", name, true),
    ATTRIBUTE("log_helo_name", helo, true),      ATTRIBUTE("log_protocol_name", protocol, true),
    ATTRIBUTE("sasl_username", auth, true),      ATTRIBUTE("client_address", ip, false),
    ATTRIBUTE("client_name", name, false),       ATTRIBUTE("helo_name", helo, false),
    ATTRIBUTE("protocol_name", protocol, false),
};

/* "rfc822;address" (RFC 3461), already decoded by smtpd. */
static void take_dsn_original(struct hq_pf_envelope *envelope, const char *value, size_t n)
{
    const size_t prefix = strlen("rfc822;");

    if (n > prefix && g_ascii_strncasecmp(value, "rfc822;", prefix) == 0)
        envelope->dsn_original = hq_arena_dup(envelope->parse->arena, value + prefix, n - prefix);
}

static void take_client(struct hq_pf_envelope *envelope, const struct attribute *attribute,
                        const char *value, size_t n)
{
    const char **field = (const char **)((char *)&envelope->message->client + attribute->offset);

    /* smtpd's word for what it could not find out (CLIENT_ATTR_UNKNOWN) */
    if (n == 0 || (n == strlen("unknown") && memcmp(value, "unknown", n) == 0))
        return;
    if (!*field || attribute->first)
        *field = hq_arena_dup(envelope->parse->arena, value, n);
}

static void take_attribute(struct hq_pf_envelope *envelope, const struct hq_pf_record *record)
{
    const char *equal = memchr(record->data, '=', record->length);
    size_t name = equal ? (size_t)(equal - record->data) : 0;
    size_t rest = equal ? record->length - name - 1 : 0;

    if (name == strlen("notify_flags") && memcmp(record->data, "notify_flags", name) == 0) {
        const char *number = equal + 1;
        int64_t flags;
        if (hq_pf_number(&number, number + rest, &flags))
            envelope->notify = (uint8_t)(flags & 15);
        return;
    }
    if (name == strlen("dsn_orig_rcpt") && memcmp(record->data, "dsn_orig_rcpt", name) == 0) {
        take_dsn_original(envelope, equal + 1, rest);
        return;
    }
    for (size_t i = 0; name && i < G_N_ELEMENTS(attributes); i++)
        if (attributes[i].length == name && memcmp(attributes[i].name, record->data, name) == 0)
            take_client(envelope, &attributes[i], equal + 1, rest);
}

static void take_content(struct hq_pf_envelope *envelope, const struct hq_pf_record *record)
{
    (void)record;
    envelope->content = envelope->reader.offset;
}

static void take_nothing(struct hq_pf_envelope *envelope, const struct hq_pf_record *record)
{
    (void)envelope;
    (void)record;
}

static const take_fn takes[256] = {
    ['C'] = take_size,
    ['T'] = take_time,
    ['S'] = take_sender,
    ['O'] = take_original,
    ['R'] = take_recipient,
    ['D'] = take_recipient,
    ['/'] = take_cancelled,
    ['A'] = take_attribute,
    ['M'] = take_content,
    ['E'] = take_nothing,
    ['W'] = take_warning,
    /* F full name, I L filters, V VERP delimiters, P priority,
     * K killed, X start of the extracted part, r e headers' return addresses, f flags, > redirect,
     * c d m times and counts of cleanup */
    ['F'] = take_nothing,
    ['I'] = take_nothing,
    ['L'] = take_nothing,
    ['V'] = take_nothing,
    ['P'] = take_nothing,
    ['K'] = take_nothing,
    ['X'] = take_nothing,
    ['r'] = take_nothing,
    ['e'] = take_nothing,
    ['f'] = take_nothing,
    ['>'] = take_nothing,
    ['c'] = take_nothing,
    ['d'] = take_nothing,
    ['m'] = take_nothing,
};

/* Reads records up to M or E. False: the file is damaged, which has been told. */
static bool read_part(struct hq_pf_envelope *envelope)
{
    struct hq_pf_record record;
    enum hq_pf_status status;

    while ((status = hq_pf_next(&envelope->reader, &record)) == HQ_PF_RECORD) {
        if (!takes[record.type]) {
            problem(envelope, "no record of a queue file", record.offset);
            return false;
        }
        takes[record.type](envelope, &record);
        if (record.type == 'M' || record.type == 'E')
            return true;
    }
    problem(envelope, status == HQ_PF_DAMAGED ? envelope->reader.damage : "file ends too early",
            envelope->reader.offset);
    return false;
}

/* Behind the content lies X with what cleanup found in the headers, at the least X and E, two bytes
 * each. cleanup keeps the content in one piece: edits by a milter hang on it by pointer records, so
 * its size leads there. */
static void read_extracted(struct hq_pf_envelope *envelope)
{
    bool all = envelope->expected != HQ_NONE && envelope->seen >= envelope->expected;
    int64_t offset = HQ_NONE;

    if (envelope->size == HQ_NONE ||
        __builtin_add_overflow(envelope->content, envelope->size, &offset))
        return; /* a maildrop file: its extracted part is always empty */
    if (envelope->data_offset != HQ_NONE && envelope->data_offset != envelope->content)
        problem(envelope, "content not where the size record says", envelope->content);
    if (offset > envelope->reader.size - 4) {
        problem(envelope, "file ends too early", envelope->reader.size);
    } else if (!all || hq_pf_is_buffered(&envelope->reader, offset)) {
        hq_pf_reader_seek(&envelope->reader, offset);
        read_part(envelope);
    }
}

void hq_pf_envelope_read(struct hq_pf_envelope *envelope)
{
    envelope->whole = read_part(envelope);
    if (!envelope->sender_seen)
        problem(envelope, "no sender up to the record", envelope->reader.offset);
}

void hq_pf_envelope_finish(struct hq_pf_envelope *envelope)
{
    if (envelope->whole && envelope->content != HQ_NONE)
        read_extracted(envelope);
}
