/* SPDX-License-Identifier: ISC */
/* Talks to [save]: sends it messages, several in a frame, with the files to write them to, and
 * takes its answers, which come in the same order. When it dies with several messages on the way,
 * they go again one by one: then the one that kills it is known for sure. */
#include "hopq/error.h"
#include "proc/act.h"
#include "proc/helper.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Messages in a frame, and on the way: while [save] works on one frame, the next is filled. */
#define MESSAGES_A_FRAME 16
#define WINDOW           (2 * MESSAGES_A_FRAME)

G_STATIC_ASSERT(MESSAGES_A_FRAME *(HQ_ITEM_FILES + 1) <= HQ_FRAME_FDS);

/* A frame while it is packed. */
struct parcel {
    struct hq_arena *arena; /* NULL: nothing is in it */
    struct hq_wire_item *items;
    uint32_t count;
    int fds[HQ_FRAME_FDS];
    unsigned fd_count;
};

struct hq_act_keeper {
    int envelopes, records; /* borrowed */
    hq_act_kept_fn told;
    void *data;
    pid_t helper;                       /* 0: none runs */
    const struct hq_act_source *source; /* that the helper reads */
    struct hq_channel *channel;
    GQueue sent;          /* tags of what is on the way or in the parcel */
    unsigned suspects;    /* messages that go alone */
    struct parcel parcel; /* what goes next */
};

struct hq_act_keeper *hq_act_keeper_new(int envelopes, int records, hq_act_kept_fn told, void *data)
{
    struct hq_act_keeper *keeper = g_new0(struct hq_act_keeper, 1);

    keeper->envelopes = envelopes;
    keeper->records = records;
    keeper->told = told;
    keeper->data = data;
    g_queue_init(&keeper->sent);
    return keeper;
}

static void empty(struct parcel *parcel)
{
    hq_arena_free(parcel->arena);
    *parcel = (struct parcel){0};
}

static void drop(struct parcel *parcel)
{
    for (unsigned i = 0; i < parcel->fd_count; i++)
        close(parcel->fds[i]);
    empty(parcel);
}

void hq_act_keeper_end(struct hq_act_keeper *keeper)
{
    drop(&keeper->parcel);
    hq_channel_free(keeper->channel);
    keeper->channel = NULL;
    if (keeper->helper > 0)
        hq_helper_end(&keeper->helper, &(int){0});
}

void hq_act_keeper_free(struct hq_act_keeper *keeper)
{
    if (!keeper)
        return;
    hq_act_keeper_end(keeper);
    g_queue_clear(&keeper->sent);
    g_free(keeper);
}

/* ---- answers ---- */

static void on_frame(struct hq_channel *channel, struct hq_frame *frame, void *data)
{
    struct hq_act_keeper *keeper = data;
    struct hq_arena *arena = hq_arena_new();
    const struct hq_wire_kept *kept =
        frame->type == HQ_WIRE_KEPT ? hq_frame_record(frame, &hq_wire_kept_schema, arena) : NULL;

    (void)channel;
    for (uint32_t i = 0;
         kept && i < kept->result_count && keeper->sent.length > keeper->parcel.count; i++) {
        const struct hq_wire_refusal *result = &kept->results[i];
        keeper->suspects -= MIN(keeper->suspects, 1);
        keeper->told(g_queue_pop_head(&keeper->sent), (int)result->code, result->text,
                     keeper->data);
    }
    hq_arena_free(arena);
}

static void on_closed(struct hq_channel *channel, void *data)
{
    struct hq_act_keeper *keeper = data;
    bool alone = keeper->sent.length == 1;

    (void)channel;
    hq_act_keeper_end(keeper);
    keeper->suspects = alone ? keeper->suspects - MIN(keeper->suspects, 1) : keeper->sent.length;
    while (keeper->sent.length)
        keeper->told(g_queue_pop_head(&keeper->sent), alone ? HQ_KEPT_NOT : HQ_KEPT_AGAIN,
                     "not saved: it crashed the parser", keeper->data);
}

/* ---- the helper ---- */

/* The files that all messages share, for the helper; false with ERROR. */
static bool copy_shared(const struct hq_act_keeper *keeper, int fds[2], GError **error)
{
    fds[0] = fcntl(keeper->envelopes, F_DUPFD_CLOEXEC, 0);
    fds[1] = fds[0] < 0 ? -1 : fcntl(keeper->records, F_DUPFD_CLOEXEC, 0);
    if (fds[1] >= 0)
        return true;
    hq_error_set(error, HQ_EXIT_INTERNAL, errno, "connect helper", NULL, NULL);
    if (fds[0] >= 0)
        close(fds[0]);
    return false;
}

static bool tell_source(struct hq_act_keeper *keeper, const struct hq_act_source *source,
                        GError **error)
{
    int fds[2];

    if (!copy_shared(keeper, fds, error))
        return false;
    struct hq_arena *arena = hq_arena_new();
    struct hq_wire_source wire = {
        .index = source->index, .scheme = source->spool->scheme, .name = source->name};
    struct hq_context *context = hq_context_new();

    context->now = hq_time_now();
    if (source->spool->layout->configure)
        source->spool->layout->configure(source->layout, context);
    hq_wire_pack_context(&wire, context, arena);
    hq_channel_send(keeper->channel, HQ_WIRE_SOURCE, &hq_wire_source_schema, &wire, NULL, 0, fds,
                    G_N_ELEMENTS(fds));
    hq_context_free(context);
    hq_arena_free(arena);
    return true;
}

static bool start_helper(struct hq_act_keeper *keeper, const struct hq_act_source *source,
                         GError **error)
{
    static const struct hq_channel_events events = {on_frame, on_closed, false};
    int pair[2];

    if (keeper->channel && keeper->source == source)
        return true;
    hq_act_keeper_end(keeper); /* it knows one source, with its parser */
    keeper->source = source;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        hq_error_set(error, HQ_EXIT_INTERNAL, errno, "connect helper", NULL, NULL);
        return false;
    }
    keeper->helper = hq_helper_spawn(HQ_ROLE_SAVE, NULL, &pair[1], 1, error);
    if (keeper->helper < 0) {
        keeper->helper = 0;
        close(pair[0]);
        return false;
    }
    keeper->channel = hq_channel_new(pair[0], &events, keeper);
    if (tell_source(keeper, source, error))
        return true;
    hq_act_keeper_end(keeper);
    return false;
}

/* ---- messages ---- */

bool hq_act_keeper_has_room(const struct hq_act_keeper *keeper)
{
    return keeper->sent.length < (keeper->suspects ? 1 : WINDOW);
}

static void send_parcel(struct hq_act_keeper *keeper)
{
    struct parcel *parcel = &keeper->parcel;
    struct hq_wire_keep keep = {parcel->items, parcel->count};

    if (parcel->count)
        hq_channel_send(keeper->channel, HQ_WIRE_KEEP, &hq_wire_keep_schema, &keep, NULL, 0,
                        parcel->fds, parcel->fd_count);
    empty(parcel);
}

bool hq_act_keeper_wait(struct hq_act_keeper *keeper)
{
    guint before = keeper->sent.length;

    send_parcel(keeper);
    while (before && keeper->sent.length == before)
        g_main_context_iteration(NULL, TRUE);
    return before > 0;
}

bool hq_act_keeper_send(struct hq_act_keeper *keeper, const struct hq_act_source *source,
                        struct hq_item *item, int text, void *tag, GError **error)
{
    struct parcel *parcel = &keeper->parcel;

    if (!start_helper(keeper, source, error)) {
        close(text);
        return false;
    }
    if (!parcel->arena) {
        parcel->arena = hq_arena_new();
        parcel->items = hq_arena_alloc(parcel->arena, MESSAGES_A_FRAME * sizeof *parcel->items);
    }
    struct hq_wire_item *wire = &parcel->items[parcel->count++];
    wire->source = source->index;
    parcel->fd_count +=
        hq_wire_pack_item(wire, item, parcel->fds + parcel->fd_count, parcel->arena);
    parcel->fds[parcel->fd_count++] = text;
    g_queue_push_tail(&keeper->sent, tag);
    if (parcel->count == MESSAGES_A_FRAME)
        send_parcel(keeper);
    return true;
}
