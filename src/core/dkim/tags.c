/* SPDX-License-Identifier: ISC */
/* "name=value; name=value" of DKIM and ARC fields and of key records: RFC 6376 section 3.2. */
#include "parts.h"
#include <nettle/base64.h>
#include <string.h>

/* FWS, folded or not. */
static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void trim(const char **s, size_t *n)
{
    while (*n > 0 && is_blank(**s))
        ++*s, --*n;
    while (*n > 0 && is_blank((*s)[*n - 1]))
        --*n;
}

/* ALPHA *(ALPHA / DIGIT / "_") */
static bool is_name(const char *s, size_t n)
{
    if (n == 0 || !g_ascii_isalpha(*s))
        return false;
    for (size_t i = 1; i < n; i++)
        if (!g_ascii_isalnum(s[i]) && s[i] != '_')
            return false;
    return true;
}

static const struct dkim_tag *find(const struct dkim_tags *tags, const char *name, size_t n)
{
    for (unsigned i = 0; i < tags->count; i++)
        if (tags->tags[i].name_length == n && memcmp(tags->tags[i].name, name, n) == 0)
            return &tags->tags[i];
    return NULL;
}

static bool read_tag(struct dkim_tags *tags, const char *s, size_t n)
{
    const char *equal = memchr(s, '=', n);
    struct dkim_tag tag = {.name = s};

    if (!equal || tags->count == DKIM_TAGS_MAX)
        return false;
    tag.name_length = (size_t)(equal - s);
    tag.value = equal + 1;
    tag.value_length = n - tag.name_length - 1;
    trim(&tag.name, &tag.name_length);
    trim(&tag.value, &tag.value_length);
    if (!is_name(tag.name, tag.name_length) || find(tags, tag.name, tag.name_length))
        return false;
    tags->tags[tags->count++] = tag;
    return true;
}

bool hq_dkim_tags_read(struct dkim_tags *tags, const char *s, size_t n)
{
    tags->count = 0;
    while (n > 0) {
        const char *end = memchr(s, ';', n);
        size_t length = end ? (size_t)(end - s) : n;
        const char *tag = s;
        size_t tag_length = length;

        trim(&tag, &tag_length);
        if (tag_length == 0 ? end != NULL : !read_tag(tags, tag, tag_length))
            return false;
        if (!end)
            break;
        s = end + 1;
        n -= length + 1;
    }
    return tags->count > 0;
}

const struct dkim_tag *hq_dkim_tag(const struct dkim_tags *tags, const char *name)
{
    return find(tags, name, strlen(name));
}

bool hq_dkim_tag_is(const struct dkim_tag *tag, const char *value)
{
    return tag && tag->value_length == strlen(value) &&
           g_ascii_strncasecmp(tag->value, value, tag->value_length) == 0;
}

/* Without blanks, as base64 and names are meant. */
static GString *squeezed(const struct dkim_tag *tag)
{
    GString *out = g_string_sized_new(tag->value_length + 1);

    for (size_t i = 0; i < tag->value_length; i++)
        if (!is_blank(tag->value[i]))
            g_string_append_c(out, tag->value[i]);
    return out;
}

const char *hq_dkim_tag_string(const struct dkim_tags *tags, const char *name,
                               struct hq_arena *arena)
{
    const struct dkim_tag *tag = hq_dkim_tag(tags, name);

    if (!tag)
        return NULL;

    g_autoptr(GString) text = squeezed(tag);

    return hq_arena_dup(arena, text->str, text->len);
}

int64_t hq_dkim_tag_number(const struct dkim_tags *tags, const char *name)
{
    const struct dkim_tag *tag = hq_dkim_tag(tags, name);
    int64_t number = 0;

    if (!tag || tag->value_length == 0)
        return -1;
    for (size_t i = 0; i < tag->value_length; i++) {
        if (!g_ascii_isdigit(tag->value[i]))
            return -1;
        number = MIN(number * 10 + (tag->value[i] - '0'), INT64_MAX / 100);
    }
    return number;
}

const uint8_t *hq_dkim_tag_base64(const struct dkim_tags *tags, const char *name, size_t *n,
                                  struct hq_arena *arena)
{
    const struct dkim_tag *tag = hq_dkim_tag(tags, name);
    struct base64_decode_ctx decoder;

    if (!tag)
        return NULL;

    g_autoptr(GString) text = squeezed(tag);
    uint8_t *out = hq_arena_alloc(arena, BASE64_DECODE_LENGTH(text->len));

    *n = BASE64_DECODE_LENGTH(text->len);
    base64_decode_init(&decoder);
    if (!base64_decode_update(&decoder, n, out, text->len, text->str) ||
        !base64_decode_final(&decoder))
        return NULL;
    return out;
}

bool hq_dkim_list_next(struct dkim_tag *rest, const char **word, size_t *n)
{
    if (!rest->value)
        return false;

    const char *colon = memchr(rest->value, ':', rest->value_length);

    *word = rest->value;
    *n = colon ? (size_t)(colon - rest->value) : rest->value_length;
    rest->value = colon ? colon + 1 : NULL;
    rest->value_length -= colon ? *n + 1 : rest->value_length;
    trim(word, n);
    return true;
}

bool hq_dkim_list_has(const struct dkim_tag *tag, const char *word)
{
    const char *one;
    size_t n;

    if (!tag)
        return true;

    struct dkim_tag rest = *tag;

    while (hq_dkim_list_next(&rest, &one, &n))
        if (n == strlen(word) && g_ascii_strncasecmp(one, word, n) == 0)
            return true;
    return false;
}
