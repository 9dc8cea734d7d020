/* SPDX-License-Identifier: ISC */
/* [save]: reads messages that are about to be deleted and writes them down. As confined as [parse];
 * it can write to the files that [act] has opened for it and to nothing else. */
#include "hopq/detail.h"
#include "hopq/io.h"
#include "hopq/reader.h"
#include "proc/sandbox.h"
#include "proc/wire_act.h"
#include "spool/spools.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECONDS_A_MESSAGE 60

static struct hq_channel *act;
static const struct hq_spool *spool;
static char *source;
static struct hq_reader *reader;

/* A file that all messages share, and the lines to add when the messages at hand are done. */
struct shared {
    int fd;
    GString *lines;
};
static struct shared envelopes, records;

/* The message at hand, and where it goes. */
static struct {
    const char *id;
    int text;
    bool has_text;
    bool delivered;
    int64_t code; /* as struct hq_wire_kept's */
    char *words;
} keep;

static void refuse(int64_t code, const char *words)
{
    if (keep.code)
        return;
    keep.code = code;
    keep.words = g_strdup_printf("not saved: %s", words);
}

static void on_content(const char *bytes, size_t n, void *tag)
{
    (void)tag;
    keep.has_text = true;
    if (n >= HQ_WHOLE_MAX) /* and the rest of it was not read */
        refuse(-1, "its text is longer than 512 MB");
    if (!keep.code && !hq_io_write_all(keep.text, bytes, n))
        refuse(errno, g_strerror(errno));
}

static bool add_line(GString *lines, const char *address)
{
    if (!address || strpbrk(address, "\r\n"))
        return false;
    g_string_append_printf(lines, "%s\n", *address ? address : "<>");
    return true;
}

/* Its name, the sender, then the recipients that still wait, a line each; an empty one ends it. */
static void put_envelope(const struct hq_message *message)
{
    GString *lines = envelopes.lines;

    g_string_append_printf(lines, "%s.hopq\n", keep.id);
    bool good = add_line(lines, message->sender);

    for (uint32_t i = 0; i < message->recipient_count; i++) {
        const struct hq_recipient *recipient = &message->recipients[i];
        if (recipient->state != HQ_STATE_DELIVERED && recipient->state != HQ_STATE_FAILED)
            good = add_line(lines, recipient->address) && good;
    }
    g_string_append_c(lines, '\n');
    if (!good)
        refuse(-1, "an address in its envelope is no line of text");
}

/* As --dump=ndjson: hopq opens it as a snapshot. */
static void put_record(const struct hq_message *message)
{
    struct hq_json json;

    hq_json_init(&json, records.lines);
    hq_json_begin_object(&json);
    hq_json_key(&json, "type");
    hq_json_string(&json, "message");
    hq_json_key(&json, "schema");
    hq_json_int(&json, 1);
    hq_schema_json_members(&hq_message_schema, message, &json);
    hq_json_end_object(&json);
    g_string_append_c(records.lines, '\n');
}

/* Damage that the parser found means that what was written may not be all. */
static void on_message(const struct hq_message *message, void *tag, bool last, void *data)
{
    (void)tag;
    (void)last;
    (void)data;
    keep.delivered = true;
    if (message->problem_count)
        refuse(-1, message->problems[0].what);
    else if (message->incomplete == HQ_YES)
        refuse(-1, "the MTA is still writing it");
    else if (!keep.has_text)
        refuse(-1, "it has no text");
    put_envelope(message);
    put_record(message);
}

static void read_item(struct hq_item *item)
{
    struct hq_read_request request = {
        .spool = spool, .source = source, .whole = true, .content = on_content};

    hq_sandbox_bound_work(SECONDS_A_MESSAGE);
    hq_reader_read(reader, &request, item);
    hq_sandbox_bound_work(0);
    if (!keep.delivered)
        refuse(-1, "it could not be read");
}

/* A message that is refused leaves no line in the shared files. */
static void keep_item(struct hq_item *item, int text)
{
    size_t envelope = envelopes.lines->len, record = records.lines->len;

    memset(&keep, 0, sizeof keep);
    keep.id = item->id;
    keep.text = text;
    read_item(item);
    if (keep.code) {
        g_string_truncate(envelopes.lines, envelope);
        g_string_truncate(records.lines, record);
    }
}

/* 0 or an errno. */
static int write_shared(struct shared *shared)
{
    bool written = hq_io_write_all(shared->fd, shared->lines->str, shared->lines->len);
    int error = errno;

    g_string_truncate(shared->lines, 0);
    return written ? 0 : error;
}

/* A message counts as saved only when all of it is written. */
static void answer(struct hq_wire_refusal *results, uint32_t count)
{
    int error = write_shared(&envelopes), other = write_shared(&records);
    g_autofree char *words = g_strdup_printf("not saved: %s", g_strerror(error ? error : other));

    for (uint32_t i = 0; (error || other) && i < count; i++)
        if (!results[i].code)
            results[i] = (struct hq_wire_refusal){error ? error : other, words};
    hq_channel_send(act, HQ_WIRE_KEPT, &hq_wire_kept_schema, &(struct hq_wire_kept){results, count},
                    NULL, 0, NULL, 0);
}

static void on_keep(struct hq_frame *frame)
{
    struct hq_arena *arena = hq_arena_new();
    const struct hq_wire_keep *wire = hq_frame_record(frame, &hq_wire_keep_schema, arena);
    unsigned taken = 0;

    if (!wire || !reader)
        _exit(EXIT_FAILURE);
    struct hq_wire_refusal *results = hq_arena_alloc(arena, wire->item_count * sizeof *results);
    for (uint32_t i = 0; i < wire->item_count; i++) {
        struct hq_item item;
        int files = hq_wire_unpack_item(&item, &wire->items[i], frame->fds + taken,
                                        frame->fd_count - taken);
        if (files < 0 || taken + (unsigned)files >= frame->fd_count)
            _exit(EXIT_FAILURE);
        taken += (unsigned)files;
        keep_item(&item, frame->fds[taken++]);
        hq_item_close(&item);
        results[i] = (struct hq_wire_refusal){keep.code, hq_arena_strdup(arena, keep.words)};
        g_free(keep.words);
    }
    answer(results, wire->item_count);
    hq_arena_free(arena);
}

static void on_source(struct hq_frame *frame)
{
    struct hq_arena *arena = hq_arena_new();
    const struct hq_wire_source *wire = hq_frame_record(frame, &hq_wire_source_schema, arena);
    struct hq_dns_cache *cache = hq_dns_cache_new();

    if (!wire || reader || frame->fd_count != 2)
        _exit(EXIT_FAILURE);
    envelopes = (struct shared){frame->fds[0], g_string_new(NULL)};
    records = (struct shared){frame->fds[1], g_string_new(NULL)};
    frame->fds[0] = frame->fds[1] = -1; /* they stay open */
    hq_dns_cache_close(cache, HQ_DNS_OFF);
    spool = hq_spool_find(wire->scheme, strlen(wire->scheme));
    source = g_strdup(wire->name);
    reader = hq_reader_new(hq_wire_unpack_context(wire), cache, on_message, NULL);
    hq_arena_free(arena);
}

static void on_frame(struct hq_channel *channel, struct hq_frame *frame, void *data)
{
    (void)channel;
    (void)data;
    if (frame->type == HQ_WIRE_SOURCE)
        on_source(frame);
    else if (frame->type == HQ_WIRE_KEEP)
        on_keep(frame);
}

static void on_closed(struct hq_channel *channel, void *data)
{
    (void)channel;
    (void)data;
    _exit(0);
}

void hq_role_save(char **args)
{
    static const struct hq_channel_events events = {on_frame, on_closed, true};
    GMainLoop *loop = g_main_loop_new(NULL, FALSE);

    (void)args;
    setenv("TZ", "UTC0", 1);  /* localtime() must not look for a file */
    signal(SIGXFSZ, SIG_IGN); /* a limit is an error to tell, as a full disk is */
    hq_reader_init();
    act = hq_channel_new(HQ_HELPER_FD, &events, NULL);
    g_free(hq_sandbox_enter(HQ_ROLE_SAVE));
    g_main_loop_run(loop);
    _exit(0);
}
