/* SPDX-License-Identifier: ISC */
/* The session: what the front asks of its helpers. The answers are taken in session_frames.c,
 * keeping the helpers alive is in session_helpers.c. */
#include "hopq/error.h"
#include "proc/session_internal.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static void tell_base(struct hq_session *session, const struct hq_session_options *options)
{
    struct hq_wire_source base = {.index = -1, .now = hq_time_now(), .omit = options->omit};

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
    session->changes = options->changes;
    keep_request(session, options);
    session->helpers = hq_helpers_start(options, &hq_session_helper_events, session, error);
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
    hq_session_act_clear(session);
    hq_arena_free(session->arena);
    hq_arena_free(session->spare);
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
    bool added = session->names->len > before;
    if (!added && !hq_helpers_alive(session->helpers, HQ_ROLE_SPOOL)) {
        hq_error_set(error, HQ_EXIT_INTERNAL, 0, "open", source, "the spool helper is gone");
        return false;
    }
    if (name)
        *name = added ? session->names->pdata[before] : NULL;
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
            hq_session_notice(session, refused->message, true);
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

bool hq_session_add_sources(struct hq_session *session, const char *const *sources, GError **missed,
                            GError **error)
{
    GError *first = NULL;

    if (!sources || !*sources)
        return hq_session_add_all(session, error) > 0;
    for (; *sources && (missed || !first); sources++) {
        g_autoptr(GError) refused = NULL;
        if (hq_session_add(session, *sources, NULL, &refused))
            continue;
        if (first)
            hq_session_notice(session, refused->message, true);
        else
            first = g_steal_pointer(&refused);
    }
    bool some = !first || (missed && session->names->len > 0);
    if (first)
        g_propagate_error(some ? missed : error, first);
    return some;
}

const GPtrArray *hq_session_names(const struct hq_session *session)
{
    return session->names;
}

void hq_session_set_full(struct hq_session *session, bool full)
{
    session->request.full = full;
}

bool hq_session_can_list(const struct hq_session *session)
{
    return hq_helpers_alive(session->helpers, HQ_ROLE_SPOOL);
}

void hq_session_scan(struct hq_session *session, struct hq_decoder *decoder)
{
    g_assert(!session->decoder);
    session->decoder = decoder;
    if (!hq_session_can_list(session)) {
        hq_session_end_scan(session);
        return;
    }
    hq_wire_send(hq_helpers_spool(session->helpers), HQ_WIRE_SCAN, &hq_wire_scan_schema,
                 &session->request);
}

void hq_session_read_log(struct hq_session *session, const char *name, bool texts,
                         const char *const *ids)
{
    struct hq_wire_log log = {.name = name, .texts = texts, .ids = ids, .begins = HQ_NONE};

    log.id_count = ids ? g_strv_length((char **)ids) : 0;

    g_assert(!session->logging);
    session->logging = true;
    if (hq_session_can_list(session))
        hq_wire_send(hq_helpers_spool(session->helpers), HQ_WIRE_LOG, &hq_wire_log_schema, &log);
    else
        hq_session_end_log(session, NULL, HQ_NONE);
}

void hq_session_open(struct hq_session *session, const struct hq_message *message)
{
    struct hq_wire_item item = {
        .source = -1, .queue = message->queue, .id = message->id, .ref = message->ref};

    const char *source = message->via ? message->via : message->source;

    if (!hq_session_can_list(session)) {
        session->events->detail(NULL, NULL, source, message->id, session->data);
        return;
    }
    for (guint i = 0; i < session->names->len; i++) {
        if (g_strcmp0(session->names->pdata[i], source) == 0)
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
