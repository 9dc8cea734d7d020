/* SPDX-License-Identifier: ISC */
/* Saves messages before they are deleted: a folder a run, in it a Maildir, the envelopes, the
 * records of what hopq knew, and a script that sends them again. [act] makes the files; [save],
 * which can do nothing else, fills them. They stay in tmp/ until all are whole: nothing is deleted
 * before that, and what was not deleted must not be sent again from here. */
#include "hopq/error.h"
#include "hopq/io.h"
#include "proc/act.h"
#include "spool/files.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define SYSTEM_BASE "/var/lib/hopq/saved"
#define RECORDS     "messages.ndjson"
#define ENVELOPES   "envelopes" /* a paragraph each: name, sender, recipients that wait */

/* xargs(1) passes each line of an envelope as one argument. Recipients that do not fit one call go
 * in several, each of which reads the text from its beginning. */
static const char resubmit[] =
    "#!/bin/sh\n"
    "# Sends saved messages again: sh resubmit [NAME...], names as in new/; none: all.\n"
    "# A message that was sent moves to cur/, so that it is not sent twice.\n"
    "set -eu\n"
    "cd \"$(dirname \"$0\")\"\n"
    "[ $# -gt 0 ] || set -- $(ls new)\n"
    "for name; do\n"
    "    [ -f \"new/$name\" ] || { echo \"$name: not in new/\" >&2; continue; }\n"
    "    awk -v name=\"$name\" 'BEGIN { RS = \"\"; FS = \"\\n\" }\n"
    "        $1 == name { n = NF; for (i = 2; i <= n; i++) line[i] = $i }\n"
    "        END { for (i = 2; i <= n; i++) print line[i] }' envelopes >tmp/envelope\n"
    "    sender=$(head -n 1 tmp/envelope)\n"
    "    tail -n +2 tmp/envelope >tmp/recipients\n"
    "    [ -s tmp/recipients ] || { echo \"$name: not in envelopes\" >&2; continue; }\n"
    "    xargs -d '\\n' -a tmp/recipients sh -c '\n"
    "        text=$1 sender=$2; shift 2\n"
    "        exec ${SENDMAIL:-/usr/sbin/sendmail} -i -f \"$sender\" -- \"$@\" <\"$text\"\n"
    "    ' sh \"new/$name\" \"$sender\"\n"
    "    mv \"new/$name\" \"cur/$name:2,S\"\n"
    "    echo \"$name: sent again\"\n"
    "done\n"
    "rm -f tmp/envelope tmp/recipients\n";

struct hq_act_save {
    char *folder;
    int dir, texts; /* that, and tmp/ of it */
    int envelopes, records;
    bool whole; /* all is saved, and on the disk */
    GHashTable *ids;
    struct hq_act_keeper *keeper;
    struct batch *batch; /* at hand */
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

/* ---- the folder ---- */

static void on_kept(void *tag, int code, const char *words, void *data);

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
    static const char *const folders[] = {"cur", "new", "tmp"};
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW;

    for (unsigned i = 0; i < G_N_ELEMENTS(folders); i++)
        if (mkdirat(save->dir, folders[i], 0700) != 0)
            return false;
    save->texts = openat(save->dir, "tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    save->records = openat(save->dir, RECORDS, flags, 0600);
    save->envelopes = openat(save->dir, ENVELOPES, flags, 0600);
    return save->texts >= 0 && save->records >= 0 && save->envelopes >= 0 &&
           write_file(save->dir, "resubmit", 0700, resubmit);
}

/* With the flag (chattr(1), T) ext4 gives each folder in BASE a group of inodes of its own. Near a
 * queue from which thousands were just deleted it would look at each of their inodes for every file
 * that is made (ialloc.c, recently_deleted()): ten times as long. Other file systems refuse. */
static bool make_base(const char *base)
{
    if (g_mkdir_with_parents(base, 0700) != 0)
        return false;
    int fd = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    int flags;
    if (fd >= 0 && ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0 && !(flags & FS_TOPDIR_FL)) {
        flags |= FS_TOPDIR_FL;
        ioctl(fd, FS_IOC_SETFLAGS, &flags);
    }
    if (fd >= 0)
        close(fd);
    return true;
}

struct hq_act_save *hq_act_save_new(GError **error)
{
    struct hq_act_save *save = g_new0(struct hq_act_save, 1);
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *stamp = g_date_time_format(now, "%Y%m%dT%H%M%S");

    save->dir = save->texts = save->envelopes = save->records = -1;
    save->ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    save->folder =
        g_strdup_printf("%s/%s.%06d", hq_act_save_base(), stamp, g_date_time_get_microsecond(now));
    if (!make_base(hq_act_save_base()) || mkdir(save->folder, 0700) != 0 ||
        (save->dir = open(save->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)) < 0 ||
        !fill_folder(save)) {
        hq_error_set(error, HQ_EXIT_DENIED, errno, "make a folder for what is deleted",
                     hq_act_save_base(), NULL);
        hq_act_save_free(save);
        return NULL;
    }
    save->keeper = hq_act_keeper_new(save->envelopes, save->records, on_kept, save);
    return save;
}

bool hq_act_save_sync(struct hq_act_save *save, GError **error)
{
    hq_act_keeper_end(save->keeper);
    save->whole = save->whole || (unlinkat(save->dir, "new", AT_REMOVEDIR) == 0 &&
                                  renameat(save->dir, "tmp", save->dir, "new") == 0 &&
                                  mkdirat(save->dir, "tmp", 0700) == 0 && syncfs(save->dir) == 0);
    if (!save->whole)
        hq_error_set(error, HQ_EXIT_DENIED, errno, "write what is deleted", save->folder, NULL);
    return save->whole;
}

static void remove_texts(const struct hq_act_save *save, const char *folder)
{
    DIR *texts = hq_dir_stream(save->dir, folder);
    const struct dirent *entry;

    while (texts && (entry = readdir(texts)))
        unlinkat(dirfd(texts), entry->d_name, 0);
    hq_dir_stream_end(&texts);
}

/* Nothing of an unfinished run was deleted, so its copies are of no use; they may be what has
 * filled the disk. */
static void remove_folder(const struct hq_act_save *save)
{
    static const struct {
        const char *name;
        int flags;
    } parts[] = {{RECORDS, 0},          {ENVELOPES, 0},        {"resubmit", 0},
                 {"cur", AT_REMOVEDIR}, {"new", AT_REMOVEDIR}, {"tmp", AT_REMOVEDIR}};

    remove_texts(save, "tmp");
    remove_texts(save, "new"); /* where they are when only the disk failed */
    for (unsigned i = 0; i < G_N_ELEMENTS(parts); i++)
        unlinkat(save->dir, parts[i].name, parts[i].flags);
    rmdir(save->folder);
}

void hq_act_save_free(struct hq_act_save *save)
{
    if (!save)
        return;
    hq_act_keeper_free(save->keeper);
    if (save->dir >= 0 && !save->whole)
        remove_folder(save);
    if (save->envelopes >= 0)
        close(save->envelopes);
    if (save->records >= 0)
        close(save->records);
    if (save->texts >= 0)
        close(save->texts);
    if (save->dir >= 0)
        close(save->dir);
    g_hash_table_destroy(save->ids);
    g_free(save->folder);
    g_free(save);
}

/* ---- a batch ---- */

/* Messages that are being saved. */
struct batch {
    struct hq_act_source *source;
    const struct hq_wire_change *order;
    struct hq_wire_changed *answer;
    struct hq_arena *arena;
    GQueue todo;   /* indexes of targets */
    char *failure; /* nothing more can be written; NULL */
};

static char *name_of(const char *id)
{
    return g_strconcat(id, ".hopq", NULL);
}

/* Notes what became of a target; CODE as of struct hq_wire_kept. */
static void settle(struct hq_act_save *save, uint32_t which, int code, const char *words)
{
    struct batch *batch = save->batch;

    if (code > 0 && !batch->failure)
        batch->failure = g_strdup(words);
    if (code == HQ_KEPT)
        g_hash_table_add(save->ids, g_strdup(batch->order->targets[which].id));
    batch->answer->fates[which] =
        (struct hq_wire_fate){code == HQ_KEPT ? HQ_FATE_DONE : HQ_FATE_REFUSED,
                              hq_arena_strdup(batch->arena, code == HQ_KEPT ? NULL : words)};
}

static void on_kept(void *tag, int code, const char *words, void *data)
{
    struct hq_act_save *save = data;
    uint32_t which = GPOINTER_TO_UINT(tag);

    if (code != HQ_KEPT) {
        g_autofree char *name = name_of(save->batch->order->targets[which].id);
        unlinkat(save->texts, name, 0);
    }
    if (code == HQ_KEPT_AGAIN)
        g_queue_push_tail(&save->batch->todo, tag);
    else
        settle(save, which, code, words);
}

static bool has_stamp(const struct hq_item *item, int64_t stamp)
{
    for (unsigned i = 0; i < HQ_ITEM_FILES; i++)
        if (item->files[i].fd >= 0 && item->files[i].stamp == stamp)
            return true;
    return false;
}

static bool keep(struct hq_act_save *save, struct hq_item *item, uint32_t which, GError **error)
{
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
    g_autofree char *name = name_of(save->batch->order->targets[which].id);
    int text = openat(save->texts, name, flags, 0600);

    if (text >= 0)
        return hq_act_keeper_send(save->keeper, save->batch->source, item, text,
                                  GUINT_TO_POINTER(which), error);
    settle(save, which, errno, g_strerror(errno));
    return true;
}

/* False with ERROR: nobody could be started to read it. */
static bool save_one(struct hq_act_save *save, uint32_t which, GError **error)
{
    struct hq_act_source *source = save->batch->source;
    const struct hq_wire_target *target = &save->batch->order->targets[which];
    struct hq_item item = {0};
    bool sound = true;

    if (!source->spool->layout->find(source->layout, "", target->id, &item)) {
        settle(save, which, HQ_KEPT_NOT, "not saved: it has left the queue meanwhile");
        return true;
    }
    if (has_stamp(&item, target->stamp))
        sound = keep(save, &item, which, error);
    else
        settle(save, which, HQ_KEPT_NOT, "not saved: it cannot be opened");
    hq_item_close(&item);
    return sound;
}

/* Whatever happens, the answers to what is on the way are waited for. */
static void save_all(struct hq_act_save *save, GError **error)
{
    struct batch *batch = save->batch;
    bool sound = true;

    do {
        while (sound && !batch->failure && batch->todo.length &&
               hq_act_keeper_has_room(save->keeper))
            sound = save_one(save, GPOINTER_TO_UINT(g_queue_pop_head(&batch->todo)), error);
    } while (hq_act_keeper_wait(save->keeper) || (sound && !batch->failure && batch->todo.length));
    if (sound && batch->failure)
        hq_error_set(error, HQ_EXIT_DENIED, 0, "save", save->folder, batch->failure);
}

static bool open_layout(struct hq_act_source *source, GError **error)
{
    if (!source->layout)
        source->layout = source->spool->layout->open(strchr(source->name, ':') + 1, error);
    return source->layout != NULL;
}

void hq_act_save_batch(struct hq_act_save *save, struct hq_act_source *source,
                       const struct hq_wire_change *order, struct hq_wire_changed *answer,
                       struct hq_arena *arena, GError **error)
{
    struct hq_look *looks = hq_arena_alloc(arena, order->target_count * sizeof *looks);
    bool *meant = hq_arena_alloc(arena, order->target_count * sizeof *meant);
    struct batch batch = {.source = source, .order = order, .answer = answer, .arena = arena};

    if (!open_layout(source, error))
        return;
    g_queue_init(&batch.todo);
    hq_act_look(source, order, false, looks, meant, answer->fates);
    for (uint32_t i = 0; i < order->target_count; i++)
        if (meant[i])
            g_queue_push_tail(&batch.todo, GUINT_TO_POINTER(i));
    save->batch = &batch;
    save_all(save, error);
    save->batch = NULL;
    g_queue_clear(&batch.todo);
    g_free(batch.failure);
}
