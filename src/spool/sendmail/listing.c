/* SPDX-License-Identifier: ISC */
/* "sendmail -Ac -bp -v": what those who may not read Sendmail's queue can know of it, which is mail
 * that waits in the submission program's. A line a message, then why it waits, then one a
 * recipient, each with its own reason behind it. print_single_queue() of sendmail/queue.c (8.17).
 */
#include "hopq/reason.h"
#include "places.h"
#include "sendmail.h"
#include "spool/line_reader.h"
#include <string.h>

#define LINE_MAX_BYTES ((size_t)16 * 1024)
#define DATE_LENGTH    12 /* "Nov 22 12:34" */
#define INDENT         "\t\t\t\t\t\t"

struct listing {
    struct hq_parse *parse;
    const struct hq_item *item;
    struct hq_message *message; /* the one at hand; NULL: none */
    const char *text;           /* why all of it waits */
};

static void set_reason(struct listing *listing, struct hq_recipient *recipient, const char *text)
{
    const struct hq_reason_hint hint = {.mta = listing->parse->mta};

    if (!text)
        return;
    recipient->reason =
        hq_reason_parse(listing->parse->reasons, text, &hint, listing->parse->arena);
    recipient->state = HQ_STATE_DEFERRED;
}

static void emit(struct listing *listing)
{
    struct hq_message *message = listing->message;

    if (!message)
        return;
    for (uint32_t i = 0; i < message->recipient_count; i++)
        if (!message->recipients[i].reason)
            set_reason(listing, &message->recipients[i], listing->text);
    if (!*listing->item->id || strcmp(listing->item->id, message->id) == 0)
        listing->parse->emit(listing->parse, message, NULL, 0);
    listing->message = NULL;
    listing->text = NULL;
}

/* "Nov 22 12:34", local time of the last twelve months. */
static int64_t read_date(const char *s, int64_t now)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    g_autofree char *name = g_strndup(s, 3);
    const char *month = strlen(name) == 3 ? strstr(months, name) : NULL;
    g_autoptr(GDateTime) today = g_date_time_new_from_unix_local(now / HQ_SECOND);
    int day = (int)g_ascii_strtoll(s + 4, NULL, 10), hour = (int)g_ascii_strtoll(s + 7, NULL, 10);
    int64_t time = HQ_NONE;

    if (!month || (month - months) % 3 != 0 || !today)
        return HQ_NONE;
    for (int back = 0; back < 2 && (time == HQ_NONE || time > now + HQ_DAY); back++) {
        g_autoptr(GDateTime) date =
            g_date_time_new_local(g_date_time_get_year(today) - back, (int)(month - months) / 3 + 1,
                                  day, hour, (int)g_ascii_strtoll(s + 10, NULL, 10), 0);
        time = date ? g_date_time_to_unix(date) * HQ_SECOND : HQ_NONE;
    }
    return time;
}

/* Behind the id: "* 295 30017 Nov 22 12:34 <a@b>", or why it could not be read in parentheses. */
static void read_head(struct listing *listing, const char *rest)
{
    struct hq_message *message = listing->message;
    struct hq_arena *arena = listing->parse->arena;
    char *end;

    rest += strspn(rest, "*X?-+ ");
    if (*rest == '(') {
        hq_message_add_problem(message, arena, "cannot be read: %s", rest);
        return;
    }
    message->size = g_ascii_strtoll(rest, &end, 10);
    g_ascii_strtoll(end, &end, 10); /* its priority */
    if (strlen(end) < DATE_LENGTH + 2) {
        hq_message_add_problem(message, arena, "its line of the listing is damaged");
        return;
    }
    message->arrived = read_date(end + 1, listing->parse->context->now);
    const char *sender = end + 1 + DATE_LENGTH + 1;
    message->sender = hq_sm_address(arena, sender, strlen(sender));
}

static bool take_message(struct listing *listing, const char *line)
{
    size_t n = strspn(line, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
    const char *id = hq_arena_dup(listing->parse->arena, line, n);

    if (!hq_sm_id_ok(id) || !line[n])
        return false;
    emit(listing);
    listing->message = hq_spool_message(listing->parse, listing->item);
    listing->message->id = listing->message->ref =
        hq_arena_dup(listing->parse->arena, line, n); /* emit() has emptied the arena */
    read_head(listing, line + n);
    return true;
}

/* "     8BITMIME   (Deferred: …)", "\t\t (452 …)". */
static const char *reason_of(const struct listing *listing, const char *line)
{
    const char *open = line + strspn(line, " \t"), *close = strrchr(line, ')');

    open += strspn(open, "78BITMIME"); /* how its body is written */
    open += strspn(open, " \t");
    if (*open != '(' || !close)
        return NULL;
    return hq_arena_dup(listing->parse->arena, open + 1, (size_t)(close - open) - 1);
}

/* A line that belongs to the message at hand. */
static bool take_part(struct listing *listing, const char *line)
{
    struct hq_message *message = listing->message;
    const char *address = line + strlen(INDENT);

    if (!message || !g_ascii_isspace(*line))
        return false;
    if (g_str_has_prefix(line, INDENT)) {
        if (*address != '(') /* "(---user---)": on whose behalf */
            hq_message_add_recipient(message, listing->parse->arena)->address =
                hq_sm_address(listing->parse->arena, address, strlen(address));
        return true;
    }
    const char *reason = reason_of(listing, line);
    if (reason && message->recipient_count)
        set_reason(listing, &message->recipients[message->recipient_count - 1], reason);
    else if (reason)
        listing->text = reason;
    return reason != NULL;
}

/* Titles, totals, and a queue without mail. */
static bool is_frame(const char *line)
{
    return !*line || *line == '-' || strstr(line, " request") || strstr(line, "Total requests") ||
           g_str_has_suffix(line, " is empty");
}

static void take_words(struct listing *listing, const char *line)
{
    struct hq_message *message = hq_spool_message(listing->parse, listing->item);

    hq_message_add_problem(message, listing->parse->arena, "mailq -Ac: %.200s", line);
    listing->parse->emit(listing->parse, message, NULL, 0);
}

void hq_sm_listing_parse(struct hq_parse *parse, const struct hq_item *item)
{
    struct listing listing = {.parse = parse, .item = item};
    struct hq_line_reader lines;
    char *line;
    size_t n;

    if (item->files[0].fd < 0) {
        parse->emit(parse, hq_spool_message(parse, item), NULL, 0);
        return;
    }
    hq_line_reader_init(&lines, item->files[0].fd, INT64_MAX, LINE_MAX_BYTES);
    while ((line = hq_line_reader_next(&lines, &n))) {
        if (n && line[n - 1] == '\r')
            line[n - 1] = '\0';
        if (take_part(&listing, line) || take_message(&listing, line))
            continue;
        emit(&listing);
        if (!is_frame(line))
            take_words(&listing, line);
    }
    emit(&listing);
    hq_line_reader_clear(&lines);
}
