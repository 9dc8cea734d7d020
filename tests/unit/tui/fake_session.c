/* SPDX-License-Identifier: ISC */
/* proc/session.h over invented messages. They take the same way as real ones (encoded, decoded
 * into the snapshot's arena), in batches from the main loop. */
#include "fake_session.h"
#include "fake_mail.h"
#include "hopq/error.h"
#include "proc/session.h"
#include <signal.h>

struct hq_fake hq_fake = {.messages = 400, .batch = 200};

struct hq_session {
    const struct hq_session_events *events;
    void *data;
    struct hq_decoder *decoder; /* of the running scan */
    bool full;
    unsigned scans;
    unsigned next; /* message of the running scan */
    guint source;
    guint opener;
    char *opened_source;
    char *opened_id;
    guint logger;
    char **logged_ids;
    bool dead; /* [spool] is */
    GPtrArray *names;
    bool answered; /* the first answer, SPF pending, is out */
};

static bool listed(const struct hq_session *session, unsigned i)
{
    if (i < hq_fake.messages)
        return session->scans == 1 || i % 10 != 1;
    return i < hq_fake.messages + 3 * (session->scans - 1);
}

static const struct hq_message *listed_message(const struct hq_session *session,
                                               struct hq_arena *arena)
{
    struct hq_message *message = fake_message(session->next, arena);
    if (session->full)
        message = fake_full_message(message->id, false, arena);
    if (hq_fake.held && session->next % 2)
        fake_hold(message);
    if (hq_fake.no_way_out)
        fake_no_way_out(message, session->next, arena);
    if (hq_fake.mailbox) {
        message->recipient_count = 0;
        message->mta = "maildir";
    }
    return message;
}

static gboolean deliver(gpointer data)
{
    struct hq_session *session = data;
    unsigned end = hq_fake.messages + 3 * session->scans;
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    struct hq_arena *arena = hq_arena_new();
    for (unsigned n = 0; n < hq_fake.batch && session->next < end; session->next++, n++) {
        if (!listed(session, session->next))
            continue;
        g_byte_array_set_size(bytes, 0);
        hq_schema_encode(&hq_message_schema, listed_message(session, arena), bytes);
        struct hq_message *message =
            hq_decoder_read(session->decoder, &hq_message_schema, bytes->data, bytes->len);
        g_assert_nonnull(message);
        session->events->message(message, session->data);
    }
    hq_arena_free(arena);
    bool dies = hq_fake.dies_in == session->scans;
    if (session->next < end && !dies)
        return G_SOURCE_CONTINUE;
    session->source = 0;
    session->dead = dies;
    if (dies)
        session->events->notice("hopq [spool] was killed", true, session->data);
    if (!hq_fake.never_ends)
        session->events->scanned(session->data);
    return G_SOURCE_REMOVE;
}

/* The first answer comes without the DNS's part, the second with it. */
static gboolean answer(gpointer data)
{
    struct hq_session *session = data;
    struct hq_arena *arena = hq_arena_new();
    struct hq_message *message = NULL;
    bool pending = !session->answered;
    if (!hq_fake.gone)
        message = fake_full_message(session->opened_id, pending, arena);
    session->answered = true;
    if (!message || !pending)
        session->opener = 0;
    session->events->detail(message, arena, session->opened_source, session->opened_id,
                            session->data);
    return message && pending ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

struct hq_session *hq_session_start(G_GNUC_UNUSED const struct hq_session_options *options,
                                    const struct hq_session_events *events, void *data,
                                    G_GNUC_UNUSED GError **error)
{
    struct hq_session *session = g_new0(struct hq_session, 1);
    session->events = events;
    session->data = data;
    session->names = g_ptr_array_new_with_free_func(g_free);
    return session;
}

void hq_session_stop(struct hq_session *session)
{
    if (!session)
        return;
    g_clear_handle_id(&session->source, g_source_remove);
    g_clear_handle_id(&session->opener, g_source_remove);
    g_clear_handle_id(&session->logger, g_source_remove);
    g_strfreev(session->logged_ids);
    g_free(session->opened_source);
    g_free(session->opened_id);
    g_ptr_array_unref(session->names);
    g_free(session);
}

bool hq_session_add_sources(struct hq_session *session, const char *const *sources, GError **missed,
                            G_GNUC_UNUSED GError **error)
{
    if (!sources)
        g_ptr_array_add(session->names, g_strdup("postfix:/found/here"));
    for (; sources && *sources; sources++) {
        if (g_str_has_suffix(*sources, "/missing"))
            hq_error_set(missed, HQ_EXIT_NO_SOURCE, 0, "open", *sources, "there is none");
        else
            g_ptr_array_add(session->names, g_strdup(*sources));
    }
    if (hq_fake.not_root)
        session->events->notice("only root may read the queue (sudo hopq)", true, session->data);
    return true;
}

const GPtrArray *hq_session_names(const struct hq_session *session)
{
    return session->names;
}

bool hq_session_can_list(const struct hq_session *session)
{
    return !session->dead;
}

void hq_session_set_full(struct hq_session *session, bool full)
{
    session->full = full;
}

void hq_session_scan(struct hq_session *session, struct hq_decoder *decoder)
{
    g_assert(session->source == 0 && !session->dead);
    session->decoder = decoder;
    session->scans++;
    session->next = 0;
    if (hq_fake.tell_scans)
        session->events->notice(session->full ? "a scan in full" : "a scan of the lists", false,
                                session->data);
    if (hq_fake.notice)
        session->events->notice("the parser crashed and was restarted", true, session->data);
    session->source = g_idle_add_full(G_PRIORITY_DEFAULT, deliver, session, NULL);
}

void hq_session_open(struct hq_session *session, const struct hq_message *message)
{
    if (g_getenv("FAKE_KILLED"))
        raise(SIGKILL);
    if (hq_fake.crash)
        raise(SIGSEGV);
    g_clear_handle_id(&session->opener, g_source_remove);
    g_free(session->opened_source);
    g_free(session->opened_id);
    session->opened_source = g_strdup(message->source);
    session->opened_id = g_strdup(message->id);
    session->answered = false;
    session->opener = g_timeout_add(5, answer, session);
}

/* Each message was tried once, as its lines tell, if it is asked for them. */
static gboolean answer_log(gpointer data)
{
    struct hq_session *session = data;
    struct hq_attempt attempt = {.time = HQ_SECOND,
                                 .recipient = "user1@btinternet.example",
                                 .result = HQ_OUTCOME_DEFERRED,
                                 .text = "421 from the log"};
    session->logger = 0;
    g_auto(GStrv) ids = g_steal_pointer(&session->logged_ids);
    for (char **id = ids; id && *id; id++)
        session->events->history(
            &(struct hq_history){.id = *id, .attempts = &attempt, .attempt_count = 1},
            session->data);
    session->events->logged("/var/log/mail.log", 0, session->data);
    return G_SOURCE_REMOVE;
}

void hq_session_read_log(struct hq_session *session, G_GNUC_UNUSED const char *name, bool texts,
                         const char *const *ids)
{
    if (!hq_fake.log) {
        session->events->logged(NULL, HQ_NONE, session->data);
        return;
    }
    g_assert(texts == (ids != NULL) && !session->logger); /* the list needs no lines */
    session->logged_ids = g_strdupv((char **)ids);
    session->logger = g_timeout_add(5, answer_log, session);
}
