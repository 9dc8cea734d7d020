/* SPDX-License-Identifier: ISC */
/* How OpenSMTPD's queue is changed: smtpctl(8), which takes the id of a message for all of its
 * envelopes and succeeds even when there was none. What is paused stands in its listing and nowhere
 * else; only flags and state of each line are looked at. smtpctl.c, 6.8 and 7. */
#include "hopq/change.h"
#include "hopq/error.h"
#include "hopq/fields.h"
#include "opensmtpd.h"
#include "scheduler.h"
#include "spool/child.h"
#include "spool/files.h"
#include "walk.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OUTPUT_MAX ((size_t)64 * 1024 * 1024)
#define TIMEOUT    10000 /* milliseconds */

/* smtpctl is asked about one message at a time, by so many processes at once: to list a line takes
 * it nearly as long as to start, and the whole queue may be far longer than what was chosen. */
#define ABREAST 4

/* What a look says of the envelopes in its "mode". */
enum { LISTED = 1, SOME_PAUSED = 2, SOME_NOT_PAUSED = 4, IN_FLIGHT = 8, NOT_TOLD = 16 };

struct hq_changer {
    int root;
    GHashTable *listed; /* of the batch: message id to the bits above */
};

static void smtpd_close(struct hq_changer *changer)
{
    g_hash_table_destroy(changer->listed);
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
    changer->listed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return changer;
}

/* No message has the id 0; smtpctl refuses it. */
static bool smtpd_id_ok(const char *id)
{
    return hq_smtpd_id_ok(id, HQ_SMTPD_MESSAGE_ID) && strcmp(id, "00000000") != 0;
}

static const char *smtpd_value(G_GNUC_UNUSED struct hq_changer *changer, const char *name)
{
    return strcmp(name, "smtpctl") == 0 ? hq_smtpd_ctl() : NULL;
}

static const char *smtpd_unfit(enum hq_verb verb, const char *queue)
{
    static const struct {
        const char *queue, *why;
    } rules[] = {
        {"offline", "smtpd has not accepted it yet: it does when it starts"},
        {"incoming", "smtpd has not accepted it yet"},
        {"temporary", "it is left over: smtpd drops it when it starts"},
        {"corrupt", "smtpd has put it aside as damaged, and smtpctl leaves it alone"},
    };

    (void)verb;
    for (unsigned i = 0; i < G_N_ELEMENTS(rules); i++)
        if (strcmp(rules[i].queue, queue) == 0)
            return rules[i].why;
    return NULL;
}

/* smtpctl schedules what is paused like anything else: scheduler_ram_schedule() does not look. So a
 * flush would send what somebody holds. */
static const char *smtpd_needless(enum hq_verb verb, const struct hq_message *message)
{
    unsigned waiting = 0, paused = 0;

    for (uint32_t i = 0; i < message->recipient_count; i++) {
        waiting += hq_recipient_waits(&message->recipients[i]);
        paused += message->recipients[i].state == HQ_STATE_HELD;
    }
    if (verb == HQ_VERB_RELEASE && !paused)
        return "it is not paused";
    if (verb == HQ_VERB_HOLD && paused && paused == waiting)
        return "it is paused already";
    return verb == HQ_VERB_FLUSH && paused ? "it is paused: release it first" : NULL;
}

/* Fields of a line: id|source|type|flags|…|state|seconds|error. A bar may stand in an address, so
 * the state is not looked for by number. */
static unsigned read_line(const char *line)
{
    g_auto(GStrv) fields = g_strsplit(line, "|", 5);
    bool whole = g_strv_length(fields) == 5;
    g_auto(GStrv) flags = g_strsplit(whole ? fields[3] : "", ",", -1);

    if (!whole)
        return 0;
    bool paused = g_strv_contains((const char *const *)flags, "suspend");
    return LISTED | (paused ? SOME_PAUSED : SOME_NOT_PAUSED) |
           (strstr(fields[4], "|inflight|") ? IN_FLIGHT : 0);
}

/* What smtpctl runs for one message. */
struct question {
    struct hq_child *child; /* NULL: it did not start */
    int out;
};

static void ask(struct question *question, const char *id)
{
    const char *argv[] = {hq_smtpd_ctl(), "show", "queue", id, NULL};

    question->child = hq_child_begin(argv, -1, &question->out);
}

/* The bits of all lines together. */
static unsigned take_answer(const struct question *question)
{
    g_autoptr(GString) output = g_string_new(NULL);
    unsigned bits = 0;

    if (!question->child ||
        hq_child_end(question->child, question->out, OUTPUT_MAX, TIMEOUT, output) != 0)
        return NOT_TOLD;
    g_auto(GStrv) lines = g_strsplit(output->str, "\n", -1);
    for (unsigned i = 0; lines[i]; i++)
        bits |= read_line(lines[i]);
    return bits;
}

/* Opens the folder of message ID; -1: there is none. *LAST takes the name of its text. */
static int open_folder(const struct hq_changer *changer, const char *id, char path[64],
                       const char **last)
{
    g_snprintf(path, 64, "%s/%.2s/%s/message", hq_smtpd_places[HQ_SMTPD_QUEUE], id, id);
    return hq_dir_open_parent(changer->root, path, last);
}

/* Those of IDS that are in the queue: there is no need to ask about others. */
static GPtrArray *only_there(const struct hq_changer *changer, const char *const *ids,
                             unsigned count)
{
    GPtrArray *there = g_ptr_array_sized_new(count);
    char path[64];
    const char *last;

    for (unsigned i = 0; i < count; i++) {
        int dir = open_folder(changer, ids[i], path, &last);
        if (dir < 0)
            continue;
        close(dir);
        g_ptr_array_add(there, (gpointer)ids[i]);
    }
    return there;
}

/* smtpctl does not wait for the queue process, which deletes the files some milliseconds later. */
static GPtrArray *those_left(const struct hq_changer *changer, const char *const *ids,
                             unsigned count)
{
    for (unsigned looks = 50;; looks--) { /* half a second */
        GPtrArray *there = only_there(changer, ids, count);
        if (there->len == 0 || looks == 0)
            return there;
        g_ptr_array_unref(there);
        g_usleep(10000);
    }
}

/* Whether an envelope of any message is being tried; true where smtpd does not say. scheduler.c
 * counts envelopes from the first one on, and those in flight from the first attempt on. */
static bool any_in_flight(void)
{
    const char *argv[] = {hq_smtpd_ctl(), "show", "stats", NULL};
    g_autofree char *stats = hq_child_output(argv, OUTPUT_MAX, TIMEOUT);
    g_auto(GStrv) lines = g_strsplit(stats ? stats : "", "\n", -1);
    bool counts = false, none = true;

    for (unsigned i = 0; lines[i]; i++) {
        counts |= g_str_has_prefix(lines[i], "scheduler.envelope=");
        if (g_str_has_prefix(lines[i], "scheduler.envelope.inflight="))
            none = g_str_has_suffix(lines[i], "=0");
    }
    return !counts || !none;
}

/* A question about a message takes as long as the change itself, so only those are asked that
 * decide something: is a message being delivered that is to be deleted, is it paused afterwards? */
static void smtpd_begin(struct hq_changer *changer, enum hq_verb verb, bool after,
                        const char *const *ids, unsigned count)
{
    static const struct {
        bool before, after;
    } asks[HQ_VERB_COUNT] = {[HQ_VERB_HOLD] = {false, true},
                             [HQ_VERB_RELEASE] = {false, true},
                             [HQ_VERB_DELETE] = {true, true}};
    struct question questions[ABREAST];
    unsigned asked = 0, answered = 0;

    g_hash_table_remove_all(changer->listed);
    if (!(after ? asks[verb].after : asks[verb].before && any_in_flight()))
        return;
    g_autoptr(GPtrArray) there = after && verb == HQ_VERB_DELETE ? those_left(changer, ids, count)
                                                                 : only_there(changer, ids, count);
    while (answered < there->len) {
        for (; asked < there->len && asked < answered + ABREAST; asked++)
            ask(&questions[asked % ABREAST], there->pdata[asked]);
        unsigned bits = take_answer(&questions[answered % ABREAST]);
        g_hash_table_insert(changer->listed, g_strdup(there->pdata[answered++]),
                            GUINT_TO_POINTER(bits));
    }
}

static void smtpd_look(struct hq_changer *changer, const char *id, struct hq_look *look)
{
    char path[64];
    const char *last;
    struct statx st;
    int dir = open_folder(changer, id, path, &last);

    *look = (struct hq_look){.stamp = HQ_NONE, .mtime = HQ_NONE};
    if (dir < 0)
        return;
    look->stamp = hq_file_stamp(dir, last, &st);
    close(dir);
    if (!st.stx_mask)
        return;
    look->queue = hq_smtpd_places[HQ_SMTPD_QUEUE];
    look->mode = GPOINTER_TO_UINT(g_hash_table_lookup(changer->listed, id));
    look->busy = look->mode & IN_FLIGHT;
}

/* An envelope that is removed while it is being tried leaves the listing at once, and the queue
 * when the attempt ends. An attempt that has been made leaves no trace that a look would see. */
static enum hq_seen smtpd_judge(enum hq_verb verb, const struct hq_look *before,
                                const struct hq_look *after)
{
    bool gone = !after->queue || after->stamp != before->stamp;
    bool done = gone;

    if (verb == HQ_VERB_FLUSH || (after->mode & NOT_TOLD))
        return gone ? HQ_SEEN_DONE : HQ_SEEN_UNSURE;
    if (verb == HQ_VERB_HOLD)
        done = !gone && (after->mode & LISTED) && !(after->mode & SOME_NOT_PAUSED);
    else if (verb == HQ_VERB_RELEASE)
        done = gone || ((after->mode & LISTED) && !(after->mode & SOME_PAUSED));
    else if (verb == HQ_VERB_DELETE)
        done = gone || ((before->mode & LISTED) && !(after->mode & LISTED));
    return done ? HQ_SEEN_DONE : HQ_SEEN_NOT;
}

/* smtpctl takes one id a process. */
#define SMTPCTL(note_, ...)                                                                 \
    {                                                                                       \
        .argv = {"{smtpctl}", __VA_ARGS__, "{id}"}, .batch = 1, .root = true, .note = note_ \
    }

const struct hq_changer_ops hq_opensmtpd_changer = {
    .open = smtpd_open,
    .close = smtpd_close,
    .id_ok = smtpd_id_ok,
    .unfit = smtpd_unfit,
    .needless = smtpd_needless,
    .value = smtpd_value,
    .begin = smtpd_begin,
    .look = smtpd_look,
    .judge = smtpd_judge,
    .ways =
        {
            [HQ_VERB_HOLD] = {SMTPCTL(
                "paused messages do not expire; restarting smtpd releases them", "pause",
                "envelope")},
            [HQ_VERB_RELEASE] = {SMTPCTL("tried at its next retry time", "resume", "envelope")},
            [HQ_VERB_FLUSH] =
                {
                    [HQ_SCOPE_IDS] = SMTPCTL("routes that smtpd has disabled stay disabled until "
                                             "their time (smtpctl resume route)",
                                             "schedule"),
                    [HQ_SCOPE_ALL] = {.argv = {"{smtpctl}", "schedule", "all"}, .root = true},
                },
            [HQ_VERB_EXPIRE] = {{.refusal = "OpenSMTPD cannot expire a message early "
                                            "(queue ttl)"}},
            [HQ_VERB_REQUEUE] = {{.refusal =
                                      "OpenSMTPD cannot requeue: envelopes keep the action that "
                                      "was chosen on arrival"}},
            [HQ_VERB_DELETE] = {SMTPCTL("no bounce is sent", "remove")},
        },
};
