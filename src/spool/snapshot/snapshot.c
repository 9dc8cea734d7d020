/* SPDX-License-Identifier: ISC */
/* A snapshot: what "hopq --dump=ndjson" or "=json" printed. Every object begins with its type, and
 * no string can hold that beginning, since quotes in strings are escaped: so the objects of a piece
 * are found without reading what is before them. What was finished when it was stored is passed on
 * as it is. */
#include "hopq/detail.h"
#include "object.h"
#include "spool/pieces.h"
#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOTICES_MAX 1000

struct reading {
    struct hq_parse *parse;
    const struct hq_item *item;
    struct hq_window window;
    int64_t behind; /* the end of the last object; HQ_NONE: none yet */
    bool found;     /* the message that ITEM names */
};

bool hq_snapshot_recognise(const char *path)
{
    char start[64];
    struct stat st;
    int fd = stat(path, &st) == 0 && S_ISREG(st.st_mode)
                 ? open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
                 : -1;
    ssize_t n = fd >= 0 ? pread(fd, start, sizeof start, 0) : -1;

    if (fd >= 0)
        close(fd);
    return n > 0 && hq_snapshot_begins(start, (size_t)n);
}

const char *hq_snapshot_default(void)
{
    return NULL;
}

const struct hq_layout_ops hq_snapshot_layout = HQ_PIECES_LAYOUT;

/* Something that is no message, told in words. */
static void complain(struct reading *reading, int64_t at, const char *what)
{
    g_autofree char *notice = g_strdup_printf("read: %s: at byte %" G_GINT64_FORMAT ": %s",
                                              reading->parse->source, at, what);

    reading->parse->tell(reading->parse, HQ_NONE, notice);
}

/* ---- objects ---- */

/* The front takes a reason's kind for granted. */
static void mend(struct hq_parse *parse, struct hq_message *message)
{
    static const struct hq_reason_hint nothing_known;

    if (!message->source)
        message->source = parse->source;
    if (!message->mta)
        message->mta = parse->mta;
    if (!message->id)
        message->id = "";
    if (!message->queue)
        message->queue = "";
    for (uint32_t i = 0; i < message->recipient_count; i++) {
        struct hq_recipient *recipient = &message->recipients[i];
        const struct hq_reason *reason = recipient->reason;
        if (reason && (!reason->kind || !reason->text))
            recipient->reason = hq_reason_parse(parse->reasons, reason->text ? reason->text : "",
                                                &nothing_known, parse->arena);
    }
}

/* Only whole seconds are stored; within one, the order of the file is kept. */
static void keep_order(const struct reading *reading, struct hq_message *message, int64_t at)
{
    double place = (double)at / (double)MAX(reading->window.size, 1);

    if (message->arrived != HQ_NONE && message->arrived % HQ_SECOND == 0)
        message->arrived += (int64_t)(place * (double)(HQ_SECOND - 1));
}

static void take_message(struct reading *reading, json_t *object, int64_t at)
{
    struct hq_parse *parse = reading->parse;
    struct hq_message *message = hq_message_new(parse->arena);
    const char *bad_key = NULL;

    if (!hq_schema_from_json(&hq_message_schema, message, object, parse->arena, &bad_key))
        hq_message_add_problem(message, parse->arena, "damaged in the snapshot from \"%s\" on",
                               bad_key);
    mend(parse, message);
    if (*reading->item->id && strcmp(reading->item->id, message->id) != 0) {
        hq_arena_reset(parse->arena);
        return;
    }
    reading->found = true;
    message->via = parse->source;
    message->ref = hq_arena_printf(parse->arena, "%" G_GINT64_FORMAT, at);
    keep_order(reading, message, at);
    if (!parse->full)
        message->detail = NULL;
    else if (parse->want_body && !message->detail) /* it is all there is: nobody waits for more */
        message->detail = hq_schema_new(&hq_detail_schema, parse->arena);
    parse->pass(parse, message);
}

static void take_summary(struct reading *reading, json_t *object, int64_t at)
{
    const char *taken = json_string_value(json_object_get(object, "taken"));
    const json_t *notices = json_object_get(object, "notices");
    const json_t *notice;
    int64_t time;
    size_t i;

    (void)at;
    if (taken && hq_time_parse_rfc3339(taken, &time))
        reading->parse->tell(reading->parse, time, NULL);
    json_array_foreach(notices, i, notice)
    {
        if (i < NOTICES_MAX && json_is_string(notice))
            reading->parse->tell(reading->parse, HQ_NONE, json_string_value(notice));
    }
}

/* Groups are worked out anew from the messages; the rest is no listing. */
static const struct {
    const char *type;
    void (*take)(struct reading *reading, json_t *object, int64_t at);
} takers[] = {{"message", take_message}, {"summary", take_summary}};

static void take_object(struct reading *reading, const char *text, size_t n, int64_t at)
{
    json_error_t error;
    json_t *object = json_loadb(text, n, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &error);
    const char *type = json_string_value(json_object_get(object, "type"));

    if (!object)
        complain(reading, at, error.text);
    for (unsigned i = 0; type && i < G_N_ELEMENTS(takers); i++)
        if (strcmp(takers[i].type, type) == 0)
            takers[i].take(reading, object, at);
    json_decref(object);
}

/* The object at AT, whatever is behind it; returns where to go on. */
static int64_t read_object(struct reading *reading, int64_t at)
{
    static const char *const words[] = {[HQ_OBJECT_TORN] = "an object is cut off",
                                        [HQ_OBJECT_UNSOUND] = "an object is too large or too deep"};
    enum hq_object_state state = HQ_OBJECT_TORN;
    size_t n, length = 0;
    const char *text;

    for (size_t want = (size_t)64 * 1024;; want *= 4) {
        text = hq_window_see(&reading->window, at, want, &n);
        state = hq_snapshot_object(text, n, &length);
        if (state != HQ_OBJECT_TORN || n < want || length < n)
            break;
    }
    /* nobody knows where an unsound one ends: the gap behind it is not judged */
    reading->behind = state == HQ_OBJECT_UNSOUND ? HQ_NONE : at + (int64_t)length;
    if (state == HQ_OBJECT_WHOLE)
        take_object(reading, text, length, at);
    else
        complain(reading, at, words[state]);
    return at + (int64_t)length;
}

/* ---- a piece ---- */

/* The next object at or behind AT; the file's size: none. */
static int64_t next_object(struct reading *reading, int64_t at)
{
    const size_t mark = strlen(HQ_OBJECT_BEGIN);

    while (at < reading->window.size) {
        size_t n;
        const char *s = hq_window_see(&reading->window, at, mark, &n);
        const char *begin = memmem(s, n, HQ_OBJECT_BEGIN, mark);
        if (begin)
            return at + (begin - s);
        at += n >= mark && at + (int64_t)n < reading->window.size ? (int64_t)(n - mark + 1)
                                                                  : MAX((int64_t)n, 1);
    }
    return reading->window.size;
}

/* What lies between two objects is no more than a comma or a line end, or something is lost. */
static void judge_gap(struct reading *reading, int64_t end)
{
    size_t n, length = (size_t)MIN(end - reading->behind, 256);
    const char *s = hq_window_see(&reading->window, reading->behind, length, &n);

    if (end > reading->behind && !hq_snapshot_gap_ok(s, MIN(n, length)))
        complain(reading, reading->behind, "no object of a snapshot");
}

static void list(struct reading *reading, int64_t begin, int64_t end)
{
    int64_t at = next_object(reading, begin);

    reading->behind = begin == 0 ? 0 : HQ_NONE;
    for (;;) {
        if (reading->behind != HQ_NONE && !*reading->item->id)
            judge_gap(reading, at);
        if (at >= end || at >= reading->window.size || (*reading->item->id && reading->found))
            return;
        at = next_object(reading, read_object(reading, at));
    }
}

static void open_one(struct reading *reading, const struct hq_piece *piece)
{
    struct hq_parse *parse = reading->parse;
    const struct hq_item *item = reading->item;

    if (piece->one && next_object(reading, piece->begin) == piece->begin)
        list(reading, piece->begin, piece->begin + 1);
    if (!reading->found)
        list(reading, 0, reading->window.size);
    if (reading->found)
        return;
    struct hq_message *message = hq_spool_message(parse, item);
    hq_message_add_problem(message, parse->arena, "it is not in the snapshot any more");
    parse->pass(parse, message);
}

void hq_snapshot_parse(struct hq_parse *parse, const struct hq_item *item)
{
    struct hq_piece piece = hq_piece_of(item);
    struct reading reading = {.parse = parse, .item = item};

    if (item->files[0].fd < 0) {
        parse->pass(parse, hq_spool_message(parse, item));
        return;
    }
    hq_window_init(&reading.window, &item->files[0]);
    if (*item->id)
        open_one(&reading, &piece);
    else
        list(&reading, piece.begin, piece.end);
    hq_window_clear(&reading.window);
}
