/* SPDX-License-Identifier: ISC */
/* The MIME tree (RFC 2046 section 5.1) in one pass over the lines with a stack of open boundaries.
 * Not GMime's parser: it recurses, parses the address fields of every enclosed message (which
 * overflows its stack), and gives nothing at all when the first line is no header. */
#include "body.h"
#include <string.h>

/* A multipart or an enclosed message that is still open. */
struct frame {
    char *boundary; /* NULL: message/rfc822, which ends with what is around it */
    size_t length;
    unsigned part;
    const char *child_type; /* of a part that does not say */
};

struct walk {
    const char *message;
    size_t n;
    struct frame frames[BODY_DEPTH_MAX];
    unsigned depth;
    bool in_header;
    size_t header; /* where the header that is being read starts */
    bool in_leaf;  /* the last of PARTS is a leaf whose content is being read */
    GArray *parts;
    struct hq_arena *arena;
};

struct line {
    size_t at;
    size_t content;
    size_t next;
};

static struct line line_at(const struct walk *walk, size_t at, char eol)
{
    const char *end = memchr(walk->message + at, eol, walk->n - at);
    struct line line = {.at = at, .content = walk->n, .next = walk->n};

    if (end) {
        line.content = (size_t)(end - walk->message);
        line.next = line.content + 1;
    }
    while (line.content > at && walk->message[line.content - 1] == '\r')
        line.content--;
    return line;
}

/* The line end in front of a boundary belongs to the boundary. */
static size_t content_end(const struct walk *walk, size_t boundary)
{
    size_t end = boundary;

    if (end > 0 && (walk->message[end - 1] == '\n' || walk->message[end - 1] == '\r'))
        end--;
    if (end > 0 && walk->message[end] == '\n' && walk->message[end - 1] == '\r')
        end--;
    return end;
}

static void set_end(struct walk *walk, unsigned index, size_t end)
{
    struct body_part *part = &g_array_index(walk->parts, struct body_part, index);

    part->shown.size = end > part->start ? (int64_t)(end - part->start) : 0;
}

static void push(struct walk *walk, char *boundary, const char *child_type)
{
    struct frame *frame = &walk->frames[walk->depth++];

    frame->boundary = boundary;
    frame->length = boundary ? strlen(boundary) : 0;
    frame->part = walk->parts->len - 1;
    frame->child_type = child_type;
    walk->in_leaf = false;
}

static void pop(struct walk *walk, size_t end)
{
    struct frame *frame = &walk->frames[--walk->depth];

    set_end(walk, frame->part, end);
    g_clear_pointer(&frame->boundary, g_free);
}

static bool encloses_message(const struct body_part *part)
{
    bool identity = part->encoding != GMIME_CONTENT_ENCODING_BASE64 &&
                    part->encoding != GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE &&
                    part->encoding != GMIME_CONTENT_ENCODING_UUENCODE;

    return identity && (strcmp(part->shown.type, "message/rfc822") == 0 ||
                        strcmp(part->shown.type, "message/global") == 0);
}

/* A header ended at END; the content starts at START. */
static void begin_content(struct walk *walk, size_t end, size_t start)
{
    const char *type = walk->depth > 0 ? walk->frames[walk->depth - 1].child_type : "text/plain";
    struct body_part part = {.shown.depth = walk->depth, .start = start};
    char *boundary = NULL;

    hq_body_describe(walk->message + walk->header, end - walk->header, type, &part, &boundary,
                     walk->arena);
    g_array_append_val(walk->parts, part);
    walk->in_header = false;
    walk->in_leaf = true;
    if (walk->depth == BODY_DEPTH_MAX) {
        g_free(boundary);
    } else if (boundary) {
        bool digest = strcmp(part.shown.type, "multipart/digest") == 0;

        push(walk, boundary, digest ? "message/rfc822" : "text/plain");
    } else if (encloses_message(&part)) {
        push(walk, NULL, "text/plain");
        walk->in_header = true;
        walk->header = start;
    }
}

/* Closes what is open below LEVEL, for a boundary at END. */
static void close_down_to(struct walk *walk, unsigned level, size_t end)
{
    if (walk->in_header)
        begin_content(walk, MAX(end, walk->header), MAX(end, walk->header));
    walk->in_header = false;
    if (walk->in_leaf)
        set_end(walk, walk->parts->len - 1, end);
    walk->in_leaf = false;
    while (walk->depth > level)
        pop(walk, end);
}

/* The innermost open multipart that LINE is a boundary of, counted from 1; 0: none. CLOSING: its
 * last one. Nothing but blanks may follow (RFC 2046: transport padding). */
static unsigned boundary_level(const struct walk *walk, const struct line *line, bool *closing)
{
    const char *at = walk->message + line->at + 2;
    size_t n = line->content - line->at;

    if (n < 2 || at[-2] != '-' || at[-1] != '-')
        return 0;
    n -= 2;
    for (unsigned level = walk->depth; level > 0; level--) {
        const struct frame *frame = &walk->frames[level - 1];
        size_t end = frame->length;

        if (!frame->boundary || n < end || memcmp(at, frame->boundary, end) != 0)
            continue;
        *closing = n >= end + 2 && at[end] == '-' && at[end + 1] == '-';
        if (*closing)
            end += 2;
        while (end < n && (at[end] == ' ' || at[end] == '\t'))
            end++;
        if (end == n)
            return level;
    }
    return 0;
}

static void take_line(struct walk *walk, const struct line *line)
{
    bool closing = false;
    unsigned level = boundary_level(walk, line, &closing);

    if (level > 0) {
        close_down_to(walk, level, content_end(walk, line->at));
        if (closing)
            pop(walk, line->content);
        walk->in_header = !closing;
        walk->header = line->next;
    } else if (walk->in_header && line->content == line->at) {
        begin_content(walk, line->at, line->next);
    }
}

void hq_body_tree(const char *message, size_t n, GArray *parts, struct hq_arena *arena)
{
    struct walk walk = {
        .message = message, .n = n, .in_header = true, .parts = parts, .arena = arena};
    char eol = n > 0 && memchr(message, '\n', n) ? '\n' : '\r';

    for (size_t at = 0; at < n && parts->len < BODY_PARTS_MAX;) {
        struct line line = line_at(&walk, at, eol);

        take_line(&walk, &line);
        at = line.next;
    }
    close_down_to(&walk, 0, n);
}
