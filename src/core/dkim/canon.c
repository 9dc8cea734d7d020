/* SPDX-License-Identifier: ISC */
/* Canonical forms of header fields and bodies, RFC 6376 section 3.4, hashed as they are made. Mail
 * is signed with CRLF; spools store LF: either is a line end here. */
#include "parts.h"
#include <string.h>

static bool is_wsp(char c)
{
    return c == ' ' || c == '\t';
}

/* ---- header fields ---- */

/* The field with CRLF line ends, the last one left out. */
static void restore(GString *out, const char *s, size_t n)
{
    while (n > 0 && (s[n - 1] == '\n' || s[n - 1] == '\r'))
        n--;
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '\n' && (i == 0 || s[i - 1] != '\r'))
            g_string_append_c(out, '\r');
        g_string_append_c(out, s[i]);
    }
}

/* The value of the tag "b", and the blanks around it, up to the next ";" (section 3.5). */
static void cut_signature(GString *text)
{
    const char *colon = memchr(text->str, ':', text->len);
    size_t at = colon ? (size_t)(colon - text->str) + 1 : text->len;

    while (at < text->len) {
        const char *semicolon = memchr(text->str + at, ';', text->len - at);
        size_t end = semicolon ? (size_t)(semicolon - text->str) : text->len;
        size_t name = at;

        while (name < end && g_ascii_isspace(text->str[name]))
            name++;

        size_t equal = name + 1;

        while (equal < end && g_ascii_isspace(text->str[equal]))
            equal++;
        if (name < end && text->str[name] == 'b' && equal < end && text->str[equal] == '=') {
            g_string_erase(text, (gssize)equal + 1, (gssize)(end - equal - 1));
            return;
        }
        at = end + 1;
    }
}

/* Section 3.4.2: name in lower case, unfolded, runs of blanks to one, none at the ends. */
static void relax(GString *out, const GString *field)
{
    const char *colon = memchr(field->str, ':', field->len);
    const char *at = field->str;
    const char *end = field->str + field->len;

    for (; at < colon; at++)
        if (!is_wsp(*at))
            g_string_append_c(out, g_ascii_tolower(*at));
    g_string_append_c(out, ':');

    bool blank = false;
    size_t start = out->len;

    for (at++; at < end; at++) {
        if (*at == '\r' && at + 1 < end && at[1] == '\n') {
            at++; /* the fold itself; the blanks behind it stay */
        } else if (is_wsp(*at)) {
            blank = true;
        } else {
            if (blank && out->len > start)
                g_string_append_c(out, ' ');
            blank = false;
            g_string_append_c(out, *at);
        }
    }
}

void hq_dkim_canon_field(struct sha256_ctx *hash, const struct hq_headers *headers,
                         const struct hq_field_span *field, bool relaxed, bool no_signature)
{
    g_autoptr(GString) text = g_string_sized_new(field->length + 16);
    g_autoptr(GString) relaxed_text = g_string_new(NULL);
    const GString *form = text;

    restore(text, headers->block + field->offset, field->length);
    if (no_signature)
        cut_signature(text);
    if (relaxed && memchr(text->str, ':', text->len)) {
        relax(relaxed_text, text);
        form = relaxed_text;
    }
    sha256_update(hash, form->len, (const uint8_t *)form->str);
    if (!no_signature)
        sha256_update(hash, 2, (const uint8_t *)"\r\n");
}

/* ---- body ---- */

/* Hashes what comes, up to a limit; empty lines only when another line follows them. */
struct body {
    struct sha256_ctx hash;
    uint64_t limit;
    uint64_t length;
    uint64_t empty_lines;
    size_t used;
    char buffer[4096];
};

static void flush(struct body *body)
{
    sha256_update(&body->hash, body->used, (const uint8_t *)body->buffer);
    body->used = 0;
}

static void add(struct body *body, const char *s, size_t n)
{
    uint64_t room = body->limit > body->length ? body->limit - body->length : 0;
    size_t counted = (size_t)MIN((uint64_t)n, room);

    body->length += n;
    if (counted > sizeof body->buffer - body->used) {
        flush(body);
        if (counted > sizeof body->buffer) {
            sha256_update(&body->hash, counted, (const uint8_t *)s);
            return;
        }
    }
    memcpy(body->buffer + body->used, s, counted);
    body->used += counted;
}

/* Section 3.4.4: runs of blanks to one, none at the end. */
static void add_relaxed(struct body *body, const char *s, size_t n)
{
    const char *end = s + n;

    while (n > 0 && is_wsp(end[-1]))
        end--, n--;
    while (s < end) {
        const char *word = s;

        while (s < end && !is_wsp(*s))
            s++;
        add(body, word, (size_t)(s - word));
        if (s == end)
            return;
        add(body, " ", 1);
        while (is_wsp(*s)) /* ends before END, which is no blank */
            s++;
    }
}

static bool is_empty(const char *s, size_t n, bool relaxed)
{
    while (relaxed && n > 0 && is_wsp(s[n - 1]))
        n--;
    return n == 0;
}

static void add_line(struct body *body, const char *s, size_t n, bool relaxed)
{
    if (is_empty(s, n, relaxed)) {
        body->empty_lines++;
        return;
    }
    for (; body->empty_lines > 0; body->empty_lines--)
        add(body, "\r\n", 2);
    if (relaxed)
        add_relaxed(body, s, n);
    else
        add(body, s, n);
    add(body, "\r\n", 2);
}

uint64_t hq_dkim_canon_body(const char *s, size_t n, bool relaxed, uint64_t limit,
                            uint8_t digest[SHA256_DIGEST_SIZE])
{
    struct body body = {.limit = limit};
    const char *end = s + n;

    sha256_init(&body.hash);
    while (s < end) {
        const char *lf = memchr(s, '\n', (size_t)(end - s));
        const char *next = lf ? lf + 1 : end;
        const char *stop = lf ? lf : end;

        if (lf && stop > s && stop[-1] == '\r')
            stop--;
        add_line(&body, s, (size_t)(stop - s), relaxed);
        s = next;
    }
    if (body.length == 0 && !relaxed)
        add(&body, "\r\n", 2); /* section 3.4.3: an empty body is one line end */
    flush(&body);
    sha256_digest(&body.hash, SHA256_DIGEST_SIZE, digest);
    return body.length;
}

/* ---- fields by name ---- */

#define NO_FIELD UINT32_MAX

struct name {
    uint32_t last;   /* field at the bottom */
    uint32_t cursor; /* next one to be taken in round ROUND */
    unsigned round;
};

struct dkim_fields {
    const struct hq_headers *headers;
    GHashTable *names;  /* char *, lower case, to struct name * */
    uint32_t *previous; /* of the same name, by field; NO_FIELD: none */
    unsigned round;
};

struct dkim_fields *hq_dkim_fields_new(const struct hq_headers *headers)
{
    struct dkim_fields *fields = g_new0(struct dkim_fields, 1);

    fields->headers = headers;
    fields->names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    fields->previous = g_new(uint32_t, headers->count);
    for (unsigned i = 0; i < headers->count; i++) {
        const struct hq_field_span *field = &headers->fields[i];
        char *lower = g_ascii_strdown(field->name, (gssize)field->name_length);
        struct name *name = g_hash_table_lookup(fields->names, lower);

        fields->previous[i] = name ? name->last : NO_FIELD;
        if (name) {
            g_free(lower);
        } else {
            name = g_new0(struct name, 1);
            g_hash_table_insert(fields->names, lower, name);
        }
        name->last = i;
    }
    return fields;
}

void hq_dkim_fields_free(struct dkim_fields *fields)
{
    g_hash_table_destroy(fields->names);
    g_free(fields->previous);
    g_free(fields);
}

void hq_dkim_fields_rewind(struct dkim_fields *fields)
{
    fields->round++;
}

const struct hq_field_span *hq_dkim_fields_take(struct dkim_fields *fields, const char *s, size_t n)
{
    g_autofree char *lower = g_ascii_strdown(s, (gssize)n);
    struct name *name = g_hash_table_lookup(fields->names, lower);

    if (!name || n == 0)
        return NULL;
    if (name->round != fields->round) {
        name->round = fields->round;
        name->cursor = name->last;
    }

    uint32_t taken = name->cursor;

    if (taken == NO_FIELD)
        return NULL;
    name->cursor = fields->previous[taken];
    return &fields->headers->fields[taken];
}
