/* SPDX-License-Identifier: ISC */
/* The front's half of changing queues: what [act] is asked, and what it answers. */
#include "proc/session_internal.h"
#include <string.h>

void hq_session_on_ways(struct hq_session *session, void (*fn)(void *data), void *data)
{
    session->on_ways = fn;
    session->on_ways_data = data;
}

bool hq_session_may_change(const struct hq_session *session, const char **why)
{
    if (hq_helpers_alive(session->helpers, HQ_ROLE_ACT))
        return true;
    *why =
        session->changes ? "hopq [act] has died; start hopq again" : "hopq was started read-only";
    return false;
}

static void make_room(struct hq_session *session)
{
    if (session->asked)
        return;
    session->asked = g_ptr_array_new_with_free_func(g_free);
    session->ways = g_ptr_array_new();
    session->ways_arena = hq_arena_new();
}

static bool index_of(const struct hq_session *session, const char *source, guint *index)
{
    return session->asked &&
           g_ptr_array_find_with_equal_func(session->asked, source, g_str_equal, index);
}

const struct hq_wire_ways *hq_session_ways(struct hq_session *session, const char *source)
{
    guint index;

    make_room(session);
    if (index_of(session, source, &index))
        return index < session->ways->len ? session->ways->pdata[index] : NULL;
    g_ptr_array_add(session->asked, g_strdup(source));
    hq_wire_send_text(hq_helpers_act(session->helpers), HQ_WIRE_ADD, source);
    return NULL;
}

static void answer(struct hq_session *session, const struct hq_wire_changed *changed)
{
    hq_session_changed_fn fn = g_steal_pointer(&session->on_changed);

    if (fn)
        fn(changed, session->on_changed_data);
}

void hq_session_order(struct hq_session *session, const char *source, struct hq_wire_change *order,
                      bool save, hq_session_changed_fn fn, void *data)
{
    guint index = G_MAXUINT16; /* none: refused */

    g_assert(!session->on_changed);
    index_of(session, source, &index);
    order->source = index;
    session->on_changed = fn;
    session->on_changed_data = data;
    if (hq_helpers_alive(session->helpers, HQ_ROLE_ACT))
        hq_channel_send(hq_helpers_act(session->helpers), save ? HQ_WIRE_SAVE : HQ_WIRE_CHANGE,
                        &hq_wire_change_schema, order, NULL, 0, NULL, 0);
    else
        answer(session, NULL);
}

void hq_session_forget_order(struct hq_session *session)
{
    session->on_changed = NULL;
}

/* They come in the order they were asked for. */
bool hq_session_take_ways(struct hq_session *session, struct hq_frame *frame,
                          struct hq_arena *arena)
{
    (void)arena;
    if (!session->asked || session->ways->len == session->asked->len)
        return false;
    struct hq_wire_ways *ways = hq_frame_record(frame, &hq_wire_ways_schema, session->ways_arena);
    if (!ways || ways->source != session->ways->len)
        return false;
    g_ptr_array_add(session->ways, ways);
    if (session->on_ways)
        session->on_ways(session->on_ways_data);
    return true;
}

bool hq_session_take_changed(struct hq_session *session, struct hq_frame *frame,
                             struct hq_arena *arena)
{
    const struct hq_wire_changed *changed = hq_frame_record(frame, &hq_wire_changed_schema, arena);

    if (!changed || !session->on_changed)
        return false;
    answer(session, changed);
    return true;
}

void hq_session_act_died(struct hq_session *session)
{
    answer(session, NULL);
}

void hq_session_act_clear(struct hq_session *session)
{
    if (!session->asked)
        return;
    g_ptr_array_free(session->asked, TRUE);
    g_ptr_array_free(session->ways, TRUE);
    hq_arena_free(session->ways_arena);
}
