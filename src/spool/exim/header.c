/* SPDX-License-Identifier: ISC */
/* The -H file of a message in Exim's spool: envelope, options, who is done, recipients, header
 * fields. src/spool_in.c and src/spool_out.c of 4.96, and the specification's chapter "Format of
 * spool files". */
#include "base/append.h"
#include "base/scratch.h"
#include "exim.h"
#include "hopq/io.h"
#include <inttypes.h>
#include <string.h>

/* header_maxsize is 1 MiB unless it is raised; what stands before are recipients. */
#define HEADER_FILE_MAX ((size_t)32 * 1024 * 1024)

struct cursor {
    struct hq_ex_envelope *envelope;
    const char *p, *end;
};

static void problem(struct cursor *cursor, const char *what)
{
    if (cursor->envelope->cut)
        return; /* one is enough: the others would follow from it */
    hq_message_add_problem(cursor->envelope->message, cursor->envelope->parse->arena, "%s", what);
    cursor->envelope->cut = true;
}

/* The next line without its end; false: the file ends, maybe inside of it. */
static bool next_line(struct cursor *cursor, const char **line, size_t *n)
{
    const char *lf =
        cursor->p < cursor->end ? memchr(cursor->p, '\n', (size_t)(cursor->end - cursor->p)) : NULL;

    if (!lf) {
        problem(cursor, "its header file (-H) ends too early");
        *line = cursor->p;
        *n = (size_t)(cursor->end - cursor->p);
        cursor->p = cursor->end;
        return false;
    }
    *line = cursor->p;
    *n = (size_t)(lf - cursor->p);
    cursor->p = lf + 1;
    return true;
}

/* ---- options: lines that begin with a hyphen ---- */

static void take_auth(struct hq_ex_envelope *envelope, const char *value, size_t n)
{
    envelope->message->client.auth = hq_arena_dup(envelope->parse->arena, value, n);
}

static void take_name(struct hq_ex_envelope *envelope, const char *value, size_t n)
{
    envelope->message->client.name = hq_arena_dup(envelope->parse->arena, value, n);
}

static void take_helo(struct hq_ex_envelope *envelope, const char *value, size_t n)
{
    envelope->message->client.helo = hq_arena_dup(envelope->parse->arena, value, n);
}

static void take_protocol(struct hq_ex_envelope *envelope, const char *value, size_t n)
{
    envelope->message->client.protocol = hq_arena_dup(envelope->parse->arena, value, n);
}

/* "[192.0.2.1]:25" since 4.95; before that "192.0.2.1.25", and the port may be missing. */
static void take_address(struct hq_ex_envelope *envelope, const char *value, size_t n)
{
    const char *bracket = n && *value == '[' ? memchr(value, ']', n) : NULL;
    const char *dot = n ? memrchr(value, '.', n) : NULL;
    struct hq_ip ip;
    char text[46];

    if (bracket) {
        n = (size_t)(bracket - value) - 1;
        value++;
    }
    if (hq_ip_parse(value, n, &ip) || (dot && hq_ip_parse(value, (size_t)(dot - value), &ip)))
        envelope->message->client.ip =
            hq_arena_strdup(envelope->parse->arena, hq_ip_format(&ip, text));
}

static void take_frozen(struct hq_ex_envelope *envelope, const char *value, size_t n)
{
    int64_t since;

    envelope->frozen = hq_ex_number(&value, value + n, &since) ? since * HQ_SECOND : 0;
}

/* ".368915", of the time in the fourth line */
static void take_fraction(struct hq_ex_envelope *envelope, const char *value, size_t n)
{
    const char *digits = value + 1;
    int64_t micro;

    if (n == 7 && *value == '.' && hq_ex_number(&digits, value + n, &micro) &&
        digits == value + n && envelope->message->arrived != HQ_NONE)
        envelope->message->arrived += micro;
}

static void take_complete(struct hq_ex_envelope *envelope, const char *value, size_t n)
{
    int64_t seconds;

    if (hq_ex_number(&value, value + n, &seconds))
        envelope->complete = seconds * HQ_SECOND;
}

static void take_lines(struct hq_ex_envelope *envelope, const char *value, size_t n)
{
    int64_t lines;

    if (hq_ex_number(&value, value + n, &lines))
        envelope->lines = lines;
}

/* By length too: a message has a dozen of them. */
#define OPTION(name, take)           \
    {                                \
        name, sizeof(name) - 1, take \
    }
static const struct {
    const char *name;
    size_t length;
    void (*take)(struct hq_ex_envelope *envelope, const char *value, size_t n);
} options[] = {
    OPTION("auth_id", take_auth),
    OPTION("host_name", take_name),
    OPTION("helo_name", take_helo),
    OPTION("received_protocol", take_protocol),
    OPTION("host_address", take_address),
    OPTION("frozen", take_frozen),
    OPTION("received_time_usec", take_fraction),
    OPTION("received_time_complete", take_complete),
    OPTION("body_linecount", take_lines),
};

/* "aclc NAME LENGTH", "aclm …", and "acl NUMBER LENGTH" of before 4.67: a value of LENGTH bytes
 * with line ends of its own stands behind the line. */
static void skip_variable(struct cursor *cursor, const char *line, size_t n)
{
    const char *blank = memrchr(line, ' ', n);
    const char *digits = blank ? blank + 1 : line + n;
    int64_t length;

    if (!hq_ex_number(&digits, line + n, &length) || length >= cursor->end - cursor->p)
        problem(cursor, "its header file (-H) ends in a variable");
    else
        cursor->p += length + 1;
}

static void take_option(struct cursor *cursor, const char *line, size_t n)
{
    const char *end = line + n, *blank;

    line++;
    if (line < end && *line == '-') /* the value is tainted */
        line++;
    if (line < end && *line == '(') { /* and quoted for a lookup (4.97) */
        const char *close = memchr(line, ')', (size_t)(end - line));
        line = close ? close + 1 : end;
    }
    n = (size_t)(end - line);
    if (n > 4 && memcmp(line, "acl", 3) == 0 && strchr("cm ", line[3])) {
        skip_variable(cursor, line, n);
        return;
    }
    blank = n ? memchr(line, ' ', n) : NULL;
    size_t name = blank ? (size_t)(blank - line) : n;
    const char *value = blank ? blank + 1 : end;
    for (unsigned i = 0; i < G_N_ELEMENTS(options); i++)
        if (options[i].length == name && memcmp(options[i].name, line, name) == 0)
            options[i].take(cursor->envelope, value, (size_t)(end - value));
}

/* ---- who is done ---- */

static void add_done(struct hq_ex_envelope *envelope, const char *address, size_t n)
{
    if (!envelope->done)
        envelope->done = g_hash_table_new(g_str_hash, g_str_equal);
    g_hash_table_add(envelope->done, (char *)hq_arena_dup(envelope->parse->arena, address, n));
}

/* A binary tree, each node before its branches: "YN address" says that it has a left branch and no
 * right one; "XX" is an empty tree. Counting the branches still to come saves walking it. */
static bool read_tree(struct cursor *cursor, const char *line, size_t n)
{
    uint64_t expected = 1;

    if (n == 2 && memcmp(line, "XX", 2) == 0)
        return true;
    do {
        if (n < 3 || !strchr("YN", line[0]) || !strchr("YN", line[1]) || line[2] != ' ') {
            problem(cursor, "its list of recipients done is damaged");
            return false;
        }
        add_done(cursor->envelope, line + 3, n - 3);
        expected += (uint64_t)(line[0] == 'Y') + (line[1] == 'Y') - 1;
    } while (expected && next_line(cursor, &line, &n));
    return !expected;
}

/* ---- recipients ---- */

static void read_recipients(struct cursor *cursor)
{
    const char *line;
    size_t n;
    int64_t expected;

    if (!next_line(cursor, &line, &n))
        return;
    const char *digits = line;
    if (!hq_ex_number(&digits, line + n, &expected) || digits != line + n) {
        problem(cursor, "its number of recipients is damaged");
        return;
    }
    for (int64_t i = 0; i < expected; i++) {
        if (cursor->p < cursor->end && *cursor->p == '\n') {
            problem(cursor, "it has fewer recipients than it says");
            break;
        }
        if (!next_line(cursor, &line, &n))
            return; /* half an address is none */
        hq_ex_recipient_add(cursor->envelope, line, n);
    }
    if (next_line(cursor, &line, &n) && n > 0)
        problem(cursor, "it has more recipients than it says");
}

/* ---- header fields: "160P Received: …", 160 bytes, deleted ones have an asterisk ---- */

static void read_fields(struct cursor *cursor)
{
    struct hq_ex_envelope *envelope = cursor->envelope;

    envelope->header = hq_scratch_take();
    if (cursor->p == cursor->end) /* Exim puts in a Received field at the least */
        problem(cursor, "its header file (-H) ends before the header");
    while (cursor->p < cursor->end && !envelope->cut) {
        int64_t n;
        bool is_field = hq_ex_number(&cursor->p, cursor->end, &n) && cursor->end - cursor->p > 2 &&
                        cursor->p[1] == ' ';
        if (!is_field) {
            problem(cursor, cursor->end - cursor->p < 3 ? "its header file (-H) ends too early"
                                                        : "its header is damaged");
            return;
        }
        bool deleted = cursor->p[0] == '*';
        cursor->p += 2;
        if (n > cursor->end - cursor->p) {
            problem(cursor, "its header file (-H) ends too early");
            n = cursor->end - cursor->p;
        }
        if (!deleted) {
            hq_append(envelope->header, cursor->p, (size_t)n);
            envelope->header_size += n;
        }
        cursor->p += n;
    }
}

/* ---- the file ---- */

static void take_sender(struct cursor *cursor, const char *line, size_t n)
{
    if (n < 2 || line[0] != '<' || line[n - 1] != '>')
        problem(cursor, "its sender is damaged");
    else
        cursor->envelope->message->sender =
            hq_arena_dup(cursor->envelope->parse->arena, line + 1, n - 2);
}

/* "1795309043 0": when it came, and how many warnings its sender got. */
static void take_time(struct cursor *cursor, const char *line, size_t n)
{
    int64_t seconds;

    const char *end = line + n;

    if (!hq_ex_number(&line, end, &seconds) || seconds > INT64_MAX / HQ_SECOND - 1) {
        problem(cursor, "its arrival time is damaged");
        return;
    }
    cursor->envelope->message->arrived = seconds * HQ_SECOND;
    while (line < end && *line == ' ')
        line++;
    hq_ex_number(&line, end, &cursor->envelope->warnings);
}

static void take_first(struct cursor *cursor, const char *line, size_t n)
{
    const char *id = cursor->envelope->item->id;

    if (n != strlen(id) + 2 || memcmp(line, id, n - 2) != 0 || memcmp(line + n - 2, "-H", 2) != 0)
        problem(cursor, "its header file (-H) is of another message");
}

static bool read_start(struct cursor *cursor)
{
    static void (*const takes[])(struct cursor * cursor, const char *line, size_t n) = {
        take_first, NULL /* who submitted it: login, uid, gid */, take_sender, take_time};
    const char *line;
    size_t n;

    for (unsigned i = 0; i < G_N_ELEMENTS(takes); i++) {
        if (!next_line(cursor, &line, &n))
            return false;
        if (takes[i])
            takes[i](cursor, line, n);
        if (cursor->envelope->cut)
            return false;
    }
    return true;
}

static void read_all(struct cursor *cursor)
{
    const char *line;
    size_t n;

    if (!read_start(cursor))
        return;
    do {
        if (!next_line(cursor, &line, &n))
            return;
        if (n && *line == '-')
            take_option(cursor, line, n);
    } while (n && *line == '-' && !cursor->envelope->cut);
    if (cursor->envelope->cut || !read_tree(cursor, line, n))
        return;
    read_recipients(cursor);
    if (!cursor->envelope->cut)
        read_fields(cursor);
}

void hq_ex_header_read(struct hq_ex_envelope *envelope)
{
    const struct hq_item_file *file = &envelope->item->files[HQ_EX_HEADER];
    GString *text = hq_scratch_take();
    struct cursor cursor = {.envelope = envelope};
    size_t want = MIN((size_t)MAX(file->size, 0), HEADER_FILE_MAX);

    hq_io_read_at(file->fd, 0, want, text);
    cursor.p = text->str;
    cursor.end = text->str + text->len;
    read_all(&cursor);
    hq_scratch_give(text);
}

/* One address a line; the last line may be half written. src/deliver.c */
void hq_ex_journal_read(struct hq_ex_envelope *envelope)
{
    const struct hq_item_file *file = &envelope->item->files[HQ_EX_JOURNAL];
    GString *text;
    const char *p, *lf;

    if (file->fd < 0)
        return;
    text = hq_scratch_take();
    hq_io_read_at(file->fd, 0, MIN((size_t)MAX(file->size, 0), HEADER_FILE_MAX), text);
    for (p = text->str; (lf = strchr(p, '\n')); p = lf + 1)
        add_done(envelope, p, (size_t)(lf - p));
    hq_scratch_give(text);
}
