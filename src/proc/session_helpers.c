/* SPDX-License-Identifier: ISC */
/* Starting, connecting and replacing the helpers. */
#include "proc/session_helpers.h"
#include "hopq/error.h"
#include "proc/sandbox.h"
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* c-ares tries each of three servers twice, the second time for twice as long; then some more. */
#define DNS_TIMEOUTS 12
#define DNS_GRACE    2000
#define WATCH_PAUSE  500 /* milliseconds like the former */

#define END_TRIES 100
#define END_PAUSE 2000 /* microseconds */
#define DNS_LIVES 5    /* a resolver that dies more often is left dead */

struct helper {
    struct hq_helpers *helpers;
    enum hq_role role;
    pid_t pid; /* 0: not running */
    struct hq_channel *channel;
    char *words;
    unsigned deaths;
};

struct hq_helpers {
    const struct hq_helpers_events *events;
    void *data;
    struct helper list[HQ_ROLE_COUNT];
    char *dns_server; /* NULL: DNS is off */
    char *dns_timeout;
    GHashTable *questions; /* "16 example.com" → itself: asked, not answered */
    gint64 dns_heard;      /* when [dns] last had nothing to do, or said something */
    gint64 dns_patience;   /* after that it hangs; microseconds like the former */
    guint dns_watch;
    bool stopping;
};

static bool start_parse(struct hq_helpers *helpers, GError **error);
static bool start_dns(struct hq_helpers *helpers, GError **error);

/* ---- DNS questions ---- */

static char *question_key(const struct hq_wire_question *question)
{
    return g_strdup_printf("%" G_GINT64_FORMAT " %s", question->type, question->name);
}

static void dns_off(struct hq_helpers *helpers)
{
    struct hq_channel *parse = helpers->list[HQ_ROLE_PARSE].channel;

    g_clear_pointer(&helpers->dns_server, g_free);
    g_hash_table_remove_all(helpers->questions);
    if (parse)
        hq_wire_send(parse, HQ_WIRE_DNS_OFF, NULL, NULL);
}

static void send_question(struct hq_helpers *helpers, const struct hq_wire_question *question)
{
    struct hq_channel *dns = helpers->list[HQ_ROLE_DNS].channel;

    if (dns)
        hq_wire_send(dns, HQ_WIRE_QUESTION, &hq_wire_question_schema, question);
}

static void on_closed(struct hq_channel *channel, void *data);

/* A [dns] that hangs must not hold the messages that wait for it. */
static gboolean watch_dns(gpointer data)
{
    struct hq_helpers *helpers = data;
    struct helper *dns = &helpers->list[HQ_ROLE_DNS];

    if (g_hash_table_size(helpers->questions) == 0 || !dns->channel) {
        helpers->dns_watch = 0;
        return G_SOURCE_REMOVE;
    }
    if (g_get_monotonic_time() - helpers->dns_heard > helpers->dns_patience) {
        helpers->dns_heard = g_get_monotonic_time();
        on_closed(dns->channel, dns);
    }
    return G_SOURCE_CONTINUE;
}

static void on_question(struct hq_helpers *helpers, const struct hq_wire_question *question)
{
    if (g_hash_table_size(helpers->questions) == 0)
        helpers->dns_heard = g_get_monotonic_time();
    if (!helpers->dns_watch)
        helpers->dns_watch = g_timeout_add(WATCH_PAUSE, watch_dns, helpers);
    g_hash_table_add(helpers->questions, question_key(question));
    send_question(helpers, question);
}

/* On to [parse], if it was asked for. */
static void on_answer(struct hq_helpers *helpers, const struct hq_wire_question *answer,
                      const struct hq_frame *frame)
{
    g_autofree char *key = question_key(answer);
    struct hq_channel *parse = helpers->list[HQ_ROLE_PARSE].channel;

    helpers->dns_heard = g_get_monotonic_time();
    if (g_hash_table_remove(helpers->questions, key) && parse)
        hq_channel_send(parse, HQ_WIRE_ANSWER, &hq_wire_question_schema, answer, frame->blob,
                        frame->blob_length, NULL, 0);
}

/* A new [dns] is asked what the old one left unanswered. */
static void ask_again(struct hq_helpers *helpers)
{
    GHashTableIter iter;
    gpointer key;

    g_hash_table_iter_init(&iter, helpers->questions);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        struct hq_wire_question question = {.status = HQ_DNS_OK};
        char *name;
        question.type = g_ascii_strtoll(key, &name, 10);
        question.name = name + 1;
        send_question(helpers, &question);
    }
}

/* ---- frames ---- */

/* False: this frame is not for us here. */
static bool relay(struct helper *helper, struct hq_frame *frame)
{
    bool question = helper->role == HQ_ROLE_PARSE && frame->type == HQ_WIRE_QUESTION;
    bool answer = helper->role == HQ_ROLE_DNS && frame->type == HQ_WIRE_ANSWER;

    if (!question && !answer)
        return false;
    struct hq_arena *arena = hq_arena_new();
    const struct hq_wire_question *record = hq_frame_record(frame, &hq_wire_question_schema, arena);
    if (record && record->name && question)
        on_question(helper->helpers, record);
    else if (record && record->name)
        on_answer(helper->helpers, record, frame);
    hq_arena_free(arena);
    return true;
}

static bool remember_words(struct helper *helper, struct hq_frame *frame)
{
    struct hq_arena *arena = hq_arena_new();
    const struct hq_wire_text *text = hq_frame_record(frame, &hq_wire_text_schema, arena);

    g_free(helper->words);
    helper->words = g_strdup(text ? text->text : NULL);
    hq_arena_free(arena);
    return text != NULL;
}

static void on_frame(struct hq_channel *channel, struct hq_frame *frame, void *data)
{
    struct helper *helper = data;
    struct hq_helpers *helpers = helper->helpers;
    bool sound = true;

    if (frame->type == HQ_WIRE_HELLO)
        sound = remember_words(helper, frame);
    else if (frame->type == HQ_WIRE_DNS_OFF && helper->role == HQ_ROLE_DNS)
        dns_off(helpers);
    else if (!relay(helper, frame))
        sound = helpers->events->frame(helper->role, frame, helpers->data);
    if (!sound)
        on_closed(channel, data);
}

/* ---- death ---- */

/* Ends a helper whose channel is gone, if it has not ended by that. The front may lack the right to
 * kill it (the user of sudo is not nobody): one that hangs is left behind, confined and cut off.
 * False: that. */
static bool end(struct helper *helper, int *status)
{
    bool killed = kill(helper->pid, SIGKILL) == 0;
    pid_t pid = waitpid(helper->pid, status, killed ? 0 : WNOHANG);

    for (unsigned i = 0; pid == 0 && i < END_TRIES; i++) {
        g_usleep(END_PAUSE);
        pid = waitpid(helper->pid, status, WNOHANG);
    }
    helper->pid = 0;
    return pid > 0;
}

static char *obituary(const struct helper *helper, bool ended, int status, const char *sequel)
{
    const char *title = hq_role_title(helper->role);

    if (!ended)
        return g_strdup_printf("%s hangs and was left%s", title, sequel);
    if (WIFSIGNALED(status))
        return g_strdup_printf("%s was killed by signal %d (%s)%s", title, WTERMSIG(status),
                               strsignal(WTERMSIG(status)), sequel);
    return g_strdup_printf("%s ended with status %d%s", title, WEXITSTATUS(status), sequel);
}

static bool replace(struct helper *helper)
{
    switch (helper->role) {
    case HQ_ROLE_PARSE:
        return start_parse(helper->helpers, NULL);
    case HQ_ROLE_DNS:
        return helper->helpers->dns_server && helper->deaths < DNS_LIVES &&
               start_dns(helper->helpers, NULL);
    default:
        return false;
    }
}

static void on_closed(struct hq_channel *channel, void *data)
{
    struct helper *helper = data;
    struct hq_helpers *helpers = helper->helpers;
    int status = 0;

    hq_channel_free(channel);
    helper->channel = NULL;
    bool ended = end(helper, &status);
    helper->deaths++;
    if (helpers->stopping)
        return;
    bool silent = helper->role == HQ_ROLE_DNS && !helpers->dns_server;
    bool replaced = replace(helper);
    g_autofree char *text = obituary(helper, ended, status, replaced ? "; started again" : "");
    if (helper->role == HQ_ROLE_DNS && replaced)
        ask_again(helpers);
    else if (helper->role == HQ_ROLE_DNS)
        dns_off(helpers);
    if (!silent)
        helpers->events->death(helper->role, text, replaced, helpers->data);
}

/* ---- birth ---- */

static bool make_pair(int pair[2], GError **error)
{
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0)
        return true;
    hq_error_set(error, HQ_EXIT_INTERNAL, errno, "connect helper", NULL, NULL);
    return false;
}

/* Starts ROLE with a channel to the front, and OTHER (-1: none) as its second descriptor. */
static bool start(struct hq_helpers *helpers, enum hq_role role, const char *const *args, int other,
                  GError **error)
{
    static const struct hq_channel_events events = {on_frame, on_closed};
    struct helper *helper = &helpers->list[role];
    int pair[2];

    if (!make_pair(pair, error)) {
        if (other >= 0)
            close(other);
        return false;
    }
    int fds[] = {pair[1], other};
    helper->pid = hq_helper_spawn(role, args, fds, other >= 0 ? 2 : 1, error);
    if (helper->pid < 0) {
        helper->pid = 0;
        close(pair[0]);
        return false;
    }
    helper->helpers = helpers;
    helper->role = role;
    helper->channel = hq_channel_new(pair[0], &events, helper);
    return true;
}

static bool start_parse(struct hq_helpers *helpers, GError **error)
{
    struct hq_channel *spool = helpers->list[HQ_ROLE_SPOOL].channel;
    int pair[2];

    if (!spool || !make_pair(pair, error))
        return false;
    if (!start(helpers, HQ_ROLE_PARSE, NULL, pair[1], error)) {
        close(pair[0]);
        return false;
    }
    hq_channel_send(spool, HQ_WIRE_PARSER, NULL, NULL, NULL, 0, &pair[0], 1);
    if (!helpers->dns_server)
        hq_wire_send(helpers->list[HQ_ROLE_PARSE].channel, HQ_WIRE_DNS_OFF, NULL, NULL);
    return true;
}

static bool start_dns(struct hq_helpers *helpers, GError **error)
{
    const char *args[] = {helpers->dns_server, helpers->dns_timeout, NULL};

    return start(helpers, HQ_ROLE_DNS, args, -1, error);
}

static bool start_all(struct hq_helpers *helpers, GError **error)
{
    if (!hq_helper_prepare()) {
        hq_error_set(error, HQ_EXIT_INTERNAL, errno, "find own program", "/proc/self/exe", NULL);
        return false;
    }
    if (!start(helpers, HQ_ROLE_SPOOL, NULL, -1, error) ||
        (helpers->dns_server && !start_dns(helpers, error)) || !start_parse(helpers, error))
        return false;
    if (!hq_sandbox_drop_front()) {
        hq_error_set(error, HQ_EXIT_INTERNAL, errno, "give up root", NULL, NULL);
        return false;
    }
    return true;
}

struct hq_helpers *hq_helpers_start(const struct hq_session_options *options,
                                    const struct hq_helpers_events *events, void *data,
                                    GError **error)
{
    struct hq_helpers *helpers = g_new0(struct hq_helpers, 1);

    helpers->events = events;
    helpers->data = data;
    helpers->questions = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    if (g_strcmp0(options->dns, "off") != 0)
        helpers->dns_server = g_strdup(options->dns ? options->dns : "system");
    helpers->dns_timeout = g_strdup_printf("%d", options->dns_timeout);
    helpers->dns_patience = ((gint64)options->dns_timeout * DNS_TIMEOUTS + DNS_GRACE) * 1000;
    if (start_all(helpers, error))
        return helpers;
    hq_helpers_stop(helpers);
    return NULL;
}

void hq_helpers_stop(struct hq_helpers *helpers)
{
    if (!helpers)
        return;
    helpers->stopping = true;
    for (unsigned i = 0; i < HQ_ROLE_COUNT; i++) {
        struct helper *helper = &helpers->list[i];
        hq_channel_free(helper->channel);
        if (helper->pid > 0)
            end(helper, &(int){0});
        g_free(helper->words);
    }
    if (helpers->dns_watch)
        g_source_remove(helpers->dns_watch);
    g_hash_table_destroy(helpers->questions);
    g_free(helpers->dns_server);
    g_free(helpers->dns_timeout);
    g_free(helpers);
}

struct hq_channel *hq_helpers_spool(struct hq_helpers *helpers)
{
    return helpers->list[HQ_ROLE_SPOOL].channel;
}

struct hq_channel *hq_helpers_parse(struct hq_helpers *helpers)
{
    return helpers->list[HQ_ROLE_PARSE].channel;
}

void hq_helpers_batch_done(struct hq_helpers *helpers, int64_t number)
{
    if (helpers->list[HQ_ROLE_SPOOL].channel)
        hq_wire_send_number(helpers->list[HQ_ROLE_SPOOL].channel, HQ_WIRE_DONE, number);
}

bool hq_helpers_alive(const struct hq_helpers *helpers, enum hq_role role)
{
    return helpers->list[role].pid > 0;
}

const char *hq_helpers_words(const struct hq_helpers *helpers, enum hq_role role)
{
    return helpers->list[role].words;
}
