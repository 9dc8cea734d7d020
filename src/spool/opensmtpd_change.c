/* SPDX-License-Identifier: ISC */
/* How OpenSMTPD's queue is changed: smtpctl(8), which takes the id of a message for all of its
 * envelopes and ends well even when there was none. What is paused is nowhere but in its listing;
 * of that only the flags and the state of each line are looked at. smtpctl.c, 6.8 and 7. */
#include "child.h"
#include "files.h"
#include "hopq/change.h"
#include "hopq/error.h"
#include "opensmtpd.h"
#include "opensmtpd_walk.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OUTPUT_MAX ((size_t)64 * 1024 * 1024)
#define TIMEOUT    10000 /* milliseconds */

/* What a look says of the envelopes in its "mode". */
enum { LISTED = 1, ALL_PAUSED = 2, SOME_PAUSED = 4 };

struct hq_changer {
    int root;
};

static void smtpd_close(struct hq_changer *changer)
{
    close(changer->root);
    g_free(changer);
}

static struct hq_changer *smtpd_open(const char *path, GError **error)
{
    int root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);
    struct stat here, there;

    if (root < 0) {
        hq_error_set(error, errno == EACCES ? HQ_EXIT_DENIED : HQ_EXIT_NO_SOURCE, errno,
                     "open for changes", path, NULL);
        return NULL;
    }
    if (fstat(root, &here) != 0 || stat(HQ_SMTPD_SPOOL, &there) != 0 ||
        here.st_dev != there.st_dev || here.st_ino != there.st_ino) {
        close(root);
        hq_error_set(error, HQ_EXIT_DENIED, 0, "open for changes", path,
                     "no OpenSMTPD of this machine works in this queue");
        return NULL;
    }
    struct hq_changer *changer = g_new0(struct hq_changer, 1);
    changer->root = root;
    return changer;
}

/* No message has the id 0; smtpctl refuses it. */
static bool smtpd_id_ok(const char *id)
{
    return hq_smtpd_id_ok(id, HQ_SMTPD_MESSAGE_ID) && strcmp(id, "00000000") != 0;
}

static const char *smtpd_value(struct hq_changer *changer, const char *name)
{
    (void)changer;
    (void)name;
    return NULL;
}

static const char *smtpd_unfit(enum hq_verb verb, const char *queue)
{
    static const struct {
        const char *queue, *why;
    } rules[] = {
        {"offline", "smtpd has not taken it in yet: it does when it starts"},
        {"incoming", "smtpd has not taken it in yet"},
        {"temporary", "it is left over: smtpd drops it when it starts"},
        {"corrupt", "smtpd has put it aside as damaged, and smtpctl leaves it alone"},
    };

    (void)verb;
    for (unsigned i = 0; i < G_N_ELEMENTS(rules); i++)
        if (strcmp(rules[i].queue, queue) == 0)
            return rules[i].why;
    return NULL;
}

/* Fields of a line: id|source|type|flags|…|state|seconds|error. A bar may stand in an address, so
 * the state is not looked for by number. */
static void look_at_line(const char *line, struct hq_look *look)
{
    g_auto(GStrv) fields = g_strsplit(line, "|", 5);
    bool whole = g_strv_length(fields) == 5;
    g_auto(GStrv) flags = g_strsplit(whole ? fields[3] : "", ",", -1);

    if (!whole)
        return;
    bool paused = g_strv_contains((const char *const *)flags, "suspend");
    look->mode |= LISTED | (paused ? SOME_PAUSED : 0);
    if (!paused)
        look->mode &= ~(uint32_t)ALL_PAUSED;
    look->busy |= strstr(fields[4], "|inflight|") != NULL;
}

static void ask(const char *id, struct hq_look *look)
{
    const char *argv[] = {HQ_SMTPD_CTL, "show", "queue", id, NULL};
    g_autofree char *output = hq_child_output(argv, OUTPUT_MAX, TIMEOUT);
    g_auto(GStrv) lines = g_strsplit(output ? output : "", "\n", -1);

    look->mode = ALL_PAUSED;
    for (unsigned i = 0; lines[i]; i++)
        look_at_line(lines[i], look);
    if (!(look->mode & LISTED))
        look->mode = 0;
}

static void smtpd_look(struct hq_changer *changer, const char *id, struct hq_look *look)
{
    g_autofree char *path =
        g_strdup_printf("%s/%.2s/%s/message", hq_smtpd_places[HQ_SMTPD_QUEUE], id, id);
    const char *last;
    struct statx st;
    int dir = hq_dir_open_parent(changer->root, path, &last);

    *look = (struct hq_look){.stamp = HQ_NONE, .mtime = HQ_NONE};
    if (dir < 0)
        return;
    look->stamp = hq_file_stamp(dir, last, &st);
    close(dir);
    if (!st.stx_mask)
        return;
    look->queue = hq_smtpd_places[HQ_SMTPD_QUEUE];
    ask(id, look);
}

/* An envelope that is removed while it is being tried leaves the listing at once, and the queue
 * when the attempt ends. An attempt that has been made leaves no trace that a look would see. */
static enum hq_seen smtpd_judge(enum hq_verb verb, const struct hq_look *before,
                                const struct hq_look *after)
{
    bool gone = !after->queue || after->stamp != before->stamp;
    bool done = gone;

    if (verb == HQ_VERB_FLUSH)
        return gone ? HQ_SEEN_DONE : HQ_SEEN_UNSURE;
    if (verb == HQ_VERB_HOLD)
        done = !gone && (after->mode & ALL_PAUSED);
    else if (verb == HQ_VERB_RELEASE)
        done = gone || ((after->mode & LISTED) && !(after->mode & SOME_PAUSED));
    else if (verb == HQ_VERB_DELETE)
        done = gone || ((before->mode & LISTED) && !(after->mode & LISTED));
    return done ? HQ_SEEN_DONE : HQ_SEEN_NOT;
}

/* smtpctl takes one id a process. */
#define SMTPCTL(note_, ...)                                                                  \
    {                                                                                        \
        .argv = {HQ_SMTPD_CTL, __VA_ARGS__, "{id}"}, .batch = 1, .root = true, .note = note_ \
    }

const struct hq_changer_ops hq_opensmtpd_changer = {
    .open = smtpd_open,
    .close = smtpd_close,
    .id_ok = smtpd_id_ok,
    .value = smtpd_value,
    .unfit = smtpd_unfit,
    .look = smtpd_look,
    .judge = smtpd_judge,
    .ways =
        {
            [HQ_VERB_HOLD] = {SMTPCTL("paused nothing expires; a restart of smtpd releases it",
                                      "pause", "envelope")},
            [HQ_VERB_RELEASE] = {SMTPCTL("tried at its next retry time", "resume", "envelope")},
            [HQ_VERB_FLUSH] =
                {
                    [HQ_SCOPE_IDS] = SMTPCTL("routes that smtpd has disabled stay so until their "
                                             "time (smtpctl resume route)",
                                             "schedule"),
                    [HQ_SCOPE_ALL] = {.argv = {HQ_SMTPD_CTL, "schedule", "all"}, .root = true},
                },
            [HQ_VERB_EXPIRE] = {{.refusal = "OpenSMTPD cannot give up a message before its time "
                                            "(queue ttl)"}},
            [HQ_VERB_REQUEUE] = {{.refusal =
                                      "OpenSMTPD cannot take a message in anew: its envelopes keep "
                                      "the action that was chosen when it came"}},
            [HQ_VERB_DELETE] = {SMTPCTL("no bounce is sent", "remove")},
        },
};
