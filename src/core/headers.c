/* SPDX-License-Identifier: ISC */
/* The header scanner: one pass of memchr over the lines, spans into the caller's bytes, nothing
 * copied. A bare CR ends a line only in a message whose first line ends so: elsewhere it is
 * content, or a stranger could hide the rest of the header from people who look at MTA's view. */
#include "hopq/headers.h"
#include "base/append.h"
#include <string.h>

/* Where the line at AT ends, and where its content does (line end not counted). */
struct line {
    size_t at;
    size_t content;
    size_t next;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* True when lines end in CR alone: the first CR comes before the first LF and does not belong to
 * it (CR CR LF, which broken gateways write, is one line end). */
static bool ends_in_cr(const char *block, size_t n)
{
    const char *lf = memchr(block, '\n', n);
    size_t length = lf ? (size_t)(lf - block) : n;

    while (lf && length > 0 && block[length - 1] == '\r')
        length--;
    return memchr(block, '\r', length) != NULL;
}

static struct line line_at(const char *block, size_t n, size_t at, bool cr)
{
    struct line line = {.at = at, .content = n, .next = n};

    if (cr) {
        size_t end = at;

        while (end < n && block[end] != '\r' && block[end] != '\n')
            end++;
        line.content = end;
        line.next = end < n ? end + 1 : n;
        if (end + 1 < n && block[end] == '\r' && block[end + 1] == '\n')
            line.next++;
        return line;
    }

    const char *lf = memchr(block + at, '\n', n - at);

    if (lf) {
        line.content = (size_t)(lf - block);
        line.next = line.content + 1;
    }
    while (line.content > at && block[line.content - 1] == '\r')
        line.content--;
    return line;
}

/* RFC 4155: "From sender date" in front of a message of an mbox; "From : x" is an obsolete field
 * (RFC 5322 section 4.5). */
static bool is_mbox_from(const char *block, const struct line *line)
{
    const char *at = block + line->at;
    const char *end = block + line->content;

    if (end - at < 5 || memcmp(at, "From ", 5) != 0)
        return false;
    at += 5;
    while (at < end && is_blank(*at))
        at++;
    return at == end || *at != ':';
}

/* RFC 5322 section 3.6.8 and 4.5: printable ASCII but the colon, blanks before the colon. Sets
 * name and value; false when the line is no field (then all of it is the value). */
static void split(struct hq_field_span *field, const char *at, const char *end)
{
    const char *c = at;

    field->name = field->value = at;
    field->name_length = 0;
    field->value_length = (size_t)(end - at);
    while (c<end && * c> ' ' && *c < 0x7f && *c != ':')
        c++;

    size_t name_length = (size_t)(c - at);

    while (c < end && is_blank(*c))
        c++;
    if (name_length == 0 || c == end || *c != ':')
        return;
    c++;
    if (c < end && is_blank(*c))
        c++;
    field->name_length = name_length;
    field->value = c;
    field->value_length = (size_t)(end - c);
}

static struct hq_field_span *append(struct hq_headers *headers)
{
    if (headers->count == headers->capacity) {
        headers->capacity = MIN(MAX(headers->capacity * 2, 64U), (unsigned)HQ_HEADERS_MAX);
        headers->fields = g_renew(struct hq_field_span, headers->fields, headers->capacity);
    }
    return &headers->fields[headers->count++];
}

void hq_headers_scan(struct hq_headers *headers, const char *block, size_t n)
{
    bool cr = n > 0 && ends_in_cr(block, n);
    size_t at = 0;

    headers->block = block;
    headers->length = headers->body = n;
    headers->complete = false;
    headers->count = 0;

    while (at < n) {
        struct line line = line_at(block, n, at, cr);
        size_t next = line.next;
        size_t content = line.content;

        if (content == at) {
            headers->length = at;
            headers->body = next;
            headers->complete = next > at;
            return;
        }
        if (at == 0 && is_mbox_from(block, &line)) {
            at = next;
            continue;
        }
        while (next < n && is_blank(block[next])) {
            struct line fold = line_at(block, n, next, cr);

            content = fold.content;
            next = fold.next;
        }
        if (headers->count < HQ_HEADERS_MAX) {
            struct hq_field_span *field = append(headers);

            split(field, block + at, block + content);
            field->offset = at;
            field->length = next - at;
        }
        at = next;
    }
}

void hq_headers_clear(struct hq_headers *headers)
{
    g_free(headers->fields);
    memset(headers, 0, sizeof *headers);
}

static bool is_named(const struct hq_field_span *field, const char *name, size_t n)
{
    return field->name_length == n && g_ascii_strncasecmp(field->name, name, n) == 0;
}

bool hq_field_is(const struct hq_field_span *field, const char *name)
{
    return is_named(field, name, strlen(name));
}

const struct hq_field_span *hq_headers_find(const struct hq_headers *headers, const char *name,
                                            unsigned from)
{
    size_t n = strlen(name);

    for (unsigned i = from; i < headers->count; i++)
        if (is_named(&headers->fields[i], name, n))
            return &headers->fields[i];
    return NULL;
}

void hq_field_unfold(const struct hq_field_span *field, GString *out)
{
    const char *at = field->value;
    const char *end = at + field->value_length;

    while (at < end) {
        const char *fold = at;

        while (fold < end && *fold != '\r' && *fold != '\n')
            fold++;
        hq_append(out, at, (size_t)(fold - at));

        const char *behind = fold;

        while (behind < end && (*behind == '\r' || *behind == '\n'))
            behind++;
        /* A CR that no blank follows is content, not a fold. */
        if (behind < end && !is_blank(*behind))
            hq_append(out, fold, (size_t)(behind - fold));
        else if (behind < end)
            hq_append_char(out, ' ');
        at = behind;
        while (fold < behind && at < end && is_blank(*at))
            at++;
    }
}
