/* SPDX-License-Identifier: ISC */
/* What the helpers say to the front: each frame checked, and turned into a callback. */
#include "hopq/error.h"
#include "proc/session_internal.h"
#include <string.h>

/* ---- messages of a scan ---- */

/* Messages of a batch wait until all of it is there: if [parse] dies first, the batch comes again.
 */
static void hold(struct hq_session *session, int64_t batch, struct hq_message *message)
{
    GPtrArray *messages = g_hash_table_lookup(session->held, &batch);

    if (!messages) {
        messages = g_ptr_array_new();
        g_hash_table_insert(session->held, g_memdup2(&batch, sizeof batch), messages);
    }
    g_ptr_array_add(messages, message);
}

static void release(struct hq_session *session, int64_t batch)
{
    GPtrArray *messages = g_hash_table_lookup(session->held, &batch);

    for (guint i = 0; messages && i < messages->len; i++)
        session->events->message(messages->pdata[i], session->data);
    g_hash_table_remove(session->held, &batch);
}

/* False: this is no message, so [parse] is not itself any more. */
static bool take_scanned(struct hq_session *session, const struct hq_wire_result *result,
                         const struct hq_frame *frame)
{
    if (!session->decoder)
        return true;
    struct hq_message *message =
        hq_decoder_read(session->decoder, &hq_message_schema, frame->blob, frame->blob_length);
    if (message)
        hold(session, result->batch, message);
    return message != NULL;
}

static bool take_opened(struct hq_session *session, const struct hq_frame *frame)
{
    struct hq_arena *arena = hq_arena_new();
    struct hq_decoder *decoder = hq_decoder_new(arena);
    struct hq_message *message =
        hq_decoder_read(decoder, &hq_message_schema, frame->blob, frame->blob_length);

    hq_decoder_free(decoder);
    if (!message) {
        hq_arena_free(arena);
        return false;
    }
    session->events->detail(message, arena, message->via ? message->via : message->source,
                            message->id, session->data);
    return true;
}

void hq_session_notice(struct hq_session *session, const char *text, bool lost)
{
    session->events->notice(text ? text : "", lost, session->data);
}

/* ---- frames of [parse] ---- */

static bool on_message(struct hq_session *session, struct hq_frame *frame, struct hq_arena *arena)
{
    const struct hq_wire_result *result = hq_frame_record(frame, &hq_wire_result_schema, arena);

    if (!result)
        return false;
    return result->scan == HQ_YES ? take_scanned(session, result, frame)
                                  : take_opened(session, frame);
}

static bool on_done(struct hq_session *session, struct hq_frame *frame, struct hq_arena *arena)
{
    const struct hq_wire_number *number = hq_frame_record(frame, &hq_wire_number_schema, arena);

    if (!number)
        return false;
    release(session, number->number);
    hq_helpers_batch_done(session->helpers, number->number);
    return true;
}

static bool on_verdict(struct hq_session *session, struct hq_frame *frame, struct hq_arena *arena)
{
    (void)arena;
    if (!session->checking)
        return false;
    session->verdict = hq_frame_record(frame, &hq_spf_schema, session->verdict_arena);
    session->checking = false;
    return session->verdict != NULL;
}

/* ---- the log ---- */

static bool on_history(struct hq_session *session, struct hq_frame *frame, struct hq_arena *arena)
{
    const struct hq_history *history = hq_frame_record(frame, &hq_history_schema, arena);

    if (history && history->id && session->logging && session->events->history)
        session->events->history(history, session->data);
    return history && history->id;
}

static bool on_rate(struct hq_session *session, struct hq_frame *frame, struct hq_arena *arena)
{
    const struct hq_rate *rate = hq_frame_record(frame, &hq_rate_schema, arena);

    if (rate && session->logging && session->events->rate)
        session->events->rate(rate, session->data);
    return rate != NULL;
}

void hq_session_end_log(struct hq_session *session, const char *name, int64_t begins)
{
    session->logging = false;
    if (session->events->logged)
        session->events->logged(name, begins, session->data);
}

static bool on_logged(struct hq_session *session, struct hq_frame *frame, struct hq_arena *arena)
{
    const struct hq_wire_log *log = hq_frame_record(frame, &hq_wire_log_schema, arena);

    if (log && session->logging)
        hq_session_end_log(session, log->name, log->begins);
    return log != NULL;
}

/* ---- frames of [spool] ---- */

static bool on_source(struct hq_session *session, struct hq_frame *frame, struct hq_arena *arena)
{
    const struct hq_wire_source *source = hq_frame_record(frame, &hq_wire_source_schema, arena);

    if (!source || source->index != session->names->len)
        return false;
    g_ptr_array_add(session->names, g_strdup(source->name));
    return true;
}

static bool on_refused(struct hq_session *session, struct hq_frame *frame, struct hq_arena *arena)
{
    const struct hq_wire_refusal *refusal = hq_frame_record(frame, &hq_wire_refusal_schema, arena);

    if (!refusal)
        return false;
    if (session->refused)
        hq_session_notice(session, refusal->text, true);
    else
        session->refused =
            g_error_new_literal(HQ_ERROR, (gint)refusal->code, refusal->text ? refusal->text : "");
    return true;
}

static bool on_added(struct hq_session *session, struct hq_frame *frame, struct hq_arena *arena)
{
    (void)frame;
    (void)arena;
    session->adding = false;
    return true;
}

static const char *source_name(const struct hq_session *session, int64_t index)
{
    return index >= 0 && index < session->names->len ? session->names->pdata[index] : NULL;
}

/* A message that [parse] dies of is still listed, as far as its name goes. */
static bool on_culprit(struct hq_session *session, struct hq_frame *frame, struct hq_arena *arena)
{
    const struct hq_wire_item *item = hq_frame_record(frame, &hq_wire_item_schema, arena);

    if (!item)
        return false;
    if (!session->decoder)
        return true;
    struct hq_arena *into = hq_decoder_arena(session->decoder);
    struct hq_message *message = hq_message_new(into);
    const char *source = source_name(session, item->source);
    message->source = hq_arena_strdup(into, source);
    message->mta = source ? hq_arena_intern(into, source, strcspn(source, ":")) : NULL;
    message->id = hq_arena_strdup(into, item->id && *item->id ? item->id : item->ref);
    message->queue = hq_arena_strdup(into, item->queue);
    message->ref = hq_arena_strdup(into, item->ref);
    if (item->id && *item->id && item->file_count && item->files[0].present == HQ_YES)
        message->size = item->files[0].size;
    hq_message_add_problem(message, into, "unreadable: crashed the parser");
    session->events->message(message, session->data);
    return true;
}

static bool on_gone(struct hq_session *session, struct hq_frame *frame, struct hq_arena *arena)
{
    const struct hq_wire_item *item = hq_frame_record(frame, &hq_wire_item_schema, arena);

    if (item)
        session->events->detail(NULL, NULL, source_name(session, item->source), item->id,
                                session->data);
    return item != NULL;
}

void hq_session_end_scan(struct hq_session *session)
{
    /* messages of batches that never ended live as long as the scan's arena */
    g_hash_table_remove_all(session->held);
    session->decoder = NULL;
    session->events->scanned(session->data);
}

static bool on_scanned(struct hq_session *session, struct hq_frame *frame, struct hq_arena *arena)
{
    (void)frame;
    (void)arena;
    hq_session_end_scan(session);
    return true;
}

static bool take_notice(struct hq_session *session, struct hq_frame *frame, struct hq_arena *arena,
                        bool lost)
{
    const struct hq_wire_text *text = hq_frame_record(frame, &hq_wire_text_schema, arena);

    if (text)
        hq_session_notice(session, text->text, lost);
    return text != NULL;
}

/* [spool] and [parse] tell of what they cannot read. */
static bool on_lost(struct hq_session *session, struct hq_frame *frame, struct hq_arena *arena)
{
    return take_notice(session, frame, arena, true);
}

static bool on_notice(struct hq_session *session, struct hq_frame *frame, struct hq_arena *arena)
{
    return take_notice(session, frame, arena, false);
}

/* Ages in a snapshot are those of the moment it was made, unless the user pins the clock or looks
 * at something else as well. */
static bool on_taken(struct hq_session *session, struct hq_frame *frame, struct hq_arena *arena)
{
    const struct hq_wire_number *taken = hq_frame_record(frame, &hq_wire_number_schema, arena);
    bool alone = true;

    for (guint i = 0; i < session->names->len; i++)
        alone &= g_str_has_prefix(session->names->pdata[i], "snapshot:");
    if (taken && alone)
        hq_time_stand_at(taken->number);
    return taken != NULL;
}

/* What each helper may say to the front; anything else is refused. */
static const struct {
    enum hq_role role;
    uint32_t type; /* enum hq_wire, enum hq_wire_act */
    bool (*take)(struct hq_session *session, struct hq_frame *frame, struct hq_arena *arena);
} frames[] = {
    {HQ_ROLE_ACT, HQ_WIRE_WAYS, hq_session_take_ways},
    {HQ_ROLE_ACT, HQ_WIRE_CHANGED, hq_session_take_changed},
    {HQ_ROLE_PARSE, HQ_WIRE_HISTORY, on_history},
    {HQ_ROLE_PARSE, HQ_WIRE_RATE, on_rate},
    {HQ_ROLE_PARSE, HQ_WIRE_LOGGED, on_logged},
    {HQ_ROLE_SPOOL, HQ_WIRE_LOGGED, on_logged},
    {HQ_ROLE_PARSE, HQ_WIRE_MESSAGE, on_message},
    {HQ_ROLE_PARSE, HQ_WIRE_DONE, on_done},
    {HQ_ROLE_PARSE, HQ_WIRE_VERDICT, on_verdict},
    {HQ_ROLE_SPOOL, HQ_WIRE_SOURCE, on_source},
    {HQ_ROLE_SPOOL, HQ_WIRE_REFUSED, on_refused},
    {HQ_ROLE_SPOOL, HQ_WIRE_ADDED, on_added},
    {HQ_ROLE_SPOOL, HQ_WIRE_CULPRIT, on_culprit},
    {HQ_ROLE_SPOOL, HQ_WIRE_GONE, on_gone},
    {HQ_ROLE_SPOOL, HQ_WIRE_SCANNED, on_scanned},
    {HQ_ROLE_SPOOL, HQ_WIRE_NOTICE, on_lost},
    {HQ_ROLE_SPOOL, HQ_WIRE_IDLE, on_notice},
    {HQ_ROLE_PARSE, HQ_WIRE_TAKEN, on_taken},
    {HQ_ROLE_PARSE, HQ_WIRE_NOTICE, on_lost},
    {HQ_ROLE_DNS, HQ_WIRE_NOTICE, on_notice},
};

static bool on_frame(const struct hq_helper_name *from, struct hq_frame *frame, void *data)
{
    struct hq_session *session = data;
    struct hq_arena *arena = session->spare ? g_steal_pointer(&session->spare) : hq_arena_new();
    bool understood = false;

    for (unsigned i = 0; i < G_N_ELEMENTS(frames); i++) {
        if (frames[i].role == from->role && frames[i].type == frame->type)
            understood = frames[i].take(session, frame, arena);
    }
    hq_arena_reset(arena);
    hq_arena_free(session->spare); /* a frame may come while another one is taken */
    session->spare = arena;
    return understood;
}

/* ---- helpers that die ---- */

/* True: something may be missing, as [spool] lists no more or nobody is left to read. What a dead
 * parser had sent of unfinished batches is never shown; they come again under new numbers. */
static bool is_loss(const struct hq_session *session, enum hq_role role)
{
    return (role == HQ_ROLE_SPOOL || role == HQ_ROLE_PARSE) &&
           !hq_helpers_alive(session->helpers, role);
}

/* The log is with the first parser. */
static void end_log_with(struct hq_session *session, const struct hq_helper_name *who)
{
    bool reads = who->role == HQ_ROLE_SPOOL || (who->role == HQ_ROLE_PARSE && who->number == 0);

    if (!session->logging || !reads)
        return;
    hq_session_notice(session, "the mail log was not read to its end", false);
    hq_session_end_log(session, NULL, HQ_NONE);
}

static void on_death(const struct hq_helper_name *who, const char *text, void *data)
{
    struct hq_session *session = data;

    if (text)
        hq_session_notice(session, text, is_loss(session, who->role));
    if (who->role == HQ_ROLE_ACT)
        hq_session_act_died(session);
    if (who->role == HQ_ROLE_PARSE) /* a check runs alone: it was that one's */
        session->checking = false;
    end_log_with(session, who);
    if (who->role != HQ_ROLE_SPOOL)
        return;
    /* Nothing more will come: what is there is the result. */
    session->adding = false;
    if (session->decoder)
        hq_session_end_scan(session);
}

const struct hq_helpers_events hq_session_helper_events = {on_frame, on_death};
