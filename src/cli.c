/* SPDX-License-Identifier: ISC */
/* The jobs of the command line. Errors of the world end here: one line to standard error. */
#include "cli.h"
#include "collect.h"
#include "demo.h"
#include "dump/dump.h"
#include "hopq/error.h"
#include "hopq/reason.h"
#include "hopq/text.h"
#include "options.h"
#include "proc/sandbox.h"
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define EXPLAIN_LINE_MAX (64 << 10)

struct hq_session_options hq_cli_session_options(const struct hq_options *options)
{
    return (struct hq_session_options){
        .dns = options->dns,
        .dns_timeout = options->dns_timeout,
        .our = (const char *const *)options->our,
        .trust = (const char *const *)options->trust,
        .egress = (const char *const *)options->egress,
        .ids = (const char *const *)options->ids,
        .full = options->full,
    };
}

/* ---- messages ---- */

struct selection {
    struct hq_filter *filter;
    struct hq_order *order;
};

static bool select_parse(struct selection *selection, const struct hq_options *options,
                         GError **error)
{
    if (options->filter) {
        selection->filter = hq_filter_parse(options->filter, NULL, error);
        if (!selection->filter)
            return false;
    }
    selection->order = hq_order_parse(options->sort, error);
    return selection->order != NULL;
}

static void select_clear(struct selection *selection)
{
    hq_filter_free(selection->filter);
    hq_order_free(selection->order);
}

/* A message that was asked for by its id and is not there: the source is not what was thought. */
static bool all_found(const struct hq_snapshot *snapshot, const struct hq_options *options,
                      GError **error)
{
    for (char **id = options->ids; id && *id; id++) {
        bool found = false;
        for (guint i = 0; !found && i < snapshot->messages->len; i++)
            found = hq_cli_names(snapshot->messages->pdata[i], *id);
        if (!found) {
            hq_error_set(error, HQ_EXIT_NO_SOURCE, 0, "find message", *id, "not in the queue");
            return false;
        }
    }
    return true;
}

/* Names of files and what stands in them are strangers' words here, too. */
static void complain(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (unsigned i = 0; lines[i]; i++) {
        g_autoptr(GString) safe = g_string_new(NULL);
        hq_text_safe(safe, lines[i], strlen(lines[i]), HQ_TEXT_PLAIN);
        fprintf(stderr, "%s%s\n", i ? "" : "hopq: ", safe->str);
    }
}

void hq_cli_print_notices(const struct hq_snapshot *snapshot)
{
    for (guint i = 0; i < snapshot->notices->len; i++)
        complain(snapshot->notices->pdata[i]);
}

static int exit_status(const struct hq_options *options, const struct hq_dump_result *result)
{
    if (options->fail_on >= 0 && result->worst >= options->fail_on)
        return HQ_EXIT_FINDINGS;
    return result->partial ? HQ_EXIT_PARTIAL : HQ_EXIT_OK;
}

static int dump_snapshot(const struct hq_options *options, const struct selection *selection,
                         struct hq_trend_base *base, const struct hq_snapshot *snapshot,
                         int64_t took, GError **error)
{
    struct hq_dump_options dump = {
        .format = options->format,
        .group = options->group,
        .group_by = (enum hq_board_key)options->group_by,
        .base = base,
        .full = options->full,
        .limit = (unsigned)MAX(options->limit, 0),
        .no_list = options->limit == 0,
        .filter = selection->filter,
        .order = selection->order,
        .ascii = options->ascii,
        .now = hq_time_now(),
        .took = took,
    };
    struct hq_dump_result result = {.worst = -1};

    /* of several ids those that are there are printed all the same */
    if ((snapshot->messages->len || all_found(snapshot, options, error)) &&
        hq_dump_snapshot(snapshot, &dump, STDOUT_FILENO, &result, error)) {
        if (options->format != hq_dump_format_find("text")) /* which has them in it */
            hq_cli_print_notices(snapshot);
        all_found(snapshot, options, error);
    }
    return exit_status(options, &result);
}

/* With an earlier look to compare with, if one is asked for. */
static int dump_compared(const struct hq_options *options, const struct selection *selection,
                         struct hq_earlier *earlier, GError **error)
{
    struct hq_session_options session = hq_cli_session_options(options);
    int64_t start = g_get_monotonic_time();
    GError *missed = NULL;
    int status = 0;

    session.full |= hq_filter_wants_detail(selection->filter) || options->fail_on >= 0;
    struct hq_snapshot *snapshot = hq_collect(&session, (const char *const *)options->rest,
                                              options->log, NULL, &missed, error);
    int64_t took = g_get_monotonic_time() - start;
    struct hq_trend_base *base = snapshot && earlier ? hq_earlier_read(earlier, error) : NULL;
    if (snapshot && (base || !earlier))
        status = dump_snapshot(options, selection, base, snapshot, took, error);
    hq_snapshot_unref(snapshot);
    hq_trend_base_free(base);
    hq_error_keep(error, missed);
    return status;
}

static int run_dump(const struct hq_options *options, GError **error)
{
    struct selection selection = {0};
    struct hq_earlier *earlier = NULL;
    int status = 0;

    if (select_parse(&selection, options, error) &&
        (!options->since || (earlier = hq_earlier_start(options->since, error))))
        status = dump_compared(options, &selection, earlier, error);
    hq_earlier_free(earlier);
    select_clear(&selection);
    return status;
}

static struct hq_trend_base *read_earlier(void *data, GError **error)
{
    return hq_earlier_read(data, error);
}

static int run_screen(const struct hq_options *options, GError **error)
{
    struct hq_session_options session = hq_cli_session_options(options);
    struct hq_tui_options tui = {
        .session = &session,
        .sources = options->rest[0] ? (const char *const *)options->rest : NULL,
        .filter = options->filter,
        .sort = options->sort,
        .log = options->log,
        .theme = options->theme,
        .theme_folder = options->theme_folder,
        .color = options->color,
        .ascii = options->ascii,
        .demo = options->demo,
        .read_only = options->read_only || options->demo,
    };

    session.changes = !tui.read_only;
    if (!options->since)
        return hq_tui_run(&tui, error);
    struct hq_earlier *earlier = hq_earlier_start(options->since, error);
    if (!earlier)
        return 0;
    tui.since = read_earlier;
    tui.since_data = earlier;
    int status = hq_tui_run(&tui, error);
    hq_earlier_free(earlier);
    return status;
}

/* ---- replies ---- */

static void explain_line(struct hq_reasons *reasons, struct hq_arena *arena, GPtrArray *out,
                         const char *text)
{
    static const struct hq_reason_hint nothing_known;
    const struct hq_reason *reason = hq_reason_parse(reasons, text, &nothing_known, arena);

    if (reason)
        g_ptr_array_add(out, (gpointer)reason);
}

static bool explain_input(struct hq_reasons *reasons, struct hq_arena *arena, GPtrArray *out,
                          GError **error)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t n;

    while ((n = getline(&line, &room, stdin)) >= 0) {
        while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
            n--;
        n = MIN(n, EXPLAIN_LINE_MAX);
        line[n] = '\0';
        for (ssize_t i = 0; i < n; i++) /* what is behind a NUL is meant, too */
            line[i] = line[i] ? line[i] : ' ';
        explain_line(reasons, arena, out, line);
    }
    free(line);
    if (ferror(stdin))
        hq_error_set(error, HQ_EXIT_NO_SOURCE, errno, "read", "standard input", NULL);
    return !ferror(stdin);
}

static int run_explain(const struct hq_options *options, GError **error)
{
    if (!hq_sandbox_drop_front()) { /* replies are strangers' words: nothing here needs root */
        hq_error_set(error, HQ_EXIT_INTERNAL, errno, "give up root", NULL, NULL);
        return HQ_EXIT_OK;
    }
    struct hq_dump_options dump = {
        .format = options->format, .ascii = options->ascii, .now = hq_time_now()};
    struct hq_reasons *reasons = hq_reasons_new();
    struct hq_arena *arena = hq_arena_new();
    g_autoptr(GPtrArray) out = g_ptr_array_new();
    bool from_input = !options->rest[0] || strcmp(options->rest[0], "-") == 0;

    for (unsigned i = 0; !from_input && options->rest[i]; i++)
        explain_line(reasons, arena, out, options->rest[i]);
    if (!from_input || explain_input(reasons, arena, out, error))
        hq_dump_reasons(out, &dump, STDOUT_FILENO, error);
    hq_arena_free(arena);
    hq_reasons_free(reasons);
    return HQ_EXIT_OK;
}

/* ---- SPF, version ---- */

/* A path as logs and SMTP write it (RFC 5321 section 4.1.2): "<a@b.example>", "<>". */
static char *without_brackets(const char *path)
{
    size_t n = strlen(path);

    return n >= 2 && path[0] == '<' && path[n - 1] == '>' ? g_strndup(path + 1, n - 2)
                                                          : g_strdup(path);
}

static int run_spf(const struct hq_options *options, GError **error)
{
    g_autofree char *sender = without_brackets(options->rest[2]);
    static const struct hq_session_events none;
    struct hq_dump_options dump = {
        .format = options->format, .ascii = options->ascii, .now = hq_time_now()};
    struct hq_session_options session_opts = hq_cli_session_options(options);
    struct hq_session *session = hq_session_start(&session_opts, &none, NULL, error);
    struct hq_arena *arena = hq_arena_new();

    if (session) {
        const struct hq_spf *spf =
            hq_session_check_spf(session, options->rest[0], options->rest[1], sender, arena, error);
        if (spf)
            hq_dump_spf(spf, &dump, STDOUT_FILENO, error);
    }
    hq_session_stop(session);
    hq_arena_free(arena);
    return HQ_EXIT_OK;
}

static int run_version(const struct hq_options *options, GError **error)
{
    static const struct hq_session_events none;
    struct hq_session_options session_opts = hq_cli_session_options(options);
    session_opts.dns = "off";
    struct hq_session *session = hq_session_start(&session_opts, &none, NULL, error);

    if (!session)
        return 0;
    g_autofree char *sandbox = hq_session_describe_sandbox(session);
    printf("hopq %s\nlibraries: %s\nthe parser is confined by: %s\n", HOPQ_VERSION, HOPQ_LIBRARIES,
           sandbox ? sandbox : "nothing (it did not start)");
    hq_session_stop(session);
    return HQ_EXIT_OK;
}

/* ---- choice ---- */

static int run_job(struct hq_options *options, GError **error)
{
    if (options->demo) {
        g_strfreev(options->rest);
        options->rest = hq_demo_sources();
    }
    switch (options->job) {
    case HQ_JOB_DUMP:
        return run_dump(options, error);
    case HQ_JOB_EXPLAIN:
        return run_explain(options, error);
    case HQ_JOB_SPF:
        return run_spf(options, error);
    case HQ_JOB_VERSION:
        return run_version(options, error);
    case HQ_JOB_ACT:
        return hq_cli_act(options, error);
    case HQ_JOB_HELP:
        fputs(options->help, stdout);
        return HQ_EXIT_OK;
    case HQ_JOB_SHOW:
        break;
    }
    return run_screen(options, error);
}

/* A clock that is not told the time it was meant to show would make every age wrong. */
static bool check_clock(GError **error)
{
    const char *pinned = getenv("HOPQ_NOW");
    int64_t t;

    if (!pinned || hq_time_parse_rfc3339(pinned, &t))
        return true;
    hq_error_set(error, HQ_EXIT_USAGE, 0, "read the time", "HOPQ_NOW",
                 "not of the form 2026-11-22T05:30:00Z");
    return false;
}

/* What stdio still holds goes out here: a full disk must not look like success. */
static void finish_output(GError **error)
{
    bool earlier = ferror(stdout); /* whose errno is gone */
    bool flushed = fflush(stdout) == 0;

    if ((earlier || !flushed) && !*error)
        hq_error_set(error, HQ_EXIT_INTERNAL, errno, "write", "output",
                     flushed || earlier ? "not all of it was taken" : NULL);
}

int hq_cli_run(char **argv)
{
    struct hq_options options;
    GError *error = NULL;
    int status = 0;

    setlocale(LC_ALL, "");
    if (hq_options_parse(&options, argv, &error) && check_clock(&error))
        status = run_job(&options, &error);
    finish_output(&error);
    hq_options_clear(&options);
    if (!error)
        return status;
    complain(error->message);
    status = error->domain == HQ_ERROR ? error->code : HQ_EXIT_INTERNAL;
    g_error_free(error);
    return status;
}
