/* SPDX-License-Identifier: ISC */
/* The part of proc/session.h that changes queues, with nothing behind it: every message whose id
 * ends in 7 cannot be changed, and requeuing is not known. */
#include "fake_session.h"
#include "proc/session.h"
#include "proc/wire_act.h"
#include <string.h>

#define PAUSE 5 /* milliseconds a batch */

static struct hq_wire_way ways[] = {
    {.verb = HQ_VERB_HOLD, .words = "/usr/sbin/postsuper -h -", .batch = 1000},
    {.verb = HQ_VERB_RELEASE, .words = "/usr/sbin/postsuper -H -", .batch = 1000},
    {.verb = HQ_VERB_FLUSH, .words = "/usr/sbin/postqueue -i {id}", .batch = 1},
    {.verb = HQ_VERB_EXPIRE, .words = "/usr/sbin/postsuper -f -", .batch = 1000},
    {.verb = HQ_VERB_REQUEUE, .refusal = "this MTA cannot requeue", .words = ""},
    {.verb = HQ_VERB_DELETE, .words = "/usr/sbin/postsuper -d -", .batch = 1000},
};
static const struct hq_wire_ways all = {.saved = "/var/lib/hopq/saved",
                                        .log = "/var/log/hopq.log",
                                        .ways = ways,
                                        .way_count = G_N_ELEMENTS(ways)};

static struct {
    hq_session_changed_fn fn;
    void *data;
    struct hq_wire_changed answer;
    guint source;
} order;

void hq_session_on_ways(G_GNUC_UNUSED struct hq_session *session,
                        G_GNUC_UNUSED void (*fn)(void *data), G_GNUC_UNUSED void *data)
{
}

bool hq_session_may_change(G_GNUC_UNUSED const struct hq_session *session, const char **why)
{
    *why = "hopq was started read-only";
    return !hq_fake.read_only;
}

const struct hq_wire_ways *hq_session_ways(G_GNUC_UNUSED struct hq_session *session,
                                           G_GNUC_UNUSED const char *source)
{
    return &all;
}

static gboolean answer(G_GNUC_UNUSED gpointer data)
{
    struct hq_wire_changed changed = order.answer;

    order.source = 0;
    order.fn(&changed, order.data);
    g_free(changed.fates);
    return G_SOURCE_REMOVE;
}

void hq_session_forget_order(G_GNUC_UNUSED struct hq_session *session)
{
}

void hq_session_order(G_GNUC_UNUSED struct hq_session *session, G_GNUC_UNUSED const char *source,
                      struct hq_wire_change *change, bool save, hq_session_changed_fn fn,
                      void *data)
{
    struct hq_wire_fate *fates = g_new0(struct hq_wire_fate, change->target_count);
    for (uint32_t i = 0; i < change->target_count; i++) {
        const char *id = change->targets[i].id;
        if (!save && g_str_has_suffix(id, "7"))
            fates[i] = (struct hq_wire_fate){HQ_FATE_FAILED, "Permission denied"};
    }
    order.fn = fn;
    order.data = data;
    order.answer = (struct hq_wire_changed){.run = change->run,
                                            .folder = save ? "/var/lib/hopq/saved/1" : NULL,
                                            .fates = fates,
                                            .fate_count = change->target_count};
    order.source = g_timeout_add(PAUSE, answer, NULL);
}
