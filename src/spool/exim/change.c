/* SPDX-License-Identifier: ISC */
/* How Exim's queue is changed: by exim(8) alone, and where to see what it did. src/queue.c,
 * queue_action(), and src/exim.c of 4.96: a message that is locked is left alone, each message gets
 * a line of output, and the exit status is that of the worst. */
#include "hopq/change.h"
#include "config.h"
#include "hopq/error.h"
#include "id.h"
#include "walk.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Debian has a link of this name. */
#define EXIM "/usr/sbin/exim"

/* Attempts are made one after the other, each may wait for minutes, and the user can stop between
 * two batches. A change of a header is synced twice (4.96 src/spool_out.c), what is removed is not.
 */
#define TRIES   10
#define LASTS   60000 /* milliseconds that attempts are waited for */
#define CHANGES 1000
#define REMOVES 2000

struct hq_changer {
    int root;
    struct hq_ex_dirs dirs;
};

static void exim_close(struct hq_changer *changer)
{
    hq_ex_dirs_clear(&changer->dirs);
    close(changer->root);
    g_free(changer);
}

static struct hq_changer *exim_open(const char *path, GError **error)
{
    int root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);

    if (root < 0) {
        hq_error_set(error, errno == EACCES ? HQ_EXIT_DENIED : HQ_EXIT_NO_SOURCE, errno,
                     "open for changes", path, NULL);
        return NULL;
    }
    if (!hq_ex_config_program() || !hq_ex_config_owns(path)) {
        close(root);
        hq_error_set(error, HQ_EXIT_DENIED, 0, "open for changes", path,
                     "no Exim of this machine works in this spool");
        return NULL;
    }
    struct hq_changer *changer = g_new0(struct hq_changer, 1);
    changer->root = root;
    hq_ex_dirs_init(&changer->dirs, root);
    return changer;
}

static bool exim_id_ok(const char *id)
{
    return hq_ex_id_ok(id, strlen(id));
}

/* QUEUE is "frozen", "input", "active" or "incoming", the last part behind the name of a queue. */
static const char *exim_unfit(enum hq_verb verb, const char *queue)
{
    static const struct {
        const char *queue;
        unsigned verbs; /* that make no sense there */
        const char *why;
    } rules[] = {
        {"incoming", ~0u, "Exim is still receiving it"},
        {"active", ~0u, "Exim is delivering it: what is locked it leaves alone"},
        {"frozen", 1u << HQ_VERB_HOLD, "it is frozen already"},
        {"frozen", 1u << HQ_VERB_FLUSH, "it is frozen: release it first"},
        {"input", 1u << HQ_VERB_RELEASE, "it is not frozen"},
    };
    const char *slash = strrchr(queue, '/');
    const char *state = slash ? slash + 1 : queue;

    for (unsigned i = 0; i < G_N_ELEMENTS(rules); i++)
        if ((rules[i].verbs & 1u << verb) && strcmp(rules[i].queue, state) == 0)
            return rules[i].why;
    return NULL;
}

static void exim_begin(struct hq_changer *changer, G_GNUC_UNUSED enum hq_verb verb,
                       G_GNUC_UNUSED bool after, G_GNUC_UNUSED const char *const *ids,
                       G_GNUC_UNUSED unsigned count)
{
    hq_ex_dirs_forget(&changer->dirs);
}

static int64_t mtime_of(int dir, const char *name)
{
    struct statx st;

    hq_file_stamp(dir, name, &st);
    return st.stx_mask ? st.stx_mtime.tv_sec * HQ_SECOND + st.stx_mtime.tv_nsec / 1000 : HQ_NONE;
}

/* Whatever happens to a message is written to its log, and most of it into -H. */
static void look_at_log(struct hq_changer *changer, const char *queue, char split, const char *id,
                        struct hq_look *look)
{
    int dir = hq_ex_dirs_get(&changer->dirs, queue, "msglog", split);

    if (dir >= 0)
        look->mtime = MAX(look->mtime, mtime_of(dir, id));
}

static bool look_in(struct hq_changer *changer, const char *queue, char split, const char *id,
                    struct hq_look *look)
{
    int dir = hq_ex_dirs_get(&changer->dirs, queue, "input", split);
    struct hq_item_file data;
    char name[HQ_EX_ID_MAX + 3];

    g_snprintf(name, sizeof name, "%s-D", id);
    if (dir < 0 || !hq_file_open(dir, name, DT_UNKNOWN, &data))
        return false;
    look->queue = "queue"; /* only -H tells whether it is frozen, and [act] reads no content */
    look->stamp = data.stamp;
    look->busy = hq_ex_is_locked(data.fd);
    name[strlen(id) + 1] = 'H';
    look->mtime = mtime_of(dir, name);
    look_at_log(changer, queue, split, id, look);
    close(data.fd);
    return true;
}

static void exim_look(struct hq_changer *changer, const char *id, struct hq_look *look)
{
    const GPtrArray *queues = hq_ex_dirs_queues(&changer->dirs);
    const char splits[] = {'\0', HQ_EX_SPLIT(id)};

    *look = (struct hq_look){.stamp = HQ_NONE, .mtime = HQ_NONE};
    for (guint i = 0; !look->queue && i < 2 * queues->len; i++)
        look_in(changer, queues->pdata[i / 2], splits[i % 2], id, look);
}

/* exim(8)'s own verdict is its exit status; the files only show that something was done. */
static enum hq_seen exim_judge(enum hq_verb verb, const struct hq_look *before,
                               const struct hq_look *after)
{
    bool gone = !after->queue || after->stamp != before->stamp;

    if (verb == HQ_VERB_DELETE || verb == HQ_VERB_EXPIRE)
        return gone ? HQ_SEEN_DONE : after->busy ? HQ_SEEN_UNSURE : HQ_SEEN_NOT;
    return gone || after->mtime != before->mtime ? HQ_SEEN_DONE : HQ_SEEN_UNSURE;
}

#define EXIM_WAY(option, many, ...)                                  \
    {                                                                \
        .argv = {EXIM, option, "{id}"}, .batch = (many), __VA_ARGS__ \
    }

const struct hq_changer_ops hq_exim_changer = {
    .prepare = hq_ex_config_find,
    .open = exim_open,
    .close = exim_close,
    .id_ok = exim_id_ok,
    .unfit = exim_unfit,
    .begin = exim_begin,
    .look = exim_look,
    .judge = exim_judge,
    .ways =
        {
            [HQ_VERB_HOLD] = {EXIM_WAY("-Mf", CHANGES,
                                       .note = "frozen messages still expire where "
                                               "timeout_frozen_after is set")},
            [HQ_VERB_RELEASE] = {EXIM_WAY("-Mt", CHANGES, .note = "tried at the next queue run")},
            [HQ_VERB_FLUSH] =
                {
                    [HQ_SCOPE_IDS] = EXIM_WAY("-M", TRIES, .lasts = LASTS),
                    [HQ_SCOPE_ALL] = {.argv = {EXIM, "-qf"}, .lasts = LASTS},
                },
            [HQ_VERB_EXPIRE] = {EXIM_WAY("-Mg", TRIES,
                                         .note = "each sender gets a bounce; frozen "
                                                 "ones are returned, too")},
            [HQ_VERB_REQUEUE] = {{.refusal = "Exim cannot requeue: it routes and rewrites "
                                             "at every attempt anyway (use flush)"}},
            [HQ_VERB_DELETE] = {EXIM_WAY("-Mrm", REMOVES, .note = "no bounce is sent")},
        },
};
