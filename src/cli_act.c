/* SPDX-License-Identifier: ISC */
/* --act: changes queues without a screen. Without --yes it tells what it would do. */
#include "act/run.h"
#include "cli.h"
#include "collect.h"
#include "dump/dump.h"
#include "hopq/error.h"
#include "hopq/json.h"
#include "hopq/text.h"
#include "options.h"
#include "store/filter.h"
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

struct job {
    const struct hq_options *options;
    struct hq_session *session;
    struct hq_snapshot *snapshot;
    struct hq_plan *plan;
    struct hq_run *run;
    GHashTable *ids; /* char *, of the options: FOUND or NULL */
    bool stopping, finished;
};

#define FOUND GINT_TO_POINTER(1)

/* ---- which messages ---- */

bool hq_cli_names(const struct hq_message *message, const char *id)
{
    const char *scheme = message->mta ? message->mta : "";
    const struct hq_spool *spool = hq_spool_find(scheme, strlen(scheme));

    return message->id && spool && hq_spool_names(spool, message->id, id);
}

/* Notes in IDS which of those that were asked for MESSAGE has. The few spools where a message has
 * other names, too, are tried with each of them. */
static bool is_chosen(const struct hq_options *options, GHashTable *ids,
                      const struct hq_message *message)
{
    const char *scheme = message->mta ? message->mta : "";
    const struct hq_spool *spool = hq_spool_find(scheme, strlen(scheme));
    bool chosen = !options->ids;

    if (message->id && g_hash_table_contains(ids, message->id)) {
        chosen = true;
        g_hash_table_insert(ids, (gpointer)message->id, FOUND);
    }
    for (char **id = options->ids; id && spool && spool->layout->names && *id; id++)
        if (hq_cli_names(message, *id)) {
            chosen = true;
            g_hash_table_insert(ids, *id, FOUND);
        }
    return chosen;
}

static GPtrArray *choose(const struct job *job, const struct hq_filter *filter)
{
    GPtrArray *chosen = g_ptr_array_new();
    GHashTable *ids = job->ids;
    int64_t now = hq_time_now();

    for (char **id = job->options->ids; id && *id; id++)
        g_hash_table_insert(ids, *id, NULL);
    for (guint i = 0; i < job->snapshot->messages->len; i++) {
        struct hq_message *message = job->snapshot->messages->pdata[i];
        bool last = hq_snapshot_find(job->snapshot, message->source, message->id) == message;
        if (last && is_chosen(job->options, ids, message) && hq_filter_match(filter, message, now))
            g_ptr_array_add(chosen, message);
    }
    return chosen;
}

/* Each id that no message has. */
static void add_missing(struct job *job)
{
    for (char **id = job->options->ids; id && *id; id++)
        if (!g_hash_table_lookup(job->ids, *id)) {
            hq_plan_add_missing(job->plan, *id);
            g_hash_table_insert(job->ids, *id, FOUND); /* once is enough */
        }
}

/* ---- output ---- */

static void print_line(enum hq_plan_line line, const char *text, void *data)
{
    static const char *const marks[] = {[HQ_PLAN_WARNING] = "warning: "};
    const struct job *job = data;
    g_autoptr(GString) safe = g_string_new(NULL);

    hq_text_safe(safe, text, strlen(text), job->options->ascii ? HQ_TEXT_ASCII : 0);
    printf("%s%s\n", line < G_N_ELEMENTS(marks) && marks[line] ? marks[line] : "", safe->str);
}

static void print_target(const struct job *job, const struct hq_plan_target *target)
{
    g_autoptr(GString) out = g_string_new(NULL);
    bool planned = !job->options->yes && target->fate == HQ_FATE_NOT_RUN;
    char arrived[32];
    struct hq_json json;

    hq_json_init(&json, out);
    hq_json_begin_object(&json);
    hq_json_key(&json, "type");
    hq_json_string(&json, "action");
    hq_json_key(&json, "action");
    hq_json_string(&json, hq_verb_names[job->plan->verb]);
    hq_json_key(&json, "source");
    hq_json_string(&json, target->source);
    hq_json_key(&json, "id");
    hq_json_string(&json, target->wire.id);
    hq_json_key(&json, "arrived");
    hq_json_string(&json, target->wire.arrived == HQ_NONE
                              ? NULL
                              : hq_time_rfc3339(target->wire.arrived, arrived));
    hq_json_key(&json, "result");
    hq_json_string(&json, planned ? "planned" : hq_fate_names[target->fate]);
    hq_json_key(&json, "detail");
    hq_json_string(&json, target->words);
    hq_json_end_object(&json);
    puts(out->str);
}

static void put_strings(struct hq_json *json, const char *key, const GPtrArray *strings)
{
    hq_json_key(json, key);
    hq_json_begin_array(json);
    for (guint i = 0; i < strings->len; i++)
        hq_json_string(json, strings->pdata[i]);
    hq_json_end_array(json);
}

static void print_summary(const struct job *job)
{
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(GPtrArray) commands = g_ptr_array_new();
    struct hq_json json;

    for (guint i = 0; i < job->plan->steps->len; i++) {
        const struct hq_plan_step *step = job->plan->steps->pdata[i];
        g_ptr_array_add(commands, (gpointer)step->way->words);
        if (step->way->then)
            g_ptr_array_add(commands, (gpointer)step->way->then);
    }
    hq_json_init(&json, out);
    hq_json_begin_object(&json);
    hq_json_key(&json, "type");
    hq_json_string(&json, "action-summary");
    hq_json_key(&json, "action");
    hq_json_string(&json, hq_verb_names[job->plan->verb]);
    hq_json_key(&json, "dry_run");
    hq_json_bool(&json, !job->options->yes);
    hq_json_key(&json, "chosen");
    hq_json_int(&json, job->plan->chosen);
    hq_json_key(&json, "planned");
    hq_json_int(&json, job->plan->count);
    hq_json_key(&json, "done");
    hq_json_int(&json, hq_plan_count(job->plan, HQ_FATE_DONE));
    put_strings(&json, "commands", commands);
    put_strings(&json, "warnings", job->plan->warnings);
    hq_json_key(&json, "saved");
    hq_json_string(&json, job->plan->folder);
    hq_json_key(&json, "failure");
    hq_json_string(&json, job->plan->failure);
    hq_json_end_object(&json);
    puts(out->str);
}

static void print_json(const struct job *job)
{
    for (guint i = 0; i < job->plan->steps->len; i++) {
        const struct hq_plan_step *step = job->plan->steps->pdata[i];
        for (guint k = 0; k < step->targets->len; k++)
            print_target(job, step->targets->pdata[k]);
    }
    for (guint i = 0; i < job->plan->refused->len; i++)
        print_target(job, job->plan->refused->pdata[i]);
    print_summary(job);
}

static bool is_text(const struct job *job)
{
    return job->options->format == hq_dump_format_find("text");
}

/* ---- running ---- */

static void on_progress(void *data)
{
    (void)data;
}

static void on_finished(void *data)
{
    ((struct job *)data)->finished = true;
}

static gboolean on_signal(gpointer data)
{
    struct job *job = data;

    if (job->finished)
        return G_SOURCE_CONTINUE;
    if (job->stopping) {
        hq_run_leave(job->run);
        return G_SOURCE_CONTINUE;
    }
    job->stopping = true;
    fputs("hopq: stops after the current batch; once more to leave that alone\n", stderr);
    hq_run_cancel(job->run);
    return G_SOURCE_CONTINUE;
}

static void run_plan(struct job *job)
{
    static const struct hq_run_events events = {on_progress, on_finished};
    guint signals[] = {g_unix_signal_add(SIGINT, on_signal, job),
                       g_unix_signal_add(SIGTERM, on_signal, job),
                       g_unix_signal_add(SIGHUP, on_signal, job)};

    job->run = hq_run_start(job->session, job->plan, &events, job);
    while (!job->finished)
        g_main_context_iteration(NULL, TRUE);
    for (unsigned i = 0; i < G_N_ELEMENTS(signals); i++)
        g_source_remove(signals[i]);
}

static int exit_status(const struct job *job)
{
    unsigned done = hq_plan_count(job->plan, HQ_FATE_DONE);
    bool all = job->plan->refused->len == 0 && (!job->options->yes || done == job->plan->count);

    if (!all || job->plan->failure)
        return HQ_EXIT_FINDINGS;
    return job->snapshot->partial ? HQ_EXIT_PARTIAL : HQ_EXIT_OK;
}

static int act(struct job *job)
{
    if (is_text(job))
        hq_plan_show(job->plan, print_line, job);
    fflush(stdout);
    if (job->options->yes && job->plan->count)
        run_plan(job);
    if (!is_text(job))
        print_json(job);
    else if (job->options->yes)
        hq_plan_show_result(job->plan, print_line, job);
    else if (job->plan->count)
        puts("nothing was done: --yes does it");
    return exit_status(job);
}

static int act_on(struct job *job, const struct hq_filter *filter, GError **error)
{
    g_autoptr(GPtrArray) chosen = choose(job, filter);
    int status = HQ_EXIT_OK;

    if (job->options->ids && chosen->len == 0) {
        hq_error_set(error, HQ_EXIT_NO_SOURCE, 0, "find message", job->options->ids[0],
                     "not in the queue");
        return HQ_EXIT_OK;
    }
    while (!hq_plan_ready(job->session, chosen))
        g_main_context_iteration(NULL, TRUE);
    job->plan = hq_plan_new(job->session, (enum hq_verb)job->options->verb, chosen, job->snapshot);
    job->plan->save &= !job->options->no_save;
    add_missing(job);
    status = act(job);
    hq_plan_free(job->plan);
    return status;
}

static bool refuse_read_only(const struct hq_options *options, GError **error)
{
    if (!options->read_only && !options->demo)
        return false;
    hq_error_set(error, HQ_EXIT_DENIED, 0, "change queues", hq_verb_names[options->verb],
                 options->demo ? "the samples are read-only" : "--read-only, or its configuration");
    return true;
}

/* Most of the time goes into reading messages: no more of them than what chooses them, and what
 * must be warned of. */
static unsigned omit_parts(enum hq_verb verb, const struct hq_filter *filter)
{
    unsigned wanted = hq_filter_wants(filter);

    if (hq_verb_tries(verb))
        wanted |= HQ_NEED_REPLIES;
    return (HQ_NEED_TEXT | HQ_NEED_REPLIES) & ~wanted;
}

int hq_cli_act(const struct hq_options *options, GError **error)
{
    struct hq_session_options session = hq_cli_session_options(options);
    struct job job = {.options = options};
    g_autoptr(GHashTable) ids = g_hash_table_new(g_str_hash, g_str_equal);
    struct hq_filter *filter = NULL;
    int status = HQ_EXIT_OK;

    if (refuse_read_only(options, error))
        return status;
    if (options->filter && !(filter = hq_filter_parse(options->filter, NULL, error)))
        return status;
    job.ids = ids;
    session.changes = true; /* a dry run asks it what can be done */
    session.ids = NULL;     /* all is listed: whether all of a queue was chosen matters */
    session.full = hq_filter_wants_detail(filter);
    session.omit = session.full ? 0 : omit_parts((enum hq_verb)options->verb, filter);
    if (!session.full) /* nobody asks */
        session.dns = "off";
    job.snapshot =
        hq_collect(&session, (const char *const *)options->rest, "off", &job.session, NULL, error);
    if (job.snapshot)
        hq_cli_print_notices(job.snapshot);
    if (job.snapshot)
        status = act_on(&job, filter, error);
    hq_session_stop(job.session);
    hq_snapshot_unref(job.snapshot);
    hq_filter_free(filter);
    return status;
}
