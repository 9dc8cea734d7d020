/* SPDX-License-Identifier: ISC */
/* Messages kept before they are deleted: a folder a run, in it a Maildir, the envelopes, the
 * records of what hopq knew, and a script that sends them again. [act] opens and names the files;
 * what goes into them is read and written by [save], which can do nothing else. */
#include "hopq/error.h"
#include "hopq/io.h"
#include "proc/act.h"
#include "proc/helper.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SYSTEM_BASE "/var/lib/hopq/saved"
#define RECORDS     "messages.ndjson"
#define ENVELOPES   "envelopes"

/* Part of it is no mail: xargs(1) hands each line of an envelope over as one argument. More of them
 * than fit go in several calls, each of which reads the text from its beginning. */
static const char resubmit[] =
    "#!/bin/sh\n"
    "# Sends saved messages again: sh resubmit [NAME...], names as in envelopes/; none: all.\n"
    "# A message that was sent moves to cur/, so that it is not sent twice.\n"
    "set -eu\n"
    "cd \"$(dirname \"$0\")\"\n"
    "[ $# -gt 0 ] || set -- $(ls envelopes)\n"
    "for name; do\n"
    "    [ -f \"new/$name\" ] || { echo \"$name: not in new/\" >&2; continue; }\n"
    "    sender=$(head -n 1 \"envelopes/$name\")\n"
    "    tail -n +2 \"envelopes/$name\" >tmp/recipients\n"
    "    xargs -d '\\n' -a tmp/recipients sh -c '\n"
    "        text=$1 sender=$2; shift 2\n"
    "        exec ${SENDMAIL:-/usr/sbin/sendmail} -i -f \"$sender\" -- \"$@\" <\"$text\"\n"
    "    ' sh \"new/$name\" \"$sender\"\n"
    "    mv \"new/$name\" \"cur/$name:2,S\"\n"
    "    echo \"$name: sent again\"\n"
    "done\n"
    "rm -f tmp/recipients\n";

struct hq_act_save {
    char *folder;
    int dir;
    int records;
    GHashTable *ids;
    pid_t helper;                       /* 0: none runs */
    const struct hq_act_source *source; /* that the helper reads */
    struct hq_channel *channel;
    bool waiting; /* for KEPT */
    int64_t code; /* of it: 0 kept, an errno that ends all, -1 this one cannot be kept */
    char *words;
};

const char *hq_act_save_base(void)
{
    static char *base;

    if (!base)
        base = hq_act_state_folder() ? g_build_filename(hq_act_state_folder(), "saved", NULL)
                                     : g_strdup(SYSTEM_BASE);
    return base;
}

const char *hq_act_save_folder(const struct hq_act_save *save)
{
    return save->folder;
}

GHashTable *hq_act_save_ids(const struct hq_act_save *save)
{
    return save->ids;
}

/* ---- [save] ---- */

static void end_helper(struct hq_act_save *save)
{
    hq_channel_free(save->channel);
    save->channel = NULL;
    if (save->helper > 0) {
        kill(save->helper, SIGKILL);
        TEMP_FAILURE_RETRY(waitpid(save->helper, NULL, 0));
    }
    save->helper = 0;
}

static void tell(struct hq_act_save *save, int64_t code, const char *words)
{
    g_free(save->words);
    save->words = g_strdup(words);
    save->code = code;
    save->waiting = false;
}

static void on_frame(struct hq_channel *channel, struct hq_frame *frame, void *data)
{
    struct hq_arena *arena = hq_arena_new();
    struct hq_wire_refusal *kept =
        frame->type == HQ_WIRE_KEPT ? hq_frame_record(frame, &hq_wire_refusal_schema, arena) : NULL;

    (void)channel;
    if (kept)
        tell(data, kept->code, kept->text);
    hq_arena_free(arena);
}

static void on_closed(struct hq_channel *channel, void *data)
{
    struct hq_act_save *save = data;

    (void)channel;
    end_helper(save);
    if (save->waiting)
        tell(save, -1, "not saved: it crashed the parser");
}

static void tell_source(struct hq_act_save *save, const struct hq_act_source *source)
{
    struct hq_arena *arena = hq_arena_new();
    struct hq_wire_source wire = {
        .index = source->index, .scheme = source->spool->scheme, .name = source->name};
    struct hq_context *context = hq_context_new();

    context->now = hq_time_now();
    if (source->spool->layout->configure)
        source->spool->layout->configure(source->layout, context);
    hq_wire_pack_context(&wire, context, arena);
    hq_wire_send(save->channel, HQ_WIRE_SOURCE, &hq_wire_source_schema, &wire);
    hq_context_free(context);
    hq_arena_free(arena);
}

static bool start_helper(struct hq_act_save *save, const struct hq_act_source *source,
                         GError **error)
{
    static const struct hq_channel_events events = {on_frame, on_closed, false};
    int pair[2];

    if (save->channel && save->source == source)
        return true;
    end_helper(save); /* it knows one source, with its parser */
    save->source = source;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        hq_error_set(error, HQ_EXIT_INTERNAL, errno, "connect helper", NULL, NULL);
        return false;
    }
    save->helper = hq_helper_spawn(HQ_ROLE_SAVE, NULL, &pair[1], 1, error);
    if (save->helper < 0) {
        save->helper = 0;
        close(pair[0]);
        return false;
    }
    save->channel = hq_channel_new(pair[0], &events, save);
    tell_source(save, source);
    return true;
}

/* ---- the folder ---- */

static bool write_file(int dir, const char *name, mode_t mode, const char *text)
{
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    bool written = fd >= 0 && hq_io_write_all(fd, text, strlen(text));

    if (fd >= 0)
        close(fd);
    return written;
}

static bool fill_folder(struct hq_act_save *save)
{
    static const char *const folders[] = {"cur", "new", "tmp", ENVELOPES};
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW;

    for (unsigned i = 0; i < G_N_ELEMENTS(folders); i++)
        if (mkdirat(save->dir, folders[i], 0700) != 0)
            return false;
    save->records = openat(save->dir, RECORDS, flags, 0600);
    return save->records >= 0 && write_file(save->dir, "resubmit", 0700, resubmit);
}

struct hq_act_save *hq_act_save_new(GError **error)
{
    struct hq_act_save *save = g_new0(struct hq_act_save, 1);
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *stamp = g_date_time_format(now, "%Y%m%dT%H%M%S");

    save->dir = save->records = -1;
    save->ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    save->folder =
        g_strdup_printf("%s/%s.%06d", hq_act_save_base(), stamp, g_date_time_get_microsecond(now));
    if (g_mkdir_with_parents(hq_act_save_base(), 0700) != 0 || mkdir(save->folder, 0700) != 0 ||
        (save->dir = open(save->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)) < 0 ||
        !fill_folder(save)) {
        hq_error_set(error, HQ_EXIT_DENIED, errno, "make a folder for what is deleted",
                     hq_act_save_base(), NULL);
        hq_act_save_free(save);
        return NULL;
    }
    return save;
}

bool hq_act_save_sync(struct hq_act_save *save, GError **error)
{
    end_helper(save);
    if (syncfs(save->dir) == 0)
        return true;
    hq_error_set(error, HQ_EXIT_DENIED, errno, "write what is deleted", save->folder, NULL);
    return false;
}

void hq_act_save_free(struct hq_act_save *save)
{
    if (!save)
        return;
    end_helper(save);
    if (save->records >= 0)
        close(save->records);
    if (save->dir >= 0)
        close(save->dir);
    g_hash_table_destroy(save->ids);
    g_free(save->folder);
    g_free(save->words);
    g_free(save);
}

/* ---- one message ---- */

static bool has_stamp(const struct hq_item *item, int64_t stamp)
{
    for (unsigned i = 0; i < HQ_ITEM_FILES; i++)
        if (item->files[i].fd >= 0 && item->files[i].stamp == stamp)
            return true;
    return false;
}

/* Hands ITEM and the places it goes to over, and waits. Takes all descriptors. */
static void send_item(struct hq_act_save *save, const struct hq_act_source *source,
                      struct hq_item *item, int text, int envelope)
{
    struct hq_arena *arena = hq_arena_new();
    struct hq_wire_item wire = {.source = source->index};
    int fds[HQ_ITEM_FILES + 3];
    unsigned count = hq_wire_pack_item(&wire, item, fds, arena);

    fds[count++] = text;
    fds[count++] = envelope;
    fds[count++] = fcntl(save->records, F_DUPFD_CLOEXEC, 0);
    save->waiting = true;
    hq_channel_send(save->channel, HQ_WIRE_KEEP, &hq_wire_item_schema, &wire, NULL, 0, fds, count);
    while (save->waiting)
        g_main_context_iteration(NULL, TRUE);
    hq_arena_free(arena);
}

/* Under its name only when it is whole. */
static void settle(struct hq_act_save *save, const char *temporary, const char *final,
                   const char *envelope)
{
    if (save->code == 0 && renameat(save->dir, temporary, save->dir, final) != 0)
        tell(save, errno, g_strerror(errno));
    if (save->code == 0)
        return;
    unlinkat(save->dir, temporary, 0);
    unlinkat(save->dir, envelope, 0);
}

static void keep(struct hq_act_save *save, const struct hq_act_source *source, struct hq_item *item,
                 const char *id)
{
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
    g_autofree char *name = g_strdup_printf("%s.hopq", id);
    g_autofree char *temporary = g_strdup_printf("tmp/%s", name);
    g_autofree char *final = g_strdup_printf("new/%s", name);
    g_autofree char *envelope = g_strdup_printf(ENVELOPES "/%s", name);
    int text = openat(save->dir, temporary, flags, 0600);
    int to = text >= 0 ? openat(save->dir, envelope, flags, 0600) : -1;

    if (to < 0) {
        tell(save, errno, g_strerror(errno));
        if (text >= 0)
            close(text);
    } else {
        send_item(save, source, item, text, to);
    }
    settle(save, temporary, final, envelope);
}

static bool save_one(struct hq_act_save *save, const struct hq_act_source *source,
                     const struct hq_wire_target *target)
{
    struct hq_item item = {0};

    if (!source->spool->layout->find(source->layout, "", target->id, &item)) {
        tell(save, -1, "not saved: it left the queue meanwhile");
        return false;
    }
    if (has_stamp(&item, target->stamp))
        keep(save, source, &item, target->id);
    else
        tell(save, -1, "not saved: it cannot be opened");
    hq_item_close(&item);
    if (save->code == 0)
        g_hash_table_add(save->ids, g_strdup(target->id));
    return save->code == 0;
}

static bool open_layout(struct hq_act_source *source, GError **error)
{
    if (!source->layout)
        source->layout = source->spool->layout->open(strchr(source->name, ':') + 1, error);
    return source->layout != NULL;
}

bool hq_act_save_batch(struct hq_act_save *save, struct hq_act_source *source,
                       const struct hq_wire_change *order, struct hq_wire_changed *answer,
                       struct hq_arena *arena, GError **error)
{
    struct hq_look *looks = hq_arena_alloc(arena, order->target_count * sizeof *looks);
    bool *meant = hq_arena_alloc(arena, order->target_count * sizeof *meant);

    if (!open_layout(source, error))
        return false;
    hq_act_look(source, order, false, looks, meant, answer->fates);
    for (uint32_t i = 0; i < order->target_count; i++) {
        if (!meant[i])
            continue;
        if (!start_helper(save, source, error))
            return false;
        bool kept = save_one(save, source, &order->targets[i]);
        answer->fates[i] = (struct hq_wire_fate){kept ? HQ_FATE_DONE : HQ_FATE_REFUSED,
                                                 hq_arena_strdup(arena, save->words)};
        if (save->code > 0) {
            hq_error_set(error, HQ_EXIT_DENIED, 0, "save", save->folder, save->words);
            return false;
        }
    }
    return true;
}
