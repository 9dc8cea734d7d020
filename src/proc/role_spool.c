/* SPDX-License-Identifier: ISC */
/* [spool]: the one process that may touch the spools. It lists and opens, and hands descriptors to
 * [parse]; it never looks inside a file. */
#include "hopq/error.h"
#include "proc/sandbox.h"
#include "proc/spool_log.h"
#include "proc/spool_scan.h"
#include "spool/egress.h"
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct hq_channel *front;
static struct hq_channel *parsers[HQ_PARSERS_MAX];
static GPtrArray *sources; /* struct hq_spool_source * */
static struct hq_scan *scan;
static struct hq_arena *base_arena;
static struct hq_wire_source *base; /* what the user told: the start of every source's context */

/* ---- sources ---- */

static void tell_source(struct hq_channel *channel, const struct hq_spool_source *source)
{
    struct hq_arena *arena = hq_arena_new();
    struct hq_wire_source wire = {
        .index = source->index, .scheme = source->spool->scheme, .name = source->name};

    hq_wire_pack_context(&wire, source->context, arena);
    hq_wire_send(channel, HQ_WIRE_SOURCE, &hq_wire_source_schema, &wire);
    hq_arena_free(arena);
}

static void refuse(GError *error)
{
    struct hq_wire_refusal refusal = {error->code, error->message};

    hq_wire_send(front, HQ_WIRE_REFUSED, &hq_wire_refusal_schema, &refusal);
    g_error_free(error);
}

static void tell(enum hq_wire type, const struct hq_spool_source *source, const char *words)
{
    if (!words)
        return;
    g_autofree char *text = g_strdup_printf("read: %s: %s", source->name, words);
    hq_wire_send_text(front, type, text);
}

static const char *why_idle(const struct hq_spool_source *source)
{
    const struct hq_layout_ops *ops = source->spool->layout;

    return ops->idle ? ops->idle(source->layout) : NULL;
}

/* Of several queues that were found, idle ones are news only when none moves: the others belong to
 * MTAs that are merely installed. */
static void tell_idle(guint first)
{
    for (guint i = first; i < sources->len; i++)
        if (!why_idle(sources->pdata[i]))
            return;
    for (guint i = first; i < sources->len; i++)
        tell(HQ_WIRE_IDLE, sources->pdata[i], why_idle(sources->pdata[i]));
}

/* Only envelopes are wanted, and no setting matters for those. */
static bool is_bare(void)
{
    const unsigned all = HQ_NEED_TEXT | HQ_NEED_REPLIES;

    return ((unsigned)base->omit & all) == all;
}

static bool add_source(const struct hq_spool *spool, const char *path, GError **error)
{
    struct hq_layout *layout = spool->layout->open(path, error);
    struct hq_spool_source *source;

    if (!layout)
        return false;
    source = g_new0(struct hq_spool_source, 1);
    source->index = sources->len;
    source->spool = spool;
    source->layout = layout;
    source->name = g_strdup_printf("%s:%s", spool->scheme, path);
    source->context = hq_wire_unpack_context(base);
    if (!is_bare()) {
        if (spool->layout->configure)
            spool->layout->configure(layout, source->context);
        hq_egress_find(source->context);
    }
    g_ptr_array_add(sources, source);
    tell_source(front, source);
    for (unsigned i = 0; i < HQ_PARSERS_MAX; i++) {
        if (parsers[i])
            tell_source(parsers[i], source);
    }
    tell(HQ_WIRE_NOTICE, source, spool->layout->hidden ? spool->layout->hidden(layout) : NULL);
    return true;
}

static bool is_same(const struct hq_spool_source *source, const struct hq_spool *spool,
                    const char *path)
{
    const char *theirs = source->name + strlen(source->spool->scheme) + 1;
    struct stat a, b;

    if (source->spool != spool)
        return false;
    return strcmp(theirs, path) == 0 || (stat(theirs, &a) == 0 && stat(path, &b) == 0 &&
                                         a.st_dev == b.st_dev && a.st_ino == b.st_ino);
}

/* A source that is named twice, in whatever spelling, is listed once. */
static bool is_there(const struct hq_spool *spool, const char *path)
{
    for (guint i = 0; i < sources->len; i++)
        if (is_same(sources->pdata[i], spool, path))
            return true;
    return false;
}

static void add(const char *text, struct hq_frame *frame)
{
    GError *error = NULL;
    const char *path;

    if (frame->fd_count) /* "-": where the layout looks for it */
        dup2(frame->fds[0], STDIN_FILENO);
    const struct hq_spool *spool = hq_spool_resolve(text, &path, &error);
    guint first = sources->len;
    if (!spool || (!is_there(spool, path) && !add_source(spool, path, &error)))
        refuse(error);
    if (!is_bare())
        tell_idle(first);
    hq_wire_send(front, HQ_WIRE_ADDED, NULL, NULL);
}

static void add_all(void)
{
    guint first = sources->len;

    for (unsigned i = 0; i < hq_spool_count; i++) {
        const struct hq_spool *spool = &hq_spools[i];
        const char *path = spool->default_path ? spool->default_path() : NULL;
        GError *error = NULL;
        if (path && !add_source(spool, path, &error))
            refuse(error);
    }
    if (!is_bare())
        tell_idle(first);
    hq_wire_send(front, HQ_WIRE_ADDED, NULL, NULL);
}

/* ---- [parse] ---- */

static void ignore_frame(struct hq_channel *channel, struct hq_frame *frame, void *data)
{
    (void)channel;
    (void)frame;
    (void)data;
}

static void on_parser_closed(struct hq_channel *channel, void *data)
{
    unsigned number = GPOINTER_TO_UINT(data);

    hq_channel_free(channel);
    parsers[number] = NULL;
    hq_scan_parser_closed(scan, number);
}

static void set_parser(unsigned number, struct hq_frame *frame)
{
    static const struct hq_channel_events events = {ignore_frame, on_parser_closed, false};

    hq_channel_free(parsers[number]);
    parsers[number] = NULL;
    if (frame->fd_count) {
        parsers[number] = hq_channel_new(frame->fds[0], &events, GUINT_TO_POINTER(number));
        frame->fds[0] = -1;
        for (guint i = 0; i < sources->len; i++)
            tell_source(parsers[number], sources->pdata[i]);
    }
    hq_scan_set_parser(scan, number, parsers[number]);
}

static void send_log(const struct hq_wire_log *wish)
{
    const char *cause = "its parser is gone";

    /* the same one each time: it remembers how far it is */
    if (parsers[0] && hq_spool_log_send(sources, wish, parsers[0], &cause))
        return;
    if (*cause) {
        g_autofree char *text =
            g_strdup_printf("read log: %s: %s", wish->name ? wish->name : "-", cause);
        hq_wire_send_text(front, HQ_WIRE_NOTICE, text);
    }
    hq_wire_send(front, HQ_WIRE_LOGGED, &hq_wire_log_schema,
                 &(struct hq_wire_log){.begins = HQ_NONE});
}

/* ---- the front ---- */

static void set_base(struct hq_frame *frame)
{
    struct hq_arena *arena = hq_arena_new();
    struct hq_wire_source *told = hq_frame_record(frame, &hq_wire_source_schema, arena);

    if (!told) {
        hq_arena_free(arena);
        return;
    }
    hq_arena_free(base_arena);
    base_arena = arena;
    base = told;
}

static void on_record_frame(struct hq_frame *frame, struct hq_arena *arena)
{
    if (frame->type == HQ_WIRE_ADD) {
        struct hq_wire_text *text = hq_frame_record(frame, &hq_wire_text_schema, arena);
        if (text && text->text)
            add(text->text, frame);
    } else if (frame->type == HQ_WIRE_SCAN) {
        struct hq_wire_scan *request = hq_frame_record(frame, &hq_wire_scan_schema, arena);
        if (request)
            hq_scan_start(scan, request, (unsigned)base->omit);
    } else if (frame->type == HQ_WIRE_LOG) {
        struct hq_wire_log *log = hq_frame_record(frame, &hq_wire_log_schema, arena);
        if (log)
            send_log(log);
    } else if (frame->type == HQ_WIRE_OPEN) {
        struct hq_wire_item *item = hq_frame_record(frame, &hq_wire_item_schema, arena);
        if (item)
            hq_scan_open(scan, item);
    } else if (frame->type == HQ_WIRE_DONE || frame->type == HQ_WIRE_PARSER) {
        struct hq_wire_number *number = hq_frame_record(frame, &hq_wire_number_schema, arena);
        if (number && frame->type == HQ_WIRE_DONE)
            hq_scan_done(scan, number->number);
        else if (number && number->number >= 0 && number->number < HQ_PARSERS_MAX)
            set_parser((unsigned)number->number, frame);
    }
}

static void on_frame(struct hq_channel *channel, struct hq_frame *frame, void *data)
{
    (void)channel;
    (void)data;
    if (frame->type == HQ_WIRE_ADD_ALL) {
        add_all();
    } else if (frame->type == HQ_WIRE_SOURCE) {
        set_base(frame);
    } else {
        struct hq_arena *arena = hq_arena_new();
        on_record_frame(frame, arena);
        hq_arena_free(arena);
    }
}

static void on_closed(struct hq_channel *channel, void *data)
{
    (void)channel;
    (void)data;
    _exit(0);
}

void hq_role_spool(char **args)
{
    static const struct hq_channel_events events = {on_frame, on_closed, true};
    GMainLoop *loop = g_main_loop_new(NULL, FALSE);

    (void)args;
    base_arena = hq_arena_new();
    base = hq_schema_new(&hq_wire_source_schema, base_arena);
    sources = g_ptr_array_new();
    front = hq_channel_new(HQ_HELPER_FD, &events, NULL);
    scan = hq_scan_new(sources, front);
    for (unsigned i = 0; i < hq_spool_count; i++) {
        if (hq_spools[i].layout->prepare)
            hq_spools[i].layout->prepare();
    }
    char *words = hq_sandbox_enter(HQ_ROLE_SPOOL);
    hq_wire_send_text(front, HQ_WIRE_HELLO, words);
    g_free(words);
    g_main_loop_run(loop);
    _exit(0);
}
