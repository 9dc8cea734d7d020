/* SPDX-License-Identifier: ISC */
/* Courier's control files (Courier 1.0: libs/comctlfile.h, comctlfile.c, submit2.C): lines whose
 * kind is their first byte. Recipients are numbered in their order. Every attempt appends what was
 * said ("I0 R 450 …") and how it ended ("D0 TIME" deferred, "F0" failed, "S0" delivered). */
#include "base/scratch.h"
#include "spool/dirs.h"
#include "spool/mailfile.h"
#include <string.h>

#define FILE_MAX_BYTES ((size_t)16 * 1024 * 1024)
#define TEXT_MAX       4096 /* of a recipient's reply */

/* What the last attempt for a recipient said. */
struct progress {
    GString *text;    /* NULL: nothing yet */
    const char *peer; /* "mx.example [192.0.2.1]" */
    const char *sent; /* the command that was answered */
    bool over;        /* its end was read: what comes now is another attempt */
};

struct control {
    struct hq_parse *parse;
    struct hq_message *message;
    GArray *progress; /* struct progress, by recipient */
    int64_t next, expires, last;
    int64_t rounds; /* attempts that have ended */
    bool cancelled;
};

/* Digits at *P; -1: none, or too many. */
static int64_t number(const char **p)
{
    int64_t value = 0;
    const char *start = *p;

    for (; g_ascii_isdigit(**p) && *p - start < 18; ++*p)
        value = value * 10 + (**p - '0');
    return *p > start && !g_ascii_isdigit(**p) ? value : -1;
}

static int64_t moment(const char *text)
{
    int64_t seconds = number(&text);

    return seconds >= 0 && seconds < INT64_MAX / HQ_SECOND ? seconds * HQ_SECOND : HQ_NONE;
}

static const char *keep(struct control *control, const char *text)
{
    return hq_arena_strdup(control->parse->arena, text);
}

/* The recipient that the line "NUMBER rest" is about, REST behind it; NULL: there is none. */
static struct progress *find(struct control *control, const char **rest, uint32_t *index)
{
    int64_t n = number(rest);

    if (n < 0 || n >= control->message->recipient_count)
        return NULL;
    while (**rest == ' ')
        ++*rest;
    *index = (uint32_t)n;
    return &g_array_index(control->progress, struct progress, n);
}

static void take_recipient(struct control *control, const char *value)
{
    const struct progress nothing = {0};

    hq_message_add_recipient(control->message, control->parse->arena)->address =
        keep(control, value);
    g_array_append_val(control->progress, nothing);
}

/* "rfc822;user@x" or empty, behind its recipient */
static void take_original(struct control *control, const char *value)
{
    const struct hq_message *message = control->message;
    const char *semicolon = strchr(value, ';');
    const char *original = semicolon ? semicolon + 1 : value;

    if (message->recipient_count == 0 || !*original)
        return;
    struct hq_recipient *recipient = &message->recipients[message->recipient_count - 1];
    if (strcmp(recipient->address, original) != 0)
        recipient->original = keep(control, original);
}

/* "dns; helo (name [192.0.2.1])": courieresmtpd.c. Local mail says localhost. */
static void take_client(struct control *control, const char *value)
{
    struct hq_client *client = &control->message->client;
    g_auto(GStrv) words = g_strsplit_set(value, " ();[]", -1);
    const char *found[3] = {NULL}; /* helo, name, address */
    unsigned n = 0;

    for (unsigned i = 1; words[0] && words[i] && n < 3; i++)
        if (*words[i])
            found[n++] = words[i];
    if (n < 2 || strcmp(found[0], "localhost") == 0)
        return;
    client->helo = keep(control, found[0]);
    const char *ip = found[n - 1];
    client->ip = keep(control, g_str_has_prefix(ip, "::ffff:") ? ip + 7 : ip);
    client->name = n == 3 ? keep(control, found[1]) : NULL;
    client->protocol = "ESMTP";
}

static void take_info(struct control *control, const char *value)
{
    uint32_t index;
    struct progress *progress = find(control, &value, &index);

    if (!progress || !*value || value[1] != ' ')
        return;
    if (progress->over && progress->text)
        g_string_truncate(progress->text, 0);
    if (progress->over)
        progress->peer = progress->sent = NULL;
    progress->over = false;
    if (*value == 'P')
        progress->peer = keep(control, value + 2);
    if (*value == 'S')
        progress->sent = keep(control, value + 2);
    if (*value != 'R' && *value != 'C')
        return;
    if (!progress->text)
        progress->text = g_string_new(NULL);
    if (progress->text->len < TEXT_MAX)
        g_string_append_printf(progress->text, "%s%s", progress->text->len ? " " : "", value + 2);
}

static void take_status(struct control *control, const char *value, enum hq_state state)
{
    uint32_t index;
    struct progress *progress = find(control, &value, &index);

    if (!progress)
        return;
    struct hq_recipient *recipient = &control->message->recipients[index];
    recipient->state = (uint8_t)state;
    recipient->last_attempt = moment(value);
    progress->over = true;
}

static enum hq_phase phase_of(const char *sent)
{
    static const struct {
        const char *command;
        enum hq_phase phase;
    } commands[] = {{"MAIL", HQ_PHASE_MAIL}, {"RCPT", HQ_PHASE_RCPT},
                    {"DATA", HQ_PHASE_DATA}, {"EHLO", HQ_PHASE_HELO},
                    {"HELO", HQ_PHASE_HELO}, {"STARTTLS", HQ_PHASE_STARTTLS}};

    for (unsigned i = 0; sent && i < G_N_ELEMENTS(commands); i++)
        if (g_ascii_strncasecmp(sent, commands[i].command, strlen(commands[i].command)) == 0)
            return commands[i].phase;
    return HQ_PHASE_UNKNOWN;
}

static void take_sender(struct control *control, const char *value)
{
    control->message->sender = keep(control, value);
}

static void take_user(struct control *control, const char *value)
{
    control->message->client.auth = keep(control, value);
}

static void take_id(struct control *control, const char *value)
{
    control->message->id = keep(control, value);
}

static void take_expiry(struct control *control, const char *value)
{
    control->expires = moment(value);
}

/* One a round: the last counts. */
static void take_next(struct control *control, const char *value)
{
    control->next = moment(value);
}

static void take_round(struct control *control, const char *value)
{
    control->rounds++;
    control->last = moment(value);
}

static void take_cancel(struct control *control, const char *value)
{
    (void)value;
    control->cancelled = true;
}

static void take_deferral(struct control *control, const char *value)
{
    take_status(control, value, HQ_STATE_DEFERRED);
}

static void take_success(struct control *control, const char *value)
{
    take_status(control, value, HQ_STATE_DELIVERED);
}

static void take_failure(struct control *control, const char *value)
{
    take_status(control, value, HQ_STATE_FAILED);
}

/* comctlfile.h has more: what DSNs need, and notes of courierd's to itself. */
static const struct {
    char kind;
    void (*take)(struct control *control, const char *value);
} kinds[] = {
    {'s', take_sender},  {'r', take_recipient}, {'R', take_original}, {'f', take_client},
    {'i', take_user},    {'M', take_id},        {'E', take_expiry},   {'A', take_next},
    {'C', take_round},   {'X', take_cancel},    {'I', take_info},     {'D', take_deferral},
    {'S', take_success}, {'F', take_failure},
};

static void take_line(struct control *control, const char *line)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (kinds[i].kind == *line)
            kinds[i].take(control, line + 1);
}

static void settle(struct control *control, uint32_t index)
{
    struct hq_parse *parse = control->parse;
    struct hq_recipient *recipient = &control->message->recipients[index];
    struct progress *progress = &g_array_index(control->progress, struct progress, index);
    size_t name = progress->peer ? strcspn(progress->peer, " [") : 0;
    g_autofree char *relay = name ? g_strndup(progress->peer, name) : NULL;
    const struct hq_reason_hint hint = {
        .mta = parse->mta, .relay = relay, .phase = phase_of(progress->sent)};

    if (progress->text && progress->text->len && recipient->state != HQ_STATE_DELIVERED)
        recipient->reason =
            hq_reason_parse(parse->reasons, progress->text->str, &hint, parse->arena);
    if (progress->text)
        g_string_free(progress->text, TRUE);
    if (recipient->state == HQ_STATE_UNKNOWN)
        recipient->state = control->cancelled ? HQ_STATE_EXPIRED : HQ_STATE_QUEUED;
    if (recipient->state == HQ_STATE_DELIVERED || recipient->state == HQ_STATE_FAILED)
        return;
    recipient->attempts = control->rounds;
    if (recipient->last_attempt == HQ_NONE)
        recipient->last_attempt = control->last;
    recipient->next_attempt = control->next;
    recipient->expires = control->expires;
}

static void read_control(struct hq_parse *parse, struct hq_message *message,
                         const struct hq_item_file *file)
{
    struct control control = {.parse = parse,
                              .message = message,
                              .progress = g_array_new(FALSE, FALSE, sizeof(struct progress)),
                              .next = HQ_NONE,
                              .expires = HQ_NONE,
                              .last = HQ_NONE};
    GString *text = hq_dirs_slurp(file, FILE_MAX_BYTES);
    bool whole = text->len > 0 && text->str[text->len - 1] == '\n';

    for (char *line = text->str, *end; (end = strchr(line, '\n')); line = end + 1) {
        *end = '\0';
        if (end > line && end[-1] == '\r')
            end[-1] = '\0';
        take_line(&control, line);
    }
    hq_scratch_give(text);
    for (uint32_t i = 0; i < message->recipient_count; i++)
        settle(&control, i);
    g_array_free(control.progress, TRUE);
    if (!whole || !message->sender || message->recipient_count == 0)
        hq_message_add_problem(message, parse->arena, "its control file is damaged");
}

void hq_courier_parse(struct hq_parse *parse, const struct hq_item *item)
{
    const struct hq_item_file *data = &item->files[1];
    struct hq_message *message = hq_spool_message(parse, item);

    if (item->files[0].fd < 0) {
        parse->emit(parse, message, NULL, 0);
        return;
    }
    read_control(parse, message, &item->files[0]);
    if (*item->id && strcmp(item->id, message->id) != 0) {
        message = hq_spool_message(parse, item);
        hq_message_add_problem(message, parse->arena, "it is not in the queue any more");
        parse->emit(parse, message, NULL, 0);
        return;
    }
    if (!*message->id) /* damaged: its file name must do */
        message->id = message->ref;
    if (data->fd < 0) {
        hq_message_add_problem(message, parse->arena, "its data file cannot be read: %s",
                               hq_item_file_why(data));
        parse->emit(parse, message, NULL, 0);
        return;
    }
    message->size = data->size;
    message->arrived = data->mtime; /* as mailq.c shows it */
    hq_mailfile_emit(parse, message, data->fd, 0, data->size);
}
