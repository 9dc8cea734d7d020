/* SPDX-License-Identifier: ISC */
/* Changing messages by a table: a spool of files named by their ids, and tools that are shell
 * scripts, so that they can fail in any way. */
#include "hopq/time.h"
#include "proc/act.h"
#include "spool/files.h"
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
/* cmocka.h wants these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MESSAGES 6

static char folder[] = "/tmp/hopq-act-XXXXXX";
static int dir = -1;
static char script[64]; /* what the tools run */

static void look(struct hq_changer *changer, const char *id, struct hq_look *seen)
{
    struct statx st;

    (void)changer;
    *seen = (struct hq_look){.stamp = hq_file_stamp(dir, id, &st)};
    seen->queue = st.stx_mask ? "deferred" : NULL;
}

static bool id_ok(const char *id)
{
    return strlen(id) == 2 && id[0] == 'm';
}

static const char *unfit(enum hq_verb verb, const char *queue)
{
    (void)queue;
    return verb == HQ_VERB_RELEASE ? "it is not on hold" : NULL;
}

static enum hq_seen judge(enum hq_verb verb, const struct hq_look *before,
                          const struct hq_look *after)
{
    (void)before;
    if (verb == HQ_VERB_FLUSH)
        return HQ_SEEN_UNSURE;
    return after->queue ? HQ_SEEN_NOT : HQ_SEEN_DONE;
}

static const char *value(struct hq_changer *changer, const char *name)
{
    (void)changer;
    return strcmp(name, "folder") == 0 ? folder : NULL;
}

static bool own_delete(struct hq_changer *changer, const char *id, GString *why)
{
    (void)changer;
    if (strcmp(id, "m3") != 0)
        return unlinkat(dir, id, 0) == 0;
    g_string_assign(why, "it is locked");
    return false;
}

static const struct hq_changer_ops ops =
    {
        .id_ok = id_ok,
        .value = value,
        .unfit = unfit,
        .look = look,
        .judge = judge,
        .ways =
            {
                [HQ_VERB_HOLD] = {{.argv = {"/nowhere/at/all", "{id}"}}},
                [HQ_VERB_RELEASE] = {{.argv = {"/bin/true"}}},
                [HQ_VERB_FLUSH] =
                    {
                        [HQ_SCOPE_IDS] = {.argv = {"/bin/sh", script, "{folder}", "{id}"},
                                          .batch = 1},
                        [HQ_SCOPE_MANY] = {.argv = {"/bin/sh", script, "{folder}", "{id}"},
                                           .batch = 3,
                                           .lasts = 300},
                    },
                [HQ_VERB_EXPIRE] = {{.argv = {"/bin/sh", script, "{folder}"},
                                     .feed = HQ_FEED_INPUT}},
                [HQ_VERB_REQUEUE] = {{.own = own_delete, .words = "unlinks {id}"}},
                [HQ_VERB_DELETE] = {{.argv = {"/bin/sh",
                                              script, "-c", "{config}", "{folder}", "{id}"}}},
            },
};

static struct hq_act_source source = {.name = (char *)"fake:/", .ops = &ops};

struct fixture {
    struct hq_arena *arena;
    struct hq_wire_target targets[MESSAGES];
    struct hq_wire_change order;
    struct hq_wire_changed answer;
};

static void write_text(const char *path, const char *text)
{
    assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void set_script(const char *text)
{
    write_text(script, text);
}

static char *path_of(const char *id)
{
    return g_build_filename(folder, id, NULL);
}

static int set_up(void **state)
{
    struct fixture *f = g_new0(struct fixture, 1);
    struct statx st;

    f->arena = hq_arena_new();
    for (unsigned i = 0; i < MESSAGES; i++) {
        const char *id = hq_arena_printf(f->arena, "m%u", i);
        g_autofree char *path = path_of(id);
        write_text(path, id);
        f->targets[i] = (struct hq_wire_target){id, hq_file_stamp(dir, id, &st), HQ_NONE};
    }
    f->order = (struct hq_wire_change){
        .verb = HQ_VERB_DELETE, .saved = HQ_NO, .targets = f->targets, .target_count = MESSAGES};
    f->answer.fates = hq_arena_alloc(f->arena, MESSAGES * sizeof *f->answer.fates);
    f->answer.fate_count = MESSAGES;
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    for (unsigned i = 0; i < MESSAGES; i++)
        unlinkat(dir, f->targets[i].id, 0);
    hq_arena_free(f->arena);
    g_free(f);
    return 0;
}

static bool is_there(const char *id)
{
    return faccessat(dir, id, F_OK, 0) == 0;
}

static void change(struct fixture *f, enum hq_verb verb)
{
    f->order.verb = verb;
    assert_null(hq_act_refuse(&source, &f->order));
    hq_act_change(&source, &f->order, NULL, &f->answer, f->arena);
}

static void expect_fates(const struct fixture *f, const char *wanted)
{
    for (unsigned i = 0; i < MESSAGES; i++)
        if (hq_fate_names[f->answer.fates[i].result][0] != wanted[i])
            fail_msg("m%u: %s (%s), wanted %c", i, hq_fate_names[f->answer.fates[i].result],
                     f->answer.fates[i].words ? f->answer.fates[i].words : "", wanted[i]);
}

/* ---- tests ---- */

static void does_all(void **state)
{
    struct fixture *f = *state;

    set_script("cd \"$1\" && shift && rm -- \"$@\"\n");
    change(f, HQ_VERB_DELETE);
    expect_fates(f, "dddddd");
    assert_null(f->answer.failure);
}

static void feeds_input(void **state)
{
    struct fixture *f = *state;

    set_script("cd \"$1\" && xargs rm --\n");
    change(f, HQ_VERB_EXPIRE);
    expect_fates(f, "dddddd");
}

/* The tool dies in the middle: what the spool shows counts, not what the tool said. */
static void fails_half_way(void **state)
{
    struct fixture *f = *state;

    set_script("cd \"$1\" && rm -- \"$2\" \"$3\" && echo \"$4: cannot remove\" >&2 && exit 1\n");
    change(f, HQ_VERB_DELETE);
    expect_fates(f, "ddffff");
    assert_string_equal(f->answer.fates[2].words, "m2: cannot remove");
    assert_null(f->answer.failure);
}

/* smtpctl is content when the spool cannot be written. */
static void claims_what_is_not_so(void **state)
{
    struct fixture *f = *state;

    set_script("echo \"$2 removed\"\n");
    change(f, HQ_VERB_DELETE);
    expect_fates(f, "ffffff");
    assert_string_equal(f->answer.fates[0].words,
                        "the queue does not show it; the command said: m0 removed");
}

static void is_killed(void **state)
{
    struct fixture *f = *state;

    set_script("cd \"$1\" && rm -- \"$2\" && kill -9 $$\n");
    change(f, HQ_VERB_DELETE);
    expect_fates(f, "dfffff");
    assert_non_null(strstr(f->answer.failure, "was ended by a signal"));
}

/* It says that it failed and has done it; it says that it did it and has not. */
static void lies(void **state)
{
    struct fixture *f = *state;

    set_script("cd \"$1\" && shift && rm -- \"$@\"; exit 1\n");
    change(f, HQ_VERB_DELETE);
    expect_fates(f, "dddddd");
}

static void does_nothing(void **state)
{
    struct fixture *f = *state;

    set_script("exit 0\n");
    change(f, HQ_VERB_DELETE);
    expect_fates(f, "ffffff");
}

static void missing_tool(void **state)
{
    struct fixture *f = *state;

    change(f, HQ_VERB_HOLD);
    expect_fates(f, "ffffff");
    assert_non_null(strstr(f->answer.failure, g_strerror(ENOENT)));
    assert_true(is_there("m0"));
}

/* A process each: the exit status decides where the spool shows nothing; the rest goes on. */
static void one_by_one(void **state)
{
    struct fixture *f = *state;

    set_script("[ \"$2\" != m2 ]\n");
    change(f, HQ_VERB_FLUSH);
    expect_fates(f, "ddfddd");
}

/* A tool that makes the attempts itself: one that lasts is left to go on, and so does the rest. */
static void leaves_what_lasts(void **state)
{
    struct fixture *f = *state;

    set_script("[ \"$2\" = m0 ] || exit 0\n"
               "while [ -e \"$1/m0\" ]; do sleep 0.1; done; echo over && rm \"$1/m5\"\n");
    f->order.scope = HQ_SCOPE_MANY;
    change(f, HQ_VERB_FLUSH);
    expect_fates(f, "dddddd");
    assert_null(f->answer.failure);
    for (unsigned i = 0; i < MESSAGES; i++) {
        const char *words = f->answer.fates[i].words;
        if (i < 3)
            assert_true(words && strstr(words, "goes on"));
    }
    unlinkat(dir, "m0", 0);
    for (unsigned i = 0; i < 1000 && is_there("m5"); i++)
        g_usleep(10000);
    assert_false(is_there("m5")); /* it came to its end */
}

/* Between the plan and the run: one is gone, and two others got the ids of messages that were. */
static void ids_used_again(void **state)
{
    struct fixture *f = *state;
    g_autofree char *path = path_of("m4");

    assert_int_equal(unlinkat(dir, "m1", 0), 0);
    assert_int_equal(renameat(dir, "m2", dir, "m3"), 0);
    g_usleep(20000); /* births are told apart by the kernel's tick */
    assert_int_equal(unlinkat(dir, "m4", 0), 0);
    write_text(path, "another"); /* may well get the same inode */
    set_script("cd \"$1\" && shift && rm -- \"$@\"\n");
    change(f, HQ_VERB_DELETE);
    assert_int_equal(f->answer.fates[1].result, HQ_FATE_GONE);
    assert_int_equal(f->answer.fates[2].result, HQ_FATE_GONE);
    assert_int_equal(f->answer.fates[3].result, HQ_FATE_REUSED);
    assert_int_equal(f->answer.fates[4].result, HQ_FATE_REUSED);
    assert_true(is_there("m3") && is_there("m4"));
    assert_false(is_there("m0") || is_there("m5"));
}

/* A message whose file has no time of birth, and whose id may be given to another. */
static void cannot_be_told_apart(void **state)
{
    struct fixture *f = *state;
    struct hq_look looks[MESSAGES];
    bool meant[MESSAGES];

    for (unsigned i = 0; i < MESSAGES; i++)
        f->targets[i].stamp = HQ_NONE;
    hq_act_look(&source, &f->order, true, looks, meant, f->answer.fates);
    for (unsigned i = 0; i < MESSAGES; i++)
        assert_false(meant[i]);
    assert_true(is_there("m0"));
}

static void refuses(void **state)
{
    static const char *const bad[] = {"", "-x", "m", "mm0", "../m0", "m0\n", "ALL", NULL};
    struct fixture *f = *state;

    f->order.target_count = 1;
    for (unsigned i = 0; bad[i]; i++) {
        f->targets[0].id = bad[i];
        assert_non_null(hq_act_refuse(&source, &f->order));
    }
    f->targets[0].id = NULL;
    assert_non_null(hq_act_refuse(&source, &f->order));
    f->targets[0].id = "m0";
    assert_null(hq_act_refuse(&source, &f->order));
    for (int64_t verb = -1; verb < 300; verb += verb < HQ_VERB_COUNT ? HQ_VERB_COUNT + 1 : 100) {
        f->order.verb = verb;
        assert_non_null(hq_act_refuse(&source, &f->order));
    }
    f->order.verb = HQ_VERB_DELETE;
    f->order.scope = HQ_SCOPE_ALL; /* the spool has no such way */
    assert_non_null(hq_act_refuse(&source, &f->order));
    f->order.scope = -1;
    assert_non_null(hq_act_refuse(&source, &f->order));
    f->order.scope = HQ_SCOPE_COUNT;
    assert_non_null(hq_act_refuse(&source, &f->order));
}

static void refuses_what_makes_no_sense(void **state)
{
    struct fixture *f = *state;

    change(f, HQ_VERB_RELEASE);
    expect_fates(f, "rrrrrr");
    assert_int_equal(f->answer.fates[0].result, HQ_FATE_REFUSED);
    assert_string_equal(f->answer.fates[0].words, "it is not on hold");
}

static void runs_its_own(void **state)
{
    struct fixture *f = *state;

    change(f, HQ_VERB_REQUEUE);
    expect_fates(f, "dddfdd");
    assert_string_equal(f->answer.fates[3].words, "it is locked");
}

/* The tool finds in the log what it was given, and nothing that is let alone. */
static void logs_before_it_runs(void **state)
{
    struct fixture *f = *state;

    f->targets[2].stamp++;
    set_script("cd \"$1\" && shift && for id; do\n"
               "grep -q \"action=delete .* id=$id .* result=begun$\" actions.log && rm $id\n"
               "done; ! grep 'id=m2' actions.log\n");
    change(f, HQ_VERB_DELETE);
    expect_fates(f, "ddrddd");
}

/* What was to be saved before and was not stays. */
static void keeps_what_is_not_saved(void **state)
{
    struct fixture *f = *state;
    g_autoptr(GHashTable) saved = g_hash_table_new(g_str_hash, g_str_equal);

    g_hash_table_add(saved, (gpointer) "m0");
    f->order.saved = HQ_YES;
    set_script("cd \"$1\" && shift && rm -- \"$@\"\n");
    hq_act_change(&source, &f->order, saved, &f->answer, f->arena);
    expect_fates(f, "drrrrr");
    assert_true(is_there("m1"));
}

static int make_folder(void **state)
{
    (void)state;
    if (!g_mkdtemp(folder))
        return -1;
    dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    g_snprintf(script, sizeof script, "%s/script", folder);
    return dir < 0 || setenv("HOPQ_STATE", folder, 1) || !hq_act_log_open(NULL);
}

static int remove_folder(void **state)
{
    (void)state;
    g_unlink(script);
    g_unlink(hq_act_log_path());
    close(dir);
    return g_rmdir(folder);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {

        CASE(does_all),
        CASE(feeds_input),
        CASE(fails_half_way),
        CASE(claims_what_is_not_so),
        CASE(is_killed),
        CASE(missing_tool),
        CASE(one_by_one),
        CASE(ids_used_again),
        CASE(cannot_be_told_apart),
        CASE(refuses),
        CASE(refuses_what_makes_no_sense),
        CASE(runs_its_own),
        CASE(keeps_what_is_not_saved),
        CASE(lies),
        CASE(does_nothing),
        CASE(logs_before_it_runs),
        CASE(leaves_what_lasts),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
