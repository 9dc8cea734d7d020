/* SPDX-License-Identifier: ISC */
/* Exim: the files of a message to a message. -H tells the envelope, -J and the log what became of
 * it, the retry hints when it goes on. */
#include "base/append.h"
#include "base/scratch.h"
#include "exim.h"
#include "hopq/schedule.h"
#include <string.h>

/* Exim's own error numbers (src/local_scan.h and src/macros.h of 4.96) that name a step, and the
 * system's for connections. */
static enum hq_phase phase_of(int64_t code)
{
    static const struct {
        int64_t code;
        enum hq_phase phase;
    } phases[] = {{-37, HQ_PHASE_STARTTLS}, {-38, HQ_PHASE_STARTTLS}, {-44, HQ_PHASE_RCPT},
                  {-45, HQ_PHASE_MAIL},     {111, HQ_PHASE_CONNECT},  {113, HQ_PHASE_CONNECT}};

    for (unsigned i = 0; i < G_N_ELEMENTS(phases); i++)
        if (phases[i].code == code)
            return phases[i].phase;
    return HQ_PHASE_UNKNOWN;
}

/* ---- recipients ---- */

/* Of a child the log tells it as well, where the lists quote its local part and lines that defer it
 * do not. */
static bool is_done(const struct hq_ex_envelope *envelope, const struct hq_recipient *recipient,
                    const struct hq_ex_fate *fate)
{
    if (fate && fate->is_child &&
        (fate->delivered || fate->failed ||
         (envelope->done && g_hash_table_contains(envelope->done, recipient->original))))
        return true;
    return envelope->done && g_hash_table_contains(envelope->done, recipient->address);
}

static enum hq_state state_of(const struct hq_ex_envelope *envelope,
                              const struct hq_recipient *recipient, const struct hq_ex_fate *fate)
{
    if (is_done(envelope, recipient, fate))
        return fate && fate->failed && !fate->delivered ? HQ_STATE_FAILED : HQ_STATE_DELIVERED;
    if (envelope->frozen != HQ_NONE)
        return HQ_STATE_HELD;
    return fate && fate->text ? HQ_STATE_DEFERRED : HQ_STATE_QUEUED;
}

/* The reason from the log, else from the hints. */
static const struct hq_reason *reason_of(const struct hq_ex_envelope *envelope,
                                         const struct hq_ex_fate *fate,
                                         const struct hq_ex_hint *hint)
{
    struct hq_parse *parse = envelope->parse;
    struct hq_reason_hint told = {.mta = parse->mta};

    if (fate && fate->text) {
        told.relay = fate->relay;
        told.phase = phase_of(fate->code);
        return hq_reason_parse(parse->reasons, fate->text, &told, parse->arena);
    }
    if (!hint || !*hint->text)
        return NULL;
    told.phase = phase_of(hint->error);
    return hq_reason_parse(parse->reasons, hint->text, &told, parse->arena);
}

/* ---- hints ---- */

static const struct hq_ex_hint *later(const struct hq_ex_hint *a, const struct hq_ex_hint *b)
{
    return !a || (b && b->next_try > a->next_try) ? b : a;
}

/* "name [ip]" of the log */
static const struct hq_ex_hint *host_hint(const struct hq_ex_hints *hints, const char *relay,
                                          const char *id)
{
    const char *open = relay ? strstr(relay, " [") : NULL;

    if (!open)
        return NULL;
    g_autofree char *name = g_ascii_strdown(relay, open - relay);
    g_autofree char *ip = g_strndup(open + 2, strcspn(open + 2, "]"));
    return hq_ex_hints_find_host(hints, name, ip, id);
}

/* All hints that hold a recipient back; the latest is when it can go on (src/deliver.c). */
static const struct hq_ex_hint *hint_of(struct hq_ex_envelope *envelope,
                                        const struct hq_ex_hints *hints,
                                        const struct hq_recipient *recipient,
                                        const struct hq_ex_fate *fate, bool *by_domain)
{
    enum { ADDRESS, SENDER, DOMAIN, LOCAL };

    if (!hints)
        return NULL;
    g_autofree char *address = hq_ex_fold(recipient->address, strlen(recipient->address));
    const char *at = strrchr(address, '@');
    g_autofree char *route = g_strconcat("R:", address, NULL);
    g_autofree char *from = g_strdup_printf(
        "%s:<%s>", route, envelope->message->sender ? envelope->message->sender : "");
    g_autofree char *domain = g_strconcat("R:", at ? at + 1 : address, NULL);
    g_autofree char *local = g_strconcat("T:", address, NULL);
    const char *const keys[] = {
        [ADDRESS] = route, [SENDER] = from, [DOMAIN] = domain, [LOCAL] = local};
    const struct hq_ex_hint *found =
        host_hint(hints, fate ? fate->relay : NULL, envelope->item->id);

    for (unsigned i = 0; i < G_N_ELEMENTS(keys); i++) {
        const struct hq_ex_hint *hint = hq_ex_hints_find(hints, keys[i]);
        *by_domain |= hint && i == DOMAIN;
        envelope->routing |= hint && i != LOCAL;
        found = later(found, hint);
    }
    return found;
}

static const struct hq_ex_hints *open_hints(const struct hq_ex_envelope *envelope)
{
    const char *why;
    const struct hq_ex_hints *hints = hq_ex_hints_get(&envelope->item->files[HQ_EX_RETRY], &why);

    if (why)
        hq_message_add_problem(envelope->message, envelope->parse->arena,
                               "Exim's retry hints (db/retry) cannot be read: %s", why);
    return hints;
}

/* ---- all of it ---- */

static void settle_recipient(struct hq_ex_envelope *envelope, const struct hq_ex_hints *hints,
                             uint32_t i)
{
    struct hq_recipient *recipient = &envelope->message->recipients[i];
    const struct hq_ex_fate *fate = envelope->fate ? &envelope->fate[i] : NULL;
    const struct hq_ex_hint *hint = NULL;
    struct hq_exim_retry retry = {HQ_NONE, HQ_NONE, HQ_NONE, envelope->frozen, false};

    recipient->state = (uint8_t)state_of(envelope, recipient, fate);
    if (recipient->state != HQ_STATE_DELIVERED && recipient->state != HQ_STATE_FAILED)
        hint = hint_of(envelope, hints, recipient, fate, &retry.firm);
    if (recipient->state != HQ_STATE_DELIVERED)
        recipient->reason = reason_of(envelope, fate, hint);
    if (hint && recipient->state == HQ_STATE_QUEUED && !envelope->fate)
        recipient->state = HQ_STATE_DEFERRED; /* without logs the hints are all there is */
    if (hint) {
        retry.first_failed = hint->first_failed;
        retry.next_try = hint->next_try;
        retry.firm |= hint->expired;
    }
    if (fate && fate->attempts) {
        recipient->attempts = fate->attempts;
        retry.last_try = fate->last;
    }
    hq_schedule_exim(envelope->message, recipient, &retry, envelope->parse->context);
}

static void settle_warning(const struct hq_ex_envelope *envelope)
{
    enum hq_tri may = hq_ex_may_warn(envelope);

    if (may != HQ_UNKNOWN)
        hq_warning_exim(envelope->message, may == HQ_YES ? envelope->warnings : HQ_NONE,
                        envelope->routing, envelope->parse->context);
}

static void check_parts(const struct hq_ex_envelope *envelope)
{
    static const char *const names[] = {[HQ_EX_DATA] = "data file (-D)",
                                        [HQ_EX_JOURNAL] = "journal (-J)",
                                        [HQ_EX_LOG] = "log (msglog)"};
    const struct hq_item_file *files = envelope->item->files;

    for (unsigned i = HQ_EX_DATA; i < G_N_ELEMENTS(names); i++)
        if (files[i].error)
            hq_message_add_problem(envelope->message, envelope->parse->arena,
                                   "its %s cannot be read: %s", names[i],
                                   hq_item_file_why(&files[i]));
    if (files[HQ_EX_DATA].fd < 0 && !files[HQ_EX_DATA].error)
        hq_message_add_problem(envelope->message, envelope->parse->arena,
                               "its data file (-D) is missing: the body is lost");
    else if (files[HQ_EX_DATA].fd >= 0 && files[HQ_EX_DATA].size < hq_ex_body_start(envelope))
        hq_message_add_problem(envelope->message, envelope->parse->arena,
                               "its data file (-D) is cut off in its first line");
    else if (files[HQ_EX_DATA].fd >= 0)
        hq_ex_body_check(envelope);
}

/* What exim -bp marks as frozen is another queue to those who look after it. */
static void name_frozen(struct hq_ex_envelope *envelope)
{
    struct hq_message *message = envelope->message;

    if (envelope->frozen == HQ_NONE)
        return;
    if (strcmp(message->queue, "input") == 0 || strcmp(message->queue, "active") == 0)
        message->queue = "frozen";
    else
        message->queue = hq_arena_printf(envelope->parse->arena, "%s/frozen", message->queue);
}

static void parse_files(struct hq_parse *parse, const struct hq_item *item,
                        struct hq_message *message)
{
    struct hq_ex_envelope envelope = {.parse = parse,
                                      .item = item,
                                      .message = message,
                                      .frozen = HQ_NONE,
                                      .complete = HQ_NONE,
                                      .lines = HQ_NONE};
    size_t max = hq_spool_wanted(parse);

    hq_ex_header_read(&envelope);
    hq_ex_journal_read(&envelope);
    hq_ex_log_read(&envelope);
    check_parts(&envelope);
    name_frozen(&envelope);
    message->incomplete = HQ_NO;
    message->stamp = item->files[HQ_EX_DATA].stamp; /* -H is made anew with every change */
    message->size = hq_ex_body_size(&envelope);
    const struct hq_ex_hints *hints = message->recipient_count ? open_hints(&envelope) : NULL;
    for (uint32_t i = 0; i < message->recipient_count; i++)
        settle_recipient(&envelope, hints, i);
    settle_warning(&envelope);
    if (envelope.header) {
        hq_append_char(envelope.header, '\n');
        if (hq_spool_wants_body(parse))
            hq_ex_body_read(&envelope, max);
    }
    parse->emit(parse, message, envelope.header ? envelope.header->str : NULL,
                envelope.header ? MIN(envelope.header->len, max) : 0);
    if (envelope.header)
        hq_scratch_give(envelope.header);
    if (envelope.done)
        g_hash_table_destroy(envelope.done);
    if (envelope.by_address)
        g_hash_table_destroy(envelope.by_address);
    g_free(envelope.fate);
}

/* A data file without its other half: while it is locked it is being received. A copy has no
 * locks. */
static void parse_data_alone(struct hq_parse *parse, const struct hq_item *item,
                             struct hq_message *message)
{
    const struct hq_item_file *data = &item->files[HQ_EX_DATA];
    bool incoming = g_str_has_suffix(item->queue, "incoming");

    message->incomplete = incoming ? HQ_YES : HQ_UNKNOWN;
    message->stamp = data->stamp;
    message->size = data->size;
    message->arrived = data->mtime;
    if (!incoming)
        hq_message_add_problem(
            message, parse->arena,
            "it has no header file (-H): that is lost, or in a copy of a spool it "
            "was being received");
    parse->emit(parse, message, NULL, 0);
}

void hq_exim_parse(struct hq_parse *parse, const struct hq_item *item)
{
    if (item->listing) {
        hq_ex_listing_parse(parse, item);
        return;
    }
    struct hq_message *message = hq_spool_message(parse, item);
    if (item->files[HQ_EX_HEADER].fd >= 0)
        parse_files(parse, item, message);
    else if (item->files[HQ_EX_DATA].fd >= 0)
        parse_data_alone(parse, item, message);
    else
        parse->emit(parse, message, NULL, 0);
}
