/* SPDX-License-Identifier: ISC */
/* An mbox: messages one behind the other, each after a "From " line (RFC 4155; its many kinds:
 * qmail's mbox(5), www.jwz.org/doc/content-length.html). A line is believed to begin a message when
 * a date stands in it, as mutt and Dovecot do; a Content-Length only when it leads to such a line
 * or to the end. Text is shown as it lies there: whether ">From" was quoted, nobody can know. */
#include "mbox.h"
#include "hopq/date.h"
#include "hopq/headers.h"
#include "spool/mailfile.h"
#include "spool/pieces.h"
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A piece may begin inside a message whose Content-Length says where it ends. So many bytes before
 * the piece are searched for such a message. */
#define LOOK_BACK ((int64_t)512 * 1024)

struct mbox {
    struct hq_parse *parse;
    const struct hq_item *item;
    struct hq_window window;
};

struct mbox_message {
    int64_t begin; /* its From_ line */
    int64_t text;  /* behind it */
    int64_t end;   /* of the text: the next From_ line, without the blank line before it */
    int64_t next;
    bool last;
    GString *content;
    struct hq_headers headers;
};

bool hq_mbox_recognise(const char *path)
{
    char start[HQ_FROM_MAX];
    struct hq_from_line line;
    struct stat st;
    int fd;

    /* a message saved by a mail program may begin with its From_ line, too */
    if (g_str_has_suffix(path, ".eml") || stat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return false;
    fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    ssize_t n = fd >= 0 ? pread(fd, start, sizeof start, 0) : -1;
    if (fd >= 0)
        close(fd);
    return n > 0 && hq_from_line_read(start, (size_t)n, &line);
}

const char *hq_mbox_default(void)
{
    return NULL;
}

const struct hq_layout_ops hq_mbox_layout = HQ_PIECES_LAYOUT;

/* ---- where messages begin ---- */

static bool is_line_end(char c)
{
    return c == '\n' || c == '\r';
}

static bool is_start(struct mbox *mbox, int64_t at, struct hq_from_line *line)
{
    int64_t before = MAX(at - 1, 0);
    size_t n;
    const char *s = hq_window_see(&mbox->window, before, HQ_FROM_MAX + 1, &n);

    if (at > 0 && (n == 0 || !is_line_end(*s)))
        return false;
    size_t skip = (size_t)(at - before);
    return n > skip && hq_from_line_read(s + skip, n - skip, line);
}

/* The first From_ line at or behind AT; STOP or behind it: there is none before that. */
static int64_t next_start(struct mbox *mbox, int64_t at, int64_t stop)
{
    struct hq_from_line line;

    while (at < stop) {
        size_t n;
        const char *s = hq_window_see(&mbox->window, at, HQ_FROM_MAX, &n);
        const char *from = memmem(s, n, "From ", 5);
        if (from) {
            at += from - s;
            if (is_start(mbox, at, &line))
                return at;
            at++;
        } else {
            at +=
                n > 4 && at + (int64_t)n < mbox->window.size ? (int64_t)n - 4 : MAX((int64_t)n, 1);
        }
    }
    return stop;
}

/* The offset of what follows a message that ends at AT: a From_ line, or the end of the file,
 * perhaps behind an empty line. -1: it does not end there. */
static int64_t start_behind(struct mbox *mbox, int64_t at)
{
    struct hq_from_line line;
    size_t n;

    for (int64_t stop = at + 4; at < stop && at < mbox->window.size; at++) {
        if (is_start(mbox, at, &line))
            return at;
        const char *s = hq_window_see(&mbox->window, at, 1, &n);
        if (n == 0 || !is_line_end(*s))
            return -1;
    }
    return at >= mbox->window.size ? mbox->window.size : is_start(mbox, at, &line) ? at : -1;
}

/* ---- one message ---- */

/* Content-Length (Solaris, Exim, procmail): -1 where there is none that a file can have. */
static int64_t content_length(const struct hq_headers *headers)
{
    const struct hq_field_span *field = hq_headers_find(headers, "Content-Length", 0);
    int64_t length = 0;

    if (!field || !headers->complete || field->value_length == 0)
        return -1;
    for (size_t i = 0; i < field->value_length; i++) {
        char c = field->value[i];
        if (c == ' ' || c == '\t' || is_line_end(c))
            continue;
        if (!g_ascii_isdigit(c) || length > INT64_MAX / 100)
            return -1;
        length = length * 10 + (c - '0');
    }
    return length;
}

static void read_text(struct mbox *mbox, struct mbox_message *message)
{
    if (message->content)
        g_string_free(message->content, TRUE);
    message->content =
        hq_mailfile_read(mbox->window.fd, message->text, message->end - message->text,
                         hq_spool_wanted(mbox->parse), &message->headers);
}

/* The empty line before the next From_ line belongs to neither message. */
static int64_t without_blank(struct mbox *mbox, int64_t text, int64_t end)
{
    int64_t from = MAX(end - 4, text);
    size_t n, want = (size_t)(end - from);
    const char *s = hq_window_see(&mbox->window, from, want, &n);

    if (n < want || want < 2 || !is_line_end(s[want - 1]))
        return end;
    if (want == 4 && memcmp(s, "\r\n\r\n", 4) == 0)
        return end - 2;
    return s[want - 1] == s[want - 2] ? end - 1 : end;
}

/* The message that begins at AT, where a From_ line is. */
static void read_message(struct mbox *mbox, int64_t at, struct mbox_message *message)
{
    size_t n;
    const char *line = hq_window_see(&mbox->window, at, HQ_FROM_MAX, &n);
    int64_t length, behind;

    message->begin = at;
    message->text = at + (int64_t)hq_from_line_length(line, n);
    message->next = next_start(mbox, message->text, mbox->window.size);
    message->end = message->next;
    read_text(mbox, message);
    length = content_length(&message->headers);
    behind = length < 0 ? -1 : message->text + (int64_t)message->headers.body + length;
    if (behind > message->next && behind <= mbox->window.size &&
        (behind = start_behind(mbox, behind)) > message->next) {
        message->next = message->end = behind;
        read_text(mbox, message);
    }
    message->last = message->next >= mbox->window.size;
    message->end = without_blank(mbox, message->text, message->end);
}

static bool is_torn(struct mbox *mbox, const struct mbox_message *message)
{
    size_t n;
    const char *s;

    if (!message->last)
        return false;
    if (message->text + (int64_t)message->headers.body + content_length(&message->headers) >
        mbox->window.size)
        return true;
    s = hq_window_see(&mbox->window, mbox->window.size - 1, 1, &n);
    return n == 0 || !is_line_end(*s);
}

/* Mail programs rewrite fields of status in the header, so the id comes from what none of them
 * touches. Copies of one message in one mailbox share it. */
static const char *make_id(struct hq_parse *parse, const struct hq_from_line *line,
                           const struct hq_headers *headers)
{
    static const char *const names[] = {"Message-ID", "Received", "Date", "From", "Subject"};
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);

    g_checksum_update(sum, (const guchar *)line->address,
                      line->date + line->date_length - line->address);
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        const struct hq_field_span *field = hq_headers_find(headers, names[i], 0);
        g_checksum_update(sum, (const guchar *)"", 1);
        if (field && field->value_length)
            g_checksum_update(sum, (const guchar *)field->value, (gssize)field->value_length);
    }
    return hq_arena_dup(parse->arena, g_checksum_get_string(sum), 16);
}

/* The From_ line has the time of delivery, mostly local to a machine that is not named. The topmost
 * Received field is of the same moment and has a zone. */
static int64_t arrival(const struct hq_from_line *line, int64_t received)
{
    struct hq_date date;

    hq_date_parse(line->date, line->date_length, &date);
    if (date.time == HQ_NONE || date.zone != HQ_NONE)
        return date.time != HQ_NONE ? date.time : received;
    if (received != HQ_NONE && ABS(date.time - received) <= HQ_DAY)
        return received;
    return date.time;
}

/* False: ITEM names another message. */
static bool emit(struct mbox *mbox, const struct mbox_message *found)
{
    struct hq_parse *parse = mbox->parse;
    struct hq_message *message = hq_spool_message(parse, mbox->item);
    struct hq_from_line line;
    size_t n;
    const char *start = hq_window_see(&mbox->window, found->begin, HQ_FROM_MAX, &n);

    if (!hq_from_line_read(start, n, &line))
        return false;
    message->id = make_id(parse, &line, &found->headers);
    if (*mbox->item->id && strcmp(mbox->item->id, message->id) != 0) {
        hq_arena_reset(parse->arena);
        return false;
    }
    message->ref = hq_arena_printf(parse->arena, "%" G_GINT64_FORMAT, found->begin);
    message->size = found->end - found->text;
    message->sender = hq_from_line_sender(parse->arena, &line);
    hq_mailfile_envelope(parse, message, &found->headers);
    message->arrived = arrival(&line, message->arrived);
    if (is_torn(mbox, found))
        hq_message_add_problem(message, parse->arena, "the mailbox ends in the middle of it");
    size_t length = MIN(found->content->len, (size_t)(found->end - found->text));
    parse->emit(parse, message, found->content->str, length);
    return true;
}

/* ---- a piece ---- */

/* The messages that begin from BEGIN to END; true when one was emitted. */
static bool list(struct mbox *mbox, int64_t begin, int64_t end)
{
    struct mbox_message message = {0};
    bool emitted = false;
    int64_t stop = MIN(end, mbox->window.size); /* a piece of a long message has none */
    int64_t at = next_start(mbox, MAX(begin - LOOK_BACK, 0), stop);

    while (at < stop) {
        read_message(mbox, at, &message);
        emitted |= at >= begin && emit(mbox, &message);
        at = message.next;
        if (emitted && *mbox->item->id)
            break;
    }
    if (message.content)
        g_string_free(message.content, TRUE);
    hq_headers_clear(&message.headers);
    return emitted;
}

/* One message again: where it was, else wherever it is now. */
static void open_one(struct mbox *mbox, const struct hq_piece *piece)
{
    struct hq_from_line line;

    if (piece->one && is_start(mbox, piece->begin, &line) &&
        list(mbox, piece->begin, piece->begin + 1))
        return;
    if (list(mbox, 0, mbox->window.size))
        return;
    struct hq_message *message = hq_spool_message(mbox->parse, mbox->item);
    hq_message_add_problem(message, mbox->parse->arena, "it is not in the mailbox any more");
    mbox->parse->emit(mbox->parse, message, NULL, 0);
}

static bool begins_well(struct mbox *mbox)
{
    struct hq_from_line line;
    size_t n, i = 0;
    const char *s = hq_window_see(&mbox->window, 0, HQ_FROM_MAX, &n);

    while (i < n && is_line_end(s[i]))
        i++;
    return i == n || is_start(mbox, (int64_t)i, &line);
}

void hq_mbox_parse(struct hq_parse *parse, const struct hq_item *item)
{
    struct hq_piece piece = hq_piece_of(item);
    struct mbox mbox = {.parse = parse, .item = item};

    if (item->files[0].fd < 0) {
        parse->emit(parse, hq_spool_message(parse, item), NULL, 0);
        return;
    }
    hq_window_init(&mbox.window, &item->files[0]);
    if (*item->id) {
        open_one(&mbox, &piece);
    } else {
        if (piece.begin == 0 && !begins_well(&mbox)) {
            struct hq_message *message = hq_spool_message(parse, item);
            hq_message_add_problem(message, parse->arena,
                                   "not an mbox, or a damaged one: no From line at its beginning");
            parse->emit(parse, message, NULL, 0);
        }
        list(&mbox, piece.begin, piece.end);
    }
    hq_window_clear(&mbox.window);
}
