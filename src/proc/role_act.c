/* SPDX-License-Identifier: ISC */
/* [act]: the one process that changes queues. It keeps the rights of whoever started hopq, because
 * the MTA's tools need them; it is started only when changes are allowed, reads nothing but frames,
 * directories and inodes, and runs nothing but the argument lists of the changers' tables. */
#include "hopq/error.h"
#include "proc/act.h"
#include "proc/helper.h"
#include "proc/sandbox.h"
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define ANSWERS_MAX 1000000 /* targets of one order */

static struct hq_channel *front;
static GPtrArray *sources; /* struct hq_act_source * by index, NULL where refused */
static struct hq_act_save *save;
static int64_t save_run;
static char *no_log; /* why there is no log of actions; nothing is changed without one */
static bool busy;    /* an order is under way: a sound front sends no other one */

/* ---- sources ---- */

static const char *refusal_of(const struct hq_act_source *source, const struct hq_way *way,
                              struct hq_arena *arena)
{
    g_auto(GStrv) argv = hq_act_expand(source, way);

    if (way->refusal)
        return way->refusal;
    if (way->root && geteuid() != 0)
        return "only root may do this";
    if (argv[0] && access(argv[0], X_OK) != 0)
        return hq_arena_printf(arena, "%s: %s", argv[0], g_strerror(errno));
    return NULL;
}

static const char *describe(const struct hq_act_source *source, const struct hq_way *way,
                            struct hq_arena *arena)
{
    if (way->own)
        return way->words;
    g_autofree char *command = hq_act_describe(source, way);
    return hq_arena_strdup(arena, command);
}

static void add_way(struct hq_wire_ways *ways, const struct hq_act_source *source, unsigned verb,
                    unsigned scope, struct hq_arena *arena)
{
    const struct hq_way *way = &source->ops->ways[verb][scope];

    if (!way->refusal && !way->argv[0] && !way->own)
        return;
    ways->ways[ways->way_count++] = (struct hq_wire_way){
        .verb = verb,
        .scope = scope,
        .refusal = refusal_of(source, way, arena),
        .words = describe(source, way, arena),
        .then = way->then ? describe(source, way->then, arena) : NULL,
        .note = way->note,
        .batch = scope == HQ_SCOPE_ALL ? 0
                 : way->batch          ? way->batch
                                       : 1000,
    };
}

static void tell_ways(int64_t index, const struct hq_act_source *source, const char *refusal)
{
    struct hq_arena *arena = hq_arena_new();
    struct hq_wire_ways ways = {
        .source = index, .refusal = refusal, .saved = hq_act_save_base(), .log = hq_act_log_path()};

    ways.ways = hq_arena_alloc(arena, (size_t)HQ_VERB_COUNT * HQ_SCOPE_COUNT * sizeof *ways.ways);
    for (unsigned verb = 0; source && verb < HQ_VERB_COUNT; verb++)
        for (unsigned scope = 0; scope < HQ_SCOPE_COUNT; scope++)
            add_way(&ways, source, verb, scope, arena);
    hq_channel_send(front, HQ_WIRE_WAYS, &hq_wire_ways_schema, &ways, NULL, 0, NULL, 0);
    hq_arena_free(arena);
}

/* "hopq changes queues of Postfix and …: nothing of qmail". Caller frees. */
static char *what_is_changed(const struct hq_spool *spool)
{
    GString *text = g_string_new("hopq changes queues of ");

    for (unsigned i = 0; i < hq_changer_count; i++) {
        const char *scheme = hq_changers[i].scheme;
        g_string_append_printf(text, "%s%s",
                               i == 0                      ? ""
                               : i + 1 == hq_changer_count ? " and "
                                                           : ", ",
                               hq_spool_find(scheme, strlen(scheme))->title);
    }
    g_string_append_printf(text, ": nothing of %s", spool ? spool->title : "this");
    return g_string_free(text, FALSE);
}

static struct hq_act_source *open_source(const char *name, GError **error)
{
    size_t n = strcspn(name, ":");
    const struct hq_spool *spool = name[n] ? hq_spool_find(name, n) : NULL;
    const struct hq_changer_ops *ops = spool ? hq_changer_find(spool->scheme) : NULL;

    if (!ops) {
        g_autofree char *why = what_is_changed(spool);
        hq_error_set(error, HQ_EXIT_DENIED, 0, "open for changes", name, why);
        return NULL;
    }
    if (no_log) {
        g_set_error_literal(error, HQ_ERROR, HQ_EXIT_DENIED, no_log);
        return NULL;
    }
    struct hq_changer *changer = ops->open(name + n + 1, error);
    if (!changer)
        return NULL;
    struct hq_act_source *source = g_new0(struct hq_act_source, 1);
    source->index = sources->len;
    source->name = g_strdup(name);
    source->spool = spool;
    source->ops = ops;
    source->changer = changer;
    return source;
}

static void on_add(struct hq_frame *frame, struct hq_arena *arena)
{
    const struct hq_wire_text *name = hq_frame_record(frame, &hq_wire_text_schema, arena);
    g_autoptr(GError) error = NULL;

    if (!name || !name->text)
        return;
    struct hq_act_source *source = open_source(name->text, &error);
    g_ptr_array_add(sources, source);
    tell_ways((int64_t)sources->len - 1, source, error ? error->message : NULL);
}

/* ---- orders ---- */

static void answer_failure(struct hq_wire_changed *answer, const struct hq_wire_change *order,
                           const char *words)
{
    for (uint32_t i = 0; i < order->target_count; i++)
        answer->fates[i] = (struct hq_wire_fate){HQ_FATE_NOT_RUN, NULL};
    answer->failure = words;
}

static void take_error(struct hq_wire_changed *answer, GError *error, struct hq_arena *arena)
{
    if (error && !answer->failure)
        answer->failure = hq_arena_strdup(arena, error->message);
}

static void do_save(struct hq_act_source *source, const struct hq_wire_change *order,
                    struct hq_wire_changed *answer, struct hq_arena *arena)
{
    g_autoptr(GError) error = NULL;

    if (save && save_run != order->run) {
        hq_act_save_free(save);
        save = NULL;
    }
    if (!save)
        save = hq_act_save_new(&error);
    save_run = order->run;
    if (save)
        hq_act_save_batch(save, source, order, answer, arena, &error);
    if (error)
        g_clear_pointer(&save, hq_act_save_free);
    take_error(answer, error, arena);
}

/* Nothing is deleted before what was saved is on the disk. */
static bool ensure_saved(const struct hq_wire_change *order, struct hq_wire_changed *answer,
                         struct hq_arena *arena)
{
    g_autoptr(GError) error = NULL;
    bool sound = order->saved != HQ_YES;

    if (!sound && (!save || save_run != order->run))
        answer_failure(answer, order, "nothing was saved in this run");
    else if (!sound)
        sound = hq_act_save_sync(save, &error);
    take_error(answer, error, arena);
    return sound;
}

static void do_change(struct hq_act_source *source, const struct hq_wire_change *order,
                      struct hq_wire_changed *answer, struct hq_arena *arena)
{
    if (!ensure_saved(order, answer, arena))
        return;
    GHashTable *saved = order->saved == HQ_YES ? hq_act_save_ids(save) : NULL;
    if (saved)
        answer->folder = hq_arena_strdup(arena, hq_act_save_folder(save));
    hq_act_change(source, order, saved, answer, arena);
    g_autofree char *command =
        hq_act_describe(source, &source->ops->ways[order->verb][order->scope]);
    hq_act_log(source, order, command, answer);
}

static void carry_out(struct hq_frame *frame, const struct hq_wire_change *order,
                      struct hq_arena *arena)
{
    struct hq_wire_changed answer = {.run = order->run, .fate_count = order->target_count};
    struct hq_act_source *source =
        order->source >= 0 && order->source < sources->len ? sources->pdata[order->source] : NULL;
    const char *wrong = source ? hq_act_refuse(source, order) : "no such source";

    answer.fates = hq_arena_alloc(arena, order->target_count * sizeof *answer.fates);
    answer_failure(&answer, order, wrong ? hq_arena_printf(arena, "refused: %s", wrong) : NULL);
    if (!wrong && frame->type == HQ_WIRE_SAVE)
        do_save(source, order, &answer, arena);
    else if (!wrong)
        do_change(source, order, &answer, arena);
    hq_channel_send(front, HQ_WIRE_CHANGED, &hq_wire_changed_schema, &answer, NULL, 0, NULL, 0);
}

static void on_order(struct hq_frame *frame, struct hq_arena *arena)
{
    const struct hq_wire_change *order = hq_frame_record(frame, &hq_wire_change_schema, arena);

    if (!order || busy || order->target_count > ANSWERS_MAX)
        _exit(1); /* no front of ours sends that */
    busy = true;
    carry_out(frame, order, arena);
    busy = false;
}

static void on_frame(struct hq_channel *channel, struct hq_frame *frame, void *data)
{
    struct hq_arena *arena = hq_arena_new();

    (void)channel;
    (void)data;
    if (frame->type == HQ_WIRE_ADD)
        on_add(frame, arena);
    else if (frame->type == HQ_WIRE_SAVE || frame->type == HQ_WIRE_CHANGE)
        on_order(frame, arena);
    hq_arena_free(arena);
}

/* When the front dies, the batch under way is finished: nothing is left half done. */
static void on_closed(struct hq_channel *channel, void *data)
{
    (void)channel;
    (void)data;
    hq_act_save_free(save);
    _exit(0);
}

void hq_role_act(char **args)
{
    static const struct hq_channel_events events = {on_frame, on_closed, false};
    GMainLoop *loop = g_main_loop_new(NULL, FALSE);
    g_autoptr(GError) error = NULL;

    (void)args;
    signal(SIGXFSZ, SIG_IGN); /* a limit is an error to tell, as a full disk is */
    sources = g_ptr_array_new();
    front = hq_channel_new(HQ_HELPER_FD, &events, NULL);
    hq_helper_prepare(NULL);
    for (unsigned i = 0; i < hq_changer_count; i++)
        if (hq_changers[i].ops->prepare)
            hq_changers[i].ops->prepare();
    hq_wire_send_text(front, HQ_WIRE_HELLO, "the user's own rights");
    if (!hq_act_log_open(&error))
        no_log = g_strdup(error->message);
    g_main_loop_run(loop);
    _exit(0);
}
