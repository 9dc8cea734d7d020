/* SPDX-License-Identifier: ISC */
/* OpenSMTPD: the envelopes and the text of a message. */
#include "base/scratch.h"
#include "gzip.h"
#include "hopq/io.h"
#include "hopq/schedule.h"
#include "opensmtpd.h"
#include "spool/files.h"
#include "spool/mailfile.h"
#include <errno.h>
#include <string.h>

/* Damaged envelopes that are told one by one. */
#define TOLD_MAX 8

/* Most headers end within; those that do not are inflated again, four times as far. */
#define FIRST_PIECE ((size_t)16 * 1024)

struct reading {
    struct hq_parse *parse;
    const struct hq_item *item;
    struct hq_message *message;
    struct hq_smtpd_states *states;
    unsigned envelopes, encrypted, damaged;
    int64_t bounced; /* the time of the first bounce, when there is nothing else */
};

bool hq_smtpd_id_ok(const char *s, size_t n)
{
    size_t i = 0;

    while (i < n && (g_ascii_isdigit(s[i]) || (s[i] >= 'a' && s[i] <= 'f')))
        i++;
    return i == n && s[n] == '\0';
}

/* ---- one envelope ---- */

static void damaged(struct reading *reading, const char *name, const char *how)
{
    if (reading->damaged++ < TOLD_MAX)
        hq_message_add_problem(reading->message, reading->parse->arena, "envelope %s: %s", name,
                               how);
}

static const char *copy(const struct reading *reading, const char *s)
{
    return hq_arena_strdup(reading->parse->arena, s);
}

/* The null sender is written "@": a name and a domain that are both empty. */
static const char *address(const struct reading *reading, const char *s)
{
    return s && strcmp(s, "@") == 0 ? "" : copy(reading, s);
}

static bool is_type(const struct hq_smtpd_envelope *envelope, const char *type)
{
    return envelope->type && g_ascii_strcasecmp(envelope->type, type) == 0;
}

/* Of mail that was made here ("local") the envelope repeats our own names. */
static void take_client(struct reading *reading, const struct hq_smtpd_envelope *envelope)
{
    struct hq_client *client = &reading->message->client;
    const char *ip = envelope->sockaddr;

    if (client->ip || !ip || !*ip || strcmp(ip, "local") == 0)
        return;
    size_t n = strlen(ip);
    client->ip = *ip == '[' && ip[n - 1] == ']' ? hq_arena_dup(reading->parse->arena, ip + 1, n - 2)
                                                : copy(reading, ip);
    if (envelope->hostname && *envelope->hostname != '<') /* "<unknown>" */
        client->name = copy(reading, envelope->hostname);
    client->helo = copy(reading, envelope->helo);
    client->auth = copy(reading, envelope->username);
    /* 6.8 does not say who logged in, only that somebody did */
    if (!client->auth && hq_smtpd_flag(envelope->flags, "authenticated"))
        client->auth = "authenticated";
}

/* An envelope of type bounce is a notice to the sender that has not been made yet. */
static enum hq_state state_of(const struct hq_smtpd_envelope *envelope)
{
    static const struct {
        const char *type;
        enum hq_state state;
    } bounces[] = {{"failed", HQ_STATE_FAILED},       {"error", HQ_STATE_FAILED},
                   {"delayed", HQ_STATE_DEFERRED},    {"warn", HQ_STATE_DEFERRED},
                   {"delivered", HQ_STATE_DELIVERED}, {"dsn", HQ_STATE_DELIVERED}};

    for (unsigned i = 0; is_type(envelope, "bounce") && i < G_N_ELEMENTS(bounces); i++)
        if (g_strcmp0(bounces[i].type, envelope->bounce_type) == 0)
            return bounces[i].state;
    return envelope->retry > 0 || envelope->errorline ? HQ_STATE_DEFERRED : HQ_STATE_QUEUED;
}

/* esc-code is subject and detail of RFC 3463 as one number: 47 is x.4.7. 0 says nothing. */
static const struct hq_reason *reason_of(struct reading *reading,
                                         const struct hq_smtpd_envelope *envelope)
{
    struct hq_reason_hint hint = {.mta = reading->parse->mta};
    char enhanced[16];

    if (!envelope->errorline)
        return NULL;
    if (envelope->esc_code > 0 && envelope->esc_code < 100 && envelope->esc_class > 0 &&
        envelope->esc_class < 10) {
        g_snprintf(enhanced, sizeof enhanced, "%d.%d.%d", (int)envelope->esc_class,
                   (int)envelope->esc_code / 10, (int)envelope->esc_code % 10);
        hint.enhanced = enhanced;
    }
    if (is_type(envelope, "mda"))
        hint.phase = HQ_PHASE_LOCAL;
    return hq_reason_parse(reading->parse->reasons, envelope->errorline, &hint,
                           reading->parse->arena);
}

static int64_t microseconds(int64_t seconds)
{
    return seconds == HQ_NONE || seconds > INT64_MAX / HQ_SECOND ? HQ_NONE : seconds * HQ_SECOND;
}

/* What only the scheduler knows, when it could be asked; else what follows from the file. */
static void settle(struct reading *reading, const struct hq_smtpd_part *part,
                   const struct hq_smtpd_envelope *envelope, struct hq_recipient *recipient)
{
    struct hq_smtpd_times times = {
        .transfer = is_type(envelope, "mta"),
        .action = is_type(envelope, "bounce") ? NULL : envelope->dispatcher,
        .created = microseconds(envelope->ctime),
        .ttl = envelope->version == HQ_NONE || envelope->version >= 3 ? HQ_NONE
                                                                      : microseconds(envelope->ttl),
        .tried = envelope->last_try > 0 ? microseconds(envelope->last_try) : part->mtime,
        .failed = envelope->retry,
        .warned = envelope->last_bounce > 0 ? microseconds(envelope->last_bounce) : HQ_NONE,
    };
    struct hq_smtpd_state state;

    hq_schedule_opensmtpd(recipient, &times, reading->parse->context);
    if (hq_smtpd_states_find(reading->states, part->name, envelope, &state)) {
        recipient->next_attempt = state.next;
        if (state.tried != HQ_NONE)
            recipient->last_attempt = state.tried;
        if (state.suspended) { /* neither tried nor given up */
            recipient->state = HQ_STATE_HELD;
            recipient->next_attempt = recipient->expires = HQ_NONE;
        }
    }
    if (is_type(envelope, "bounce") || g_strcmp0(envelope->sender, "@") == 0)
        recipient->warned = HQ_WARNED_NEVER;
    hq_warning_opensmtpd(recipient, &times, reading->parse->context);
}

static bool differs(const char *original, const char *final)
{
    return original && *original && g_ascii_strcasecmp(original, final) != 0;
}

static void take_recipient(struct reading *reading, const struct hq_smtpd_part *part,
                           const struct hq_smtpd_envelope *envelope)
{
    const char *final = envelope->dest ? envelope->dest : envelope->rcpt;
    struct hq_recipient *recipient;

    if (!final)
        return;
    recipient = hq_message_add_recipient(reading->message, reading->parse->arena);
    recipient->id = copy(reading, part->name);
    recipient->address = address(reading, final);
    if (differs(envelope->rcpt, final))
        recipient->original = copy(reading, envelope->rcpt);
    else if (differs(envelope->orcpt, final))
        recipient->original = copy(reading, envelope->orcpt);
    recipient->state = (uint8_t)state_of(envelope);
    recipient->reason = reason_of(reading, envelope);
    settle(reading, part, envelope, recipient);
}

static void set_sooner(int64_t *time, int64_t other)
{
    *time = hq_time_sooner(*time, other);
}

static void take_envelope(struct reading *reading, const struct hq_smtpd_part *part, char *text,
                          size_t n)
{
    struct hq_smtpd_envelope envelope;
    GString *damage = hq_scratch_take();

    /* one that smtpd has just begun to write is no damage */
    if (!hq_smtpd_envelope_read(&envelope, text, n, damage) &&
        reading->message->incomplete != HQ_YES)
        damaged(reading, part->name, damage->str);
    hq_scratch_give(damage);
    if (!reading->message->sender)
        reading->message->sender = address(reading, envelope.sender);
    set_sooner(is_type(&envelope, "bounce") ? &reading->bounced : &reading->message->arrived,
               microseconds(envelope.ctime));
    take_client(reading, &envelope);
    take_recipient(reading, part, &envelope);
}

static void take_gzip(struct reading *reading, const struct hq_smtpd_part *part, const char *bytes)
{
    GString *text = hq_scratch_take();

    if (!hq_smtpd_inflate(bytes, part->copied, HQ_SMTPD_ENVELOPE_MAX, text) &&
        reading->message->incomplete != HQ_YES)
        damaged(reading, part->name, "compressed, and damaged");
    if (text->len)
        take_envelope(reading, part, text->str, text->len);
    hq_scratch_give(text);
}

static void take_part(struct reading *reading, const struct hq_smtpd_part *part, char *text)
{
    reading->envelopes++;
    if (part->error) {
        damaged(reading, part->name, g_strerror(part->error));
        return;
    }
    if (part->size > (int64_t)HQ_SMTPD_ENVELOPE_MAX)
        damaged(reading, part->name, "too large for an envelope");
    switch (hq_smtpd_form(text, part->copied)) {
    case HQ_SMTPD_ENCRYPTED:
        reading->encrypted++;
        break;
    case HQ_SMTPD_GZIP:
        take_gzip(reading, part, text);
        break;
    case HQ_SMTPD_PLAIN:
        take_envelope(reading, part, text, part->copied);
        break;
    }
}

/* ---- the message ---- */

static void tell(const struct reading *reading)
{
    struct hq_message *message = reading->message;
    struct hq_arena *arena = reading->parse->arena;

    if (reading->encrypted)
        hq_message_add_problem(message, arena,
                               "queue encryption: %u of its envelopes cannot be read",
                               reading->encrypted);
    if (reading->damaged > TOLD_MAX)
        hq_message_add_problem(message, arena, "%u more envelopes are damaged",
                               reading->damaged - TOLD_MAX);
    if (reading->envelopes == 0 && message->incomplete != HQ_YES)
        hq_message_add_problem(message, arena, "has no envelope: smtpd knows nothing of it");
}

static void read_envelopes(struct reading *reading)
{
    struct hq_smtpd_unpack unpack;
    struct hq_smtpd_part part;
    char *text;

    hq_smtpd_unpack_init(&unpack, reading->item->files[HQ_SMTPD_ENVELOPES].fd);
    while (hq_smtpd_unpack_next(&unpack, &part, &text))
        take_part(reading, &part, text);
    hq_smtpd_unpack_clear(&unpack);
    if (reading->message->arrived == HQ_NONE)
        reading->message->arrived = reading->bounced;
}

static void emit_gzip(struct hq_parse *parse, struct hq_message *message,
                      const struct hq_item_file *file)
{
    size_t max = hq_spool_wanted(parse), want = hq_spool_wants_body(parse) ? max : FIRST_PIECE;
    GString *content = g_string_sized_new(FIRST_PIECE);
    struct hq_headers headers = {0};

    for (;; want = MIN(want * 4, max)) {
        g_string_truncate(content, 0);
        bool sound = hq_smtpd_inflate_file(file->fd, file->size, want, content);
        hq_headers_scan(&headers, content->str, content->len);
        if (!sound)
            hq_message_add_problem(message, parse->arena, "its text is compressed, and damaged");
        if (!sound || headers.complete || content->len < want || want == max)
            break;
    }
    message->size = hq_smtpd_inflated_size(file->fd, file->size);
    parse->emit(parse, message, content->str, content->len);
    hq_headers_clear(&headers);
    g_string_free(content, TRUE);
}

static enum hq_smtpd_form form_of(const struct hq_item_file *file)
{
    GString *magic = hq_scratch_take();

    hq_io_read_at(file->fd, 0, 2, magic);
    enum hq_smtpd_form form = hq_smtpd_form(magic->str, magic->len);
    hq_scratch_give(magic);
    return form;
}

static void emit(struct hq_parse *parse, struct hq_message *message,
                 const struct hq_item_file *file)
{
    if (file->fd < 0) {
        if (file->error == ENOENT && message->incomplete != HQ_YES)
            hq_message_add_problem(message, parse->arena, "has lost its text");
        else if (file->error && file->error != ENOENT)
            hq_message_add_problem(message, parse->arena, "its text cannot be read: %s",
                                   hq_item_file_why(file));
        parse->emit(parse, message, NULL, 0);
        return;
    }
    message->size = file->size;
    if (message->arrived == HQ_NONE)
        message->arrived = file->mtime;
    switch (form_of(file)) {
    case HQ_SMTPD_ENCRYPTED:
        hq_message_add_problem(message, parse->arena, "queue encryption: no text can be read");
        parse->emit(parse, message, NULL, 0);
        break;
    case HQ_SMTPD_GZIP:
        emit_gzip(parse, message, file);
        break;
    case HQ_SMTPD_PLAIN: /* smtpd writes it by lines: smtp_message_printf() in smtp_session.c */
        if (message->incomplete != HQ_YES && !hq_file_ends_line(file))
            hq_message_add_problem(message, parse->arena, "its text is cut off");
        hq_mailfile_emit(parse, message, file->fd, 0, file->size);
        break;
    }
}

void hq_opensmtpd_parse(struct hq_parse *parse, const struct hq_item *item)
{
    struct reading reading = {.parse = parse, .item = item, .bounced = HQ_NONE};

    if (strcmp(item->queue, "offline") == 0) {
        hq_smtpd_offline_parse(parse, item);
        return;
    }
    reading.message = hq_spool_message(parse, item);
    reading.message->incomplete = strcmp(item->queue, "incoming") == 0 ? HQ_YES : HQ_NO;
    reading.states = hq_smtpd_states_read(&item->files[HQ_SMTPD_STATES]);
    read_envelopes(&reading);
    hq_smtpd_states_free(reading.states);
    tell(&reading);
    emit(parse, reading.message, &item->files[HQ_SMTPD_MESSAGE]);
}
