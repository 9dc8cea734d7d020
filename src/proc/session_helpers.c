/* SPDX-License-Identifier: ISC */
/* Starting, connecting and replacing the helpers. */
#include "proc/session_helpers.h"
#include "hopq/error.h"
#include "proc/sandbox.h"
#include "proc/session_dns.h"
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* In time-outs: c-ares tries each of three servers twice, the second time for twice as long; then
 * some to spare. */
#define DNS_TIMEOUTS 12
#define DNS_GRACE    2000

#define DNS_LIVES 5 /* a resolver that dies more often is left dead */

/* [spool] opens files as fast as about four of them read. */
#define PARSERS_MAX 4

/* Places in the list. */
enum { SPOOL, DNS, ACT, PARSE, PLACES = PARSE + PARSERS_MAX };

struct helper {
    struct hq_helpers *helpers;
    struct hq_helper_name name;
    pid_t pid; /* 0: not running */
    struct hq_channel *channel;
    char *words;
    unsigned deaths;
};

struct hq_helpers {
    const struct hq_helpers_events *events;
    void *data;
    struct helper list[PLACES];
    unsigned parsers;
    char *dns_server;   /* NULL: DNS is off */
    const char *no_dns; /* and why */
    char *dns_timeout;
    struct hq_questions *questions;
    bool stopping;
};

static void on_closed(struct hq_channel *channel, void *data);
static bool start_parse(struct hq_helpers *helpers, unsigned number, GError **error);
static void tell_parser(struct hq_helpers *helpers, unsigned number, int fd);
static bool start_dns(struct hq_helpers *helpers, GError **error);

/* ---- DNS ---- */

static void dns_off(struct hq_helpers *helpers, const char *why)
{
    g_clear_pointer(&helpers->dns_server, g_free);
    helpers->no_dns = why;
    hq_questions_forget(helpers->questions);
    for (unsigned i = 0; i < helpers->parsers; i++) {
        if (helpers->list[PARSE + i].channel)
            hq_wire_send_text(helpers->list[PARSE + i].channel, HQ_WIRE_DNS_OFF, why);
    }
}

static void dns_hangs(void *data)
{
    struct helper *dns = &((struct hq_helpers *)data)->list[DNS];

    if (dns->channel)
        on_closed(dns->channel, dns);
}

/* On to the parsers that asked. */
static void on_answer(struct hq_helpers *helpers, const struct hq_wire_question *answer,
                      const struct hq_frame *frame)
{
    uint32_t askers = hq_questions_settle(helpers->questions, answer);

    for (unsigned i = 0; i < helpers->parsers; i++) {
        if (askers & 1u << i && helpers->list[PARSE + i].channel)
            hq_channel_send(helpers->list[PARSE + i].channel, HQ_WIRE_ANSWER,
                            &hq_wire_question_schema, answer, frame->blob, frame->blob_length, NULL,
                            0);
    }
}

/* ---- frames ---- */

/* False: this frame is not for us here. */
static bool relay(struct helper *helper, struct hq_frame *frame)
{
    struct hq_helpers *helpers = helper->helpers;
    bool question = helper->name.role == HQ_ROLE_PARSE && frame->type == HQ_WIRE_QUESTION;
    bool answer = helper->name.role == HQ_ROLE_DNS && frame->type == HQ_WIRE_ANSWER;

    if (!question && !answer)
        return false;
    struct hq_arena *arena = hq_arena_new();
    const struct hq_wire_question *record = hq_frame_record(frame, &hq_wire_question_schema, arena);
    if (record && record->name && question)
        hq_questions_ask(helpers->questions, record, helper->name.number,
                         helpers->list[DNS].channel);
    else if (record && record->name)
        on_answer(helpers, record, frame);
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
    else if (frame->type == HQ_WIRE_DNS_OFF && helper->name.role == HQ_ROLE_DNS)
        dns_off(helpers, "no name server can be asked");
    else if (!relay(helper, frame))
        sound = helpers->events->frame(&helper->name, frame, helpers->data);
    if (!sound)
        on_closed(channel, data);
}

/* ---- death ---- */

/* Words for the user; NULL: nothing to tell. A parser ends by itself when [spool] has ended. */
static char *obituary(const struct helper *helper, bool ended, int status, bool replaced)
{
    const char *title = hq_role_title(helper->name.role);
    const char *sequel = replaced ? "; started again" : "";
    bool parser = helper->name.role == HQ_ROLE_PARSE;

    if (parser && ended && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return NULL;

    if (!ended)
        return g_strdup_printf("%s hangs and was left%s", title, sequel);
    if (WIFSIGNALED(status))
        return g_strdup_printf("%s was killed by signal %d (%s)%s", title, WTERMSIG(status),
                               strsignal(WTERMSIG(status)), sequel);
    return g_strdup_printf("%s ended with status %d%s", title, WEXITSTATUS(status), sequel);
}

static bool replace(struct helper *helper)
{
    struct hq_helpers *helpers = helper->helpers;

    switch (helper->name.role) {
    case HQ_ROLE_PARSE:
        return start_parse(helpers, helper->name.number, NULL);
    case HQ_ROLE_DNS:
        return helpers->dns_server && helper->deaths < DNS_LIVES && start_dns(helpers, NULL);
    default:
        return false;
    }
}

/* Tells the other helpers of a death. */
static void pass_on_death(struct helper *helper, bool replaced)
{
    struct hq_helpers *helpers = helper->helpers;

    if (helper->name.role == HQ_ROLE_PARSE && !replaced)
        tell_parser(helpers, helper->name.number, -1);
    else if (helper->name.role == HQ_ROLE_DNS && replaced)
        hq_questions_repeat(helpers->questions, helper->channel);
    else if (helper->name.role == HQ_ROLE_DNS)
        dns_off(helpers, "hopq [dns] has died; start hopq again");
}

static void on_closed(struct hq_channel *channel, void *data)
{
    struct helper *helper = data;
    struct hq_helpers *helpers = helper->helpers;
    int status = 0;

    hq_channel_free(channel);
    helper->channel = NULL;
    bool ended = hq_helper_end(&helper->pid, &status);
    helper->deaths++;
    if (helpers->stopping)
        return;
    bool silent = helper->name.role == HQ_ROLE_DNS && !helpers->dns_server;
    bool replaced = replace(helper);
    g_autofree char *text = obituary(helper, ended, status, replaced);
    pass_on_death(helper, replaced);
    if (!silent)
        helpers->events->death(&helper->name, text, helpers->data);
}

/* ---- birth ---- */

static bool make_pair(int pair[2], GError **error)
{
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0)
        return true;
    hq_error_set(error, HQ_EXIT_INTERNAL, errno, "connect helper", NULL, NULL);
    return false;
}

/* Starts the helper of PLACE with a channel to the front, and OTHER (-1: none) as its second
 * descriptor. */
static bool start(struct hq_helpers *helpers, unsigned place, const char *const *args, int other,
                  GError **error)
{
    static const struct hq_channel_events events = {on_frame, on_closed, false};
    struct helper *helper = &helpers->list[place];
    int pair[2];

    if (!make_pair(pair, error)) {
        if (other >= 0)
            close(other);
        return false;
    }
    int fds[] = {pair[1], other};
    helper->pid = hq_helper_spawn(helper->name.role, args, fds, other >= 0 ? 2 : 1, error);
    if (helper->pid < 0) {
        helper->pid = 0;
        close(pair[0]);
        return false;
    }
    helper->channel = hq_channel_new(pair[0], &events, helper);
    return true;
}

/* Tells [spool] the way to a parser; FD -1: it is gone for good. */
static void tell_parser(struct hq_helpers *helpers, unsigned number, int fd)
{
    struct hq_wire_number record = {number};

    hq_channel_send(helpers->list[SPOOL].channel, HQ_WIRE_PARSER, &hq_wire_number_schema, &record,
                    NULL, 0, &fd, fd >= 0);
}

static bool start_parse(struct hq_helpers *helpers, unsigned number, GError **error)
{
    int pair[2];

    if (!helpers->list[SPOOL].channel || !make_pair(pair, error))
        return false;
    if (!start(helpers, PARSE + number, NULL, pair[1], error)) {
        close(pair[0]);
        return false;
    }
    tell_parser(helpers, number, pair[0]);
    if (!helpers->dns_server)
        hq_wire_send_text(helpers->list[PARSE + number].channel, HQ_WIRE_DNS_OFF, helpers->no_dns);
    return true;
}

static bool start_dns(struct hq_helpers *helpers, GError **error)
{
    const char *args[] = {helpers->dns_server, helpers->dns_timeout, NULL};

    return start(helpers, DNS, args, -1, error);
}

static bool start_parsers(struct hq_helpers *helpers, GError **error)
{
    for (unsigned i = 0; i < helpers->parsers; i++) {
        if (!start_parse(helpers, i, error))
            return false;
    }
    return true;
}

static bool start_all(struct hq_helpers *helpers, const struct hq_session_options *options,
                      GError **error)
{
    if (!hq_helper_prepare(error))
        return false;
    if (!start(helpers, SPOOL, NULL, -1, error) ||
        (helpers->dns_server && !start_dns(helpers, error)) || !start_parsers(helpers, error) ||
        (options->changes && !start(helpers, ACT, NULL, -1, error)))
        return false;
    if (!options->first && !hq_sandbox_drop_front()) {
        hq_error_set(error, HQ_EXIT_INTERNAL, errno, "give up root", NULL, NULL);
        return false;
    }
    return true;
}

static void name_all(struct hq_helpers *helpers)
{
    static const enum hq_role roles[] = {
        [SPOOL] = HQ_ROLE_SPOOL, [DNS] = HQ_ROLE_DNS, [ACT] = HQ_ROLE_ACT};

    for (unsigned i = 0; i < PLACES; i++) {
        helpers->list[i].helpers = helpers;
        helpers->list[i].name = i < PARSE ? (struct hq_helper_name){roles[i], 0}
                                          : (struct hq_helper_name){HQ_ROLE_PARSE, i - PARSE};
    }
}

struct hq_helpers *hq_helpers_start(const struct hq_session_options *options,
                                    const struct hq_helpers_events *events, void *data,
                                    GError **error)
{
    struct hq_helpers *helpers = g_new0(struct hq_helpers, 1);
    gint64 patience = ((gint64)options->dns_timeout * DNS_TIMEOUTS + DNS_GRACE) * 1000;

    helpers->events = events;
    helpers->data = data;
    helpers->parsers = MIN(g_get_num_processors(), PARSERS_MAX);
    name_all(helpers);
    if (g_strcmp0(options->dns, "off") != 0)
        helpers->dns_server = g_strdup(options->dns ? options->dns : "system");
    helpers->no_dns = HQ_DNS_OFF;
    helpers->dns_timeout = g_strdup_printf("%d", options->dns_timeout);
    helpers->questions = hq_questions_new(patience, dns_hangs, helpers);
    if (start_all(helpers, options, error))
        return helpers;
    hq_helpers_stop(helpers);
    return NULL;
}

void hq_helpers_stop(struct hq_helpers *helpers)
{
    if (!helpers)
        return;
    helpers->stopping = true;
    for (unsigned i = 0; i < PLACES; i++) {
        struct helper *helper = &helpers->list[i];
        hq_channel_free(helper->channel);
        if (helper->pid > 0) /* [act] ends what it has begun, and logs it */
            (i == ACT ? hq_helper_leave : hq_helper_end)(&helper->pid, &(int){0});
        g_free(helper->words);
    }
    hq_questions_free(helpers->questions);
    g_free(helpers->dns_server);
    g_free(helpers->dns_timeout);
    g_free(helpers);
}

/* The first that lives, else the first. */
static const struct helper *first(const struct hq_helpers *helpers, enum hq_role role)
{
    const struct helper *found = NULL;

    for (unsigned i = 0; i < PLACES; i++) {
        const struct helper *helper = &helpers->list[i];
        if (helper->name.role == role && (!found || (!found->pid && helper->pid)))
            found = helper;
    }
    return found;
}

struct hq_channel *hq_helpers_spool(struct hq_helpers *helpers)
{
    return helpers->list[SPOOL].channel;
}

struct hq_channel *hq_helpers_parse(struct hq_helpers *helpers)
{
    return first(helpers, HQ_ROLE_PARSE)->channel;
}

struct hq_channel *hq_helpers_act(struct hq_helpers *helpers)
{
    return helpers->list[ACT].channel;
}

void hq_helpers_batch_done(struct hq_helpers *helpers, int64_t number)
{
    if (helpers->list[SPOOL].channel)
        hq_wire_send_number(helpers->list[SPOOL].channel, HQ_WIRE_DONE, number);
}

bool hq_helpers_alive(const struct hq_helpers *helpers, enum hq_role role)
{
    return first(helpers, role)->pid > 0;
}

const char *hq_helpers_words(const struct hq_helpers *helpers, enum hq_role role)
{
    return first(helpers, role)->words;
}
