/* SPDX-License-Identifier: ISC */
/* How Postfix's queue is changed: postsuper(1) and postqueue(1), and where to see what they did.
 * Facts from postsuper/postsuper.c, postqueue/postqueue.c and global/mail_queue.h of 3.7. */
#include "hopq/change.h"
#include "config.h"
#include "hopq/error.h"
#include "walk.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define POSTSUPER "/usr/sbin/postsuper"
#define POSTQUEUE "/usr/sbin/postqueue"

/* MAIL_QUEUE_STAT_EXPIRE: "postsuper -e" and "-f" leave this on the file. Since 3.5. */
#define STAT_EXPIRE S_IXGRP

/* The ids of a long queue reach postsuper by a file; so many make a batch that ends within a
 * second, so that the user can stop between two. */
#define BATCH 10000

struct hq_changer {
    int root;
    struct hq_pf_config *config;
    struct hq_pf_dir dirs[HQ_PF_QUEUES];
    bool mark;     /* messages are about to go: mark their files */
    int mount;     /* of the queue */
    bool hidden;   /* the queue is not for this user to look into: flushing is all there is */
    unsigned last; /* where the message before was found: the next is mostly there too */
};

static void close_dirs(struct hq_changer *changer)
{
    for (unsigned i = 0; i < HQ_PF_QUEUES; i++)
        hq_pf_dir_close(&changer->dirs[i]);
}

static void postfix_close(struct hq_changer *changer)
{
    close_dirs(changer);
    hq_pf_config_free(changer->config);
    close(changer->root);
    g_free(changer);
}

static struct hq_changer *postfix_open(const char *path, GError **error)
{
    int root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);
    struct hq_pf_config *config;

    if (root < 0) {
        hq_error_set(error, errno == EACCES ? HQ_EXIT_DENIED : HQ_EXIT_NO_SOURCE, errno,
                     "open for changes", path, NULL);
        return NULL;
    }
    config = hq_pf_config_find(path);
    if (!config) {
        close(root);
        hq_error_set(error, HQ_EXIT_DENIED, 0, "open for changes", path,
                     "no Postfix of this machine works in this queue");
        return NULL;
    }
    struct hq_changer *changer = g_new0(struct hq_changer, 1);
    changer->root = root;
    changer->config = config;
    for (unsigned i = 0; i < HQ_PF_QUEUES; i++)
        changer->dirs[i].fd = changer->dirs[i].hash_fd = -1;
    return changer;
}

/* As an argument "ALL" is every message (postsuper(1)); no queue id is so short. */
static bool postfix_id_ok(const char *id)
{
    return hq_pf_id_ok(id) && strlen(id) > strlen("ALL");
}

/* Long ids have all of the time in them. */
static bool postfix_unique(const char *id)
{
    return hq_pf_id_is_long(id);
}

static const char *postfix_value(struct hq_changer *changer, const char *name)
{
    return strcmp(name, "config") == 0 ? hq_pf_config_option(changer->config) : NULL;
}

static const char *postfix_unfit(enum hq_verb verb, const char *queue)
{
    static const struct {
        const char *queue;
        unsigned verbs; /* that make no sense there */
        const char *why;
    } rules[] = {
        {"maildrop", ~0u, "Postfix has not taken it in yet"},
        {"corrupt", ~0u, "Postfix has put it aside as damaged, and its tools leave it alone"},
        {"hold", 1u << HQ_VERB_HOLD, "it is on hold already"},
        {"hold", 1u << HQ_VERB_FLUSH, "it is on hold: release it first"},
        {"incoming", 1u << HQ_VERB_RELEASE, "it is not on hold"},
        {"active", 1u << HQ_VERB_RELEASE, "it is not on hold"},
        {"deferred", 1u << HQ_VERB_RELEASE, "it is not on hold"},
        {"incoming", 1u << HQ_VERB_FLUSH, "it is about to be tried"},
        {"active", 1u << HQ_VERB_FLUSH, "it is being tried"},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rules); i++)
        if ((rules[i].verbs & 1u << verb) && strcmp(rules[i].queue, queue) == 0)
            return rules[i].why;
    return NULL;
}

/* Hashed subdirectories come and go. */
static void postfix_begin(struct hq_changer *changer, enum hq_verb verb, bool after,
                          G_GNUC_UNUSED const char *const *ids, unsigned count)
{
    close_dirs(changer);
    for (unsigned i = 0; i < HQ_PF_QUEUES; i++)
        hq_pf_dir_open(&changer->dirs[i], changer->root, hq_pf_queues[i].name);
    changer->mark = !after && count && (verb == HQ_VERB_DELETE || verb == HQ_VERB_REQUEUE);
    changer->mount = hq_file_mount(changer->root);
    changer->hidden = faccessat(changer->root, "deferred", R_OK | X_OK, AT_EACCESS) != 0;
}

static bool look_in(struct hq_changer *changer, unsigned queue, const char *id,
                    struct hq_look *look)
{
    int fd = hq_pf_dir_enter(&changer->dirs[queue], id);
    struct statx st;

    if (fd < 0)
        return false;
    look->stamp = hq_file_stamp(fd, id, &st);
    if (!st.stx_mask || !S_ISREG(st.stx_mode))
        return false;
    look->mtime = st.stx_mtime.tv_sec * HQ_SECOND + st.stx_mtime.tv_nsec / 1000;
    look->mode = st.stx_mode;
    if (changer->mark)
        hq_file_mark(changer->mount, fd, id, &look->mark);
    return true;
}

/* Twice: a message that goes from a queue we have yet to look in to one that we have passed
 * (deferred to incoming, say) is missed the first time. */
static void postfix_look(struct hq_changer *changer, const char *id, struct hq_look *look)
{
    *look = (struct hq_look){.stamp = HQ_NONE, .mtime = HQ_NONE};
    if (changer->hidden)
        look->queue = "deferred";
    for (unsigned i = 0; !look->queue && i < 2 * HQ_PF_QUEUES; i++) {
        unsigned queue = (changer->last + i) % HQ_PF_QUEUES;
        if (!look_in(changer, queue, id, look))
            continue;
        look->queue = hq_pf_queues[queue].name;
        changer->last = queue;
    }
}

/* A file handle tells that a file is gone much faster than looking in each queue twice. */
static bool postfix_gone(struct hq_changer *changer, const struct hq_look *before)
{
    return hq_file_is_gone(changer->root, &before->mark);
}

static bool is_in(const struct hq_look *look, const char *queue)
{
    return look->queue && strcmp(look->queue, queue) == 0;
}

static enum hq_seen seen(bool done)
{
    return done ? HQ_SEEN_DONE : HQ_SEEN_NOT;
}

/* An attempt ends with a new retry time, or with no file; one that lasts shows in the queue. */
static enum hq_seen postfix_judge(enum hq_verb verb, const struct hq_look *before,
                                  const struct hq_look *after)
{
    bool other = !after->queue || after->stamp != before->stamp;

    switch (verb) {
    case HQ_VERB_HOLD:
        return seen(is_in(after, "hold") && !other);
    case HQ_VERB_RELEASE:
        return seen(other || !is_in(after, "hold"));
    case HQ_VERB_EXPIRE:
        return seen(other || (after->mode & STAT_EXPIRE));
    case HQ_VERB_REQUEUE: /* pickup(8) makes a new file of the one in maildrop */
        return seen(other || is_in(after, "maildrop"));
    case HQ_VERB_DELETE:
        return seen(other);
    default:
        return other || after->mtime != before->mtime || !is_in(after, before->queue)
                   ? HQ_SEEN_DONE
                   : HQ_SEEN_UNSURE;
    }
}

/* postqueue takes one id a process; flush(8) moves that message to the incoming queue. */
#define TRY_EACH                                                        \
    {                                                                   \
        .argv = {POSTQUEUE, "-c", "{config}", "-i", "{id}"}, .batch = 1 \
    }
#define TRY_ALL                                       \
    {                                                 \
        .argv = { POSTQUEUE, "-c", "{config}", "-f" } \
    }
static const struct hq_way try_each = TRY_EACH, try_all = TRY_ALL;

#define BOUNCES "each sender gets a bounce"

#define POSTSUPER_WAY(option, ...)                                                                 \
    {                                                                                              \
        .argv = {POSTSUPER, "-c", "{config}", option, "-"}, .feed = HQ_FEED_INPUT, .batch = BATCH, \
        .root = true, __VA_ARGS__                                                                  \
    }

const struct hq_changer_ops hq_postfix_changer = {
    .prepare = hq_pf_instances_find,
    .open = postfix_open,
    .close = postfix_close,
    .id_ok = postfix_id_ok,
    .unique = postfix_unique,
    .value = postfix_value,
    .unfit = postfix_unfit,
    .begin = postfix_begin,
    .look = postfix_look,
    .gone = postfix_gone,
    .judge = postfix_judge,
    .ways =
        {
            [HQ_VERB_HOLD] = {POSTSUPER_WAY("-h", .note = "held messages do not expire")},
            [HQ_VERB_RELEASE] = {POSTSUPER_WAY("-H", .note = "tried at its next retry time")},
            [HQ_VERB_FLUSH] =
                {
                    [HQ_SCOPE_IDS] = TRY_EACH,
                    [HQ_SCOPE_ALL] = TRY_ALL,
                },
            [HQ_VERB_EXPIRE] =
                {
                    [HQ_SCOPE_IDS] = POSTSUPER_WAY("-f", .then = &try_each, .note = BOUNCES),
                    [HQ_SCOPE_MANY] =
                        POSTSUPER_WAY("-f", .note = BOUNCES ", at the message's next retry time "
                                                            "at the latest"),
                    [HQ_SCOPE_ALL] = POSTSUPER_WAY("-f", .then = &try_all, .note = BOUNCES),
                },
            [HQ_VERB_REQUEUE] = {POSTSUPER_WAY(
                "-r", .note = "each gets a new queue id, and passes content filters again")},
            [HQ_VERB_DELETE] = {POSTSUPER_WAY("-d", .note = "no bounce is sent")},
        },
};
