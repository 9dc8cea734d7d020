/* SPDX-License-Identifier: ISC */
/* The session: what the front asks of its helpers, and what comes back. Keeping the helpers alive
 * is in session_helpers.c. */
#include "proc/session.h"
#include "hopq/error.h"
#include "proc/sandbox.h"
#include "proc/session_helpers.h"
#include "proc/wire.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

struct hq_session {
    const struct hq_session_events *events;
    void *data;
    struct hq_helpers *helpers;
    struct hq_arena *arena; /* options, kept for restarts */
    struct hq_wire_scan request;
    GPtrArray *names;           /* char *: sources by index */
    GHashTable *held;           /* number of a batch → GPtrArray of struct hq_message * */
    struct hq_decoder *decoder; /* of the scan that runs; NULL: none */
    bool adding;                /* an answer to ADD is awaited */
    bool checking;              /* a VERDICT is awaited */
    const struct hq_spf *verdict;
    struct hq_arena *verdict_arena; /* borrowed from who asked */
    GError *refused;
};

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

/* False: no message; [parse] is not itself any more. */
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
    session->events->detail(message, arena, message->source, message->id, session->data);
    return true;
}

static void notice(struct hq_session *session, const char *text, bool lost)
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
        notice(session, refusal->text, true);
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
    message->id = hq_arena_strdup(into, item->id);
    message->queue = hq_arena_strdup(into, item->queue);
    message->ref = hq_arena_strdup(into, item->ref);
    if (item->file_count && item->files[0].present == HQ_YES)
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

static bool on_scanned(struct hq_session *session, struct hq_frame *frame, struct hq_arena *arena)
{
    (void)frame;
    (void)arena;
    session->decoder = NULL;
    session->events->scanned(session->data);
    return true;
}

static bool take_notice(struct hq_session *session, struct hq_frame *frame, struct hq_arena *arena,
                        bool lost)
{
    const struct hq_wire_text *text = hq_frame_record(frame, &hq_wire_text_schema, arena);

    if (text)
        notice(session, text->text, lost);
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

/* What each helper may say to the front; anything else is refused. */
static const struct {
    enum hq_role role;
    enum hq_wire type;
    bool (*take)(struct hq_session *session, struct hq_frame *frame, struct hq_arena *arena);
} frames[] = {
    {HQ_ROLE_PARSE, HQ_WIRE_MESSAGE, on_message}, {HQ_ROLE_PARSE, HQ_WIRE_DONE, on_done},
    {HQ_ROLE_PARSE, HQ_WIRE_VERDICT, on_verdict}, {HQ_ROLE_SPOOL, HQ_WIRE_SOURCE, on_source},
    {HQ_ROLE_SPOOL, HQ_WIRE_REFUSED, on_refused}, {HQ_ROLE_SPOOL, HQ_WIRE_ADDED, on_added},
    {HQ_ROLE_SPOOL, HQ_WIRE_CULPRIT, on_culprit}, {HQ_ROLE_SPOOL, HQ_WIRE_GONE, on_gone},
    {HQ_ROLE_SPOOL, HQ_WIRE_SCANNED, on_scanned}, {HQ_ROLE_SPOOL, HQ_WIRE_NOTICE, on_lost},
    {HQ_ROLE_PARSE, HQ_WIRE_NOTICE, on_lost},     {HQ_ROLE_DNS, HQ_WIRE_NOTICE, on_notice},
};

static bool on_frame(enum hq_role role, struct hq_frame *frame, void *data)
{
    struct hq_arena *arena = hq_arena_new();
    bool understood = false;

    for (unsigned i = 0; i < G_N_ELEMENTS(frames); i++) {
        if (frames[i].role == role && frames[i].type == frame->type)
            understood = frames[i].take(data, frame, arena);
    }
    hq_arena_free(arena);
    return understood;
}

/* ---- helpers that die ---- */

static void on_death(enum hq_role role, const char *text, bool replaced, void *data)
{
    struct hq_session *session = data;

    notice(session, text, !replaced && role != HQ_ROLE_DNS);
    if (role == HQ_ROLE_PARSE) {
        g_hash_table_remove_all(session->held);
        session->checking = false;
    }
    if (role != HQ_ROLE_SPOOL)
        return;
    /* Nothing more will come: what is there is the result. */
    session->adding = false;
    if (session->decoder)
        on_scanned(session, NULL, NULL);
}

static const struct hq_helpers_events helper_events = {on_frame, on_death};

/* ---- the public face ---- */

static void tell_base(struct hq_session *session, const struct hq_session_options *options)
{
    struct hq_wire_source base = {.index = -1, .now = hq_time_now()};

    base.our = options->our;
    base.our_count = options->our ? g_strv_length((char **)options->our) : 0;
    base.trust = options->trust;
    base.trust_count = options->trust ? g_strv_length((char **)options->trust) : 0;
    base.egress = options->egress;
    base.egress_count = options->egress ? g_strv_length((char **)options->egress) : 0;
    hq_wire_send(hq_helpers_spool(session->helpers), HQ_WIRE_SOURCE, &hq_wire_source_schema, &base);
}

static void keep_request(struct hq_session *session, const struct hq_session_options *options)
{
    guint count = options->ids ? g_strv_length((char **)options->ids) : 0;
    const char **ids = hq_arena_alloc(session->arena, count * sizeof *ids);

    for (guint i = 0; i < count; i++)
        ids[i] = hq_arena_strdup(session->arena, options->ids[i]);
    session->request = (struct hq_wire_scan){options->full, ids, count};
}

struct hq_session *hq_session_start(const struct hq_session_options *options,
                                    const struct hq_session_events *events, void *data,
                                    GError **error)
{
    struct hq_session *session = g_new0(struct hq_session, 1);

    session->events = events;
    session->data = data;
    session->arena = hq_arena_new();
    session->names = g_ptr_array_new_with_free_func(g_free);
    session->held = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free,
                                          (GDestroyNotify)g_ptr_array_unref);
    keep_request(session, options);
    session->helpers = hq_helpers_start(options, &helper_events, session, error);
    if (!session->helpers) {
        hq_session_stop(session);
        return NULL;
    }
    tell_base(session, options);
    return session;
}

void hq_session_stop(struct hq_session *session)
{
    if (!session)
        return;
    hq_helpers_stop(session->helpers);
    g_ptr_array_free(session->names, TRUE);
    g_hash_table_destroy(session->held);
    g_clear_error(&session->refused);
    hq_arena_free(session->arena);
    g_free(session);
}

/* Waits for ADDED; the error of the first source that was refused, if any. */
static bool await_added(struct hq_session *session, GError **error)
{
    session->adding = true;
    while (session->adding)
        g_main_context_iteration(NULL, TRUE);
    if (!session->refused)
        return true;
    g_propagate_error(error, g_steal_pointer(&session->refused));
    return false;
}

bool hq_session_add(struct hq_session *session, const char *source, const char **name,
                    GError **error)
{
    int input = strcmp(source, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) : -1;
    guint before = session->names->len;

    hq_channel_send(hq_helpers_spool(session->helpers), HQ_WIRE_ADD, &hq_wire_text_schema,
                    &(struct hq_wire_text){source}, NULL, 0, &input, input >= 0);
    if (!await_added(session, error))
        return false;
    if (session->names->len == before) {
        hq_error_set(error, HQ_EXIT_INTERNAL, 0, "open", source, "the spool helper is gone");
        return false;
    }
    if (name)
        *name = session->names->pdata[before];
    return true;
}

int hq_session_add_all(struct hq_session *session, GError **error)
{
    guint before = session->names->len;
    GError *refused = NULL;

    hq_wire_send(hq_helpers_spool(session->helpers), HQ_WIRE_ADD_ALL, NULL, NULL);
    await_added(session, &refused);
    if (session->names->len > before) {
        if (refused)
            notice(session, refused->message, true);
        g_clear_error(&refused);
        return (int)(session->names->len - before);
    }
    if (refused)
        g_propagate_error(error, refused);
    else
        hq_error_set(error, HQ_EXIT_NO_MTA, 0, "look for mail queues", NULL,
                     "no MTA found (try hopq --demo)");
    return -1;
}

void hq_session_set_full(struct hq_session *session, bool full)
{
    session->request.full = full;
}

void hq_session_scan(struct hq_session *session, struct hq_decoder *decoder)
{
    g_assert(!session->decoder);
    session->decoder = decoder;
    if (!hq_helpers_alive(session->helpers, HQ_ROLE_SPOOL)) {
        on_scanned(session, NULL, NULL);
        return;
    }
    hq_wire_send(hq_helpers_spool(session->helpers), HQ_WIRE_SCAN, &hq_wire_scan_schema,
                 &session->request);
}

void hq_session_open(struct hq_session *session, const struct hq_message *message)
{
    struct hq_wire_item item = {
        .source = -1, .queue = message->queue, .id = message->id, .ref = message->ref};

    if (!hq_helpers_alive(session->helpers, HQ_ROLE_SPOOL)) {
        session->events->detail(NULL, NULL, message->source, message->id, session->data);
        return;
    }
    for (guint i = 0; i < session->names->len; i++) {
        if (g_strcmp0(session->names->pdata[i], message->source) == 0)
            item.source = i;
    }
    hq_wire_send(hq_helpers_spool(session->helpers), HQ_WIRE_OPEN, &hq_wire_item_schema, &item);
}

const struct hq_spf *hq_session_check_spf(struct hq_session *session, const char *ip,
                                          const char *helo, const char *sender,
                                          struct hq_arena *arena, GError **error)
{
    struct hq_wire_check check = {ip, helo, sender};

    session->verdict = NULL;
    session->verdict_arena = arena;
    session->checking = true;
    hq_wire_send(hq_helpers_parse(session->helpers), HQ_WIRE_CHECK, &hq_wire_check_schema, &check);
    while (session->checking)
        g_main_context_iteration(NULL, TRUE);
    if (!session->verdict)
        hq_error_set(error, HQ_EXIT_INTERNAL, 0, "check SPF", sender, "the parser died of it");
    return session->verdict;
}

char *hq_session_describe_sandbox(struct hq_session *session)
{
    while (!hq_helpers_words(session->helpers, HQ_ROLE_PARSE) &&
           hq_helpers_alive(session->helpers, HQ_ROLE_PARSE))
        g_main_context_iteration(NULL, TRUE);
    return g_strdup(hq_helpers_words(session->helpers, HQ_ROLE_PARSE));
}
