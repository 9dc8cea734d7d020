/* SPDX-License-Identifier: ISC */
/* Sendmail: a control file, its data file and transcript to a message. Slots and queue names:
 * sendmail.h. */
#include "base/scratch.h"
#include "hopq/io.h"
#include "hopq/schedule.h"
#include "sendmail.h"
#include <errno.h>
#include <string.h>

static bool is_kind(const struct hq_item *item, const char *kind)
{
    return g_str_has_suffix(item->queue, kind);
}

/* ---- reasons ---- */

/* NAME stands in TEXT as a whole: not as a part of a longer word. */
static bool names(const char *text, const char *name)
{
    size_t n = strlen(name);

    if (n == 0)
        return false;
    for (const char *at = text; *at; at++) {
        bool begins = at == text || !(g_ascii_isalnum(at[-1]) || at[-1] == '-');
        if (begins && g_ascii_strncasecmp(at, name, n) == 0 && !g_ascii_isalnum(at[n]) &&
            at[n] != '-')
            return true;
    }
    return false;
}

static char *domain_of(const struct hq_recipient *recipient)
{
    size_t n;
    const char *domain = hq_address_domain(recipient->address, &n);

    return domain ? g_ascii_strdown(domain, (gssize)n) : g_strdup("");
}

/* The envelope's text is what happened last to any of the recipients. One of them has it as its
 * own, or it is about those without one: all of them when they go to one place, else those whose
 * domain it names, else (it names none) all again. */
struct silent {
    const char *text;
    GHashTable *named; /* domains of recipients without a text of their own; value: it names them */
    bool names_one;
};

#define DOMAINS_MAX 200 /* that are looked for in one text */
#define TEXT_MAX    4096

static bool is_somebodys(const struct hq_message *message, const char *text)
{
    for (uint32_t i = 0; i < message->recipient_count; i++) {
        const struct hq_reason *reason = message->recipients[i].reason;
        if (reason && strcmp(reason->text, text) == 0)
            return true;
    }
    return false;
}

/* Sendmail's words for what is given up at once: they are about a recipient that is gone
 * (sendmail/sysexits.c). */
static bool is_final(const char *text)
{
    static const char *const words[] = {"User unknown",
                                        "Host unknown",
                                        "Service unavailable",
                                        "Data format error",
                                        "Remote protocol error",
                                        "Insufficient permission",
                                        "Cannot open input",
                                        "can't create (user) output file",
                                        "Local configuration error",
                                        "Internal error",
                                        "System file missing",
                                        "Bad usage"};

    for (unsigned i = 0; i < G_N_ELEMENTS(words); i++)
        if (g_ascii_strcasecmp(text, words[i]) == 0)
            return true;
    return false;
}

static void look_at_silent(const struct hq_message *message, struct silent *silent)
{
    g_autofree char *start = g_strndup(silent->text, TEXT_MAX);

    for (uint32_t i = 0; i < message->recipient_count; i++) {
        const struct hq_recipient *recipient = &message->recipients[i];
        g_autofree char *domain = recipient->reason ? NULL : domain_of(recipient);
        if (!domain || g_hash_table_contains(silent->named, domain) ||
            g_hash_table_size(silent->named) >= DOMAINS_MAX)
            continue;
        bool is_named = names(start, domain);
        silent->names_one |= is_named;
        g_hash_table_insert(silent->named, g_steal_pointer(&domain), GINT_TO_POINTER(is_named));
    }
}

static bool is_about(const struct silent *silent, const struct hq_recipient *recipient)
{
    g_autofree char *domain = domain_of(recipient);

    return g_hash_table_size(silent->named) == 1 || !silent->names_one ||
           g_hash_table_lookup(silent->named, domain);
}

static void spread_text(struct hq_sm_envelope *envelope, bool held)
{
    struct hq_message *message = envelope->message;
    struct hq_parse *parse = envelope->parse;
    const struct hq_reason_hint hint = {.mta = parse->mta};
    struct silent silent = {.text = envelope->text};

    if (!silent.text && held)
        silent.text = envelope->quarantine;
    if (!silent.text || is_final(silent.text) || is_somebodys(message, silent.text))
        return;
    const struct hq_reason *reason =
        hq_reason_parse(parse->reasons, silent.text, &hint, parse->arena);
    silent.named = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    look_at_silent(message, &silent);
    for (uint32_t i = 0; i < message->recipient_count; i++)
        if (!message->recipients[i].reason && is_about(&silent, &message->recipients[i]))
            message->recipients[i].reason = reason;
    g_hash_table_destroy(silent.named);
}

/* ---- the whole ---- */

static void set_states(struct hq_sm_envelope *envelope, bool held)
{
    bool tried = envelope->attempts > 0;

    for (uint32_t i = 0; i < envelope->message->recipient_count; i++) {
        struct hq_recipient *recipient = &envelope->message->recipients[i];
        if (held)
            recipient->state = HQ_STATE_HELD;
        else if (recipient->state == HQ_STATE_UNKNOWN)
            recipient->state = tried || recipient->reason ? HQ_STATE_DEFERRED : HQ_STATE_QUEUED;
    }
}

/* Bounces of its own go out with a null sender, whatever its configuration calls it here (macro n
 * of sendmail.cf). */
static void set_sender(struct hq_sm_envelope *envelope)
{
    struct hq_message *message = envelope->message;

    if (envelope->response && message->sender && !strchr(message->sender, '@'))
        message->sender = "";
}

static void judge_file(struct hq_sm_envelope *envelope, const struct hq_item *item)
{
    struct hq_message *message = envelope->message;
    struct hq_arena *arena = envelope->parse->arena;
    bool busy = is_kind(item, HQ_SM_ACTIVE) || is_kind(item, HQ_SM_INCOMING);
    const struct hq_item_file *data = &item->files[HQ_SM_DATA];

    message->incomplete = busy && !envelope->ended ? HQ_YES : HQ_NO;
    if (is_kind(item, HQ_SM_LOST))
        hq_message_add_problem(message, arena,
                               "Sendmail has lost it: it is neither tried nor returned");
    if (!envelope->ended && !busy)
        hq_message_add_problem(message, arena, "its control file ends too early");
    if (envelope->ended && !message->sender)
        hq_message_add_problem(message, arena, "its control file names no sender");
    if (envelope->header_cut)
        hq_message_add_problem(message, arena, "its header is too large and was read in part");
    if (data->fd < 0 && data->error == ENOENT && !busy)
        hq_message_add_problem(message, arena, "its data file is missing: there is no body");
    else if (data->fd < 0 && data->error && data->error != ENOENT)
        hq_message_add_problem(message, arena, "its data file cannot be read: %s",
                               hq_item_file_why(data));
}

/* envelope.c, dropenvelope(): nobody is told about bounces, bulk mail and lists. */
static enum hq_warned warned(const struct hq_sm_envelope *envelope)
{
    static const char owner[] = "owner-", request[] = "-request";
    const char *sender = envelope->message->sender;

    if (!sender)
        return HQ_WARNED_UNKNOWN;
    if (envelope->warned)
        return HQ_WARNED_YES;
    size_t n = strlen(sender), tail = strlen(request);
    bool list = g_ascii_strncasecmp(sender, owner, strlen(owner)) == 0 ||
                (n > tail && g_ascii_strcasecmp(sender + n - tail, request) == 0);
    return n == 0 || list || envelope->low || envelope->response ? HQ_WARNED_NEVER
                                                                 : HQ_WARNED_NOT_YET;
}

static void settle(struct hq_sm_envelope *envelope, const struct hq_item *item)
{
    struct hq_message *message = envelope->message;
    const char *class =
        envelope->priority_class ? envelope->priority_class : envelope->timeout_class;
    bool held = is_kind(item, HQ_SM_QUARANTINED) || is_kind(item, HQ_SM_LOST);
    struct hq_sendmail_tried tried = {.last = envelope->last,
                                      .attempts = envelope->attempts,
                                      .timeout_class = class ? class : "normal",
                                      .running = is_kind(item, HQ_SM_ACTIVE)};

    if (item->files[HQ_SM_DATA].fd >= 0)
        message->size = item->files[HQ_SM_DATA].size; /* as mailq has it: the body's */
    set_sender(envelope);
    tried.warned = (uint8_t)warned(envelope);
    spread_text(envelope, held);
    hq_sm_transcript_read(envelope, &item->files[HQ_SM_TRANSCRIPT]);
    set_states(envelope, held);
    hq_schedule_sendmail(message, &tried, envelope->parse->context);
    hq_warning_sendmail(message, &tried, envelope->parse->context);
    judge_file(envelope, item);
}

static void parse_control(struct hq_parse *parse, const struct hq_item *item,
                          struct hq_message *message)
{
    struct hq_sm_envelope envelope = {.parse = parse,
                                      .message = message,
                                      .content = hq_scratch_take(),
                                      .content_max = HQ_HEADER_MAX,
                                      .last = HQ_NONE,
                                      .attempts = HQ_NONE};
    const struct hq_item_file *data = &item->files[HQ_SM_DATA];
    size_t max = hq_spool_wanted(parse);

    if (data->fd >= 0) /* a control file is written anew at each attempt */
        message->stamp = data->stamp;
    hq_sm_envelope_read(&envelope, &item->files[HQ_SM_CONTROL]);
    settle(&envelope, item);
    g_string_append_c(envelope.content, '\n');
    if (hq_spool_wants_body(parse) && data->fd >= 0 && envelope.content->len < max)
        hq_io_read_at(data->fd, 0, max - envelope.content->len, envelope.content);
    parse->emit(parse, message, envelope.content->str, envelope.content->len);
    hq_scratch_give(envelope.content);
}

/* A body without its envelope: what is still being received, or what a crash left. */
static void parse_alone(struct hq_parse *parse, const struct hq_item *item)
{
    struct hq_item shown = *item;

    shown.files[0] = item->files[HQ_SM_DATA];
    struct hq_message *message = hq_spool_message(parse, &shown);
    message->size = shown.files[0].size;
    message->arrived = shown.files[0].mtime;
    message->incomplete = is_kind(item, HQ_SM_INCOMING) ? HQ_YES : HQ_NO;
    if (message->incomplete == HQ_NO)
        hq_message_add_problem(message, parse->arena,
                               "its control file is missing: sender and recipients are lost");
    parse->emit(parse, message, NULL, 0);
}

void hq_sendmail_parse(struct hq_parse *parse, const struct hq_item *item)
{
    if (item->listing)
        hq_sm_listing_parse(parse, item);
    else if (item->files[HQ_SM_CONTROL].fd >= 0)
        parse_control(parse, item, hq_spool_message(parse, item));
    else if (item->files[HQ_SM_DATA].fd >= 0)
        parse_alone(parse, item);
    else
        parse->emit(parse, hq_spool_message(parse, item), NULL, 0);
}
