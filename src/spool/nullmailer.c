/* SPDX-License-Identifier: ISC */
/* nullmailer's queue, nullmailer 2.2: src/queue.cc writes a file a message, "SECONDS.PID": the
 * sender, a recipient a line, an empty line, the message. src/send.cc moves what failed for good to
 * failed/. Nothing is stored about attempts; they begin with "pausetime" between them, doubled up
 * to "maxpause", for all messages at once. */
#include "base/scratch.h"
#include "dirs.h"
#include "line_reader.h"
#include "mailfile.h"
#include <string.h>

#define DEFAULT_PATH   "/var/spool/nullmailer"
#define CONFIG         "/etc/nullmailer"
#define LINE_MAX_BYTES ((size_t)16 * 1024)

static const struct hq_dirs_place places[] = {{"queue", "queue", false},
                                              {"failed", "failed", false}};

static const char *id_of(const char *name)
{
    return name[0] != '.' ? name : NULL; /* load_messages() */
}

static void open_files(int root, int dir, const char *path, const char *name, struct hq_item *item)
{
    (void)root;
    (void)path;
    hq_file_open(dir, name, DT_UNKNOWN, &item->files[0]);
}

static void configure(const char *path, struct hq_context *context)
{
    static const char *const names[] = {"queuelifetime", "pausetime", "me"};

    if (strcmp(path, DEFAULT_PATH) != 0)
        return;
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++)
        hq_dirs_setting(context, CONFIG, names[i]);
    const char *me = hq_context_setting(context, "me", NULL);
    if (me && !context->hostname)
        context->hostname = g_strdup(me);
    if (me)
        hq_context_add_our(context, me);
}

static const struct hq_dirs dirs = {places,   G_N_ELEMENTS(places), id_of, open_files, NULL,
                                    configure};

bool hq_nullmailer_recognise(const char *path)
{
    static const char *const names[] = {"queue", "tmp", "failed", NULL};

    return hq_dirs_has(path, names);
}

const char *hq_nullmailer_default(void)
{
    return hq_nullmailer_recognise(DEFAULT_PATH) ? DEFAULT_PATH : NULL;
}

static struct hq_layout *nullmailer_open(const char *path, GError **error)
{
    return hq_dirs_open(&dirs, path, error);
}

static const char *nullmailer_why_not(const char *path)
{
    static const char *const names[] = {"queue", "failed", NULL};

    return hq_dir_may_have(path, names)
               ? NULL
               : "no queue of nullmailer: neither queue nor failed is in it";
}

const struct hq_layout_ops hq_nullmailer_layout =
    HQ_DIRS_LAYOUT(nullmailer_open, nullmailer_why_not);

/* ---- parser ---- */

/* A message that has waited longer than the first pause has been tried. */
static uint8_t state_of(struct hq_parse *parse, const struct hq_message *message)
{
    int64_t pause = hq_context_span(parse->context, "pausetime", HQ_SECOND, HQ_MINUTE);

    if (strcmp(message->queue, "failed") == 0)
        return HQ_STATE_FAILED;
    return message->arrived != HQ_NONE && parse->context->now - message->arrived > pause
               ? HQ_STATE_DEFERRED
               : HQ_STATE_QUEUED;
}

/* Returns where the message's text begins. */
static int64_t read_envelope(struct hq_parse *parse, struct hq_message *message,
                             const struct hq_item_file *file)
{
    struct hq_line_reader lines;
    int64_t at = 0;
    bool whole = false;
    char *line;
    size_t n;

    hq_line_reader_init(&lines, file->fd, file->size, LINE_MAX_BYTES);
    while (!whole && (line = hq_line_reader_next(&lines, &n))) {
        at += (int64_t)n + 1;
        if (lines.cut)
            break;
        whole = n == 0 && message->sender;
        if (!message->sender)
            message->sender = hq_arena_dup(parse->arena, line, n);
        else if (n > 0)
            hq_message_add_recipient(message, parse->arena)->address =
                hq_arena_dup(parse->arena, line, n);
    }
    hq_line_reader_clear(&lines);
    if (!whole)
        hq_message_add_problem(message, parse->arena, "its envelope is damaged");
    return MIN(at, file->size);
}

/* send.cc gives up by the file's time, mailq.cc shows the one in its name. */
static void set_times(struct hq_parse *parse, struct hq_message *message,
                      const struct hq_item_file *file)
{
    int64_t lifetime = hq_context_span(parse->context, "queuelifetime", HQ_SECOND, 7 * HQ_DAY);
    int64_t seconds = g_ascii_strtoll(message->id, NULL, 10), expires;
    uint8_t state;

    message->arrived =
        seconds > 0 && seconds < INT64_MAX / HQ_SECOND / 2 ? seconds * HQ_SECOND : file->mtime;
    if (file->mtime == HQ_NONE || __builtin_add_overflow(file->mtime, lifetime, &expires))
        expires = HQ_NONE;
    state = state_of(parse, message);
    for (uint32_t i = 0; i < message->recipient_count; i++) {
        message->recipients[i].state = state;
        message->recipients[i].expires = state == HQ_STATE_FAILED ? HQ_NONE : expires;
    }
}

void hq_nullmailer_parse(struct hq_parse *parse, const struct hq_item *item)
{
    const struct hq_item_file *file = &item->files[0];
    struct hq_message *message = hq_spool_message(parse, item);

    if (file->fd < 0) {
        parse->emit(parse, message, NULL, 0);
        return;
    }
    int64_t text = read_envelope(parse, message, file);
    message->size = file->size - text;
    set_times(parse, message, file);
    hq_mailfile_emit(parse, message, file->fd, text, file->size - text);
}
